-- description: One row per New York weekday, asset and source, from the first session that the source tells
--   to the last whose UTC day has ended: the total recomputed from the funds, and what is known of it. A
--   source that tells totals but no funds has its printed total. Which funds are expected: staging.etf_funds.
-- grain: session_date, asset, source
-- column: session_date | date | New York trading date
-- column: asset | text | Asset that the funds hold
-- column: source | text | Who said it
-- column: status | text | reported, partial, holiday, pending (younger than three days) or missing
-- column: total_usd | usd | Net flow of the funds that reported; null where none did
-- column: funds_reported | count | Funds with a figure; null where the source tells no funds
-- column: funds_expected | count | Funds that should have one; null where the source tells no funds
-- column: printed_total_usd | usd | Total as printed; null where no fund had reported
-- column: vintages | count | Most values that any fund of the session has had
-- column: first_observed_at | timestamptz | When the first figure of the session arrived
-- assert: status_is_known | status in ('reported', 'partial', 'holiday', 'pending', 'missing')
-- assert: total_stands_where_reported | (status in ('reported', 'partial')) = (total_usd is not null)
with clock as (
    select (now_at at time zone 'UTC')::date as today
    from meta.build
),

fund_sources as (
    select distinct source, asset
    from staging.etf_funds
),

histories as (
    select source, asset, min(session_date) as first_session
    from staging.etf_flows
    where flow_usd is not null
    group by source, asset
),

weekdays as (
    select
        us_sessions.session_date,
        us_sessions.is_session,
        us_sessions.session_date > clock.today - 3 as is_young
    from meta.us_sessions
    cross join clock
    where us_sessions.session_date < clock.today
),

calendar as (
    select
        weekdays.session_date,
        histories.asset,
        histories.source,
        weekdays.is_session,
        weekdays.is_young
    from weekdays
    join histories on weekdays.session_date >= histories.first_session
),

expected as (
    select
        calendar.session_date,
        calendar.asset,
        calendar.source,
        count(*) as funds_expected
    from calendar
    join staging.etf_funds as funds
        on funds.asset = calendar.asset
        and funds.source = calendar.source
        and funds.first_session <= calendar.session_date
        and (calendar.session_date <= funds.last_session or not funds.is_closed)
    group by calendar.session_date, calendar.asset, calendar.source
),

reported as (
    select
        session_date,
        asset,
        source,
        sum(flow_usd) filter (where fund <> 'TOTAL') as funds_usd,
        count(flow_usd) filter (where fund <> 'TOTAL') as funds_reported,
        max(flow_usd) filter (where fund = 'TOTAL') as printed_usd,
        max(vintage) as vintages,
        min(first_reported_at) filter (where fund <> 'TOTAL') as funds_first_at,
        min(first_reported_at) as first_at
    from staging.etf_flows
    group by session_date, asset, source
),

weighed as (
    select
        calendar.session_date,
        calendar.asset,
        calendar.source,
        calendar.is_session,
        calendar.is_young,
        fund_sources.source is not null as tells_funds,
        coalesce(reported.funds_reported, 0) as funds_reported,
        coalesce(expected.funds_expected, 0) as funds_expected,
        reported.printed_usd,
        reported.vintages,
        case
            when fund_sources.source is null then reported.printed_usd else reported.funds_usd
        end as told_usd,
        case
            when fund_sources.source is null then reported.first_at else reported.funds_first_at
        end as first_observed_at
    from calendar
    left join fund_sources using (asset, source)
    left join reported using (session_date, asset, source)
    left join expected using (session_date, asset, source)
)

select
    session_date,
    asset,
    source,
    case
        when told_usd is not null and (not tells_funds or funds_reported >= funds_expected) then 'reported'
        when told_usd is not null then 'partial'
        when not is_session then 'holiday'
        when is_young then 'pending'
        else 'missing'
    end as status,
    told_usd as total_usd,
    case when tells_funds then funds_reported end as funds_reported,
    case
        when tells_funds and not is_session and told_usd is null then 0
        when tells_funds then funds_expected
    end as funds_expected,
    case when told_usd is not null then printed_usd end as printed_total_usd,
    vintages,
    case when told_usd is not null then first_observed_at end as first_observed_at
from weighed
