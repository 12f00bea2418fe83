-- description: One row per ended UTC day since 2020-01-01: the state of the market beside one another, null
--   where nothing is known.
-- grain: day
-- column: day | date | UTC day
-- column: liquidations_usd | usd | Liquidations of both sides, headline; at least so much unless complete
-- column: liquidations_long_usd | usd | Of long positions
-- column: liquidations_short_usd | usd | Of short positions
-- column: liquidation_coverage | text | Coverage of the headline, as in facts.coverage_daily
-- column: liquidation_venues | count | Single venues in the headline
-- column: liquidation_assets | count | Assets in the headline
-- column: btc_open_usd | usd_per_coin | First price of bitcoin
-- column: btc_high_usd | usd_per_coin | Highest price of bitcoin
-- column: btc_low_usd | usd_per_coin | Lowest price of bitcoin
-- column: btc_close_usd | usd_per_coin | Last price of bitcoin
-- column: btc_return | fraction | btc_close_usd against that of the calendar day before, less 1
-- column: eth_close_usd | usd_per_coin | Last price of ether
-- column: eth_return | fraction | eth_close_usd against that of the calendar day before, less 1
-- column: etf_btc_usd | usd | Net flow into bitcoin funds, New York session of the same date
-- column: etf_btc_status | text | Its status as in facts.etf_flow_totals_daily; null on weekends
-- column: etf_eth_usd | usd | Net flow into ether funds, New York session of the same date
-- column: etf_eth_status | text | Its status; null on weekends
-- column: dex_volume_usd | usd | Traded value of all decentralised exchanges
-- column: funding_btc_rate_8h | fraction | Mean funding of bitcoin per 8 hours on Binance; null where partial
-- column: funding_eth_rate_8h | fraction | Mean funding of ether per 8 hours on Binance; null where partial
-- column: funding_btc_weighted_rate_8h | fraction | Mean over the venues with known open interest, weighted
--   by it (facts.funding_assets_daily)
-- column: funding_eth_weighted_rate_8h | fraction | The same of ether
-- column: open_interest_btc_usd | usd | Open interest of bitcoin at 00:00 UTC, venues that are told apart
-- column: open_interest_eth_usd | usd | The same of ether
-- column: open_interest_venues | count | Venues in either of them: a change of the number is no change of the
--   market
-- column: btc_perpetual_premium | fraction | Perpetual of bitcoin against its index on Deribit, less 1
-- column: eth_perpetual_premium | fraction | The same of ether
-- column: btc_annualised_premium | fraction | Annualised premium of the dated bitcoin future on Deribit whose
--   tenor is nearest to 90 days
-- column: eth_annualised_premium | fraction | The same of ether
-- column: dvol_btc | vol_points | Deribit volatility index of bitcoin, close
-- column: dvol_eth | vol_points | Deribit volatility index of ether, close
-- column: skew_btc | vol_points | Volatility of the 25-delta put less that of the call at 30 days, linear in
--   days; positive: puts are dearer
-- column: skew_eth | vol_points | The same of ether
-- column: dex_7d_all_usd | usd | DEX volume of seven days, all chains
-- column: dex_7d_ethereum_usd | usd | Of Ethereum alone
-- column: dex_7d_ethereum_family_usd | usd | Of Ethereum with Arbitrum, Base and Polygon
-- column: dex_7d_solana_usd | usd | Of Solana
-- assert: liquidations_have_coverage | liquidations_usd is null or liquidation_coverage in ('complete',
--   'partial')
-- warn: return_is_plausible | btc_return is null or abs(btc_return) < 0.6
with prices as (
    select
        day,
        max(open_usd) filter (where asset = 'BTC') as btc_open_usd,
        max(high_usd) filter (where asset = 'BTC') as btc_high_usd,
        max(low_usd) filter (where asset = 'BTC') as btc_low_usd,
        max(close_usd) filter (where asset = 'BTC') as btc_close_usd,
        max(close_usd) filter (where asset = 'ETH') as eth_close_usd
    from facts.prices_daily
    where asset in ('BTC', 'ETH')
    group by day
),

etf_flows as (
    select
        session_date as day,
        max(total_usd) filter (where asset = 'BTC') as btc_usd,
        max(status) filter (where asset = 'BTC') as btc_status,
        max(total_usd) filter (where asset = 'ETH') as eth_usd,
        max(status) filter (where asset = 'ETH') as eth_status
    from facts.etf_flow_totals_daily
    group by session_date
),

dex_volumes as (
    select day, volume_usd
    from facts.onchain_volume_daily
    where chain = 'all'
),

funding as (
    select
        day,
        max(rate_8h) filter (where asset = 'BTC') as btc_rate_8h,
        max(rate_8h) filter (where asset = 'ETH') as eth_rate_8h
    from facts.funding_daily
    where venue = 'binance'
    group by day
),

