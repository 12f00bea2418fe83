-- title: Prices of bitcoin and ether by day
-- says: One market an asset, in dollars or a dollar coin.
-- key: day, asset
-- column: day | date | Day
-- column: asset | text | Asset
-- column: open_usd | usd_per_coin | Open
-- column: high_usd | usd_per_coin | High
-- column: low_usd | usd_per_coin | Low
-- column: close_usd | usd_per_coin | Close
-- column: source | text | Source
select day, asset, open_usd, high_usd, low_usd, close_usd, source, 'one market' as coverage
from facts.prices_daily
where asset in ('BTC', 'ETH')
order by day desc, asset
