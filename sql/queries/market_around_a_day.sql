-- The week before and after a liquidation day: price, funding, volatility, fund flows, side by side.
select
    day,
    day - date '2024-12-09' as t,
    liquidations_usd,
    liquidation_coverage,
    btc_close_usd,
    btc_return,
    funding_btc_rate_8h,
    dvol_btc,
    etf_btc_usd,
    etf_btc_status,
    dex_volume_usd
from facts.market_daily
where day between date '2024-12-02' and date '2024-12-16'
order by day;
