-- description: One row per dataset, part and UTC day that whole answers cover which were asked for after the
--   end of the day. Whether anything was in them is another matter.
-- grain: dataset, part, day
-- column: dataset | text | Dataset
-- column: part | text | Symbol, page or chain that was asked for
-- column: day | date | UTC day since 2020-01-01
-- column: is_absent | bool | Whether every answer was that the upstream has no such file
-- column: reason | text | What came with it; null where nothing did
with spans as (
    select
        dataset,
        part,
        is_absent,
        reason,
        greatest(
            ((start_at + interval 1 day - interval 1 microsecond) at time zone 'UTC')::date,
            date '2020-01-01'
        ) as first_day,
        (end_at at time zone 'UTC')::date - 1 as last_day
    from staging.answered_stretches
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
