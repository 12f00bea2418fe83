-- description: One row per venue that tells single liquidation orders: how much of what happened its feed
--   shows. An order that a feed leaves out is in no ranking.
-- grain: venue
-- column: venue | text | Venue
-- column: sampling | text | Which orders the feed shows
-- column: is_census | bool | Whether it shows every order
-- column: price_meaning | text | What the price of an order is
-- column: note | text | What else to know
with listed (venue, sampling, is_census, price_meaning, note) as (
    values
        ('binance', 'one order per symbol and second since April 2021', false, 'average fill',
            'the documentation has said the latest, later the largest one; the coin-margined archive ends '
            || 'on 2024-10-14'),
        ('bybit', 'one order per symbol and second until 2025-02-19, every order since', false, 'bankruptcy',
            'streamed only: no history is served'),
        ('okx', 'at most one order per contract and second', false, 'bankruptcy', 'the last 24 hours only'),
        ('gate', 'every order', true, 'fill', 'the last 90 days'),
        ('htx', 'every order', true, 'bankruptcy', 'the last 90 days'),
        ('deribit', 'every trade that is flagged as a liquidation', true, 'fill', null),
        ('dydx', 'every liquidation on the tape', true, 'fill', null)
)

select venue, sampling, is_census, price_meaning, note
from listed
