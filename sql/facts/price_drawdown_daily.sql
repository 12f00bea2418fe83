-- description: One row per UTC day and asset: how far the price stands below what it has been, among the days
--   that the warehouse has of it. "All time" begins with history_since, not with the asset.
-- grain: day, asset
-- column: day | date | UTC day
-- column: asset | text | Asset
-- column: close_usd | usd_per_coin | Last price
-- column: all_time_high_usd | usd_per_coin | Highest price up to and with the day
-- column: all_time_high_day | date | First day on which it was reached
-- column: drawdown | fraction | close_usd against all_time_high_usd, less 1
-- column: high_365d_usd | usd_per_coin | Highest price of 365 days, this one included; null while the history
--   is shorter
-- column: drawdown_365d | fraction | close_usd against high_365d_usd, less 1
-- column: intraday_drop | fraction | Lowest against highest price of the day, less 1; which came first is not
--   known
-- column: open_to_low | fraction | Lowest against first price of the day, less 1
-- column: day_return | fraction | close_usd against that of the calendar day before, less 1
-- column: history_since | date | First day of the asset here
-- column: source | text | Who said it
-- assert: high_is_highest | all_time_high_usd >= close_usd and (high_365d_usd is null or high_365d_usd >=
--   close_usd)
-- assert: drawdown_is_no_gain | drawdown between -1 and 0 and (drawdown_365d is null or drawdown_365d
--   between -1 and 0)
with highs as (
    select
        day,
        asset,
        open_usd,
        high_usd,
        low_usd,
        close_usd,
        source,
        max(high_usd) over so_far as all_time_high_usd,
        min(day) over so_far as history_since,
        max(high_usd) over year as high_of_year_usd,
        lag(day) over (partition by asset order by day) as day_before,
        lag(close_usd) over (partition by asset order by day) as close_before_usd
    from facts.prices_daily
    where low_usd > 0
    window
        so_far as (partition by asset order by day rows between unbounded preceding and current row),
        year as (
            partition by asset order by day range between interval 364 days preceding and current row
        )
),

reached as (
    -- a day that lifts the high reaches it first; later ones carry the last such day on
    select
        *,
        all_time_high_usd > coalesce(
            lag(all_time_high_usd) over (partition by asset order by day), 0
        ) as is_new_high
    from highs
)

select
    day,
    asset,
    close_usd,
    all_time_high_usd,
    max(case when is_new_high then day end) over (
        partition by asset order by day rows between unbounded preceding and current row
    ) as all_time_high_day,
    round(close_usd::double / all_time_high_usd::double - 1, 6) as drawdown,
    case when history_since <= day - 364 then high_of_year_usd end as high_365d_usd,
    case
        when history_since <= day - 364 then round(close_usd::double / high_of_year_usd::double - 1, 6)
    end as drawdown_365d,
    round(low_usd::double / high_usd::double - 1, 6) as intraday_drop,
    round(low_usd::double / open_usd::double - 1, 6) as open_to_low,
    case
        when day_before = day - 1 then round(close_usd::double / close_before_usd::double - 1, 6)
    end as day_return,
    history_since,
    source
from reached
