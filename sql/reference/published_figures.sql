-- description: Single figures as somebody published them: evidence for the claims check, never mixed
--   with what is measured here. Several snapshots of one event (S0, S1, ...) stand side by side: they are
--   readings of a rolling window at different hours, so their parts must not be combined.
-- grain: figure
-- column: figure | text | Id of the figure
-- column: metric | text | What was counted; a quantity of reference.quantities
-- column: scope | text | Of which part of the market, as the claims check writes scopes
-- column: clock | text | rolling_24h, utc_day, session, 7d_sum, snapshot, ...
-- column: as_of | date | Day of the event or of the reading
-- column: snapshot | text | Reading of the same rolling window; null where there is only one
-- column: value | per unit | The figure; a share is a fraction of one
-- column: printed | text | The figure with exactly the digits that were printed
-- column: unit | text | usd, pct, pct annualised, pct a month, accounts, share
-- column: qualifier | text | What narrows the figure: no tenor, sum since a date, months and years counted
-- column: source | text | Who published it
-- column: confidence | text | A several independent pages, B of the time, C one page or in conflict
-- column: note | text | What else the page says
-- assert: confidence_is_known | confidence in ('A', 'B', 'C', 'X')
-- assert: value_is_there | value is not null
with listed (
    figure, metric, scope, clock, as_of, snapshot, printed, unit, qualifier, source, confidence, note
) as (
    values
        ('F01', 'liquidations_total', 'all venues', 'rolling_24h', date '2024-12-09', 'S2', '1.70e9', 'usd',
            null, 'NewsBTC/CoinGlass', 'B', 'with 562000 traders'),
        ('F02', 'liquidations_total', 'all venues', 'rolling_24h', date '2024-12-09', 'S3', '1.75e9', 'usd',
            null, 'ForkLog/CoinGlass', 'B', 'with 582003 traders, the latest snapshot'),
        ('F03', 'liquidations_total', 'all venues', 'rolling_24h', date '2024-12-09', 'S1', '1.7e9', 'usd',
            null, 'altcoin.observer', 'C', 'one decimal only'),
        ('F04', 'liquidations_long', 'all venues', 'rolling_24h', date '2024-12-09', 'S2', '1.55e9', 'usd',
            null, 'NewsBTC/CoinGlass', 'B', null),
        ('F05', 'liquidations_short', 'all venues', 'rolling_24h', date '2024-12-09', 'S2', '0.15e9', 'usd',
            null, 'NewsBTC/CoinGlass', 'B', null),
        ('F06', 'liquidations_long', 'all venues', 'rolling_24h', date '2024-12-09', 'S1', '1.53e9', 'usd',
            null, 'altcoin.observer', 'C', null),
        ('F07', 'liquidations_short', 'all venues', 'rolling_24h', date '2024-12-09', 'S1', '0.155e9',
            'usd', null, 'altcoin.observer', 'C', null),
        ('F08', 'liquidations_long', 'all venues', 'rolling_24h', date '2024-12-09', 'S3', '1.57e9', 'usd',
            null, 'ForkLog/CoinGlass', 'B', null),
        ('F09', 'traders_liquidated', 'all venues', 'rolling_24h', date '2024-12-09', 'S2', '562000',
            'accounts', 'vendor only', 'NewsBTC/CoinGlass', 'B', null),
        ('F10', 'traders_liquidated', 'all venues', 'rolling_24h', date '2024-12-09', 'S3', '582003',
            'accounts', 'vendor only', 'ForkLog/CoinGlass', 'B', null),
        ('F11', 'liquidations_total', 'venue binance', 'rolling_24h', date '2024-12-09', 'S1', '0.74e9',
            'usd', null, 'kalkinemedia, altcoin.observer', 'B', 'pages say 739 or 740 m'),
        ('F12', 'liquidations_total', 'venue okx', 'rolling_24h', date '2024-12-09', 'S1', '0.422e9', 'usd',
            null, 'kalkinemedia, altcoin.observer', 'B', null),
        ('F13', 'liquidations_total', 'venue bybit', 'rolling_24h', date '2024-12-09', 'S1', '0.369e9',
            'usd', 'order feed throttled until 2025-02', 'kalkinemedia, altcoin.observer', 'B', null),
        ('F14', 'liquidations_total', 'asset BTC', 'rolling_24h', date '2024-12-09', 'S1', '0.182e9', 'usd',
            null, 'kalkinemedia, altcoin.observer', 'B', null),
        ('F15', 'liquidations_long', 'asset BTC', 'rolling_24h', date '2024-12-09', 'S1', '0.140e9', 'usd',
            null, 'kalkinemedia, altcoin.observer', 'B', null),
        ('F16', 'liquidations_total', 'asset BTC', 'rolling_24h', date '2024-12-09', 'S3', '0.1892e9',
            'usd', null, 'ForkLog', 'C', 'the page prints billion where million is meant'),
        ('F17', 'liquidations_long', 'asset ETH', 'rolling_24h', date '2024-12-09', 'S2', '0.219e9', 'usd',
            'one page names no side', 'NewsBTC', 'C', null),
        ('F18', 'liquidations_total', 'asset ETH', 'rolling_24h', date '2024-12-09', 'S1', '0.243e9', 'usd',
            null, 'kalkinemedia', 'B', null),
        ('F19', 'liquidations_total', 'asset ETH', 'rolling_24h', date '2024-12-09', 'S0', '0.235e9', 'usd',
            null, 'altcoin.observer', 'C', 'longs 214 m, shorts 21 m, some hours before'),
        ('F20', 'liquidations_total', 'group small caps (the tile "Others")', 'rolling_24h',
            date '2024-12-09', 'S1', '0.564e9', 'usd', 'a tile of small coins, not every altcoin',
            'kalkinemedia, altcoin.observer', 'B', null),
        ('F21', 'liquidations_long', 'group small caps (the tile "Others")', 'rolling_24h',
            date '2024-12-09', 'S1', '0.543e9', 'usd', 'a tile of small coins, not every altcoin',
            'kalkinemedia, altcoin.observer', 'B', null),
        ('F22', 'largest_order', 'venue binance symbol ETHUSDT', 'rolling_24h', date '2024-12-09', null,
            '19.69e6', 'usd', null, 'NewsBTC, kalkinemedia, altcoin.observer', 'B', null),
        ('F23', 'price_low', 'asset BTC', 'utc_day', date '2024-12-09', null, '94150.05', 'usd', null,
            'NewsBTC, ForkLog', 'B', null),
        ('F24', 'price_open', 'asset BTC', 'utc_day', date '2024-12-09', null, '101109.6', 'usd', null,
            'Binance spot', 'B', null),
        ('F25a', 'drawdown_high_low', 'asset ETH', 'utc_day', date '2024-12-09', null, '-12', 'pct', null,
            'NewsBTC', 'B', 'from the day''s high to its low'),
        ('F25b', 'drawdown_high_low', 'asset SOL', 'utc_day', date '2024-12-09', null, '-15', 'pct', null,
            'NewsBTC', 'B', 'from the day''s high to its low'),
        ('F25c', 'drawdown_high_low', 'asset DOGE', 'utc_day', date '2024-12-09', null, '-19', 'pct', null,
            'NewsBTC', 'B', 'from the day''s high to its low'),
        ('F25d', 'drawdown_high_low', 'asset XRP', 'utc_day', date '2024-12-09', null, '-22', 'pct', null,
            'NewsBTC', 'B', 'from the day''s high to its low'),
        ('F25e', 'drawdown_high_low', 'asset ADA', 'utc_day', date '2024-12-09', null, '-23', 'pct', null,
            'NewsBTC', 'B', 'from the day''s high to its low'),
        ('F25f', 'drawdown_high_low', 'asset SHIB', 'utc_day', date '2024-12-09', null, '-25', 'pct', null,
            'NewsBTC', 'B', 'from the day''s high to its low'),
        ('F26', 'dapp_volume', 'chain Ethereum', '7d_sum', date '2024-12-10', null, '24.2e9', 'usd', null,
            'bitgettg 12560604409148', 'C', 'every DApp of the chain'),
        ('F27', 'network_activity_change', 'chain Ethereum', '7d_change', date '2024-12-10', null, '24',
            'pct', 'an index of activity, no volume', 'bitgettg 12560604409148', 'C', null),
        ('F28', 'dapp_volume', 'chain set Ethereum Base Arbitrum Polygon Optimism', '7d_sum',
            date '2024-12-10', null, '48.6e9', 'usd', null, 'bitgettg 12560604409148', 'C',
            'Optimism is one of the four'),
        ('F29', 'dapp_volume', 'chain Solana', '7d_sum', date '2024-12-10', null, '29.5e9', 'usd', null,
            'bitgettg 12560604409148', 'C', null),
        ('F30', 'futures_premium', 'asset ETH', 'snapshot', date '2024-12-10', null, '17', 'pct annualised',
            'no tenor, no venue', 'bitgettg 12560604409148', 'C', 'beside a neutral level of 10'),
        ('F31', 'option_skew_25d', 'asset ETH', 'snapshot', date '2024-12-10', null, '-2', 'pct',
            'put minus call, no tenor', 'bitgettg 12560604409148', 'C', 'after -7 in the days before'),
        ('F32', 'funding_rate', 'asset ETH', 'snapshot', date '2024-12-10', null, '2.7', 'pct a month',
            null, 'bitgettg 12560604409148', 'C', 'beside 2.1 neutral, 5.4 at the peak'),
        ('F33', 'etf_flow_sum', 'asset ETH', 'session_sum', date '2024-12-06', null, '1169.7e6', 'usd',
            'sum since 2024-11-29', 'FelipeODonnell/liquidity-report, recomputed', 'A',
            'one session later 1319.5 m'),
        ('F34', 'etf_flow_day_record', 'asset ETH', 'session', date '2024-12-05', null, '428.5e6', 'usd',
            'record as of 2024-12-10', 'FelipeODonnell/liquidity-report, recomputed', 'A',
            'the record before: 332.9 m of 2024-11-29'),
        ('F35', 'etf_flow_week_record', 'asset ETH', 'week', date '2024-12-06', null, '836.8e6', 'usd',
            'record as of 2024-12-10', 'FelipeODonnell/liquidity-report, recomputed', 'A',
            'the week from 2024-12-02'),
        ('F36', 'up_month_share', 'asset BTC', 'years', date '2024-12-10', null, '6/12', 'share',
            'month 1, 2013 to 2024', 'followin 15374838', 'B', null),
        ('F37', 'up_month_share', 'asset BTC', 'years', date '2024-12-10', null, '5/11', 'share',
            'month 12, 2013 to 2023', 'binance square 17933840414449', 'B',
            'the cited table has no 2012; 2024 fell too'),
        ('F38', 'liquidations_total', 'venue hyperliquid', 'day_list', date '2025-10-10', null, '10.3e9',
            'usd', 'inside the 19.16 bn of the day', 'bitcointalk 5512334', 'C', 'rests on one page'),
        ('F39', 'liquidations_total', 'venue bybit', 'self_reported', date '2025-02-03', null, '2.1e9',
            'usd', '0.333 bn in the vendor''s list', 'greenbot, coinpedia, investing.com', 'B', null),
        ('F40', 'price_high', 'asset ETH', 'utc_day', date '2024-12-06', null, '4087.73', 'usd', null,
            'Binance spot', 'B', null),
        ('F41', 'price_close', 'asset ETH', 'utc_day', date '2024-12-06', null, '3998.87', 'usd', null,
            'Binance spot', 'B', null),
        ('F42', 'price_low', 'asset ETH', 'utc_day', date '2024-12-09', null, '3509', 'usd', null,
            'Binance spot', 'B', '3475 on the perpetual'),
        ('F43', 'price_high', 'asset BTC', 'utc_day', date '2024-12-09', null, '101215.93', 'usd', null,
            'Binance spot', 'B', 'the perpetual''s low was 94039.7'),
        ('F44', 'option_skew_25d', 'asset ETH', 'snapshot', date '2024-12-09', null, '-7', 'pct',
            'its day is not stated', 'bitgettg 12560604409148', 'C', 'in the days before 2024-12-10'),
        ('F45', 'futures_premium_neutral', 'asset ETH', 'snapshot', date '2024-12-10', null, '10',
            'pct annualised', null, 'bitgettg 12560604409148', 'C', null),
        ('F46', 'funding_rate_neutral', 'asset ETH', 'snapshot', date '2024-12-10', null, '2.1',
            'pct a month', null, 'bitgettg 12560604409148', 'C', null),
        ('F47', 'funding_rate', 'asset ETH', 'snapshot', date '2024-12-05', null, '5.4', 'pct a month',
            'peak', 'bitgettg 12560604409148', 'C', null),
        ('F48', 'up_month_share', 'asset BTC', 'years', date '2024-12-10', null, '6/12', 'share',
            'month 12, 2012 to 2023', 'Coin Metrics prices, binance square 17933840414449', 'B', null),
        ('F49', 'liquidations_long', 'asset BTC', 'rolling_24h', date '2024-12-09', 'S2', '0.143e9', 'usd',
            null, 'NewsBTC', 'B', null),
        ('F50', 'etf_flow_sum', 'asset ETH', 'session_sum', date '2024-12-09', null, '1319.5e6', 'usd',
            'sum since 2024-11-29', 'FelipeODonnell/liquidity-report, recomputed', 'A', null)
)

select
    figure,
    metric,
    scope,
    clock,
    as_of,
    snapshot,
    case
        when contains(printed, '/')
            then (split_part(printed, '/', 1)::double / split_part(printed, '/', 2)::double)::decimal(28, 8)
        else printed::decimal(28, 8)
    end as value,
    printed,
    unit,
    qualifier,
    source,
    confidence,
    note
from listed
