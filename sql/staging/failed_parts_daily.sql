-- description: One row per dataset, part and ended UTC day that was asked for without success and that no
--   whole answer covers (staging.answered_parts_daily), with the newest attempt. What shows the present only
--   is not here: staging.asked_daily has its nights.
-- grain: dataset, part, day
-- column: dataset | text | Dataset
-- column: part | text | Symbol, page or chain that was asked for
-- column: day | date | UTC day since 2020-01-01
-- column: markets | text | List of the upstream series of the part
-- column: is_unreachable | bool | Whether the route or the key was refused, rather than the answer broken
-- column: reason | text | What the upstream or the client said
-- column: observed_at | timestamptz | When
with attempts as (
    select
        dataset,
        part,
        greatest((start_at at time zone 'UTC')::date, date '2020-01-01') as first_day,
        ((end_at - interval 1 microsecond) at time zone 'UTC')::date as last_day,
        arg_max(markets, observed_at) as markets,
        arg_max(verdict, observed_at) as verdict,
        arg_max(coalesce(reason, verdict), observed_at) as reason,
        max(observed_at) as observed_at
    from meta.windows
    where verdict in ('failed', 'unreachable', 'key_rejected')
        and dataset not in (select dataset from meta.datasets where cut = 'snapshot')
    group by all
),

attempted_days as (
    select
        dataset,
        part,
        markets,
        verdict,
        reason,
        observed_at,
        unnest(generate_series(first_day::timestamp, last_day::timestamp, interval 1 day))::date as day
    from attempts
    where first_day <= last_day
),

newest as (
    select *
    from attempted_days
    qualify row_number() over (
        partition by dataset, part, day order by observed_at desc, reason
    ) = 1
)

select
    newest.dataset,
    newest.part,
    newest.day,
    newest.markets,
    newest.verdict in ('unreachable', 'key_rejected') as is_unreachable,
    newest.reason,
    newest.observed_at
from newest
join staging.days on days.day = newest.day
left join staging.answered_parts_daily as answered
    on answered.dataset = newest.dataset
    and answered.part = newest.part
    and answered.day = newest.day
where answered.day is null
