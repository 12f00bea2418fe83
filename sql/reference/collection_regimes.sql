-- description: Breaks in how upstream feeds were collected. A figure before a break and one after it are
--   not measured alike; each break is known as a pair of days that it lies between.
-- grain: kind, venue, feed, from_earliest
-- column: kind | text | Kind of data that the break concerns
-- column: venue | text | Venue whose feed changed
-- column: feed | text | The feed
-- column: from_earliest | date | First day on which the new way may have applied
-- column: from_latest | date | Last day on which it may have begun
-- column: effect_on_later_values | text | lowers, raises or ends
-- column: note | text | What changed
-- assert: bounds_are_ordered | from_earliest <= from_latest
-- assert: effect_is_known | effect_on_later_values in ('lowers', 'raises', 'ends')
with listed (kind, venue, feed, from_earliest, from_latest, effect_on_later_values, note) as (
    values
        ('liquidations', 'binance', 'forceOrder stream and what is built on it', date '2021-04-01',
            date '2021-04-30', 'lowers',
            'at most one order per symbol and second; the REST list of all orders closed about 2021-04-27'),
        ('liquidations', 'bybit', 'liquidation topic', date '2021-09-01', date '2021-09-30', 'lowers',
            'a single order per symbol and second'),
        ('liquidations', 'bybit', 'allLiquidation topic', date '2025-02-20', date '2025-02-20', 'raises',
            'all orders again'),
        ('liquidations', 'hyperliquid', 'inside the vendor totals', date '2025-01-01', date '2025-10-10',
            'raises', 'one more venue inside the totals'),
        ('liquidations', 'binance', 'archive liquidationSnapshot um', date '2024-03-31', date '2024-03-31',
            'ends', 'the archive ends and was later withdrawn; its rows stand twice'),
        ('liquidations', 'binance', 'archive liquidationSnapshot cm', date '2024-10-14', date '2024-10-14',
            'ends', null),
        ('liquidations', 'binance', 'um legacy websocket address', date '2026-04-23', date '2026-04-26',
            'ends', 'still answers, sends no events')
)

select
    kind,
    venue,
    feed,
    from_earliest,
    from_latest,
    effect_on_later_values,
    note
from listed
