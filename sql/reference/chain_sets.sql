-- description: Named sets of chains whose volumes are added up: "Ethereum" alone and Ethereum with the chains
--   that settle on it give opposite answers beside Solana, so the set is printed with the figure.
-- grain: chain_set, chain
-- column: chain_set | text | Id of the set; it spells its members, `all` is the upstream's own total
-- column: chain | text | Member, as in facts.onchain_volume_daily
-- column: title | text | Name for people
with listed (chain_set, chains, title) as (
    values
        ('all', ['all'], 'all chains'),
        ('ethereum', ['ethereum'], 'Ethereum alone'),
        ('solana', ['solana'], 'Solana'),
        ('ethereum+arbitrum+base+polygon', ['ethereum', 'arbitrum', 'base', 'polygon'],
            'Ethereum with Arbitrum, Base and Polygon'),
        ('ethereum+arbitrum+base+optimism+polygon', ['ethereum', 'arbitrum', 'base', 'optimism', 'polygon'],
            'Ethereum with Arbitrum, Base, Optimism and Polygon')
)

select chain_set, unnest(chains) as chain, title
from listed
