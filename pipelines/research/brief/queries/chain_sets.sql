-- title: Chains taken together
-- says: Sets of chains named in reference.chain_sets; a set has a figure only where each of its members has one.
-- key: chain_set
-- column: chain_set | text | Set
-- column: members | text | Members
-- column: trailing_7d_usd | usd | Seven days
-- column: week_change | fraction | Against the seven before
-- column: share_7d | fraction | Of all chains
select
    chain_set,
    array_to_string(chains, ', ') as members,
    trailing_7d_usd,
    week_change,
    share_7d,
    'defillama' as source,
    case when len(members_missing) > 0 then 'members missing' else 'all members' end as coverage
from facts.chain_set_volume_daily
where day = date '2024-12-09'
    and len(chains) > 1
    and trailing_7d_usd is not null
order by trailing_7d_usd desc, chain_set
