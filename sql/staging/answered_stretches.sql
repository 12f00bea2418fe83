-- description: One row per dataset, part and stretch of time that whole answers cover without a hole: windows
--   that overlap or touch are one stretch, and none reaches past the moment of asking. Answers that the
--   upstream has no such file stay apart, each with its reason.
-- grain: dataset, part, is_absent, start_at
-- column: dataset | text | Dataset
-- column: part | text | Symbol, page or chain that was asked for
-- column: is_absent | bool | Whether the answer was that the upstream has no such file
-- column: start_at | timestamptz | Start of the stretch
-- column: end_at | timestamptz | End of the stretch, itself not in it
-- column: reason | text | What came with the answer; null where nothing did
-- assert: stretch_has_a_length | start_at < end_at
with answers as (
    select
        dataset,
        part,
        verdict = 'absent' as is_absent,
        case when verdict = 'absent' then start_at end as absent_from,
        start_at,
        least(end_at, observed_at) as end_at,
        max(reason) as reason
    from meta.windows
    where verdict in ('complete', 'absent')
        and start_at < least(end_at, observed_at)
    -- asked twice is answered once; and equal rows would have no order below
    group by all
),

after_holes as (
    select
        *,
        start_at > coalesce(
            max(end_at) over (
                partition by dataset, part, is_absent, absent_from
                order by start_at, end_at
                rows between unbounded preceding and 1 preceding
            ),
            timestamptz '0001-01-01 00:00:00+00'
        ) as begins
    from answers
),

numbered as (
    select
        *,
        count(*) filter (where begins) over (
            partition by dataset, part, is_absent, absent_from
            order by start_at, end_at
            rows unbounded preceding
        ) as stretch
    from after_holes
)

select
    dataset,
    part,
    is_absent,
    min(start_at) as start_at,
    max(end_at) as end_at,
    max(reason) as reason
from numbered
group by dataset, part, is_absent, absent_from, stretch
