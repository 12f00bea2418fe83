-- description: One row per source, market, side and UTC hour with a liquidation order: the orders added up.
--   Single orders stay in raw.liquidation_orders, of which there may be a hundred million.
-- grain: source, dataset, venue, market, asset, side, hour_start
-- column: source | text | Who said it
-- column: dataset | text | The dataset that brought it
-- column: venue | text | Venue
-- column: market | text | The venue's own name of the contract
-- column: asset | text | Asset
-- column: side | text | Side of the liquidated position: long or short
-- column: hour_start | timestamptz | Start of the UTC hour
-- column: amount_usd | usd | Notional of the orders
-- column: orders | count | Orders
-- column: largest_order_usd | usd | Notional of the largest of them
-- assert: amount_is_not_negative | amount_usd >= 0 and orders >= 1
-- assert: largest_is_a_part | largest_order_usd between 0 and amount_usd
select
    source,
    dataset,
    venue,
    market,
    asset,
    side,
    date_trunc('hour', liquidated_at at time zone 'UTC') at time zone 'UTC' as hour_start,
    sum(usd) as amount_usd,
    count(*) as orders,
    max(usd) as largest_order_usd
from raw.liquidation_orders
where not retracted
group by all
