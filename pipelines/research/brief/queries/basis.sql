-- title: Futures basis
-- says: Dated futures against their index, nearest to the end of the day; the premium a year is not compounded.
-- key: venue, market
-- column: venue | text | Venue
-- column: market | text | Contract
-- column: asset | text | Asset
-- column: tenor_days | count | Days to expiry
-- column: future_price | usd_per_coin | Future
-- column: index_price | usd_per_coin | Index
-- column: premium | fraction | Premium
-- column: annualised_premium | fraction | Premium a year
-- column: measured_at | timestamptz | Measured
-- shown: venue, market, tenor_days, future_price, index_price, annualised_premium
select
    venue,
    market,
    asset,
    tenor_days,
    future_price,
    index_price,
    premium,
    annualised_premium,
    measured_at,
    source,
    'one moment' as coverage
from facts.futures_basis_daily
where day = date '2024-12-09'
    and expires_at is not null
order by asset, expires_at, venue, market
limit 20
