-- description: One row per venue that the warehouse knows, and one per group in which upstreams add venues
--   up. The id of a group is its sorted members joined by `+`, so a group that is not listed here resolves
--   too.
-- grain: venue
-- column: venue | text | Id as in every `venue` column: lower case, a group with `+`
-- column: name | text | Name for people
-- column: members | text | List of the venues in it; a single venue has itself
-- column: kind | text | cex (centralised), dex (decentralised) or group
-- column: closed_since | date | First UTC day without trading; null while the venue is open
-- column: note | text | What its published liquidations are worth
-- assert: kind_is_known | kind in ('cex', 'dex', 'group')
-- assert: members_make_the_id | array_to_string(members, '+') = venue
-- assert: group_has_members | (kind = 'group') = (len(members) > 1)
with single_venues (venue, name, kind, closed_since, note) as (
    values
        ('binance', 'Binance', 'cex', null::date,
            'One liquidation order per symbol and second since April 2021: a floor, not a census.'),
        ('bybit', 'Bybit', 'cex', null,
            'One per symbol and second from September 2021, every order since 2025-02-20.'),
        ('okx', 'OKX', 'cex', null, 'At most one order per contract and second.'),
        ('gate', 'Gate', 'cex', null, 'Every order.'),
        ('htx', 'HTX', 'cex', null, 'Every order, at the bankruptcy price.'),
        ('bitget', 'Bitget', 'cex', null, 'No public list of orders.'),
        ('bitmex', 'BitMEX', 'cex', date '2026-09-23', 'Closed.'),
        ('bitfinex', 'Bitfinex', 'cex', null, null),
        ('coinbase', 'Coinbase', 'cex', null, null),
        ('kraken', 'Kraken', 'cex', null, null),
        ('coinex', 'CoinEx', 'cex', null, null),
        ('deribit', 'Deribit', 'cex', null, 'Trades flagged as liquidations.'),
        ('hyperliquid', 'Hyperliquid', 'dex', null, 'In the vendor totals since some day of 2025.'),
        ('dydx', 'dYdX', 'dex', null, 'A complete tape of trades.'),
        ('aster', 'Aster', 'dex', null, null)
),

group_ids (venue) as (
    values ('bybit+okx'), ('binance+bybit'), ('binance+okx'), ('binance+bybit+okx')
),

group_members as (
    select group_ids.venue, single_venues.venue as member, single_venues.name
    from group_ids
    join single_venues on list_contains(string_split(group_ids.venue, '+'), single_venues.venue)
),

groups as (
    select
        venue,
        string_agg(name, ' + ' order by member) as name,
        list(member order by member) as members
    from group_members
    group by venue
)

select venue, name, [venue] as members, kind, closed_since, note
from single_venues
union all
select
    venue,
    name,
    members,
    'group' as kind,
    null::date as closed_since,
    'Added up by an upstream; split where the upstream also tells a member apart.' as note
from groups
