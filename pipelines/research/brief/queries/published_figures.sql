-- title: Single figures as published, beside the same figure measured here
-- says: A published figure is of the whole market, mostly over a rolling 24 hours; the one measured here is of the UTC day among fewer venues and assets. A dash means that this warehouse does not tell that venue or asset apart.
-- key: figure
-- column: figure | text | Id
-- column: metric | text | Metric
-- column: scope | text | Of
-- column: clock | text | Clock
-- column: printed | text | As printed
-- column: unit | text | Unit
-- column: value_usd | usd | Published
-- column: measured_usd | usd | Measured here
-- column: publisher | text | Published by
-- column: confidence | text | Confidence
-- shown: metric, scope, value_usd, measured_usd, publisher, confidence
with published as (
    select
        figure,
        metric,
        scope,
        clock,
        printed,
        unit,
        value as value_usd,
        source,
        confidence,
        split_part(metric, '_', 2) as side,
        split_part(scope, ' ', 1) as scope_kind,
        split_part(scope, ' ', 2) as scope_name
    from reference.published_figures
    where as_of = date '2024-12-09'
        and metric in ('liquidations_total', 'liquidations_long', 'liquidations_short', 'largest_order')
        and unit = 'usd'
        and source <> 'seed' -- an article that is itself checked is no evidence
),

matched as (
    select
        published.figure,
        sum(liquidations.amount_usd) as measured_usd,
        string_agg(distinct liquidations.source, ', ' order by liquidations.source) as measured_source
    from published
    join facts.liquidations_daily as liquidations
        on liquidations.day = date '2024-12-09'
        and published.side in ('total', liquidations.side)
        and published.metric <> 'largest_order'
        and (
            published.scope = 'all venues'
            or (published.scope = 'venue ' || liquidations.venue)
            or (published.scope = 'asset ' || liquidations.asset)
        )
    group by published.figure
)

select
    published.figure,
    replace(published.metric, '_', ' ') as metric,
    published.scope,
    published.clock,
    published.printed,
    published.unit,
    published.value_usd,
    matched.measured_usd,
    published.source as publisher,
    published.confidence,
    published.source,
    matched.measured_source,
    'as published' as coverage
from published
left join matched using (figure)
order by published.metric, published.scope, published.value_usd, published.figure
