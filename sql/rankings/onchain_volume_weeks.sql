-- description: One row per chain set and ISO week of which every member has a volume on all seven days:
--   traded value on decentralised exchanges. A chain by itself is a set. Members that had not begun are not
--   in the sum: `chains` says how many are. The trailing seven days of any day: facts.onchain_volume_daily.
-- grain: chain_set, week_start
-- column: rank | rank | 1 is the largest week of the chain set; ties share the lower rank
-- column: chain_set | text | Set of reference.chain_sets, or a chain
-- column: week_start | date | Monday, UTC
-- column: week_end | date | Sunday, UTC
-- column: volume_usd | usd | Traded value of the seven days
-- column: chains | count | Member chains in the sum
-- column: chains_in_set | count | Member chains of the set
-- column: percentile | percent | Smaller weeks of hundred of the other ones of the set
-- column: ranked_weeks | count | Weeks of the set
-- column: week_change | fraction | Against the week before, less 1; null where that is not whole or had fewer
--   chains
-- column: previous_larger_week | date | Monday of the last earlier week with a strictly larger volume
-- column: was_record | bool | Whether no week before was as large
-- column: share_of_all | fraction | Of the upstream's own total of all chains in the same week
-- assert: volume_is_not_negative | volume_usd >= 0
-- assert: members_are_counted | chains between 1 and chains_in_set
with set_chains as (
    select chain_set, chain
    from reference.chain_sets
    union
    select distinct chain as chain_set, chain
    from facts.onchain_volume_daily
),

begins as (
    select chain, min(day) as first_day
    from facts.onchain_volume_daily
    where volume_usd is not null
    group by chain
),

chain_weeks as (
    select chain, date_trunc('week', day)::date as week_start, sum(volume_usd) as volume_usd
    from facts.onchain_volume_daily
    group by chain, date_trunc('week', day)::date
    having count(volume_usd) = 7
),

set_sizes as (
    select chain_set, count(*) as chains
    from set_chains
    group by chain_set
),

all_weeks as (
    select distinct week_start
    from chain_weeks
),

members_begun as (
    -- a chain that began within the week is not in its sum, and not expected
    select set_chains.chain_set, all_weeks.week_start, count(*) as chains
    from set_chains
    join begins using (chain)
    join all_weeks on begins.first_day <= all_weeks.week_start
    group by set_chains.chain_set, all_weeks.week_start
),

weeks as (
    select
        set_chains.chain_set,
        chain_weeks.week_start,
        sum(chain_weeks.volume_usd) as volume_usd,
        count(*) as chains
    from set_chains
    join begins using (chain)
    join chain_weeks
        on chain_weeks.chain = set_chains.chain
        and begins.first_day <= chain_weeks.week_start
    group by set_chains.chain_set, chain_weeks.week_start
),

whole_weeks as (
    select
        weeks.*,
        rank() over (partition by weeks.chain_set order by weeks.volume_usd desc) as rank,
        rank() over (partition by weeks.chain_set order by weeks.volume_usd) - 1 as smaller_weeks,
        count(*) over (partition by weeks.chain_set) as ranked_weeks,
        coalesce(
            weeks.volume_usd > max(weeks.volume_usd) over (
                partition by weeks.chain_set
                order by weeks.week_start
                rows between unbounded preceding and 1 preceding
            ),
            true
        ) as was_record
    from weeks
    join members_begun using (chain_set, week_start, chains)
),

larger as (
    select whole_weeks.chain_set, whole_weeks.week_start, max(before.week_start) as week
    from whole_weeks
    join whole_weeks as before
        on before.chain_set = whole_weeks.chain_set
        and before.week_start < whole_weeks.week_start
        and before.volume_usd > whole_weeks.volume_usd
    group by whole_weeks.chain_set, whole_weeks.week_start
)

select
    whole_weeks.rank,
    whole_weeks.chain_set,
    whole_weeks.week_start,
    whole_weeks.week_start + 6 as week_end,
    whole_weeks.volume_usd,
    whole_weeks.chains,
    set_sizes.chains as chains_in_set,
    case
        when whole_weeks.ranked_weeks > 1
            then round(100 * whole_weeks.smaller_weeks / (whole_weeks.ranked_weeks - 1), 4)
    end as percentile,
    whole_weeks.ranked_weeks,
    case
        when before.volume_usd > 0
            then round(whole_weeks.volume_usd::double / before.volume_usd::double - 1, 6)
    end as week_change,
    larger.week as previous_larger_week,
    whole_weeks.was_record,
    case
        when everywhere.volume_usd > 0
            then round(whole_weeks.volume_usd::double / everywhere.volume_usd::double, 6)
    end as share_of_all
from whole_weeks
join set_sizes using (chain_set)
left join whole_weeks as before
    on before.chain_set = whole_weeks.chain_set
    and before.week_start = whole_weeks.week_start - 7
    and before.chains = whole_weeks.chains
left join chain_weeks as everywhere
    on everywhere.chain = 'all'
    and everywhere.week_start = whole_weeks.week_start
left join larger
    on larger.chain_set = whole_weeks.chain_set
    and larger.week_start = whole_weeks.week_start
