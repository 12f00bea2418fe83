-- title: Sources
-- says: Who the series come from, what their terms allow, and the line that they ask for.
-- series: no
-- key: source
-- column: source | text | Id
-- column: name | text | Source
-- column: attribution | text | Attribution
-- column: licence | text | Licence
-- column: republish | text | May be passed on
-- column: url | text | Address
-- column: note | text | Note
-- shown: name, attribution, licence, republish, url, note
select
    source,
    name,
    attribution,
    licence,
    case may_republish when true then 'yes' when false then 'no' else 'the terms do not say' end as republish,
    may_republish,
    url,
    note,
    'reference' as coverage
from reference.sources
where source in (select source from facts.coverage_daily where status in ('complete', 'partial'))
order by source
