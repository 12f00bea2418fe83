-- What every source that tells buckets said of a UTC day by a moment, zero padding left out.
-- facts.liquidations_as_of(timestamptz '2024-12-10 02:00:00+00')
--   -> day, source, venue, asset, long_usd, short_usd, covered_seconds (86400: the whole day)
-- Groups stand beside their members, as in facts.liquidations_by_source_daily: do not add venues up.
create or replace macro facts.liquidations_as_of(moment) as table
with known as (
    select *
    from raw.liquidation_buckets
    where observed_at <= moment
    qualify row_number() over (
        partition by dataset, venue, market, asset, bucket_start, bucket_seconds order by vintage desc
    ) = 1
),

lives as (
    select source, asset, venue, min(bucket_start) as first_bucket, max(bucket_start) as last_bucket
    from known
    where not retracted
        and (long_usd > 0 or short_usd > 0)
    group by source, asset, venue
),

market_days as (
    select
        source,
        venue,
        asset,
        market,
        (bucket_start at time zone 'UTC')::date as day,
        sum(long_usd) as long_usd,
        sum(short_usd) as short_usd,
        sum(bucket_seconds) as covered_seconds
    from known
    join lives using (source, asset, venue)
    where not retracted
        and bucket_start between first_bucket and last_bucket
        and bucket_start + to_seconds(bucket_seconds) <= moment
    group by source, venue, asset, market, day, bucket_seconds
    qualify row_number() over (
        partition by source, venue, asset, market, (bucket_start at time zone 'UTC')::date
        order by sum(bucket_seconds) desc, bucket_seconds desc
    ) = 1
)

select
    day,
    source,
    venue,
    asset,
    sum(long_usd) as long_usd,
    sum(short_usd) as short_usd,
    min(covered_seconds) as covered_seconds
from market_days
group by day, source, venue, asset;
