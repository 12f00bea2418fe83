-- title: The largest days here
-- says: The ten largest complete days of this warehouse and this day, among the venues and assets of each day.
-- key: day
-- column: rank | rank | Rank
-- column: day | date | Day
-- column: total_usd | usd | Total
-- column: long_share | fraction | Long share
-- column: venues | count | Venues
-- column: assets | count | Assets
-- column: comparable_since | date | Collected alike since
-- column: bound | text | Bound
-- shown: rank, day, total_usd, long_share, venues, assets, comparable_since
select
    ranked.rank,
    ranked.day,
    ranked.total_usd,
    ranked.long_share,
    ranked.venues,
    ranked.assets,
    ranked.comparable_since,
    ranked.bound,
    array_to_string(totals.sources, ', ') as source,
    ranked.coverage_status as coverage
from rankings.largest_liquidation_days as ranked
join facts.liquidation_totals_daily as totals using (day)
where ranked.rank <= 10
    or ranked.day = date '2024-12-09'
order by ranked.total_usd desc, ranked.day