weighted_funding as (
    select
        day,
        max(weighted_rate_8h) filter (where asset = 'BTC') as btc_rate_8h,
        max(weighted_rate_8h) filter (where asset = 'ETH') as eth_rate_8h
    from facts.funding_assets_daily
    group by day
),

open_interest as (
    select
        day,
        sum(open_interest_usd) filter (where asset = 'BTC') as btc_usd,
        sum(open_interest_usd) filter (where asset = 'ETH') as eth_usd,
        count(distinct venue) as venues
    from facts.open_interest_daily
    where asset in ('BTC', 'ETH')
        and venue not like '%+%'
        and open_interest_usd is not null
    group by day
),

basis as (
    select
        day,
        max(premium) filter (where asset = 'BTC' and expires_at is null) as btc_perpetual,
        max(premium) filter (where asset = 'ETH' and expires_at is null) as eth_perpetual,
        arg_min(annualised_premium, abs(tenor_days - 90)) filter (where asset = 'BTC') as btc_dated,
        arg_min(annualised_premium, abs(tenor_days - 90)) filter (where asset = 'ETH') as eth_dated
    from facts.futures_basis_daily
    where venue = 'deribit'
    group by day
),

volatility as (
    select
        day,
        max(value) filter (where asset = 'BTC' and measure = 'dvol_close') as dvol_btc,
        max(value) filter (where asset = 'ETH' and measure = 'dvol_close') as dvol_eth,
        max(value) filter (where asset = 'BTC' and measure = 'skew_25d_30d') as skew_btc,
        max(value) filter (where asset = 'ETH' and measure = 'skew_25d_30d') as skew_eth
    from facts.option_volatility_daily
    where venue = 'deribit'
    group by day
),

dex_weeks as (
    select
        day,
        max(trailing_7d_usd) filter (where chain_set = 'all') as all_usd,
        max(trailing_7d_usd) filter (where chain_set = 'ethereum') as ethereum_usd,
        max(trailing_7d_usd) filter (
            where chain_set = 'ethereum+arbitrum+base+polygon'
        ) as ethereum_family_usd,
        max(trailing_7d_usd) filter (where chain_set = 'solana') as solana_usd
    from facts.chain_set_volume_daily
    group by day
),

coverage as (
    select day, status
    from facts.coverage_daily
    where kind = 'liquidations'
        and source = 'headline'
)

select
    days.day,
    totals.total_usd as liquidations_usd,
    totals.long_usd as liquidations_long_usd,
    totals.short_usd as liquidations_short_usd,
    coverage.status as liquidation_coverage,
    totals.venues as liquidation_venues,
    totals.assets as liquidation_assets,
    prices.btc_open_usd,
    prices.btc_high_usd,
    prices.btc_low_usd,
    prices.btc_close_usd,
    round(prices.btc_close_usd::double / nullif(before.btc_close_usd, 0)::double - 1, 6) as btc_return,
    prices.eth_close_usd,
    round(prices.eth_close_usd::double / nullif(before.eth_close_usd, 0)::double - 1, 6) as eth_return,
    etf_flows.btc_usd as etf_btc_usd,
    etf_flows.btc_status as etf_btc_status,
    etf_flows.eth_usd as etf_eth_usd,
    etf_flows.eth_status as etf_eth_status,
    dex_volumes.volume_usd as dex_volume_usd,
    funding.btc_rate_8h as funding_btc_rate_8h,
    funding.eth_rate_8h as funding_eth_rate_8h,
    weighted_funding.btc_rate_8h as funding_btc_weighted_rate_8h,
    weighted_funding.eth_rate_8h as funding_eth_weighted_rate_8h,
    open_interest.btc_usd as open_interest_btc_usd,
    open_interest.eth_usd as open_interest_eth_usd,
    open_interest.venues as open_interest_venues,
    basis.btc_perpetual as btc_perpetual_premium,
    basis.eth_perpetual as eth_perpetual_premium,
    basis.btc_dated as btc_annualised_premium,
    basis.eth_dated as eth_annualised_premium,
    volatility.dvol_btc,
    volatility.dvol_eth,
    volatility.skew_btc,
    volatility.skew_eth,
    dex_weeks.all_usd as dex_7d_all_usd,
    dex_weeks.ethereum_usd as dex_7d_ethereum_usd,
    dex_weeks.ethereum_family_usd as dex_7d_ethereum_family_usd,
    dex_weeks.solana_usd as dex_7d_solana_usd
from staging.days
left join facts.liquidation_totals_daily as totals on totals.day = days.day
left join coverage on coverage.day = days.day
left join prices on prices.day = days.day
left join prices as before on before.day = days.day - 1
left join etf_flows on etf_flows.day = days.day
left join dex_volumes on dex_volumes.day = days.day
left join funding on funding.day = days.day
left join weighted_funding on weighted_funding.day = days.day
left join open_interest on open_interest.day = days.day
left join basis on basis.day = days.day
left join volatility on volatility.day = days.day
left join dex_weeks on dex_weeks.day = days.day
