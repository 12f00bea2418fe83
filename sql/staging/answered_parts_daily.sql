-- description: One row per dataset, part and UTC day that a whole answer covers which was asked for after the
--   end of the day. Whether anything was in it is another matter.
-- grain: dataset, part, day
-- column: dataset | text | Dataset
-- column: part | text | Symbol, page or chain that was asked for
-- column: day | date | UTC day since 2020-01-01
-- column: is_absent | bool | Whether every answer was that the upstream has no such file
-- column: reason | text | What came with it; null where nothing did
with covered as (
    select
        dataset,
        part,
        verdict = 'absent' as is_absent,
        reason,
        ((start_at + interval 1 day - interval 1 microsecond) at time zone 'UTC')::date as first_day,
        (least(end_at, observed_at) at time zone 'UTC')::date - 1 as last_day
    from meta.windows
    where verdict in ('complete', 'absent')
),

spans as (
    -- answers that begin on one day lie inside the one that ends last
    select
        dataset,
        part,
        is_absent,
        greatest(first_day, date '2020-01-01') as first_day,
        max(last_day) as last_day,
        arg_max(reason, last_day) as reason
    from covered
    group by dataset, part, is_absent, greatest(first_day, date '2020-01-01')
),

covered_days as (
    select
        dataset,
        part,
        is_absent,
        reason,
        unnest(generate_series(first_day::timestamp, last_day::timestamp, interval 1 day))::date as day
    from spans
    where first_day <= last_day
)

select
    dataset,
    part,
    day,
    bool_and(is_absent) as is_absent,
    max(reason) as reason
from covered_days
group by dataset, part, day
