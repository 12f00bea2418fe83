-- description: One row per UTC day: all liquidations of the headline added up, and among whom. A day whose
--   coverage_status is not complete holds at least so much.
-- grain: day
-- column: day | date | UTC day
-- column: total_usd | usd | Liquidated notional of both sides
-- column: long_usd | usd | Liquidated notional of long positions
-- column: short_usd | usd | Liquidated notional of short positions
-- column: long_share | fraction | Long of total; null where the total is 0
-- column: venues | count | Single venues, those inside groups included
-- column: assets | count | Assets
-- column: venue_list | text | List of those venues
-- column: asset_list | text | List of those assets
-- column: sources | text | List of the sources that spoke
-- column: coverage_status | text | Coverage of the headline on this day, as in facts.coverage_daily
-- assert: sides_add_up | long_usd + short_usd = total_usd
-- assert: share_is_a_fraction | long_share is null or long_share between 0 and 1
-- assert: coverage_is_known | coverage_status in ('complete', 'partial')
with totals as (
    select
        day,
        sum(amount_usd) as total_usd,
        sum(case when side = 'long' then amount_usd end) as long_usd,
        sum(case when side = 'short' then amount_usd end) as short_usd,
        count(distinct asset) as assets,
        list_sort(list(distinct asset)) as asset_list,
        list_sort(list(distinct source)) as sources
    from facts.liquidations_daily
    group by day
),

members as (
    select day, unnest(string_split(venue, '+')) as member
    from facts.liquidations_daily
),

venue_lists as (
    select day, list_sort(list(distinct member)) as venue_list
    from members
    group by day
),

coverage as (
    select day, status
    from facts.coverage_daily
    where kind = 'liquidations'
        and source = 'headline'
)

select
    totals.day,
    totals.total_usd,
    totals.long_usd,
    totals.short_usd,
    case
        when totals.total_usd > 0 then round(totals.long_usd::double / totals.total_usd::double, 6)
    end as long_share,
    len(venue_lists.venue_list) as venues,
    totals.assets,
    venue_lists.venue_list,
    totals.asset_list,
    totals.sources,
    coalesce(coverage.status, 'partial') as coverage_status
from totals
join venue_lists using (day)
left join coverage using (day)
