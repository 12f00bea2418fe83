-- title: The day
-- says: Liquidations of the UTC day, both sides of every position in the headline, and where the day stands among the complete days.
-- column: day | date | Day
-- column: total_usd | usd | Liquidated
-- column: long_usd | usd | Long positions
-- column: short_usd | usd | Short positions
-- column: long_share | fraction | Long share
-- column: venues | count | Venues
-- column: assets | count | Assets
-- column: venue_names | text | Venue names
-- column: asset_names | text | Asset names
-- column: rank | rank | Rank
-- column: ranked_days | count | Complete days
-- column: percentile | percent | Smaller days
-- column: ratio_to_30d_median | times | Against the 30-day median
-- column: previous_larger_day | date | Last larger day
-- column: previous_larger_usd | usd | Its total
-- column: previous_venues | count | Its venues
-- column: previous_assets | count | Its assets
-- column: days_since_previous_larger | count | Days since
-- column: gap_days | count | Days not complete in between
-- column: next_larger_day | date | Next larger day
-- column: comparable_since | date | Collected alike since
-- column: bound | text | Bound
-- column: coverage | text | Coverage
-- column: first_day | date | First complete day
-- column: last_day | date | Last complete day
select
    totals.day,
    totals.total_usd,
    totals.long_usd,
    totals.short_usd,
    totals.long_share,
    totals.venues,
    totals.assets,
    (
        select string_agg(coalesce(venues.name, listed.venue), ', ' order by listed.venue)
        from (select unnest(totals.venue_list) as venue) as listed
        left join reference.venues using (venue)
    ) as venue_names,
    array_to_string(totals.asset_list, ', ') as asset_names,
    ranked.rank,
    ranked.ranked_days,
    ranked.percentile,
    ranked.ratio_to_30d_median,
    ranked.previous_larger_day,
    ranked.previous_larger_usd,
    larger.venues as previous_venues,
    larger.assets as previous_assets,
    ranked.days_since_previous_larger,
    ranked.gap_days,
    ranked.next_larger_day,
    ranked.comparable_since,
    ranked.bound,
    extent.first_day,
    extent.last_day,
    array_to_string(totals.sources, ', ') as source,
    totals.coverage_status as coverage
from facts.liquidation_totals_daily as totals
left join rankings.largest_liquidation_days as ranked using (day)
left join facts.liquidation_totals_daily as larger on larger.day = ranked.previous_larger_day
cross join (
    select min(day) as first_day, max(day) as last_day
    from rankings.largest_liquidation_days
    where rank is not null
) as extent
where totals.day = date '2024-12-09'
