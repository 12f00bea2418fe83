-- title: The days around it
-- says: Liquidations from seven days before to seven days after; a day without a row is not known.
-- key: day
-- column: day | date | Day
-- column: total_usd | usd | Total
-- column: long_usd | usd | Long
-- column: short_usd | usd | Short
-- column: long_share | fraction | Long share
-- column: coverage | text | Coverage
select
    day,
    total_usd,
    long_usd,
    short_usd,
    long_share,
    coverage_status as coverage,
    array_to_string(sources, ', ') as source
from facts.liquidation_totals_daily
where day between date '2024-12-09' - 7 and date '2024-12-09' + 7
order by day
