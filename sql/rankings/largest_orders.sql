-- description: The largest single liquidation orders: the first 1,000 of all, and the first 100 of each
--   venue. Only venues with a feed of orders are in it, each with how much its feed shows
--   (reference.order_feeds): an order that a feed leaves out, or that happened on another venue, is in no
--   rank. Published orders are ranked by themselves.
-- grain: basis, day, venue, market, order_number
-- column: basis | text | measured or published
-- column: rank | rank | 1 is the largest order of all venues here; ties share the lower rank
-- column: rank_in_venue | rank | Place among the orders of its venue
-- column: day | date | UTC day
-- column: liquidated_at | timestamptz | Moment; null where published without one
-- column: venue | text | Venue
-- column: market | text | The venue's own name of the contract
-- column: order_number | count | Place among the listed orders of the market and day
-- column: asset | text | Asset; null where published without one
-- column: side | text | Side of the liquidated position; null where not printed
-- column: amount_usd | usd | Notional
-- column: price | usd_per_coin | Price, see price_kind
-- column: price_kind | text | fill, bankruptcy or order
-- column: sampling | text | Which orders the feed of the venue shows
-- column: is_census | bool | Whether it shows every order; null where nothing is known of the feed
-- column: venues_ranked | count | Venues among which the order is ranked
-- column: source | text | Who said it
-- assert: amount_is_positive | amount_usd > 0
-- assert: sampling_is_named | length(sampling) > 0
with venue_floors as (
    -- only what can be among the largest is put in order: there may be a hundred million orders
    select venue, list_min(max(usd, 500)) as floor_usd
    from raw.liquidation_orders
    where not retracted
    group by venue
),

overall_floor as (
    select list_min(max(usd, 5000)) as floor_usd
    from raw.liquidation_orders
    where not retracted
),

large as (
    select orders.*
    from raw.liquidation_orders as orders
    join venue_floors on venue_floors.venue = orders.venue
    cross join overall_floor
    where not orders.retracted
        and orders.usd >= least(venue_floors.floor_usd, overall_floor.floor_usd)
),

orders as (
    select
        'measured' as basis,
        (liquidated_at at time zone 'UTC')::date as day,
        liquidated_at,
        venue,
        market,
        asset,
        side,
        usd as amount_usd,
        price,
        price_kind,
        source,
        order_id
    from large
    where usd > 0
    qualify row_number() over (order by usd desc, liquidated_at, venue, market, order_id) <= 5000
        or row_number() over (partition by venue order by usd desc, liquidated_at, market, order_id) <= 500
    union all
    select
        'published' as basis,
        as_of as day,
        null as liquidated_at,
        split_part(scope, ' ', 2) as venue,
        split_part(scope, ' ', 4) as market,
        null as asset,
        null as side,
        value as amount_usd,
        null as price,
        null as price_kind,
        source,
        figure as order_id
    from reference.published_figures
    where metric = 'largest_order'
        and regexp_matches(scope, '^venue [a-z0-9]+ symbol ')
),

told_once as (
    -- where two sources tell the orders of a venue, the same order stands twice: the first source stands
    select *
    from orders
    qualify source = first_value(source) over (
        partition by basis, venue, market, day, amount_usd order by source
    )
),

ranked as (
    select
        *,
        rank() over (partition by basis order by amount_usd desc) as rank,
        rank() over (partition by basis, venue order by amount_usd desc) as rank_in_venue
    from told_once
),

venue_counts as (
    select 'measured' as basis, count(distinct venue) as venues
    from raw.liquidation_orders
    union all
    select 'published' as basis, count(distinct venue) as venues
    from orders
    where basis = 'published'
)

select
    ranked.basis,
    ranked.rank,
    ranked.rank_in_venue,
    ranked.day,
    ranked.liquidated_at,
    ranked.venue,
    ranked.market,
    row_number() over (
        partition by ranked.basis, ranked.day, ranked.venue, ranked.market
        order by ranked.amount_usd desc, ranked.liquidated_at, ranked.order_id
    ) as order_number,
    ranked.asset,
    ranked.side,
    ranked.amount_usd,
    ranked.price,
    ranked.price_kind,
    coalesce(feeds.sampling, 'not known') as sampling,
    feeds.is_census,
    venue_counts.venues as venues_ranked,
    ranked.source
from ranked
join venue_counts using (basis)
left join reference.order_feeds as feeds on feeds.venue = ranked.venue
where ranked.rank <= 1000
    or ranked.rank_in_venue <= 100
