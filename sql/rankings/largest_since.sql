-- description: One row per basis, scope, side, venue set, clock and covered day: the tightest true statement
--   "largest since". A day that is not covered has none.
-- grain: basis, scope_kind, scope, side, venue_set, clock, day
-- column: basis | text | measured or published
-- column: scope_kind | text | overall, asset or venue
-- column: scope | text | all, the asset, or the venue
-- column: side | text | total, long or short
-- column: venue_set | text | Set of reference.venue_sets
-- column: clock | text | utc_day, trailing_24h or local_day
-- column: day | date | The day that is spoken of
-- column: amount_usd | usd | Liquidated notional
-- column: since_day | date | Last earlier covered day that was strictly larger; null where there is none
-- column: since_usd | usd | Its amount
-- column: days_since | days | Calendar days from it to this day
-- column: coverage_began | date | First covered day
-- column: covered_between | count | Covered days after since_day, or from the beginning, and before this day
-- column: gap_days | count | Days in between that are not covered
-- column: unranked_larger | count | Days of any time without a rank that hold at least as much
-- column: crosses_break | bool | Whether the collection of its venues changed in between
-- column: comparable_since | date | Days from here on were collected as this one was
-- column: statement | text | The sentence, with what it rests on
-- assert: statement_is_there | length(statement) > 0
-- assert: since_is_larger | since_usd is null or since_usd > amount_usd
with covered as (
    select
        *,
        coalesce(previous_larger_day, first_covered_day) < comparable_since as crosses_break,
        case
            when previous_larger_day is null then covered_before
            else day - previous_larger_day - 1 - gap_days
        end as covered_between
    from (
        select
            basis,
            scope_kind,
            scope,
            side,
            venue_set,
            clock,
            day,
            amount_usd,
            previous_larger_day,
            previous_larger_usd,
            days_since_previous_larger,
            first_covered_day,
            covered_before,
            gap_days,
            unranked_larger,
            comparable_since,
            venues,
            assets
        from rankings.liquidation_day_ranks
        where rank is not null
    )
)

select
    basis,
    scope_kind,
    scope,
    side,
    venue_set,
    clock,
    day,
    amount_usd,
    previous_larger_day as since_day,
    previous_larger_usd as since_usd,
    days_since_previous_larger as days_since,
    first_covered_day as coverage_began,
    covered_between,
    gap_days,
    unranked_larger,
    crosses_break,
    comparable_since,
    concat(
        case when covered_before = 0 then 'first covered day of ' else 'largest ' end,
        case when side = 'total' then '' else side || ' ' end,
        'liquidations',
        case scope_kind when 'overall' then '' when 'asset' then ' of ' || scope else ' on ' || scope end,
        case
            when covered_before = 0 then ', nothing before it to compare with'
            when previous_larger_day is null then ' since coverage began on ' || first_covered_day::text
            else concat(
                ' since ',
                previous_larger_day::text,
                case days_since_previous_larger
                    when 1 then ' (1 day)'
                    else format(' ({:,} days)', days_since_previous_larger)
                end
            )
        end,
        case
            when basis = 'published' then ', among published figures'
            when scope_kind = 'venue' then format(', assets: {:d}', assets)
            else format(', venues: {:d}, assets: {:d}', venues, assets)
        end,
        case when scope_kind = 'venue' then '' else ', venue set ' || venue_set end,
        case clock
            when 'utc_day' then ', UTC days'
            when 'trailing_24h' then ', windows of 24 hours'
            else ', local days'
        end,
        case
            when gap_days > 0
                then format(
                    '; days in between that are not covered: {:,}, so among {:,} covered days',
                    gap_days,
                    covered_between
                )
            else ''
        end,
        case
            when not crosses_break then ''
            when comparable_since > day
                then '; the collection was changing until ' || (comparable_since - 1)::text
            else '; collected in another way before: comparable since ' || comparable_since::text
        end,
        case
            when unranked_larger > 0
                then format('; days without a rank that hold at least as much: {:,}', unranked_larger)
            else ''
        end
    ) as statement
from covered
