-- title: Liquidations by day
-- says: The headline of every UTC day, both sides of every position; a day whose coverage is not complete holds at least so much.
-- key: day
-- column: day | date | Day
-- column: total_usd | usd | Total
-- column: long_usd | usd | Long
-- column: short_usd | usd | Short
-- column: long_share | fraction | Long share
-- column: venues | count | Venues
-- column: assets | count | Assets
-- column: coverage | text | Coverage
-- column: source | text | Source
select
    day,
    total_usd,
    long_usd,
    short_usd,
    long_share,
    venues,
    assets,
    coverage_status as coverage,
    array_to_string(sources, ', ') as source
from facts.liquidation_totals_daily
order by day desc
