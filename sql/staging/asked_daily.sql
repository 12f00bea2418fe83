-- description: One row per kind, source and UTC day since 2020-01-01: how the asking went, over all datasets
--   and parts (symbols, pages) of the source; where two datasets of a source tell one kind, the better state
--   wins. A day is answered once some whole answer that covers it was asked for after its end; what failed
--   before or later does not undo that. What an upstream no longer kept when it was asked last is before its
--   history, unless it had served something earlier still: then it is a hole.
-- grain: kind, source, day
-- column: kind | text | liquidations, etf_flows, onchain_volume, funding, prices, open_interest,
--   futures_basis or option_volatility
-- column: source | text | Who was asked
-- column: day | date | UTC day
-- column: state | text | answered, failed, unreachable, never_asked, not_configured or before_history
-- column: reason | text | What the upstream or the client said; null where all is well
-- assert: state_is_known | state in (
--   'answered', 'failed', 'unreachable', 'never_asked', 'not_configured', 'before_history')
with datasets as (
    select
        dataset,
        source,
        case kind
            when 'liquidation_buckets' then 'liquidations'
            when 'liquidation_orders' then 'liquidations'
            when 'funding_rates' then 'funding'
            else kind
        end as kind,
        state = 'not_configured' as is_not_configured,
        state = 'on_request' as is_on_request,
        key_variable,
        depth_days,
        cut = 'snapshot' as is_snapshot,
        earliest
    from meta.datasets
    where kind <> 'instruments'  -- terms are no daily figures
),

snapshots as (
    -- of a source that shows the present only, each answer is of the day whose end is nearest
    select
        windows.dataset,
        ((windows.start_at - interval 12 hours) at time zone 'UTC')::date as day,
        bool_or(windows.verdict in ('complete', 'absent')) as is_answered,
        bool_or(windows.verdict in ('unreachable', 'key_rejected')) as is_unreachable,
        arg_max(windows.reason, windows.observed_at) as reason
    from meta.windows
    join datasets on datasets.dataset = windows.dataset
    where datasets.is_snapshot
        and windows.part <> '*'
    group by windows.dataset, ((windows.start_at - interval 12 hours) at time zone 'UTC')::date
),

first_snapshots as (
    select dataset, min(day) as first_day
    from snapshots
    group by dataset
),

answered as (
    -- part `*` is the list of parts: where it alone was answered, nothing was there to ask for
    select
        dataset,
        day,
        case
            when bool_and(part = '*') then 'no series of it is asked for on this day'
            when bool_and(is_absent) then max(reason)
        end as reason
    from staging.answered_parts_daily
    group by dataset, day
),

failed as (
    select
        dataset,
        day,
        bool_or(is_unreachable) as is_unreachable,
        arg_max(reason, observed_at) as reason
    from staging.failed_parts_daily
    group by dataset, day
),

askings as (
    select
        dataset,
        max((observed_at at time zone 'UTC')::date) as newest_day
    from meta.windows
    group by dataset
),

served as (
    select dataset, min(day) as first_day
    from staging.answered_parts_daily
    where part <> '*'
        and not is_absent
    group by dataset
),

depths as (
    -- the oldest day that the upstream still kept when it was asked last, or would keep if it were asked now
    select
        datasets.dataset,
        coalesce(askings.newest_day, (build.now_at at time zone 'UTC')::date)
            - datasets.depth_days + 1 as oldest_day,
        coalesce(served.first_day, date '9999-12-31') as first_day,
        'the upstream keeps no more than ' || case datasets.depth_days
            when 1 then 'a day'
            else datasets.depth_days::text || ' days'
        end as kept
    from datasets
    cross join meta.build
    left join askings on askings.dataset = datasets.dataset
    left join served on served.dataset = datasets.dataset
    where datasets.depth_days is not null
),

states as (
    select
        datasets.kind,
        datasets.source,
        days.day,
        case
            when datasets.is_not_configured then 'not_configured'
            when days.day < datasets.earliest then 'before_history'
            when datasets.is_on_request and days.day >= coalesce(depths.oldest_day, days.day)
                then 'not_configured'
            when datasets.is_snapshot and snapshots.is_answered then 'answered'
            when datasets.is_snapshot and snapshots.is_unreachable then 'unreachable'
            when datasets.is_snapshot and snapshots.day is not null then 'failed'
            when datasets.is_snapshot and days.day > first_snapshots.first_day then 'never_asked'
            when datasets.is_snapshot then 'before_history'
            when failed.is_unreachable then 'unreachable'
            when failed.day is not null then 'failed'
            when answered.day is not null then 'answered'
            when days.day < depths.oldest_day and days.day < depths.first_day then 'before_history'
            else 'never_asked'
        end as state,
        case
            when datasets.is_not_configured then 'needs ' || coalesce(datasets.key_variable, 'a key')
            when days.day < datasets.earliest then 'nothing is served before ' || datasets.earliest::text
            when datasets.is_on_request and days.day >= coalesce(depths.oldest_day, days.day)
                then 'on request: floodmark run --source ' || datasets.dataset
            when datasets.is_snapshot and snapshots.day is not null then snapshots.reason
            when datasets.is_snapshot and days.day > first_snapshots.first_day then 'not asked that night'
            when datasets.is_snapshot then 'shows the present only, and was not asked before'
            when failed.day is not null then failed.reason
            when answered.day is not null then answered.reason
            when days.day < depths.oldest_day and days.day < depths.first_day
                then depths.kept
            when days.day < depths.oldest_day then 'not asked for in time: ' || depths.kept
            else 'not asked for yet'
        end as reason
    from datasets
    cross join staging.days
    left join depths on depths.dataset = datasets.dataset
    left join first_snapshots on first_snapshots.dataset = datasets.dataset
    left join snapshots on snapshots.dataset = datasets.dataset and snapshots.day = days.day
    left join answered on answered.dataset = datasets.dataset and answered.day = days.day
    left join failed on failed.dataset = datasets.dataset and failed.day = days.day
)

select kind, source, day, state, reason
from states
qualify row_number() over (
    partition by kind, source, day
    order by
        case state
            when 'answered' then 1
            when 'failed' then 2
            when 'unreachable' then 3
            when 'never_asked' then 4
            when 'not_configured' then 5
            else 6
        end,
        reason
) = 1
