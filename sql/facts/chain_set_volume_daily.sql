-- description: One row per UTC day and chain or set of chains (reference.chain_sets): DEX volume of the day
--   and of seven days, its share of all chains and its place among them. A set has a figure only where each
--   member that has begun has one; a member of which nothing was ever loaded leaves the set without any.
-- grain: day, chain_set
-- column: day | date | UTC day
-- column: chain_set | text | Chain, or id of the set
-- column: chains | text | List of its members that have begun
-- column: volume_usd | usd | Traded value of the day; null where a member has none
-- column: trailing_7d_usd | usd | Sum of this and the six days before; null unless all seven are known
-- column: week_change | fraction | trailing_7d_usd against that of seven days before, less 1
-- column: share | fraction | volume_usd of the upstream's total over all chains
-- column: share_7d | fraction | trailing_7d_usd of that total
-- column: rank | rank | 1 more than the single chains outside the set with a larger volume on the day; null
--   for `all`
-- column: rank_7d | rank | The same by trailing_7d_usd
-- column: ranked_chains | count | Single chains with a volume on the day
-- column: members_missing | text | List of members that have begun and have no figure on the day
-- assert: volume_stands_where_whole | (volume_usd is null) = (len(members_missing) > 0)
-- assert: share_is_a_fraction | share is null or share >= 0
-- warn: share_is_a_part | share is null or share <= 1
with chain_lives as (
    select chain, min(day) as first_day, max(day) as last_day
    from facts.onchain_volume_daily
    group by chain
),

members as (
    select chain_set, chain
    from reference.chain_sets
    union
    select chain as chain_set, chain
    from chain_lives
),

whole_sets as (
    -- a set of which some member is unknown altogether is left out
    select members.chain_set
    from members
    left join chain_lives using (chain)
    group by members.chain_set
    having count(*) = count(chain_lives.chain)
),

set_days as (
    select
        members.chain_set,
        members.chain,
        days.day,
        volumes.volume_usd
    from whole_sets
    join members using (chain_set)
    join chain_lives using (chain)
    join staging.days on days.day >= chain_lives.first_day
    left join facts.onchain_volume_daily as volumes
        on volumes.chain = members.chain
        and volumes.day = days.day
),

sums as (
    select
        day,
        chain_set,
        list_sort(list(chain)) as chains,
        case when count(volume_usd) = count(*) then sum(volume_usd) end as volume_usd,
        coalesce(list_sort(list(chain) filter (where volume_usd is null)), []) as members_missing
    from set_days
    group by day, chain_set
),

weeks as (
    select
        *,
        case
            when count(volume_usd) over seven_days = 7 then sum(volume_usd) over seven_days
        end as trailing_7d_usd
    from sums
    window seven_days as (
        partition by chain_set order by day range between interval 6 days preceding and current row
    )
),

compared as (
    select
        *,
        lag(trailing_7d_usd, 7) over (partition by chain_set order by day) as week_before_usd
    from weeks
),

totals as (
    select day, volume_usd, trailing_7d_usd
    from weeks
    where chain_set = 'all'
),

single_chains as (
    select weeks.day, weeks.chain_set as chain, weeks.volume_usd, weeks.trailing_7d_usd
    from weeks
    join chain_lives on chain_lives.chain = weeks.chain_set
    where weeks.chain_set <> 'all'
),

places as (
    select
        weeks.day,
        weeks.chain_set,
        1 + count(*) filter (
            where single_chains.volume_usd > weeks.volume_usd
                and not list_contains(weeks.chains, single_chains.chain)
        ) as place,
        1 + count(*) filter (
            where single_chains.trailing_7d_usd > weeks.trailing_7d_usd
                and not list_contains(weeks.chains, single_chains.chain)
        ) as place_7d,
        count(single_chains.volume_usd) as ranked_chains
    from weeks
    left join single_chains using (day)
    where weeks.chain_set <> 'all'
    group by weeks.day, weeks.chain_set
)

select
    compared.day,
    compared.chain_set,
    compared.chains,
    compared.volume_usd,
    compared.trailing_7d_usd,
    case
        when compared.week_before_usd > 0
            then round(compared.trailing_7d_usd::double / compared.week_before_usd::double - 1, 6)
    end as week_change,
    case
        when totals.volume_usd > 0
            then round(compared.volume_usd::double / totals.volume_usd::double, 6)
    end as share,
    case
        when totals.trailing_7d_usd > 0
            then round(compared.trailing_7d_usd::double / totals.trailing_7d_usd::double, 6)
    end as share_7d,
    case when compared.volume_usd is not null then places.place end as rank,
    case when compared.trailing_7d_usd is not null then places.place_7d end as rank_7d,
    coalesce(places.ranked_chains, 0) as ranked_chains,
    compared.members_missing
from compared
left join totals on totals.day = compared.day
left join places on places.day = compared.day and places.chain_set = compared.chain_set
