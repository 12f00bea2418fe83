-- description: One row per upstream that figures can come from: whose it is, what it asks of those who show
--   it, and whether its series may be passed on. What no terms settle is null, never a guess.
-- grain: source
-- column: source | text | Id as in every `source` column of the warehouse
-- column: name | text | Name as the publisher writes it
-- column: url | text | Page of the publisher
-- column: licence | text | What the terms allow, in short
-- column: attribution | text | Line to show beside a figure from this source
-- column: may_republish | bool | Whether the series itself may be passed on; null where the terms do not say
-- column: key_variable | text | Environment variable of the key; null where none is needed
-- column: note | text | What a reader of its figures should know
-- assert: attribution_is_given | attribution is not null and length(attribution) > 0
-- assert: url_is_https | url like 'https://%'
with sources (source, name, url, licence, attribution, may_republish, key_variable, note) as (
    values
        ('coinalyze', 'Coinalyze', 'https://coinalyze.net', 'free use with a citation and a link',
            'Data: Coinalyze (coinalyze.net)', true, 'COINALYZE_API_KEY',
            'Adds up what each venue publishes, so a venue that samples its orders counts too low.'),
        ('coinglass', 'CoinGlass', 'https://www.coinglass.com', 'paid plan, own use',
            'Data: CoinGlass (coinglass.com)', false, 'COINGLASS_API_KEY',
            'Pads the time before its history with zeros; its groups hold venues it also tells apart.'),
        ('farside', 'Farside Investors', 'https://farside.co.uk', 'no data licence stated',
            'Data: Farside Investors (farside.co.uk)', null, null,
            'US$ million with one decimal; a dash is a fund that has not reported, never a zero.'),
        ('sosovalue', 'SoSoValue', 'https://sosovalue.com', 'personal, non-commercial use',
            'Data: SoSoValue (sosovalue.com)', false, 'SOSOVALUE_API_KEY',
            'Totals only, no funds; the last 30 or 300 days.'),
        ('defillama', 'DefiLlama', 'https://defillama.com', 'free public API',
            'Data: DefiLlama (defillama.com)', null, null,
            'Spot volume of decentralised exchanges; adapters are repaired later and months are restated.'),
        ('binance', 'Binance', 'https://data.binance.vision', 'public archive and public market data',
            'Data: Binance', null, null,
            'The archive answers everywhere; the REST hosts refuse some countries (451).'),
        ('bybit', 'Bybit', 'https://www.bybit.com', 'public market data',
            'Data: Bybit', null, null, 'Refuses some countries (403).'),
        ('okx', 'OKX', 'https://www.okx.com', 'public market data; the archive is for non-commercial use',
            'Data: OKX', false, null,
            'REST keeps three months of funding; archive files are cut at 16:00 UTC.'),
        ('coinbase', 'Coinbase Exchange', 'https://exchange.coinbase.com', 'public market data',
            'Data: Coinbase', null, null, 'Volume in coins only.'),
        ('kraken', 'Kraken', 'https://www.kraken.com', 'public market data',
            'Data: Kraken', null, null, 'The last 720 bars, whatever is asked for.'),
        ('gate', 'Gate', 'https://www.gate.com', 'public market data',
            'Data: Gate', null, null,
            'Every liquidation order, 90 days back; open interest counts both sides.'),
        ('htx', 'HTX', 'https://www.htx.com', 'public market data',
            'Data: HTX', null, null,
            'Liquidation prices are bankruptcy prices; settlements can come hours late.'),
        ('bitget', 'Bitget', 'https://www.bitget.com', 'public market data',
            'Data: Bitget', null, null, 'A few months of funding.'),
        ('deribit', 'Deribit', 'https://www.deribit.com', 'public market data',
            'Data: Deribit', null, null, 'Funding is continuous: a day is the sum of 24 hourly rates.'),
        ('dydx', 'dYdX', 'https://dydx.trade', 'public indexer',
            'Data: dYdX', null, null, 'Hourly funding; the tape of trades is complete.'),
        ('hyperliquid', 'Hyperliquid', 'https://hyperliquid.xyz', 'public API',
            'Data: Hyperliquid', null, null, 'Hourly funding; no list of liquidations for the whole venue.'),
        ('coinmetrics', 'Coin Metrics', 'https://coinmetrics.io', 'CC BY-NC 4.0 (community data)',
            'Data: Coin Metrics community data (coinmetrics.io), CC BY-NC 4.0', true, null,
            'May be passed on for non-commercial use with the licence named.'),
        ('blockchain', 'Blockchain.com', 'https://www.blockchain.com/explorer/charts',
            'no data licence stated', 'Data: Blockchain.com', null, null,
            'Bitcoin only; without sampled=false days are left out.'),
        ('tardis', 'Tardis.dev', 'https://tardis.dev', 'paid; the first day of each month is free',
            'Data: Tardis.dev', false, 'TARDIS_API_KEY', 'Venue feeds as they were recorded.'),
        ('ishares', 'iShares by BlackRock', 'https://www.ishares.com', 'issuer page, no data licence stated',
            'Data: iShares (ishares.com)', null, null,
            'Shares outstanding per day; a flow is computed from them.')
)

select source, name, url, licence, attribution, may_republish, key_variable, note
from sources
