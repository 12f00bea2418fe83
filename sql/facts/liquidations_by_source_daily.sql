-- description: One row per UTC day, source, venue, asset and side: everything that every source says, groups
--   beside their members included. Not to be added up over venues or sources: facts.liquidations_daily is.
-- grain: day, source, venue, asset, side
-- column: day | date | UTC day
-- column: source | text | Who said it
-- column: venue | text | Venue, or a group as its sorted members joined by `+`
-- column: asset | text | Asset
-- column: side | text | Side of the liquidated position: long or short
-- column: amount_usd | usd | Liquidated notional
-- column: markets | count | Series that were added up
-- column: buckets | count | Buckets that were added up
-- column: is_whole_day | bool | Whether the buckets of every series make up the 24 hours
-- assert: amount_is_not_negative | amount_usd >= 0
-- assert: side_is_known | side in ('long', 'short')
-- warn: amount_below_bound | amount_usd < 1e11
with bucket_days as (
    select
        source,
        venue,
        asset,
        market,
        bucket_seconds,
        (bucket_start at time zone 'UTC')::date as day,
        sum(long_usd) as long_usd,
        sum(short_usd) as short_usd,
        count(*) as buckets,
        sum(bucket_seconds) as covered_seconds,
        bool_and(
            ((bucket_start + to_seconds(bucket_seconds - 1)) at time zone 'UTC')::date
            = (bucket_start at time zone 'UTC')::date
        ) as stays_in_the_day
    from staging.liquidation_buckets
    group by all
),

market_days as (
    -- a series told in two bucket sizes counts once: the size that covers most of the day
    select *
    from bucket_days
    where day < (select (now_at at time zone 'UTC')::date from meta.build)
    qualify row_number() over (
        partition by source, venue, asset, market, day
        order by covered_seconds desc, bucket_seconds desc
    ) = 1
),

venue_days as (
    select
        day,
        source,
        venue,
        asset,
        sum(long_usd) as long_usd,
        sum(short_usd) as short_usd,
        count(*) as markets,
        sum(buckets)::bigint as buckets,
        bool_and(covered_seconds = 86400 and stays_in_the_day) as is_whole_day
    from market_days
    group by day, source, venue, asset
)

select day, source, venue, asset, 'long' as side, long_usd as amount_usd, markets, buckets, is_whole_day
from venue_days
union all
select day, source, venue, asset, 'short' as side, short_usd as amount_usd, markets, buckets, is_whole_day
from venue_days
