-- title: US spot ETF flows by session
-- says: Net flow of all funds per New York session, recomputed from the funds; a holiday and a session that has not reported have no figure.
-- key: session_date, asset
-- column: session_date | date | Session
-- column: asset | text | Asset
-- column: total_usd | usd | Net flow
-- column: cumulative_usd | usd | Since the first session
-- column: coverage | text | Status
-- column: source | text | Source
select
    session_date,
    asset,
    total_usd,
    cumulative_usd,
    status as coverage,
    coalesce(source, max(source) over (partition by asset)) as source -- who would have told a holiday
from facts.etf_flow_totals_daily
order by session_date desc, asset
