-- description: One row per bucket of 1 or 4 hours, venue and asset: what shorter buckets, or single orders in
--   hours that were watched whole, add up to. Each venue is told once: by the best source
--   (reference.source_preferences), buckets before orders, a venue alone before a group that holds it. A
--   bucket that lacks a part of itself, or one of the venue's series, is absent. What is told by the day only
--   is not here, so a sum over venues is a lower bound.
-- grain: bucket_start, bucket_seconds, venue, asset
-- column: bucket_start | timestamptz | Start of the bucket
-- column: bucket_seconds | seconds | 3600 or 14400; the longer ones hold the shorter ones
-- column: venue | text | Venue, or a group as its sorted members joined by `+`
-- column: asset | text | Asset
-- column: long_usd | usd | Liquidated notional of long positions
-- column: short_usd | usd | Liquidated notional of short positions
-- column: source | text | Who said it
-- column: from_orders | bool | Whether single orders were added up
-- assert: amounts_are_not_negative | long_usd >= 0 and short_usd >= 0
-- assert: bucket_is_one_of_two | bucket_seconds in (3600, 14400)
with grids (grid_seconds) as (
    values (3600), (14400)
),

bucket_sums as (
    select
        buckets.source,
        buckets.venue,
        buckets.asset,
        buckets.market,
        buckets.bucket_seconds,
        grids.grid_seconds,
        time_bucket(to_seconds(grids.grid_seconds), buckets.bucket_start) as grid_start,
        sum(buckets.long_usd) as long_usd,
        sum(buckets.short_usd) as short_usd
    from staging.liquidation_buckets as buckets
    join grids on grids.grid_seconds % buckets.bucket_seconds = 0
    where buckets.bucket_seconds <= 14400
    group by all
    having sum(buckets.bucket_seconds) = grids.grid_seconds
),

market_buckets as (
    select *
    from bucket_sums
    qualify row_number() over (
        partition by source, venue, asset, market, grid_seconds, grid_start order by bucket_seconds desc
    ) = 1
),

market_lives as (
    select
        source,
        venue,
        asset,
        market,
        grid_seconds,
        min(grid_start) as first_start,
        max(grid_start) as last_start
    from market_buckets
    group by source, venue, asset, market, grid_seconds
),

venue_buckets as (
    select
        source,
        venue,
        asset,
        grid_seconds,
        grid_start,
        sum(long_usd) as long_usd,
        sum(short_usd) as short_usd,
        count(*) as markets
    from market_buckets
    group by source, venue, asset, grid_seconds, grid_start
),

whole_venue_buckets as (
    select
        buckets.source,
        buckets.venue,
        buckets.asset,
        buckets.grid_seconds,
        buckets.grid_start,
        any_value(buckets.long_usd) as long_usd,
        any_value(buckets.short_usd) as short_usd
    from venue_buckets as buckets
    join market_lives as lives
        on lives.source = buckets.source
        and lives.venue = buckets.venue
        and lives.asset = buckets.asset
        and lives.grid_seconds = buckets.grid_seconds
        and buckets.grid_start between lives.first_start and lives.last_start
    group by buckets.source, buckets.venue, buckets.asset, buckets.grid_seconds, buckets.grid_start
    having count(*) = any_value(buckets.markets)
),

order_lives as (
    select source, dataset, venue, asset, market, min(hour_start) as first_hour, max(hour_start) as last_hour
    from staging.liquidation_order_hours
    group by source, dataset, venue, asset, market
),

day_hours (hour) as (
    select unnest(generate_series(0, 23))
),

watched_hours as (
    select
        lives.source,
        lives.dataset,
        lives.venue,
        lives.asset,
        lives.market,
        (watched.day::timestamp at time zone 'UTC') + to_hours(day_hours.hour) as hour_start
    from order_lives as lives
    join staging.watched_markets_daily as watched
        on watched.dataset = lives.dataset
        and watched.market = lives.market
    cross join day_hours
    where (watched.day::timestamp at time zone 'UTC') + to_hours(day_hours.hour)
        between lives.first_hour and lives.last_hour
),

