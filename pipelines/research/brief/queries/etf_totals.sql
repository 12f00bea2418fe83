-- title: US spot ETF flows by session
-- says: Net flow of all funds per New York session, seven days either way; a holiday or a session that has not reported is a dash, never a zero.
-- key: asset, session_date
-- column: session_date | date | Session
-- column: asset | text | Asset
-- column: total_usd | usd | Net flow
-- column: coverage | text | Status
-- column: funds_reported | count | Funds reported
-- column: funds_expected | count | Funds expected
-- column: cumulative_usd | usd | Since the first session
-- shown: session_date, asset, total_usd, coverage, funds_reported, funds_expected
select
    session_date,
    asset,
    total_usd,
    status as coverage,
    funds_reported,
    funds_expected,
    cumulative_usd,
    coalesce(source, 'nobody') as source
from facts.etf_flow_totals_daily
where session_date between date '2024-12-09' - 7 and date '2024-12-09' + 7
order by session_date, asset
