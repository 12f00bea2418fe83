-- title: The largest days as published
-- says: Day totals and rolling 24 hours of the whole market as vendors and press printed them; two clocks, so no ranks. They are single citations, each with its publisher, never merged with what is measured here; known false ones are left out.
-- key: day, kind, universe, publisher
-- column: day | date | Day
-- column: kind | text | Kind
-- column: total_usd | usd | Total
-- column: bound | text | Bound
-- column: long_usd | usd | Long
-- column: short_usd | usd | Short
-- column: universe | text | Of
-- column: publisher | text | Published by
-- column: confidence | text | Confidence
-- shown: day, total_usd, bound, kind, universe, publisher, confidence
select
    day,
    kind,
    total_usd,
    bound,
    long_usd,
    short_usd,
    universe,
    source as publisher,
    confidence,
    source,
    'as published' as coverage
from reference.published_liquidation_days
where confidence <> 'X'
    and source <> 'seed' -- an article that is itself checked is no evidence
order by total_usd desc, day, kind, source
