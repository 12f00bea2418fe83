-- title: Prices of the day
-- says: One market an asset, in dollars or a dollar coin. High to low is the range of the day; which came first is not known. The last column is the close against the highest price that is known here up to the day.
-- key: asset
-- column: asset | text | Asset
-- column: open_usd | usd_per_coin | Open
-- column: high_usd | usd_per_coin | High
-- column: low_usd | usd_per_coin | Low
-- column: close_usd | usd_per_coin | Close
-- column: day_return | fraction | Against the close before
-- column: high_low | fraction | High to low
-- column: from_peak | fraction | Below the peak
-- column: venue | text | Venue
-- column: market | text | Market
-- shown: asset, open_usd, high_usd, low_usd, close_usd, day_return, high_low, from_peak
select
    prices.asset,
    prices.open_usd,
    prices.high_usd,
    prices.low_usd,
    prices.close_usd,
    round(prices.close_usd::double / nullif(before.close_usd, 0)::double - 1, 6) as day_return,
    round(prices.low_usd::double / nullif(prices.high_usd, 0)::double - 1, 6) as high_low,
    drawdowns.drawdown as from_peak,
    prices.venue,
    prices.market,
    prices.source,
    'one market' as coverage
from facts.prices_daily as prices
left join facts.prices_daily as before
    on before.asset = prices.asset
    and before.day = prices.day - 1
left join facts.price_drawdown_daily as drawdowns
    on drawdowns.asset = prices.asset
    and drawdowns.day = prices.day
where prices.day = date '2024-12-09'
order by prices.asset not in ('BTC', 'ETH'), prices.asset desc
