-- title: Totals as others published them
-- says: Readings of the whole market by vendors and press, each with its own clock and venues. They stand beside what is measured here and are merged with nothing.
-- key: kind, universe, publisher
-- column: kind | text | Kind
-- column: clock | text | Clock
-- column: publisher | text | Published by
-- column: universe | text | Of
-- column: bound | text | Bound
-- column: total_usd | usd | Total
-- column: long_usd | usd | Long
-- column: short_usd | usd | Short
-- column: confidence | text | Confidence
-- column: note | text | Note
-- shown: publisher, clock, total_usd, long_usd, short_usd, confidence, note
select
    kind,
    case kind
        when 'rolling_24h' then 'rolling 24 hours'
        else replace(kind, '_', ' ')
    end as clock,
    source as publisher,
    universe,
    bound,
    total_usd,
    long_usd,
    short_usd,
    confidence,
    note,
    source,
    'as published' as coverage
from reference.published_liquidation_days
where day = date '2024-12-09'
    and source <> 'seed' -- an article that is itself checked is no evidence
order by confidence = 'X', kind, total_usd, source
