-- title: Volume on decentralised exchanges
-- says: Traded value of the UTC day and of the seven days up to it, by chain; `all` is the upstream's own total.
-- key: chain
-- column: chain | text | Chain
-- column: volume_usd | usd | Day
-- column: trailing_7d_usd | usd | Seven days
-- column: week_change | fraction | Against the seven before
-- column: null_reason | text | Why not known
-- shown: chain, volume_usd, trailing_7d_usd, week_change
select
    chain,
    volume_usd,
    trailing_7d_usd,
    week_change,
    null_reason,
    source,
    case when volume_usd is null then 'not known' else 'one point a day' end as coverage
from facts.onchain_volume_daily
where day = date '2024-12-09'
order by chain <> 'all', trailing_7d_usd desc nulls last, chain
