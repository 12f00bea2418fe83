-- What did the bitcoin fund table say at 02:00 UTC after the session of 2024-12-31, against what it says now?
select
    fund,
    then_known.flow_usd as flow_then_usd,
    now_known.flow_usd as flow_now_usd,
    now_known.vintage
from facts.etf_flows_by_source_daily as now_known
left join facts.etf_flows_as_of(timestamptz '2025-01-01 02:00:00+00') as then_known
    using (session_date, asset, fund, source)
where now_known.session_date = date '2024-12-31'
    and now_known.asset = 'BTC'
    and now_known.source = 'farside'
order by now_known.fund;
