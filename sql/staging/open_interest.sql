-- description: One row per source, market and moment: the open interest in force, one-sided.
-- grain: source, venue, market, measured_at
-- column: source | text | Who said it
-- column: dataset | text | The dataset that brought it
-- column: venue | text | Venue
-- column: market | text | The venue's own name of the contract
-- column: asset | text | Asset
-- column: margin | text | linear, inverse, or all where the source does not tell them apart
-- column: measured_at | timestamptz | Moment, to the minute
-- column: day | date | UTC day of the moment; midnight opens its day
-- column: amount_coin | coin | Open contracts in coins; null where the source does not say
-- column: amount_usd | usd | Open contracts in dollars; null where the source does not say
-- column: observed_at | timestamptz | When this value arrived
-- column: vintage | count | How many values the key has had
-- assert: margin_is_known | margin in ('linear', 'inverse', 'all')
-- warn: some_amount_is_told | amount_coin is not null or amount_usd is not null
with latest as (
    select *
    from raw.open_interest
    qualify row_number() over (
        partition by dataset, venue, market, asset, measured_at order by vintage desc
    ) = 1
),

in_force as (
    select
        source,
        dataset,
        venue,
        market,
        asset,
        margin,
        date_trunc('minute', measured_at + interval 30 seconds) as measured_at,
        amount_coin,
        amount_usd,
        observed_at,
        vintage
    from latest
    where not retracted
)

select
    source,
    dataset,
    venue,
    market,
    asset,
    margin,
    measured_at,
    (measured_at at time zone 'UTC')::date as day,
    amount_coin,
    amount_usd,
    observed_at,
    vintage
from in_force
qualify row_number() over (
    partition by source, venue, market, measured_at
    order by (amount_coin is null)::int + (amount_usd is null)::int, observed_at desc, dataset, asset
) = 1
