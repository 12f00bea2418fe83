-- description: One row per source, market and bucket: the liquidated notional in force. Zero padding is
--   dropped at both ends of a series (source, asset, venue, over its whole history): an upstream that pads
--   the time before its first or after its last figure knows nothing of it. Zeros in between are true zeros.
-- grain: source, venue, market, asset, bucket_start, bucket_seconds
-- column: source | text | Who said it
-- column: dataset | text | The dataset that brought it
-- column: venue | text | Venue, or a group as its sorted members joined by `+`
-- column: market | text | The upstream's own name of the series
-- column: asset | text | Asset
-- column: bucket_start | timestamptz | Start of the bucket
-- column: bucket_seconds | seconds | Length of the bucket
-- column: long_usd | usd | Liquidated notional of long positions
-- column: short_usd | usd | Liquidated notional of short positions
-- column: observed_at | timestamptz | When this value arrived
-- column: vintage | count | How many values the key has had
-- assert: amounts_are_not_negative | long_usd >= 0 and short_usd >= 0
-- assert: bucket_fits_a_day | bucket_seconds between 60 and 86400
-- warn: amount_is_plausible | long_usd < 1e11 and short_usd < 1e11
with latest as (
    select *
    from raw.liquidation_buckets
    qualify row_number() over (
        partition by dataset, venue, market, asset, bucket_start, bucket_seconds order by vintage desc
    ) = 1
),

in_force as (
    select
        source,
        dataset,
        array_to_string(list_sort(list_distinct(string_split(venue, '+'))), '+') as venue,
        market,
        asset,
        bucket_start,
        bucket_seconds,
        long_usd,
        short_usd,
        observed_at,
        vintage
    from latest
    where not retracted
),

told_once as (
    -- two datasets of one source may tell the same bucket
    select *
    from in_force
    qualify row_number() over (
        partition by source, venue, market, asset, bucket_start, bucket_seconds
        order by observed_at desc, dataset
    ) = 1
),

lives as (
    select
        source,
        asset,
        venue,
        min(bucket_start) as first_bucket,
        max(bucket_start) as last_bucket
    from told_once
    where long_usd > 0 or short_usd > 0
    group by source, asset, venue
)

select
    told_once.source,
    told_once.dataset,
    told_once.venue,
    told_once.market,
    told_once.asset,
    told_once.bucket_start,
    told_once.bucket_seconds,
    told_once.long_usd,
    told_once.short_usd,
    told_once.observed_at,
    told_once.vintage
from told_once
join lives
    on lives.source = told_once.source
    and lives.asset = told_once.asset
    and lives.venue = told_once.venue
    and told_once.bucket_start between lives.first_bucket and lives.last_bucket
