-- For each kind and source: how many days since 2024 are complete, and what lacks on the newest that is not?
select
    kind,
    source,
    count(*) filter (where status = 'complete') as complete,
    count(*) filter (where status = 'partial') as partial,
    count(*) filter (where status in ('missing', 'unreachable', 'not_configured')) as absent,
    max(day) filter (where status not in ('complete', 'before_history')) as newest_gap,
    arg_max(reason, day) filter (where status not in ('complete', 'before_history')) as reason
from facts.coverage_daily
where venue = 'all'
    and day >= date '2024-01-01'
group by kind, source
order by kind, source;
