-- description: One row per scope, venue set and day by the two clocks that need buckets shorter than a day:
--   the largest 24 hours of consecutive buckets, and the day of another time zone (reference.clocks). Buckets
--   of an hour, or of four where some series of the scope has no shorter ones. A window of 24 hours belongs
--   once, to the UTC day of its largest bucket; it is a lower bound, since real windows end between buckets.
--   A window that lacks a bucket of a series is none, and then the day is partial.
-- grain: clock, scope_kind, scope, venue_set, day
-- column: clock | text | trailing_24h or local_day
-- column: scope_kind | text | overall, asset or venue
-- column: scope | text | all, the asset, or the venue (a group as its id)
-- column: venue_set | text | Set of facts.venue_set_members; a venue by itself has all
-- column: day | date | UTC day; for local_day the day of the zone
-- column: total_usd | usd | Liquidated notional of both sides
-- column: long_usd | usd | Liquidated notional of long positions, same window
-- column: short_usd | usd | Liquidated notional of short positions, same window
-- column: market_usd | usd | Both sides of all assets on the venue set by the same clock and day; null where
--   that is not known
-- column: window_start | timestamptz | Start of the 24 hours, or of the day
-- column: bucket_seconds | seconds | Length of the buckets
-- column: venues | count | Venues and groups with buckets in it
-- column: assets | count | Assets in it
-- column: coverage_status | text | complete, or partial where a bucket that belongs to the day is absent
-- assert: sides_add_up | long_usd + short_usd = total_usd
-- assert: coverage_is_known | coverage_status in ('complete', 'partial')
with told as (
    select hours.*, members.venue_set
    from facts.liquidation_hours as hours
    join facts.venue_set_members as members
        on members.venue = hours.venue
        and (hours.bucket_start at time zone 'UTC')::date >= coalesce(members.since, date '2020-01-01')
),

scoped as (
    select 'overall' as scope_kind, 'all' as scope, * from told
    union all
    select 'asset' as scope_kind, asset as scope, * from told
    union all
    select 'venue' as scope_kind, venue as scope, * from told where venue_set = 'all'
),

series as (
    select
        scope_kind,
        scope,
        venue_set,
        bucket_seconds,
        venue,
        asset,
        min(bucket_start) as first_start,
        max(bucket_start) as last_start
    from scoped
    group by scope_kind, scope, venue_set, bucket_seconds, venue, asset
),

grids as (
    -- the shorter buckets where every series has them
    select scope_kind, scope, venue_set, bucket_seconds
    from series
    group by scope_kind, scope, venue_set, bucket_seconds
    qualify row_number() over (
        partition by scope_kind, scope, venue_set order by count(*) desc, bucket_seconds
    ) = 1
),

present as (
    select
        scoped.scope_kind,
        scoped.scope,
        scoped.venue_set,
        scoped.bucket_seconds,
        scoped.bucket_start,
        sum(scoped.long_usd) as long_usd,
        sum(scoped.short_usd) as short_usd,
        count(*) as series,
        count(distinct scoped.venue) as venues,
        count(distinct scoped.asset) as assets
    from scoped
    join grids using (scope_kind, scope, venue_set, bucket_seconds)
    group by all
),

changes as (
    select
        scope_kind,
        scope,
        venue_set,
        bucket_seconds,
        first_start as from_start,
        1 as series
    from series
    union all
    select
        scope_kind,
        scope,
        venue_set,
        bucket_seconds,
        last_start + to_seconds(bucket_seconds) as from_start,
        -1 as series
    from series
),

expected as (
    select
        scope_kind,
        scope,
        venue_set,
        bucket_seconds,
        from_start,
        sum(sum(series)) over (
            partition by scope_kind, scope, venue_set, bucket_seconds order by from_start
        ) as series
    from changes
    group by scope_kind, scope, venue_set, bucket_seconds, from_start
),

buckets as (
    select
        present.*,
        present.long_usd + present.short_usd as total_usd,
        86400 // present.bucket_seconds as buckets_a_day
    from present
    asof join expected
        on expected.scope_kind = present.scope_kind
        and expected.scope = present.scope
        and expected.venue_set = present.venue_set
        and expected.bucket_seconds = present.bucket_seconds
        and expected.from_start <= present.bucket_start
    where present.series = expected.series
),

