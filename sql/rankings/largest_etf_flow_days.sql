-- description: One row per asset and New York session with a flow in or out: its place among the reported
--   sessions of the asset in that direction. Partial sessions are not ranked, holidays have no flow.
-- grain: asset, session_date
-- column: rank | rank | 1 is the largest inflow, or the largest outflow; ties share the lower rank
-- column: session_date | date | New York trading date
-- column: asset | text | Asset that the funds hold
-- column: total_usd | usd | Net flow of all funds
-- column: direction | text | in or out
-- column: weekday | text | Day of the week
-- column: percentile | percent | Smaller sessions of hundred of the other ranked ones in this direction
-- column: ranked_sessions | count | Sessions of this asset and direction
-- column: cumulative_usd | usd | Sum of all sessions up to here
-- column: status | text | reported
-- column: source | text | The source that spoke
-- assert: direction_follows_the_sign | (direction = 'in') = (total_usd > 0) and total_usd <> 0
-- assert: only_reported_sessions | status = 'reported'
-- assert: rank_is_in_range | rank between 1 and ranked_sessions
with flows as (
    select
        session_date,
        asset,
        total_usd,
        case when total_usd > 0 then 'in' else 'out' end as direction,
        abs(total_usd) as size_usd,
        cumulative_usd,
        status,
        source
    from facts.etf_flow_totals_daily
    where status = 'reported'
        and total_usd <> 0
),

ranked as (
    select
        *,
        rank() over (partition by asset, direction order by size_usd desc) as rank,
        rank() over (partition by asset, direction order by size_usd) - 1 as smaller_sessions,
        count(*) over (partition by asset, direction) as ranked_sessions
    from flows
)

select
    rank,
    session_date,
    asset,
    total_usd,
    direction,
    dayname(session_date) as weekday,
    case
        when ranked_sessions > 1 then round(100 * smaller_sessions / (ranked_sessions - 1), 4)
    end as percentile,
    ranked_sessions,
    cumulative_usd,
    status,
    source
from ranked
