-- description: One row per UTC day and asset with a price bar: how far it fell, by four definitions that must
--   not be mixed. Ranked by the fall from the day's high to its low, whichever came first.
-- grain: day, asset
-- column: rank | rank | 1 is the deepest fall from high to low of the asset; ties share the lower rank
-- column: day | date | UTC day
-- column: asset | text | Asset
-- column: high_low | fraction | Low against the high of the day, less 1
-- column: open_low | fraction | Low against the open, less 1
-- column: close_change | fraction | Close against the close of the calendar day before, less 1; null without
--   it
-- column: from_peak | fraction | Close against the highest price up to the day, less 1
-- column: peak_usd | usd_per_coin | That highest price, since the first bar
-- column: peak_day | date | First day that reached it
-- column: percentile | percent | Days with a lesser fall from high to low, of hundred of the other days
-- column: ranked_days | count | Days of the asset
-- column: previous_deeper_day | date | Last earlier day among the hundred deepest that fell deeper; null
--   outside the hundred
-- column: venue | text | Venue of the bar
-- column: quote | text | Currency of the price
-- assert: falls_are_falls | high_low between -1 and 0 and open_low between -1 and 0 and from_peak <= 0
-- assert: rank_is_in_range | rank between 1 and ranked_days
with bars as (
    select
        day,
        asset,
        venue,
        quote,
        low_usd,
        high_usd,
        open_usd,
        close_usd,
        round(low_usd::double / high_usd::double - 1, 6) as high_low,
        max(high_usd) over by_day as peak_usd,
        arg_max(day, high_usd) over by_day as peak_day,
        lag(close_usd) over by_day as close_before_usd,
        lag(day) over by_day as day_before
    from facts.prices_daily
    where high_usd > 0
        and open_usd > 0
    window by_day as (partition by asset order by day)
),

ranked as (
    select
        *,
        rank() over (partition by asset order by high_low) as rank,
        rank() over (partition by asset order by high_low desc) - 1 as lesser_days,
        count(*) over (partition by asset) as ranked_days
    from bars
),

deeper as (
    select ranked.asset, ranked.day, max(before.day) as deeper_day
    from ranked
    join ranked as before
        on before.asset = ranked.asset
        and before.day < ranked.day
        and before.high_low < ranked.high_low
    where ranked.rank <= 100
        and before.rank <= 100
    group by ranked.asset, ranked.day
)

select
    ranked.rank,
    ranked.day,
    ranked.asset,
    ranked.high_low,
    round(ranked.low_usd::double / ranked.open_usd::double - 1, 6) as open_low,
    case
        when ranked.day_before = ranked.day - 1 and ranked.close_before_usd > 0
            then round(ranked.close_usd::double / ranked.close_before_usd::double - 1, 6)
    end as close_change,
    round(ranked.close_usd::double / ranked.peak_usd::double - 1, 6) as from_peak,
    ranked.peak_usd,
    ranked.peak_day,
    case
        when ranked.ranked_days > 1 then round(100 * ranked.lesser_days / (ranked.ranked_days - 1), 4)
    end as percentile,
    ranked.ranked_days,
    deeper.deeper_day as previous_deeper_day,
    ranked.venue,
    ranked.quote
from ranked
left join deeper using (asset, day)
