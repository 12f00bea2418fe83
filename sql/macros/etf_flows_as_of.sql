-- What every source said of each fund and session by a moment, restatements since then undone.
-- facts.etf_flows_as_of(timestamptz '2024-12-10 02:00:00+00')
--   -> session_date, asset, fund, source, flow_usd (null: not reported by then), observed_at, vintage
create or replace macro facts.etf_flows_as_of(moment) as table
with known as (
    select *
    from raw.etf_flows
    where observed_at <= moment
    qualify row_number() over (
        partition by dataset, market, asset, fund, session_date order by vintage desc
    ) = 1
)

select session_date, asset, fund, source, flow_usd, observed_at, vintage
from known
where not retracted
    and fund <> 'TOTAL'
qualify row_number() over (
    partition by source, asset, fund, session_date
    order by flow_usd is null, observed_at desc, dataset, market
) = 1;
