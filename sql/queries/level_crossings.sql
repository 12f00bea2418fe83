-- On which days did bitcoin cross 100,000 dollars, from which side, and did it close beyond?
with level as (
    select 'BTC' as asset, 100000 as level_usd
),

days as (
    select
        prices.*,
        level.level_usd,
        lag(prices.close_usd) over (order by prices.day) as close_before_usd
    from facts.prices_daily as prices
    join level using (asset)
)

select
    day,
    asset,
    level_usd,
    low_usd,
    high_usd,
    close_usd,
    case when close_before_usd < level_usd then 'from below' else 'from above' end as coming,
    case
        when (close_before_usd < level_usd) = (close_usd < level_usd) then 'touched, came back'
        else 'closed beyond'
    end as outcome
from days
where level_usd between least(low_usd, close_before_usd) and greatest(high_usd, close_before_usd)
order by day;
