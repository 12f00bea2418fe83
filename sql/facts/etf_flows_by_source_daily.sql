-- description: One row per New York trading date, asset, fund and source: what every source says of a fund,
--   null where the fund had not reported. Printed totals are not here but in
--   facts.etf_flow_totals_by_source_daily.
-- grain: session_date, asset, fund, source
-- column: session_date | date | New York trading date
-- column: asset | text | Asset that the fund holds
-- column: fund | text | Ticker
-- column: source | text | Who said it
-- column: flow_usd | usd | Net flow; null while not reported
-- column: observed_at | timestamptz | When this value arrived
-- column: vintage | count | How many values the key has had
-- assert: fund_is_no_total | fund <> 'TOTAL'
-- warn: flow_is_plausible | flow_usd is null or abs(flow_usd) < 1e10
select session_date, asset, fund, source, flow_usd, observed_at, vintage
from staging.etf_flows
where fund <> 'TOTAL'
