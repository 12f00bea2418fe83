-- description: One row per source, market and moment: a futures price beside its index, in force.
-- grain: source, venue, market, measured_at
-- column: source | text | Who said it
-- column: dataset | text | The dataset that brought it
-- column: venue | text | Venue
-- column: market | text | The venue's own name of the contract
-- column: asset | text | Asset
-- column: measured_at | timestamptz | Moment of both prices
-- column: day | date | UTC day whose end is nearest: what is asked at night closes the day before
-- column: expires_at | timestamptz | Expiry; null for a perpetual
-- column: future_price | usd_per_coin | Price of the contract
-- column: index_price | usd_per_coin | Price of the index
-- column: observed_at | timestamptz | When this value arrived
-- column: vintage | count | How many values the key has had
-- warn: prices_are_positive | future_price > 0 and index_price > 0
with latest as (
    select *
    from raw.futures_basis
    qualify row_number() over (
        partition by dataset, venue, market, asset, measured_at order by vintage desc
    ) = 1
)

select
    source,
    dataset,
    venue,
    market,
    asset,
    measured_at,
    ((measured_at - interval 12 hours) at time zone 'UTC')::date as day,
    expires_at,
    future_price,
    index_price,
    observed_at,
    vintage
from latest
where not retracted
qualify row_number() over (
    partition by source, venue, market, measured_at
    order by observed_at desc, dataset, asset
) = 1
