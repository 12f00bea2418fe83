-- title: ETF flows as others published them
-- says: Net flow of all funds of an asset in the session, beside the sum of the funds here.
-- key: asset, publisher
-- column: asset | text | Asset
-- column: flow_usd | usd | Published
-- column: measured_usd | usd | Recomputed here
-- column: publisher | text | Published by
-- column: confidence | text | Confidence
select
    published.asset,
    published.flow_usd,
    totals.total_usd as measured_usd,
    published.source as publisher,
    published.confidence,
    published.source,
    totals.source as measured_source,
    'as published' as coverage
from reference.published_etf_days as published
left join facts.etf_flow_totals_daily as totals
    on totals.session_date = published.session_date
    and totals.asset = published.asset
where published.session_date = date '2024-12-09'
order by published.asset, published.source
