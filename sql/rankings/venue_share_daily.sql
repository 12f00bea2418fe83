-- description: One row per basis, day, snapshot and venue, and one row `unallocated`: what part of the
--   liquidations happened where. Parts and unallocated always add up to the total of the same source:
--   measured to the headline, published to the total of the same snapshot. A measured remainder is never
--   filled with a published figure.
-- grain: basis, clock, day, snapshot, venue
-- column: basis | text | measured or published
-- column: clock | text | utc_day, or trailing_24h for snapshots of a rolling window
-- column: day | date | UTC day
-- column: snapshot | text | headline, or the published snapshot
-- column: venue | text | Venue, group, or unallocated
-- column: amount_usd | usd | Liquidated notional of both sides
-- column: total_usd | usd | The whole
-- column: share | fraction | amount_usd of total_usd; null where the total is 0
-- column: rank | rank | Place among the venues of the day; null for unallocated
-- column: coverage_status | text | complete or partial, or published
-- assert: share_is_a_fraction | share is null or share between 0 and 1
-- assert: unallocated_has_no_rank | (venue = 'unallocated') = (rank is null)
with parts as (
    select
        'measured' as basis,
        'utc_day' as clock,
        day,
        'headline' as snapshot,
        venue,
        sum(amount_usd) as amount_usd
    from facts.liquidations_daily
    group by day, venue
    union all
    select
        'published' as basis,
        case clock when 'rolling_24h' then 'trailing_24h' else 'utc_day' end as clock,
        as_of as day,
        coalesce(snapshot, 'only') as snapshot,
        split_part(scope, ' ', 2) as venue,
        max(value) as amount_usd
    from reference.published_figures
    where metric = 'liquidations_total'
        and clock in ('rolling_24h', 'day_list')
        and regexp_matches(scope, '^venue [a-z0-9]+$')
    group by clock, as_of, snapshot, scope
),

wholes as (
    select
        'measured' as basis,
        'utc_day' as clock,
        day,
        'headline' as snapshot,
        total_usd,
        coverage_status
    from facts.liquidation_totals_daily
    union all
    select
        'published' as basis,
        case clock when 'rolling_24h' then 'trailing_24h' else 'utc_day' end as clock,
        as_of as day,
        snapshot,
        max(value) as total_usd,
        'published' as coverage_status
    from reference.published_figures
    where metric = 'liquidations_total'
        and scope = 'all venues'
        and snapshot is not null
    group by clock, as_of, snapshot
    union all
    select
        'published' as basis,
        clock,
        day,
        'only' as snapshot,
        total_usd,
        'published' as coverage_status
    from facts.published_scope_days
    where scope_kind = 'overall'
        and venue_set = 'all'
        and bound = 'exact'
        and snapshot is null
),

shares as (
    select parts.*, wholes.total_usd, wholes.coverage_status
    from parts
    join wholes using (basis, clock, day, snapshot)
),

with_unallocated as (
    select
        *,
        rank() over (partition by basis, clock, day, snapshot order by amount_usd desc) as rank
    from shares
    union all
    select
        basis,
        clock,
        day,
        snapshot,
        'unallocated' as venue,
        any_value(total_usd) - sum(amount_usd) as amount_usd,
        any_value(total_usd) as total_usd,
        any_value(coverage_status) as coverage_status,
        null as rank
    from shares
    group by basis, clock, day, snapshot
)

select
    basis,
    clock,
    day,
    snapshot,
    venue,
    amount_usd,
    total_usd,
    case when total_usd > 0 then round(amount_usd::double / total_usd::double, 6) end as share,
    rank,
    coverage_status
from with_unallocated
