-- description: One row per New York weekday, asset and expected fund, from the source that speaks for the
--   session in facts.etf_flow_totals_daily; where none has spoken, the best-placed source that tells funds
--   shows its empty cells. Which funds are expected: staging.etf_funds.
-- grain: session_date, asset, fund
-- column: session_date | date | New York trading date
-- column: asset | text | Asset that the fund holds
-- column: fund | text | Ticker
-- column: flow_usd | usd | Net flow; null unless the status is reported
-- column: status | text | reported, holiday, pending (younger than three days) or missing
-- column: source | text | The source that speaks for the session
-- assert: status_is_known | status in ('reported', 'holiday', 'pending', 'missing')
-- assert: flow_stands_where_reported | (status = 'reported') = (flow_usd is not null)
with clock as (
    select (now_at at time zone 'UTC')::date as today
    from meta.build
),

best_placed as (
    select funds.asset, funds.source
    from staging.etf_funds as funds
    left join reference.source_preferences as preferences
        on preferences.kind = 'etf_flows'
        and preferences.source = funds.source
    qualify row_number() over (
        partition by funds.asset order by coalesce(preferences.rank, 1000), funds.source, funds.fund
    ) = 1
),

sessions as (
    select
        totals.session_date,
        totals.asset,
        coalesce(totals.source, best_placed.source) as source,
        us_sessions.is_session,
        totals.session_date > clock.today - 3 as is_young
    from facts.etf_flow_totals_daily as totals
    cross join clock
    join meta.us_sessions using (session_date)
    left join best_placed using (asset)
)

select
    sessions.session_date,
    sessions.asset,
    funds.fund,
    flows.flow_usd,
    case
        when flows.flow_usd is not null then 'reported'
        when not sessions.is_session then 'holiday'
        when sessions.is_young then 'pending'
        else 'missing'
    end as status,
    sessions.source
from sessions
join staging.etf_funds as funds
    on funds.source = sessions.source
    and funds.asset = sessions.asset
    and funds.first_session <= sessions.session_date
    and (sessions.session_date <= funds.last_session or not funds.is_closed)
left join facts.etf_flows_by_source_daily as flows
    on flows.session_date = sessions.session_date
    and flows.asset = sessions.asset
    and flows.fund = funds.fund
    and flows.source = sessions.source
