-- description: One row per basis, day, snapshot and part: majors by themselves, the groups of
--   reference.universe, other assets, and a row `unallocated`. The parts always add up to the total of the
--   same source: measured to the headline, published to the total of the same snapshot. A tile that a vendor
--   calls by a name of its own is a part of the published total only, and never fills a measured remainder.
-- grain: basis, clock, day, snapshot, part
-- column: basis | text | measured or published
-- column: clock | text | utc_day, or trailing_24h for snapshots of a rolling window
-- column: day | date | UTC day
-- column: snapshot | text | headline, or the published snapshot
-- column: part | text | Asset, group, `other assets`, the name of a published tile, or unallocated
-- column: part_kind | text | major, group, rest, tile or unallocated
-- column: amount_usd | usd | Liquidated notional of both sides
-- column: long_usd | usd | Of it long positions; null where not told
-- column: total_usd | usd | The whole
-- column: share | fraction | amount_usd of total_usd; null where the total is 0
-- column: assets | count | Assets in the part; null where published
-- column: coverage_status | text | complete or partial, or published
-- assert: share_is_a_fraction | share is null or share between 0 and 1
-- assert: part_kind_is_known | part_kind in ('major', 'group', 'rest', 'tile', 'unallocated')
with parts as (
    select
        'measured' as basis,
        'utc_day' as clock,
        headline.day,
        'headline' as snapshot,
        case
            when universe.asset_group = 'major' then headline.asset
            else coalesce(universe.asset_group, 'other assets')
        end as part,
        case
            when universe.asset_group = 'major' then 'major'
            when universe.asset_group is not null then 'group'
            else 'rest'
        end as part_kind,
        sum(headline.amount_usd) as amount_usd,
        sum(case when headline.side = 'long' then headline.amount_usd end) as long_usd,
        count(distinct headline.asset) as assets
    from facts.liquidations_daily as headline
    left join reference.universe on universe.asset = headline.asset
    group by all
    union all
    select
        'published' as basis,
        case clock when 'rolling_24h' then 'trailing_24h' else 'utc_day' end as clock,
        as_of as day,
        coalesce(snapshot, 'only') as snapshot,
        substr(scope, strpos(scope, ' ') + 1) as part,
        case split_part(scope, ' ', 1) when 'asset' then 'major' else 'tile' end as part_kind,
        max(value) filter (where metric = 'liquidations_total') as amount_usd,
        max(value) filter (where metric = 'liquidations_long') as long_usd,
        null as assets
    from reference.published_figures
    where metric in ('liquidations_total', 'liquidations_long')
        and clock in ('rolling_24h', 'day_list')
        and split_part(scope, ' ', 1) in ('asset', 'group')
    group by clock, as_of, snapshot, scope
    having count(*) filter (where metric = 'liquidations_total') > 0
),

wholes as (
    select
        'measured' as basis,
        'utc_day' as clock,
        day,
        'headline' as snapshot,
        total_usd,
        long_usd,
        coverage_status
    from facts.liquidation_totals_daily
    union all
    select
        'published' as basis,
        case clock when 'rolling_24h' then 'trailing_24h' else 'utc_day' end as clock,
        as_of as day,
        snapshot,
        max(value) as total_usd,
        null as long_usd,
        'published' as coverage_status
    from reference.published_figures
    where metric = 'liquidations_total'
        and scope = 'all venues'
        and snapshot is not null
    group by clock, as_of, snapshot
),

shares as (
    select parts.*, wholes.total_usd, wholes.long_usd as whole_long_usd, wholes.coverage_status
    from parts
    join wholes using (basis, clock, day, snapshot)
),

with_unallocated as (
    select
        basis, clock, day, snapshot, part, part_kind, amount_usd, long_usd, total_usd, assets, coverage_status
    from shares
    union all
    select
        basis,
        clock,
        day,
        snapshot,
        'unallocated' as part,
        'unallocated' as part_kind,
        any_value(total_usd) - sum(amount_usd) as amount_usd,
        any_value(whole_long_usd) - sum(long_usd) as long_usd,
        any_value(total_usd) as total_usd,
        case when basis = 'measured' then 0 end as assets,
        any_value(coverage_status) as coverage_status
    from shares
    group by basis, clock, day, snapshot
)

select
    basis,
    clock,
    day,
    snapshot,
    part,
    part_kind,
    amount_usd,
    long_usd,
    total_usd,
    case when total_usd > 0 then round(amount_usd::double / total_usd::double, 6) end as share,
    assets,
    coverage_status
from with_unallocated
