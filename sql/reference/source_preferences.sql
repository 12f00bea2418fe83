-- description: One row per kind of data and source: which source speaks where several tell the same. Rank 1
--   speaks first; a source that is not listed comes after all that are.
-- grain: kind, source
-- column: kind | text | liquidations, etf_flows, onchain_volume, funding, prices, open_interest,
--   futures_basis or option_volatility
-- column: source | text | Id of reference.sources
-- column: rank | rank | Position, 1 is asked first
-- column: in_headline | bool | Whether it may speak in the headline at all; false: kept beside it only
-- column: reason | text | Why it stands there
-- assert: rank_is_positive | rank >= 1
-- assert: kind_is_known | kind in ('liquidations', 'etf_flows', 'onchain_volume', 'funding', 'prices',
--   'open_interest', 'futures_basis', 'option_volatility')
with preferences (kind, source, rank, reason) as (
    values
        ('liquidations', 'coinalyze', 1, 'tells the venues apart, may be shown with a link'),
        ('liquidations', 'coinglass', 2, 'the same venue feeds, needs a paid plan'),
        ('liquidations', 'gate', 3, 'its own orders, one venue'),
        ('liquidations', 'okx', 4, 'its own orders, one venue'),
        ('liquidations', 'htx', 5, 'its own orders, one venue'),
        ('liquidations', 'deribit', 6, 'two coins of one venue, back to days that no market-wide source has'),
        ('liquidations', 'dydx', 7, 'one small venue, back to days that no market-wide source may have'),
        ('liquidations', 'binance', 8, 'coin-margined contracts only: a part of the venue'),
        ('liquidations', 'tardis', 9, 'the first day of each month, to hold others against'),
        ('etf_flows', 'farside', 1, 'per fund, needs no key, the table that most reports quote'),
        ('etf_flows', 'coinglass', 2, 'per fund, needs a paid plan'),
        ('etf_flows', 'sosovalue', 3, 'totals only'),
        ('etf_flows', 'ishares', 4, 'one issuer'),
        ('onchain_volume', 'defillama', 1, 'all chains with one method'),
        ('onchain_volume', 'blockchain', 2, 'bitcoin only'),
        ('onchain_volume', 'coinmetrics', 3, 'bitcoin and ether only'),
        ('funding', 'binance', 1, 'tells its own settlements'),
        ('funding', 'bybit', 2, 'tells its own settlements'),
        ('funding', 'okx', 3, 'tells its own settlements'),
        ('funding', 'gate', 4, 'tells its own settlements'),
        ('funding', 'htx', 5, 'tells its own settlements'),
        ('funding', 'bitget', 6, 'tells its own settlements'),
        ('funding', 'deribit', 7, 'tells its own settlements'),
        ('funding', 'hyperliquid', 8, 'tells its own settlements'),
        ('funding', 'dydx', 9, 'tells its own settlements'),
        ('prices', 'binance', 1, 'the largest spot market, history from 2017'),
        ('prices', 'coinbase', 2, 'quoted in dollars, reachable from the United States'),
        ('prices', 'kraken', 3, 'quoted in dollars, 720 days'),
        ('prices', 'okx', 4, 'quoted in USDT'),
        ('prices', 'coinmetrics', 5, 'a reference rate, no bars'),
        ('open_interest', 'binance', 1, 'its own contracts'),
        ('open_interest', 'bybit', 2, 'its own contracts'),
        ('open_interest', 'okx', 3, 'its own contracts'),
        ('open_interest', 'gate', 4, 'its own contracts'),
        ('open_interest', 'htx', 5, 'its own contracts'),
        ('open_interest', 'deribit', 6, 'its own contracts'),
        ('open_interest', 'hyperliquid', 7, 'its own contracts'),
        ('open_interest', 'coinalyze', 8, 'in dollars only, margins not told apart'),
        ('futures_basis', 'deribit', 1, 'dated futures and the perpetual against its index'),
        ('futures_basis', 'binance', 2, 'perpetuals, the last month'),
        ('option_volatility', 'deribit', 1, 'where most bitcoin and ether options trade')
)

select
    kind,
    source,
    rank,
    kind <> 'liquidations' or source not in ('deribit', 'dydx', 'binance', 'tardis') as in_headline,
    reason
from preferences
