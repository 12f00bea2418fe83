-- description: One row per asset and week, Monday to Friday: net flow of all funds. Ranked are weeks whose
--   five weekdays are all reported or holidays; a week with another day in it holds only what its reported
--   sessions add up to, and the week that is still running is one of them.
-- grain: asset, week_start
-- column: rank | rank | 1 is the largest inflow, or outflow, of a week; ties share the lower rank; null
--   unless complete
-- column: asset | text | Asset that the funds hold
-- column: week_start | date | Monday, New York trading date
-- column: week_end | date | Friday
-- column: total_usd | usd | Net flow of the reported sessions
-- column: direction | text | in, out, or flat
-- column: sessions | count | Reported sessions
-- column: holidays | count | Weekdays without a session
-- column: status | text | complete or partial
-- column: percentile | percent | Smaller weeks of hundred of the other ranked ones in this direction
-- column: ranked_weeks | count | Complete weeks of this asset and direction
-- column: previous_larger_week | date | Monday of the last earlier complete week with a larger flow in this
--   direction
-- column: was_record | bool | Whether no complete week before was as large; null unless complete
-- column: largest_session_usd | usd | Largest flow of one session in the week, in its direction
-- assert: direction_follows_the_sign | (direction = 'in') = (total_usd > 0)
-- assert: rank_stands_where_complete | (rank is not null) = (status = 'complete' and direction <> 'flat')
with weeks as (
    select
        asset,
        date_trunc('week', session_date)::date as week_start,
        sum(total_usd) filter (where status = 'reported') as total_usd,
        max(total_usd) filter (where status = 'reported') as most_usd,
        min(total_usd) filter (where status = 'reported') as least_usd,
        count(*) filter (where status = 'reported') as sessions,
        count(*) filter (where status = 'holiday') as holidays
    from facts.etf_flow_totals_daily
    group by asset, date_trunc('week', session_date)::date
    having count(*) filter (where status = 'reported') > 0
),

directed as (
    select
        *,
        case when total_usd > 0 then 'in' when total_usd < 0 then 'out' else 'flat' end as direction,
        case when sessions + holidays = 5 then 'complete' else 'partial' end as status
    from weeks
),

complete as (
    select
        *,
        rank() over (partition by asset, direction order by abs(total_usd) desc) as rank,
        rank() over (partition by asset, direction order by abs(total_usd)) - 1 as smaller_weeks,
        count(*) over (partition by asset, direction) as ranked_weeks,
        coalesce(
            abs(total_usd) > max(abs(total_usd)) over (
                partition by asset, direction
                order by week_start
                rows between unbounded preceding and 1 preceding
            ),
            true
        ) as was_record
    from directed
    where status = 'complete'
        and direction <> 'flat'
),

larger as (
    select complete.asset, complete.week_start, max(before.week_start) as week
    from complete
    join complete as before
        on before.asset = complete.asset
        and before.direction = complete.direction
        and before.week_start < complete.week_start
        and abs(before.total_usd) > abs(complete.total_usd)
    group by complete.asset, complete.week_start
)

select
    complete.rank,
    directed.asset,
    directed.week_start,
    directed.week_start + 4 as week_end,
    directed.total_usd,
    directed.direction,
    directed.sessions,
    directed.holidays,
    directed.status,
    case
        when complete.ranked_weeks > 1
            then round(100 * complete.smaller_weeks / (complete.ranked_weeks - 1), 4)
    end as percentile,
    complete.ranked_weeks,
    larger.week as previous_larger_week,
    complete.was_record,
    case directed.direction
        when 'out' then directed.least_usd
        else directed.most_usd
    end as largest_session_usd
from directed
left join complete using (asset, week_start)
left join larger using (asset, week_start)
