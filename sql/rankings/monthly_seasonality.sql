-- description: One row per asset, calendar month and number of years: in how many of exactly the last so many
--   complete years the month closed higher than the one before. The year that is not over never counts, and
--   the years are named, since one more or less can turn the answer. A month stands where both closes come
--   from one source: the reference rates of Coin Metrics first, else facts.prices_daily.
-- grain: asset, month, years
-- column: asset | text | Asset
-- column: month | count | Calendar month, 1 to 12
-- column: years | count | Years counted, back from the last complete one without a hole
-- column: from_year | count | First of them
-- column: to_year | count | Last of them
-- column: up_months | count | Years in which the month closed higher
-- column: up_share | fraction | up_months of years
-- column: mean_change | fraction | Mean change of the month over these years
-- column: sources | text | List of the sources of the closes
-- assert: years_are_counted | years = to_year - from_year + 1
-- assert: share_is_a_fraction | up_share between 0 and 1
with closes as (
    select
        case chain when 'bitcoin' then 'BTC' when 'ethereum' then 'ETH' end as asset,
        day,
        value::double as close_usd,
        source,
        1 as preference
    from staging.onchain_volume
    where metric = 'price_close_usd'
        and chain in ('bitcoin', 'ethereum')
        and value > 0
    union all
    select asset, day, close_usd::double as close_usd, source, 2 as preference
    from facts.prices_daily
    where close_usd > 0
),

month_ends as (
    select *
    from closes
    where day = last_day(day)
        and day < (select (now_at at time zone 'UTC')::date from meta.build)
),

changes as (
    select
        month_ends.asset,
        year(month_ends.day) as year,
        month(month_ends.day) as month,
        month_ends.close_usd / before.close_usd - 1 as change,
        month_ends.source
    from month_ends
    join month_ends as before
        on before.asset = month_ends.asset
        and before.source = month_ends.source
        and before.preference = month_ends.preference
        and before.day = last_day(month_ends.day - interval 1 month)
    where year(month_ends.day) < (select year(now_at at time zone 'UTC') from meta.build)
    qualify row_number() over (
        partition by month_ends.asset, month_ends.day order by month_ends.preference, month_ends.source
    ) = 1
),

counted as (
    select
        asset,
        year,
        month,
        change,
        source,
        (select year(now_at at time zone 'UTC') - 1 from meta.build) as to_year,
        row_number() over (partition by asset, month order by year desc) as years
    from changes
),

unbroken as (
    select *
    from counted
    where year = to_year - years + 1
)

select
    asset,
    month,
    years,
    year as from_year,
    to_year,
    count(case when change > 0 then 1 end) over years_since as up_months,
    round(count(case when change > 0 then 1 end) over years_since / years, 6) as up_share,
    round(avg(change) over years_since, 6) as mean_change,
    list_sort(list_distinct(list(source) over years_since)) as sources
from unbroken
window years_since as (partition by asset, month order by years)