windows as (
    select
        scope_kind,
        scope,
        venue_set,
        bucket_seconds,
        bucket_start as last_start,
        buckets_a_day,
        count(*) over day_before as buckets,
        sum(long_usd) over day_before as long_usd,
        sum(short_usd) over day_before as short_usd,
        max(venues) over day_before as venues,
        max(assets) over day_before as assets,
        arg_max(bucket_start, (total_usd, -epoch(bucket_start))) over day_before as largest_start
    from buckets
    window day_before as (
        partition by scope_kind, scope, venue_set
        order by bucket_start
        range between interval 24 hours - interval 1 second preceding and current row
    )
),

whole_windows as (
    select
        *,
        (largest_start at time zone 'UTC')::date as day,
        long_usd + short_usd as total_usd,
        last_start + to_seconds(bucket_seconds) - interval 24 hours as window_start
    from windows
    where buckets = buckets_a_day
),

-- of the windows that hold a bucket of the day, all must be whole
window_counts as (
    select
        scope_kind,
        scope,
        venue_set,
        any_value(buckets_a_day) as buckets_a_day,
        touched_day as day,
        count(*) as windows
    from (
        select
            *,
            unnest(list_distinct([
                (window_start at time zone 'UTC')::date,
                (last_start at time zone 'UTC')::date
            ])) as touched_day
        from whole_windows
    )
    group by scope_kind, scope, venue_set, touched_day
),

largest_windows as (
    select *
    from whole_windows
    qualify row_number() over (
        partition by scope_kind, scope, venue_set, day order by total_usd desc, window_start
    ) = 1
),

local_buckets as (
    select
        buckets.*,
        (buckets.bucket_start at time zone clocks.zone)::date as day,
        ((buckets.bucket_start at time zone clocks.zone)::date::timestamp at time zone clocks.zone)
            as day_start,
        (((buckets.bucket_start at time zone clocks.zone)::date + 1)::timestamp at time zone clocks.zone)
            as day_end
    from buckets
    cross join reference.clocks
    where clocks.clock = 'local_day'
),

local_days as (
    select
        scope_kind,
        scope,
        venue_set,
        bucket_seconds,
        day,
        day_start,
        sum(long_usd) as long_usd,
        sum(short_usd) as short_usd,
        max(venues) as venues,
        max(assets) as assets,
        count(*) * bucket_seconds = epoch(any_value(day_end) - day_start) as is_whole
    from local_buckets
    -- a midnight inside a bucket splits what cannot be split
    where epoch(bucket_start - day_start) % bucket_seconds = 0
        and epoch(day_end - bucket_start) % bucket_seconds = 0
    group by scope_kind, scope, venue_set, bucket_seconds, day, day_start
),

days as (
    select
        'trailing_24h' as clock,
        largest.scope_kind,
        largest.scope,
        largest.venue_set,
        largest.day,
        largest.long_usd,
        largest.short_usd,
        largest.window_start,
        largest.bucket_seconds,
        largest.venues,
        largest.assets,
        counts.windows = 2 * counts.buckets_a_day - 1 as is_whole
    from largest_windows as largest
    join window_counts as counts using (scope_kind, scope, venue_set, day)
    union all
    select
        'local_day' as clock,
        scope_kind,
        scope,
        venue_set,
        day,
        long_usd,
        short_usd,
        day_start as window_start,
        bucket_seconds,
        venues,
        assets,
        is_whole
    from local_days
)

select
    days.clock,
    days.scope_kind,
    days.scope,
    days.venue_set,
    days.day,
    days.long_usd + days.short_usd as total_usd,
    days.long_usd,
    days.short_usd,
    market.long_usd + market.short_usd as market_usd,
    days.window_start,
    days.bucket_seconds,
    days.venues,
    days.assets,
    case when days.is_whole then 'complete' else 'partial' end as coverage_status
from days
left join days as market
    on market.scope_kind = 'overall'
    and market.clock = days.clock
    and market.venue_set = days.venue_set
    and market.day = days.day