markets_expected as (
    select
        hours.source,
        hours.dataset,
        hours.venue,
        hours.asset,
        hours.hour_start,
        count(*) as markets
    from (select distinct source, dataset, venue, asset, hour_start from watched_hours) as hours
    join order_lives as lives
        on lives.source = hours.source
        and lives.dataset = hours.dataset
        and lives.venue = hours.venue
        and lives.asset = hours.asset
        and hours.hour_start between lives.first_hour and lives.last_hour
    group by hours.source, hours.dataset, hours.venue, hours.asset, hours.hour_start
),

market_order_hours as (
    select
        source,
        dataset,
        venue,
        asset,
        market,
        hour_start,
        sum(case when side = 'long' then amount_usd else 0 end) as long_usd,
        sum(case when side = 'short' then amount_usd else 0 end) as short_usd
    from staging.liquidation_order_hours
    group by source, dataset, venue, asset, market, hour_start
),

watched_order_hours as (
    -- in a watched hour between the first and the last order of a market, no order is a true zero
    select
        watched_hours.source,
        watched_hours.dataset,
        watched_hours.venue,
        watched_hours.asset,
        watched_hours.hour_start,
        sum(coalesce(orders.long_usd, 0)) as long_usd,
        sum(coalesce(orders.short_usd, 0)) as short_usd,
        count(*) as markets
    from watched_hours
    left join market_order_hours as orders
        using (source, dataset, venue, asset, market, hour_start)
    group by
        watched_hours.source,
        watched_hours.dataset,
        watched_hours.venue,
        watched_hours.asset,
        watched_hours.hour_start
),

order_buckets as (
    select
        hours.source,
        hours.dataset,
        hours.venue,
        hours.asset,
        grids.grid_seconds,
        time_bucket(to_seconds(grids.grid_seconds), hours.hour_start) as grid_start,
        sum(hours.long_usd) as long_usd,
        sum(hours.short_usd) as short_usd
    from watched_order_hours as hours
    join markets_expected as expected using (source, dataset, venue, asset, hour_start, markets)
    cross join grids
    group by all
    having count(*) * 3600 = grids.grid_seconds
),

candidates as (
    select
        source,
        source || ' buckets' as voice,
        venue,
        asset,
        grid_seconds,
        grid_start,
        long_usd,
        short_usd,
        false as from_orders
    from whole_venue_buckets
    union all
    select
        source,
        dataset || ' orders' as voice,
        venue,
        asset,
        grid_seconds,
        grid_start,
        long_usd,
        short_usd,
        true as from_orders
    from order_buckets
),

voices as (
    select
        voice,
        venue,
        string_split(venue, '+') as members,
        row_number() over (
            order by
                from_orders,
                coalesce(preference, 1000),
                len(string_split(venue, '+')),
                voice,
                venue
        ) as turn
    from (
        select distinct
            candidates.voice,
            candidates.venue,
            candidates.from_orders,
            preferences.rank as preference
        from candidates
        left join reference.source_preferences as preferences
            on preferences.kind = 'liquidations'
            and preferences.source = candidates.source
    )
),

shared_venues as (
    select voices.voice, voices.venue, better.voice as better_voice, better.venue as better_venue
    from voices
    join voices as better
        on better.turn < voices.turn
        and list_has_any(better.members, voices.members)
),

told_better as (
    select distinct
        candidates.voice,
        candidates.venue,
        candidates.asset,
        candidates.grid_seconds,
        candidates.grid_start
    from candidates
    join shared_venues using (voice, venue)
    join candidates as better
        on better.voice = shared_venues.better_voice
        and better.venue = shared_venues.better_venue
        and better.asset = candidates.asset
        and better.grid_seconds = candidates.grid_seconds
        and better.grid_start = candidates.grid_start
)

select
    candidates.grid_start as bucket_start,
    candidates.grid_seconds as bucket_seconds,
    candidates.venue,
    candidates.asset,
    candidates.long_usd,
    candidates.short_usd,
    candidates.source,
    candidates.from_orders
from candidates
left join told_better using (voice, venue, asset, grid_seconds, grid_start)
where told_better.voice is null
