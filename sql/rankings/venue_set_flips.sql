-- description: One row per basis, scope, clock, venue set and day whose rank is another one among the venues
--   of the set than among all, counted over the days that both cover, where one of the two ranks is in the
--   first ten: where "largest" depends on which venues count.
-- grain: basis, scope_kind, scope, clock, venue_set, day
-- column: basis | text | measured or published
-- column: scope_kind | text | overall or asset
-- column: scope | text | all, or the asset
-- column: clock | text | utc_day, trailing_24h or local_day
-- column: venue_set | text | Set of reference.venue_sets that all venues are held against
-- column: day | date | The day
-- column: rank_in_all | rank | Place among all venues
-- column: rank_in_set | rank | Place among the venues of the set
-- column: all_usd | usd | Liquidated notional on all venues
-- column: set_usd | usd | Liquidated notional on the venues of the set
-- column: share_of_set | fraction | set_usd of all_usd
-- column: compared_days | count | Days that both cover
-- column: statement | text | The difference in words
-- assert: ranks_differ | rank_in_all <> rank_in_set
with days as (
    select basis, scope_kind, scope, clock, venue_set, day, amount_usd
    from rankings.liquidation_day_ranks
    where rank is not null
        and side = 'total'
        and scope_kind in ('overall', 'asset')
),

compared as (
    select
        among.basis,
        among.scope_kind,
        among.scope,
        among.clock,
        among.venue_set,
        among.day,
        everywhere.amount_usd as all_usd,
        among.amount_usd as set_usd,
        count(*) over (
            partition by among.basis, among.scope_kind, among.scope, among.clock, among.venue_set
        ) as compared_days,
        rank() over (
            partition by among.basis, among.scope_kind, among.scope, among.clock, among.venue_set
            order by everywhere.amount_usd desc
        ) as rank_in_all,
        rank() over (
            partition by among.basis, among.scope_kind, among.scope, among.clock, among.venue_set
            order by among.amount_usd desc
        ) as rank_in_set
    from days as among
    join days as everywhere
        on everywhere.basis = among.basis
        and everywhere.scope_kind = among.scope_kind
        and everywhere.scope = among.scope
        and everywhere.clock = among.clock
        and everywhere.day = among.day
        and everywhere.venue_set = 'all'
    where among.venue_set <> 'all'
)

select
    basis,
    scope_kind,
    scope,
    clock,
    venue_set,
    day,
    rank_in_all,
    rank_in_set,
    all_usd,
    set_usd,
    case when all_usd > 0 then round(set_usd::double / all_usd::double, 6) end as share_of_set,
    compared_days,
    concat(
        day::text,
        case when scope_kind = 'asset' then ' of ' || scope else '' end,
        ' is number ',
        rank_in_all,
        ' among all venues, but number ',
        rank_in_set,
        ' in the venue set ',
        venue_set,
        ' (',
        basis,
        format(', {:,} days that both cover)', compared_days)
    ) as statement
from compared
where rank_in_all <> rank_in_set
    and least(rank_in_all, rank_in_set) <= 10
