-- title: Largest single orders
-- says: The largest liquidation order of each venue, asset and side, where single orders are known.
-- key: source, venue, asset, side
-- column: source | text | Source
-- column: venue | text | Venue
-- column: asset | text | Asset
-- column: side | text | Side
-- column: largest_order_usd | usd | Largest order
-- column: orders | count | Orders
-- column: amount_usd | usd | All orders
-- shown: venue, asset, side, largest_order_usd, orders, amount_usd
select
    source,
    venue,
    asset,
    side,
    largest_order_usd,
    orders,
    amount_usd,
    case when is_whole_day then 'whole day' else 'at least' end as coverage
from facts.liquidation_order_days
where day = date '2024-12-09'
    and largest_order_usd is not null
order by largest_order_usd desc, venue, asset, side
limit 10
