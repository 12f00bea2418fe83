-- description: One row per basis, scope, side, venue set, clock and day that was a record when it happened:
--   strictly larger than every covered day before. The first 30 covered days set none, they only set the bar.
-- grain: basis, scope_kind, scope, side, venue_set, clock, day
-- column: basis | text | measured or published
-- column: scope_kind | text | overall, asset or venue
-- column: scope | text | all, the asset, or the venue
-- column: side | text | total, long or short
-- column: venue_set | text | Set of reference.venue_sets
-- column: clock | text | utc_day, trailing_24h or local_day
-- column: day | date | The day that set the record
-- column: amount_usd | usd | Liquidated notional
-- column: beaten_day | date | First day with the amount that stood until then
-- column: beaten_usd | usd | That amount
-- column: stood_until | date | First later day that was strictly larger; null while the record stands
-- column: days_stood | days | Calendar days until then; null while the record stands
-- column: covered_before | count | Covered days before this one
-- column: first_covered_day | date | First covered day
-- column: comparable_since | date | Days from here on were collected as this one was
-- assert: beats_what_stood | amount_usd > beaten_usd
-- assert: thirty_days_came_before | covered_before >= 30
with never_lower as (
    select
        basis,
        scope_kind,
        scope,
        side,
        venue_set,
        clock,
        day,
        amount_usd,
        next_larger_day,
        covered_before,
        first_covered_day,
        comparable_since,
        lag(amount_usd) over days_before as bar_usd
    from rankings.liquidation_day_ranks
    where rank is not null
        and previous_larger_day is null
    window days_before as (
        partition by basis, scope_kind, scope, side, venue_set, clock order by day
    )
),

bars as (
    select
        *,
        lag(day) over bars_before as beaten_day,
        lag(amount_usd) over bars_before as beaten_usd
    from never_lower
    where bar_usd is null or amount_usd > bar_usd
    window bars_before as (
        partition by basis, scope_kind, scope, side, venue_set, clock order by day
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
    beaten_day,
    beaten_usd,
    next_larger_day as stood_until,
    next_larger_day - day as days_stood,
    covered_before,
    first_covered_day,
    comparable_since
from bars
where covered_before >= 30
