-- description: Net flows of the US spot ETFs of an asset on single sessions, as they were published.
--   A selection (records and the weeks around 2024-12-09), never a complete history; sources differ.
-- grain: asset, session_date, source
-- column: asset | text | Asset that the funds hold
-- column: session_date | date | New York trading date
-- column: flow_usd | usd | Net flow of all funds, negative for outflows
-- column: source | text | Who published it
-- column: confidence | text | A several independent pages, B one list or the press, C press only
-- column: note | text | What else is known about it; amounts in m USD
-- assert: flow_is_there | flow_usd is not null
with listed (asset, session_date, flow_m, source, confidence, note) as (
    values
        ('BTC', date '2024-11-07', 1359.4, 'CoinGlass copy of 2025-11-14', 'B',
            'as copied on 2025-11-14; the press first said 1340'),
        ('BTC', date '2024-11-07', 1373.8, 'Farside', 'A', 'not what the CoinGlass copy says'),
        ('BTC', date '2025-10-06', 1190.1, 'CoinGlass copy of 2025-11-14', 'B',
            'the copy lacks HODL, one of 11 funds'),
        ('BTC', date '2025-07-10', 1175.6, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('BTC', date '2024-11-11', 1121.2, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('BTC', date '2024-11-11', 1114.1, 'Farside', 'A', 'not what the CoinGlass copy says'),
        ('BTC', date '2024-03-12', 1045.0, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('BTC', date '2025-07-11', 1029.6, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('BTC', date '2024-11-21', 1004.9, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('BTC', date '2024-11-21', 1005.1, 'Farside', 'A', 'not what the CoinGlass copy says'),
        ('BTC', date '2025-10-03', 985.1, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('BTC', date '2025-02-25', -1140.0, 'Farside (press)', 'B',
            'final; without ARKB first -937.9, at SoSoValue -1010'),
        ('BTC', date '2025-11-20', -903.0, 'press', 'C', 'from the press alone'),
        ('BTC', date '2025-11-13', -866.7, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('BTC', date '2025-08-01', -812.3, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('BTC', date '2025-02-26', -754.6, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('BTC', date '2026-01-21', -708.7, 'press', 'C', 'from the press alone'),
        ('BTC', date '2024-12-19', -671.9, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('BTC', date '2025-05-30', -616.1, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('BTC', date '2024-01-11', 655.3, 'CoinGlass copy of 2025-11-14', 'B', 'first session of the funds'),
        ('BTC', date '2026-01-14', 840.6, 'press', 'C', 'from the press alone, 750 at first'),
        ('BTC', date '2024-12-09', 483.6, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('BTC', date '2024-12-09', 479.1, 'Farside', 'A', 'not what the CoinGlass copy says'),
        ('ETH', date '2025-08-11', 1018.8, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('ETH', date '2025-08-13', 729.1, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('ETH', date '2025-07-16', 726.6, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('ETH', date '2025-08-14', 639.6, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('ETH', date '2025-07-17', 602.0, 'CoinGlass copy of 2025-11-14', 'B', 'its funds add to 584.8'),
        ('ETH', date '2025-08-04', -465.1, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('ETH', date '2025-09-05', -446.8, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('ETH', date '2025-10-13', -428.5, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('ETH', date '2025-08-19', -422.2, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('ETH', date '2024-11-29', 332.9, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('ETH', date '2024-12-02', 24.2, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('ETH', date '2024-12-03', 132.6, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('ETH', date '2024-12-04', 167.7, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('ETH', date '2024-12-05', 428.5, 'CoinGlass copy of 2025-11-14', 'B', 'the record at that time'),
        ('ETH', date '2024-12-06', 83.8, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('ETH', date '2024-12-09', 149.8, 'CoinGlass copy of 2025-11-14', 'B', null),
        ('ETH', date '2024-12-10', 305.7, 'CoinGlass copy of 2025-11-14', 'B', null)
)

select
    asset,
    session_date,
    (flow_m * 1000000)::decimal(18, 4) as flow_usd,
    source,
    confidence,
    note
from listed
