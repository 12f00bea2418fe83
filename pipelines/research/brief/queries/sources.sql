-- title: Sources
-- says: Who the figures come from, and what their terms allow.
-- series: no
-- key: source
-- column: source | text | Id
-- column: name | text | Source
-- column: attribution | text | Attribution
-- column: licence | text | Licence
-- column: url | text | Address
-- shown: name, attribution, licence
select source, name, attribution, licence, url, 'reference' as coverage
from reference.sources
where source in (
    select source
    from facts.coverage_daily
    where day between date '2024-12-09' - 7 and date '2024-12-09' + 7
        and status in ('complete', 'partial')
)
order by source
