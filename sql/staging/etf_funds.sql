-- description: One row per source, asset and fund that has ever reported: from when to when it did. A fund
--   that has been silent for ten sessions of its source is taken as closed after its last figure; until then
--   it is expected, and a session without it is partial.
-- grain: source, asset, fund
-- column: source | text | Who tells it
-- column: asset | text | Asset that the fund holds
-- column: fund | text | Ticker
-- column: first_session | date | First New York trading date with a figure
-- column: last_session | date | Last New York trading date with a figure
-- column: sessions_since | count | Sessions of this source and asset after that
-- column: is_closed | bool | Whether it has been silent for ten of them
-- assert: first_comes_first | first_session <= last_session
-- assert: sessions_since_is_not_negative | sessions_since >= 0
with reports as (
    select
        source,
        asset,
        fund,
        session_date,
        dense_rank() over (partition by source, asset order by session_date desc) - 1 as sessions_after
    from staging.etf_flows
    where flow_usd is not null
        and fund <> 'TOTAL'
)

select
    source,
    asset,
    fund,
    min(session_date) as first_session,
    max(session_date) as last_session,
    min(sessions_after) as sessions_since,
    min(sessions_after) >= 10 as is_closed
from reports
group by source, asset, fund
