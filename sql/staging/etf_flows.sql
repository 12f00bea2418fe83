-- description: One row per source, asset, fund and New York trading date: the flow in force, null where the
--   fund had not reported. Where several pages of a source tell the same, a figure beats a dash and the newer
--   figure beats the older. Fund TOTAL is the total as printed.
-- grain: source, asset, fund, session_date
-- column: source | text | Who said it
-- column: dataset | text | The dataset that brought it
-- column: market | text | The page it stands on
-- column: asset | text | Asset that the fund holds
-- column: fund | text | Ticker; TOTAL is the printed total
-- column: session_date | date | New York trading date
-- column: flow_usd | usd | Net flow; null while not reported
-- column: observed_at | timestamptz | When this value arrived
-- column: first_reported_at | timestamptz | When the first figure of this fund and session arrived
-- column: vintage | count | How many values the key has had
-- warn: flow_is_plausible | flow_usd is null or abs(flow_usd) < 1e11
with history as (
    select
        *,
        min(case when flow_usd is not null then observed_at end) over (
            partition by source, asset, fund, session_date
        ) as first_reported_at
    from raw.etf_flows
),

latest as (
    select *
    from history
    qualify row_number() over (
        partition by dataset, market, asset, fund, session_date order by vintage desc
    ) = 1
)

select
    source,
    dataset,
    market,
    asset,
    fund,
    session_date,
    flow_usd,
    observed_at,
    first_reported_at,
    vintage
from latest
where not retracted
qualify row_number() over (
    partition by source, asset, fund, session_date
    order by flow_usd is null, observed_at desc, dataset, market
) = 1
