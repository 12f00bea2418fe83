-- description: One row per UTC day and venue with a liquidation order, and one for all venues: the largest
--   single order of the day. Only venues that publish orders take part, and several publish one order per
--   contract and second at most, so a larger one may have happened.
-- grain: day, venue
-- column: day | date | UTC day
-- column: venue | text | Venue, or `all`
-- column: amount_usd | usd | Notional of the order
-- column: order_venue | text | Venue of the order
-- column: asset | text | Asset
-- column: market | text | The venue's own name of the contract
-- column: side | text | Side of the liquidated position: long or short
-- column: price | usd_per_coin | Price of the order
-- column: price_kind | text | fill, bankruptcy or order
-- column: liquidated_at | timestamptz | Moment of the liquidation
-- column: orders | count | Orders of the day on the venue, over all sources
-- column: venues | count | Venues with an order on the day
-- column: source | text | Who said it
-- assert: side_is_known | side in ('long', 'short')
-- assert: some_order_is_counted | orders >= 1 and venues >= 1
-- warn: amount_is_plausible | amount_usd < 1e9
with venue_days as (
    select
        (hour_start at time zone 'UTC')::date as day,
        venue,
        max(largest_order_usd) as amount_usd,
        sum(orders)::bigint as orders
    from staging.liquidation_order_hours
    where (hour_start at time zone 'UTC')::date < (select (now_at at time zone 'UTC')::date from meta.build)
    group by (hour_start at time zone 'UTC')::date, venue
),

largest as (
    select
        venue_days.day,
        venue_days.venue,
        venue_days.amount_usd,
        venue_days.orders,
        orders.asset,
        orders.market,
        orders.side,
        orders.price,
        orders.price_kind,
        orders.liquidated_at,
        orders.source
    from venue_days
    join raw.liquidation_orders as orders
        on orders.venue = venue_days.venue
        and orders.usd = venue_days.amount_usd
        and (orders.liquidated_at at time zone 'UTC')::date = venue_days.day
    qualify row_number() over (
        partition by venue_days.day, venue_days.venue
        order by orders.liquidated_at, orders.source, orders.market, orders.order_id
    ) = 1
),

ranked as (
    select
        *,
        sum(orders) over (partition by day)::bigint as all_orders,
        count(*) over (partition by day) as venues,
        row_number() over (partition by day order by amount_usd desc, venue) as place
    from largest
)

select
    day,
    venue,
    amount_usd,
    venue as order_venue,
    asset,
    market,
    side,
    price,
    price_kind,
    liquidated_at,
    orders,
    venues,
    source
from ranked
union all
select
    day,
    'all' as venue,
    amount_usd,
    venue as order_venue,
    asset,
    market,
    side,
    price,
    price_kind,
    liquidated_at,
    all_orders as orders,
    venues,
    source
from ranked
where place = 1
