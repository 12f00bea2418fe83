-- description: One row per source, market and bar: the price bar in force.
-- grain: source, venue, market, asset, bucket_start, bucket_seconds
-- column: source | text | Who said it
-- column: dataset | text | The dataset that brought it
-- column: venue | text | Venue
-- column: market | text | The venue's own name of the pair
-- column: asset | text | Asset
-- column: quote | text | Currency of the price: USD or a dollar stablecoin
-- column: bucket_start | timestamptz | Start of the bar
-- column: bucket_seconds | seconds | Length of the bar
-- column: open | usd_per_coin | First price
-- column: high | usd_per_coin | Highest price
-- column: low | usd_per_coin | Lowest price
-- column: close | usd_per_coin | Last price
-- column: base_volume | coin | Traded amount; null where the upstream does not say
-- column: quote_volume | usd | Traded value in the quote currency; null where the upstream does not say
-- column: observed_at | timestamptz | When this value arrived
-- column: vintage | count | How many values the key has had
-- assert: high_and_low_bound_the_bar | low <= least(open, close) and high >= greatest(open, close)
-- warn: prices_are_positive | low > 0
with latest as (
    select *
    from raw.prices
    qualify row_number() over (
        partition by dataset, venue, market, asset, bucket_start, bucket_seconds order by vintage desc
    ) = 1
)

select
    source,
    dataset,
    venue,
    market,
    asset,
    quote,
    bucket_start,
    bucket_seconds,
    open,
    high,
    low,
    close,
    base_volume,
    quote_volume,
    observed_at,
    vintage
from latest
where not retracted
qualify row_number() over (
    partition by source, venue, market, asset, bucket_start, bucket_seconds
    order by observed_at desc, dataset
) = 1
