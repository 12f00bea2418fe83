-- description: One row per asset and unbroken run of reported sessions with flows of one sign. Holidays are
--   skipped; a flow of 0, and a session that is partial, pending or missing, ends a run. A run that begins
--   after such a session may have begun before.
-- grain: asset, first_session
-- column: asset | text | Asset that the funds hold
-- column: direction | text | in or out
-- column: first_session | date | New York trading date of the first session
-- column: last_session | date | Of the last session
-- column: sessions | count | Reported sessions in the run
-- column: total_usd | usd | Their net flow
-- column: largest_session_usd | usd | The largest flow of one session, in the direction of the run
-- column: rank_by_sessions | rank | 1 is the longest run of the asset and direction; ties share the lower
--   rank
-- column: rank_by_total | rank | 1 is the run with the largest flow
-- column: ended_by | text | sign, zero, partial, pending, missing; null while the run goes on
-- column: began_after | text | What the session before was: sign, zero, partial, pending or missing; null for
--   the first session of the asset
-- assert: sign_follows_the_direction | (direction = 'in') = (total_usd > 0)
-- assert: sessions_are_counted | sessions >= 1
with sessions as (
    select
        asset,
        session_date,
        total_usd,
        case
            when status <> 'reported' then status
            when total_usd > 0 then 'in'
            when total_usd < 0 then 'out'
            else 'zero'
        end as sign
    from facts.etf_flow_totals_daily
    where status <> 'holiday'
),

turns as (
    select
        *,
        lag(sign) over by_session as sign_before,
        lead(sign) over by_session as sign_after,
        sign is distinct from lag(sign) over by_session as begins
    from sessions
    window by_session as (partition by asset order by session_date)
),

numbered as (
    select
        *,
        count(case when begins then 1 end) over (partition by asset order by session_date) as run
    from turns
),

runs as (
    select
        asset,
        any_value(sign) as direction,
        min(session_date) as first_session,
        max(session_date) as last_session,
        count(*) as sessions,
        sum(total_usd) as total_usd,
        case any_value(sign) when 'in' then max(total_usd) else min(total_usd) end as largest_session_usd,
        arg_min(coalesce(sign_before, ''), session_date) as sign_before,
        arg_max(coalesce(sign_after, ''), session_date) as sign_after
    from numbered
    where sign in ('in', 'out')
    group by asset, run
)

select
    asset,
    direction,
    first_session,
    last_session,
    sessions,
    total_usd,
    largest_session_usd,
    rank() over (partition by asset, direction order by sessions desc) as rank_by_sessions,
    rank() over (partition by asset, direction order by abs(total_usd) desc) as rank_by_total,
    case when sign_after in ('in', 'out') then 'sign' else nullif(sign_after, '') end as ended_by,
    case when sign_before in ('in', 'out') then 'sign' else nullif(sign_before, '') end as began_after
from runs
