-- description: One row per event of rankings.events and day from seven before its peak to seven after, as far
--   as the days have ended: what the market did around it. UTC days; the ETF columns are the New York session
--   of the same date. Null where nothing is known, never 0.
-- grain: event, offset_days
-- column: event | text | Event
-- column: offset_days | days | Day less the peak day, -7 to 7
-- column: day | date | UTC day
-- column: liquidations_usd | usd | Liquidations of the headline
-- column: liquidations_rank | rank | Rank of the day since 2020
-- column: long_share | fraction | Long of total
-- column: liquidation_coverage | text | Coverage of the headline
-- column: published_usd | usd | Largest exact total of all venues that was published for the day
-- column: btc_close_usd | usd_per_coin | Last price of bitcoin
-- column: btc_high_low | fraction | Low against high of the day, less 1
-- column: btc_from_peak | fraction | Close against the highest price so far, less 1
-- column: eth_close_usd | usd_per_coin | Last price of ether
-- column: eth_high_low | fraction | Low against high of the day, less 1
-- column: eth_from_peak | fraction | Close against the highest price so far, less 1
-- column: funding_btc_rate_8h | fraction | Mean funding of bitcoin per 8 hours on Binance
-- column: funding_btc_z_score | count | Standard deviations above the mean of the 365 days before
-- column: funding_eth_rate_8h | fraction | Mean funding of ether per 8 hours on Binance
-- column: funding_eth_z_score | count | Standard deviations above the mean of the 365 days before
-- column: basis_btc | fraction | Premium of dated bitcoin futures over the index, per year: the contract
--   whose expiry is nearest to 90 days away
-- column: basis_btc_market | text | Venue and contract of it
-- column: basis_eth | fraction | The same of ether
-- column: basis_eth_market | text | Venue and contract of it
-- column: dvol_btc | vol_points | Deribit's volatility index of bitcoin, close
-- column: dvol_eth | vol_points | Deribit's volatility index of ether, close
-- column: etf_btc_usd | usd | Net flow of the bitcoin funds; null unless reported or partial
-- column: etf_btc_status | text | Status of the session; null on weekends
-- column: etf_eth_usd | usd | Net flow of the ether funds; null unless reported or partial
-- column: etf_eth_status | text | Status of the session; null on weekends
-- column: dex_all_usd | usd | Traded value on decentralised exchanges of all chains
-- column: dex_ethereum_usd | usd | Of Ethereum alone
-- column: dex_ethereum_and_four_usd | usd | Of Ethereum with Arbitrum, Base, Optimism and Polygon
-- column: dex_solana_usd | usd | Of Solana
-- assert: offset_fits_the_day | offset_days between -7 and 7
with event_days as (
    select events.event, days.day - events.peak_day as offset_days, days.day
    from rankings.events
    join staging.days on days.day between events.peak_day - 7 and events.peak_day + 7
),

published as (
    select day, max(total_usd) as total_usd
    from facts.published_scope_days
    where scope_kind = 'overall'
        and venue_set = 'all'
        and bound = 'exact'
    group by day
),

falls as (
    select
        day,
        max(high_low) filter (where asset = 'BTC') as btc_high_low,
        max(from_peak) filter (where asset = 'BTC') as btc_from_peak,
        max(high_low) filter (where asset = 'ETH') as eth_high_low,
        max(from_peak) filter (where asset = 'ETH') as eth_from_peak
    from rankings.drawdown_days
    where asset in ('BTC', 'ETH')
    group by day
),

funding as (
    select
        day,
        max(z_score) filter (where asset = 'BTC') as btc_z_score,
        max(z_score) filter (where asset = 'ETH') as eth_z_score
    from rankings.funding_extremes
    where venue = 'binance'
        and asset in ('BTC', 'ETH')
    group by day
),

nearest_futures as (
    select day, asset, annualised_premium, venue || ' ' || market as market
    from facts.futures_basis_daily
    where annualised_premium is not null
        and asset in ('BTC', 'ETH')
    qualify row_number() over (
        partition by day, asset order by abs(tenor_days - 90), venue, market
    ) = 1
),

basis as (
    select
        day,
        max(annualised_premium) filter (where asset = 'BTC') as btc_premium,
        max(market) filter (where asset = 'BTC') as btc_market,
        max(annualised_premium) filter (where asset = 'ETH') as eth_premium,
        max(market) filter (where asset = 'ETH') as eth_market
    from nearest_futures
    group by day
),

volatility as (
    select
        day,
        max(value) filter (where asset = 'BTC') as btc_dvol,
        max(value) filter (where asset = 'ETH') as eth_dvol
    from facts.option_volatility_daily
    where measure = 'dvol_close'
        and venue = 'deribit'
    group by day
),

dex_volumes as (
    select
        day,
        max(volume_usd) filter (where chain_set = 'all') as all_usd,
        max(volume_usd) filter (where chain_set = 'ethereum') as ethereum_usd,
        max(volume_usd) filter (where chain_set = 'ethereum+arbitrum+base+optimism+polygon') as four_usd,
        max(volume_usd) filter (where chain_set = 'solana') as solana_usd
    from facts.chain_set_volume_daily
    group by day
)

select
    event_days.event,
    event_days.offset_days,
    event_days.day,
    market.liquidations_usd,
    ranks.rank as liquidations_rank,
    ranks.long_share,
    market.liquidation_coverage,
    published.total_usd as published_usd,
    market.btc_close_usd,
    falls.btc_high_low,
    falls.btc_from_peak,
    market.eth_close_usd,
    falls.eth_high_low,
    falls.eth_from_peak,
    market.funding_btc_rate_8h,
    funding.btc_z_score as funding_btc_z_score,
    market.funding_eth_rate_8h,
    funding.eth_z_score as funding_eth_z_score,
    basis.btc_premium as basis_btc,
    basis.btc_market as basis_btc_market,
    basis.eth_premium as basis_eth,
    basis.eth_market as basis_eth_market,
    volatility.btc_dvol as dvol_btc,
    volatility.eth_dvol as dvol_eth,
    market.etf_btc_usd,
    market.etf_btc_status,
    market.etf_eth_usd,
    market.etf_eth_status,
    dex_volumes.all_usd as dex_all_usd,
    dex_volumes.ethereum_usd as dex_ethereum_usd,
    dex_volumes.four_usd as dex_ethereum_and_four_usd,
    dex_volumes.solana_usd as dex_solana_usd
from event_days
left join facts.market_daily as market on market.day = event_days.day
left join rankings.largest_liquidation_days as ranks on ranks.day = event_days.day
left join published on published.day = event_days.day
left join falls on falls.day = event_days.day
left join funding on funding.day = event_days.day
left join basis on basis.day = event_days.day
left join volatility on volatility.day = event_days.day
left join dex_volumes on dex_volumes.day = event_days.day
