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
-- column: buckets | count | Buckets that were added up; null where they are orders
-- column: is_whole_day | bool | Whether every series covers the 24 hours
-- column: feed | text | buckets or orders: where a source tells both of a venue and asset, the whole day
--   stands, else the buckets
-- column: orders | count | Orders that were added up; null where they are buckets
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

bucket_venue_days as (
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
),

buckets_beaten as (
    select distinct orders.day, orders.source, orders.venue, orders.asset
    from facts.liquidation_order_days as orders
    join bucket_venue_days as buckets using (day, source, venue, asset)
    where orders.is_whole_day
        and not buckets.is_whole_day
),

bucket_days_kept as (
    select bucket_venue_days.*
    from bucket_venue_days
    left join buckets_beaten using (day, source, venue, asset)
    where buckets_beaten.day is null
),

order_days_kept as (
    select orders.*
    from facts.liquidation_order_days as orders
    left join bucket_days_kept as buckets using (day, source, venue, asset)
    where buckets.day is null
)

select
    day,
    source,
    venue,
    asset,
    'long' as side,
    long_usd as amount_usd,
    markets,
    buckets,
    is_whole_day,
    'buckets' as feed,
    null::bigint as orders
from bucket_days_kept
union all
select
    day,
    source,
    venue,
    asset,
    'short' as side,
    short_usd as amount_usd,
    markets,
    buckets,
    is_whole_day,
    'buckets' as feed,
    null::bigint as orders
from bucket_days_kept
union all
select
    day,
    source,
    venue,
    asset,
    side,
    amount_usd,
    markets,
    null as buckets,
    is_whole_day,
    'orders' as feed,
    orders
from order_days_kept
