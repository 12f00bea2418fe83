-- title: Other published figures of the day
-- says: In the words and units in which they were printed.
-- key: figure
-- column: figure | text | Id
-- column: metric | text | Metric
-- column: scope | text | Of
-- column: printed | text | As printed
-- column: unit | text | Unit
-- column: qualifier | text | Qualifier
-- column: publisher | text | Published by
-- column: confidence | text | Confidence
-- shown: metric, scope, printed, unit, qualifier, publisher, confidence
select
    figure,
    replace(metric, '_', ' ') as metric,
    scope,
    printed,
    unit,
    qualifier,
    source as publisher,
    confidence,
    source,
    'as published' as coverage
from reference.published_figures
where as_of = date '2024-12-09'
    and metric not in ('liquidations_total', 'liquidations_long', 'liquidations_short', 'largest_order')
    and source <> 'seed' -- an article that is itself checked is no evidence
order by metric, scope, figure
