-- Ethereum against Solana by DEX volume of seven days: alone, and with the chains that settle on it.
select chain_set, chains, trailing_7d_usd, week_change, share_7d, rank_7d, ranked_chains
from facts.chain_set_volume_daily
where day = date '2024-12-09'
    and (chain_set in ('ethereum', 'solana', 'all') or len(chains) > 1)
order by trailing_7d_usd desc nulls last;
