-- title: The largest liquidation days measured here
-- says: The hundred largest complete days, among the venues and assets of each day. Days before "collected alike since" were collected in another way.
-- key: day
-- column: rank | rank | Rank
-- column: day | date | Day
-- column: total_usd | usd | Total
-- column: long_usd | usd | Long
-- column: short_usd | usd | Short
-- column: long_share | fraction | Long share
-- column: ratio_to_30d_median | times | Against the 30-day median
-- column: venues | count | Venues
-- column: assets | count | Assets
-- column: previous_larger_day | date | Last larger day
-- column: comparable_since | date | Collected alike since
-- shown: rank, day, total_usd, long_share, ratio_to_30d_median, previous_larger_day, venues, assets, comparable_since
select
    ranked.rank,
    ranked.day,
    ranked.total_usd,
    ranked.long_usd,
    ranked.short_usd,
    ranked.long_share,
    ranked.ratio_to_30d_median,
    ranked.venues,
    ranked.assets,
    ranked.previous_larger_day,
    ranked.comparable_since,
    array_to_string(totals.sources, ', ') as source,
    ranked.coverage_status as coverage
from rankings.largest_liquidation_days as ranked
join facts.liquidation_totals_daily as totals using (day)
where ranked.rank <= 100
order by ranked.rank, ranked.day
