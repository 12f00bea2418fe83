-- description: Named events of the market, so that a claim may say "since 519". Names of digits are the
--   month and the day as traders write them.
-- grain: event
-- column: event | text | Id of the event
-- column: day | date | UTC day
-- column: name | text | What it is known as
-- column: source | text | Where the day comes from
with listed (event, day, name, source) as (
    values
        ('312', date '2020-03-12', 'crash of March 2020', 'Datamish via cryptoglobe'),
        ('turkey-ban', date '2021-04-16', 'Turkey bans payments in crypto', 'CoinGlass top-10'),
        ('418', date '2021-04-18', 'leverage flush of April 2021', 'CoinGlass top-10'),
        ('519', date '2021-05-19', 'crash of May 2021', 'CoinGlass top-10'),
        ('97', date '2021-09-07', 'crash on the day El Salvador adopted bitcoin', 'CoinGlass top-10'),
        ('124', date '2021-12-04', 'weekend crash of December 2021', 'cryptovibes and others'),
        ('ftx', date '2022-11-08', 'run on FTX', 'pages cited in reference.published_liquidation_days'),
        ('etf-btc', date '2024-01-11', 'first session of the US spot bitcoin ETFs',
            'CoinGlass copy of 2025-11-14'),
        ('85', date '2024-08-05', 'unwinding of the yen carry trade', 'Cointelegraph/CoinGlass'),
        ('129', date '2024-12-09', 'altcoin liquidations of December 2024', 'NewsBTC/CoinGlass'),
        ('203', date '2025-02-03', 'tariff sell-off of February 2025', 'Cointelegraph/CoinGlass'),
        ('1010', date '2025-10-10', 'record liquidations of October 2025', 'CoinGlass top-10')
)

select
    event,
    day,
    name,
    source
from listed
