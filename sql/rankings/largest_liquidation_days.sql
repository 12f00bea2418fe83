-- description: One row per UTC day since 2020-01-01 that has liquidations: the headline total among all of
--   them. Only complete days are ranked; ties share the lower rank. A partial day has no rank and holds at
--   least its figure. "Largest" is among the assets and venues that the row names and since comparable_since:
--   earlier days were collected in another way.
-- grain: day
-- column: rank | rank | 1 is the largest complete day; null for a partial day
-- column: day | date | UTC day
-- column: total_usd | usd | Liquidated notional of both sides
-- column: long_usd | usd | Liquidated notional of long positions
-- column: short_usd | usd | Liquidated notional of short positions
-- column: long_share | fraction | Long of total
-- column: percentile | percent | Smaller complete days of hundred of the other complete days; null for a
--   partial day
-- column: ranked_days | count | Complete days that were ranked
-- column: ratio_to_30d_median | fraction | Total against the median of the 30 calendar days before; null with
--   fewer than 20 complete ones
-- column: previous_larger_day | date | Last earlier complete day with a strictly larger total
-- column: previous_larger_usd | usd | Its total
-- column: days_since_previous_larger | days | Calendar days from it to this day
-- column: gap_days | count | Days between it (or the first covered day) and this day that were not complete
-- column: next_larger_day | date | First later complete day with a strictly larger total
-- column: venues | count | Single venues in the total
-- column: assets | count | Assets in the total
-- column: venue_list | text | List of those venues
-- column: asset_list | text | List of those assets
-- column: coverage_status | text | complete or partial
-- column: comparable_since | date | Days from here on were collected as this one was: the day after the last
--   break in the collection of one of its venues, else the first covered day
-- column: bound | text | exact, or at_least for a partial day
-- assert: rank_stands_where_complete | (rank is not null) = (coverage_status = 'complete')
-- assert: rank_is_in_range | rank is null or rank between 1 and ranked_days
-- assert: previous_is_larger | previous_larger_usd is null or previous_larger_usd > total_usd
-- assert: percentile_is_in_range | percentile is null or percentile between 0 and 100
with days as (
    select *, coverage_status = 'complete' as is_complete
    from facts.liquidation_totals_daily
    where day >= date '2020-01-01'
),

ranked as (
    select
        day,
        total_usd,
        rank() over by_size as rank,
        count(*) over () as ranked_days,
        rank() over (order by total_usd) - 1 as smaller_days,
        row_number() over (order by day) as complete_number
    from days
    where is_complete
    window by_size as (order by total_usd desc)
),

previous_larger as (
    select
        ranked.day,
        max(larger.day) as larger_day,
        arg_max(larger.total_usd, larger.day) as larger_usd,
        max(larger.complete_number) as larger_number
    from ranked
    join ranked as larger
        on larger.day < ranked.day
        and larger.total_usd > ranked.total_usd
    group by ranked.day
),

next_larger as (
    select ranked.day, min(larger.day) as larger_day
    from ranked
    join ranked as larger
        on larger.day > ranked.day
        and larger.total_usd > ranked.total_usd
    group by ranked.day
),

months_before as (
    select
        days.day,
        count(*) as days_before,
        median(before.total_usd::double) as median_usd
    from days
    join ranked as before on before.day between days.day - 30 and days.day - 1
    group by days.day
),

day_venues as (
    select day, unnest(venue_list) as venue
    from days
),

breaks as (
    select day_venues.day, max(regimes.from_latest) + 1 as comparable_since
    from day_venues
    join reference.collection_regimes as regimes
        on regimes.kind = 'liquidations'
        and regimes.venue = day_venues.venue
        and regimes.effect_on_later_values in ('lowers', 'raises')
        and regimes.from_earliest <= day_venues.day
    group by day_venues.day
),

first_covered as (
    select min(day) as first_day
    from ranked
)

select
    ranked.rank,
    days.day,
    days.total_usd,
    days.long_usd,
    days.short_usd,
    days.long_share,
    case
        when ranked.ranked_days > 1 then round(100 * ranked.smaller_days / (ranked.ranked_days - 1), 4)
    end as percentile,
    (select count(*) from ranked) as ranked_days,
    case
        when months_before.days_before >= 20 and months_before.median_usd > 0
            then round(days.total_usd::double / months_before.median_usd, 4)
    end as ratio_to_30d_median,
    previous_larger.larger_day as previous_larger_day,
    previous_larger.larger_usd as previous_larger_usd,
    days.day - previous_larger.larger_day as days_since_previous_larger,
    case
        when previous_larger.larger_day is not null
            then (days.day - previous_larger.larger_day)
                - (ranked.complete_number - previous_larger.larger_number)
        when ranked.day is not null
            then (days.day - first_covered.first_day) - (ranked.complete_number - 1)
    end as gap_days,
    next_larger.larger_day as next_larger_day,
    days.venues,
    days.assets,
    days.venue_list,
    days.asset_list,
    days.coverage_status,
    coalesce(breaks.comparable_since, first_covered.first_day) as comparable_since,
    case when days.is_complete then 'exact' else 'at_least' end as bound
from days
cross join first_covered
left join ranked on ranked.day = days.day
left join previous_larger on previous_larger.day = days.day
left join next_larger on next_larger.day = days.day
left join months_before on months_before.day = days.day
left join breaks on breaks.day = days.day
