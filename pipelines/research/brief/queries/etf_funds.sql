-- title: The funds of the session
-- says: Net flow of each fund in the New York session of the same date.
-- key: asset, fund
-- column: asset | text | Asset
-- column: fund | text | Fund
-- column: flow_usd | usd | Net flow
-- column: coverage | text | Status
select asset, fund, flow_usd, status as coverage, source
from facts.etf_flows_daily
where session_date = date '2024-12-09'
order by asset, abs(flow_usd) desc nulls last, fund
