-- description: One row per UTC day, source, venue, asset and side: the single orders of a source added up.
--   Where two datasets of the source tell the same, one stands: the whole day, then the one with more orders.
--   In a market that was watched all day, between its first and its last order, no order is a true zero.
-- grain: day, source, venue, asset, side
-- column: day | date | UTC day
-- column: source | text | Who said it
-- column: dataset | text | The dataset that brought the orders
-- column: venue | text | Venue
-- column: asset | text | Asset
-- column: side | text | Side of the liquidated position: long or short
-- column: amount_usd | usd | Notional of the orders; at least so much unless is_whole_day
-- column: orders | count | Orders
-- column: largest_order_usd | usd | Notional of the largest of them; null where there is none
-- column: markets | count | Contracts of the venue and asset
-- column: is_whole_day | bool | Whether every one of them was watched all day
-- assert: amount_is_not_negative | amount_usd >= 0
-- assert: side_is_known | side in ('long', 'short')
-- assert: largest_is_a_part | largest_order_usd is null or largest_order_usd <= amount_usd
with market_days as (
    select
        source,
        dataset,
        venue,
        asset,
        market,
        (hour_start at time zone 'UTC')::date as day,
        sum(case when side = 'long' then amount_usd else 0 end) as long_usd,
        sum(case when side = 'short' then amount_usd else 0 end) as short_usd,
        coalesce(sum(orders) filter (where side = 'long'), 0) as long_orders,
        coalesce(sum(orders) filter (where side = 'short'), 0) as short_orders,
        max(largest_order_usd) filter (where side = 'long') as long_largest_usd,
        max(largest_order_usd) filter (where side = 'short') as short_largest_usd
    from staging.liquidation_order_hours
    group by all
),

lives as (
    select source, dataset, venue, asset, market, min(day) as first_day, max(day) as last_day
    from market_days
    group by source, dataset, venue, asset, market
),

watched as (
    select lives.source, lives.dataset, lives.venue, lives.asset, lives.market, watched.day
    from lives
    join staging.watched_markets_daily as watched
        on watched.dataset = lives.dataset
        and watched.market = lives.market
        and watched.day between lives.first_day and lives.last_day
),

expected as (
    select lives.source, lives.dataset, lives.venue, lives.asset, days.day, count(*) as markets
    from lives
    join staging.days on days.day between lives.first_day and lives.last_day
    group by lives.source, lives.dataset, lives.venue, lives.asset, days.day
),

told as (
    select
        coalesce(market_days.source, watched.source) as source,
        coalesce(market_days.dataset, watched.dataset) as dataset,
        coalesce(market_days.venue, watched.venue) as venue,
        coalesce(market_days.asset, watched.asset) as asset,
        coalesce(market_days.day, watched.day) as day,
        coalesce(sum(market_days.long_usd), 0) as long_usd,
        coalesce(sum(market_days.short_usd), 0) as short_usd,
        coalesce(sum(market_days.long_orders), 0)::bigint as long_orders,
        coalesce(sum(market_days.short_orders), 0)::bigint as short_orders,
        max(market_days.long_largest_usd) as long_largest_usd,
        max(market_days.short_largest_usd) as short_largest_usd,
        count(watched.market) as watched_markets
    from market_days
    full join watched using (source, dataset, venue, asset, market, day)
    group by all
),

chosen as (
    select told.*, expected.markets, told.watched_markets = expected.markets as is_whole_day
    from told
    join expected using (source, dataset, venue, asset, day)
    qualify row_number() over (
        partition by told.source, told.venue, told.asset, told.day
        order by
            told.watched_markets = expected.markets desc,
            told.long_orders + told.short_orders desc,
            told.dataset
    ) = 1
)

select
    day,
    source,
    dataset,
    venue,
    asset,
    'long' as side,
    long_usd as amount_usd,
    long_orders as orders,
    long_largest_usd as largest_order_usd,
    markets,
    is_whole_day
from chosen
union all
select
    day,
    source,
    dataset,
    venue,
    asset,
    'short' as side,
    short_usd as amount_usd,
    short_orders as orders,
    short_largest_usd as largest_order_usd,
    markets,
    is_whole_day
from chosen
