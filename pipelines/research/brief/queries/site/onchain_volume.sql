-- title: Volume on decentralised exchanges by day
-- says: Traded value over all chains, the upstream's own total.
-- key: day
-- column: day | date | Day
-- column: volume_usd | usd | Day
-- column: trailing_7d_usd | usd | Seven days
-- column: week_change | fraction | Against the seven before
-- column: coverage | text | Coverage
-- column: source | text | Source
select
    day,
    volume_usd,
    trailing_7d_usd,
    week_change,
    coalesce(null_reason, 'one point a day') as coverage,
    source
from facts.onchain_volume_daily
where chain = 'all'
order by day desc
