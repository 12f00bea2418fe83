-- description: One row per source, contract and multiplier that single liquidation orders were counted with:
--   whether the venue states that multiplier, and whether it was seen to do so while the orders happened.
-- grain: source, dataset, venue, instrument, asset, native_unit, multiplier
-- column: source | text | Who told the orders
-- column: dataset | text | The dataset that brought them
-- column: venue | text | Venue
-- column: instrument | text | The venue's own name of the contract, or of the tape of several
-- column: asset | text | Asset
-- column: native_unit | text | What the orders are counted in: contract, coin or usd
-- column: multiplier | multiplier | What a unit was taken for when the dollars of the orders were made
-- column: orders | count | Orders
-- column: amount_usd | usd | Notional of the orders
-- column: first_order_at | timestamptz | The first of them
-- column: last_order_at | timestamptz | The last of them
-- column: terms | text | plain: the orders are in coins or dollars, nothing is multiplied; stated: these
--   terms stood from the first to the last of the orders; assumed: they are stated, but were first seen after
--   some of the orders, or no longer; contradicted: other terms stood meanwhile; unstated: nobody says
-- column: stated_multiplier | multiplier | What the venue states, nearest in time; null where nobody does
-- column: stated_from | timestamptz | Since when
-- column: stated_to | timestamptz | Until when; null while it stands
-- column: stated_by | text | The source of the statement
-- assert: terms_are_known | terms in ('plain', 'stated', 'assumed', 'contradicted', 'unstated')
-- warn: no_terms_are_contradicted | terms <> 'contradicted'
with counted as (
    select
        source,
        dataset,
        venue,
        regexp_replace(market, '^[^:]*:', '') as instrument,
        asset,
        native_unit,
        multiplier,
        count(*) as orders,
        sum(usd) as amount_usd,
        min(liquidated_at) as first_order_at,
        max(liquidated_at) as last_order_at
    from raw.liquidation_orders
    where not retracted
    group by all
),

compared as (
    select
        counted.*,
        stated.multiplier as stated_multiplier,
        stated.valid_from as stated_from,
        stated.valid_to as stated_to,
        stated.source as stated_by,
        stated.multiplier = counted.multiplier
            and stated.native_unit = counted.native_unit as is_same,
        stated.valid_from <= counted.last_order_at
            and (stated.valid_to is null or stated.valid_to > counted.first_order_at) as is_meanwhile,
        stated.valid_from <= counted.first_order_at
            and (stated.valid_to is null or stated.valid_to > counted.last_order_at) as is_throughout
    from counted
    left join facts.instruments as stated
        on stated.venue = counted.venue
        and stated.instrument = counted.instrument
),

judged as (
    select
        *,
        bool_or(coalesce(is_meanwhile and not is_same, false)) over contract as is_contradicted,
        bool_or(coalesce(is_same, false)) over contract as is_told
    from compared
    window contract as (
        partition by source, dataset, venue, instrument, asset, native_unit, multiplier
    )
)

select
    source,
    dataset,
    venue,
    instrument,
    asset,
    native_unit,
    multiplier,
    orders,
    amount_usd,
    first_order_at,
    last_order_at,
    case
        when is_contradicted then 'contradicted'
        when coalesce(is_same and is_throughout, false) then 'stated'
        when is_told then 'assumed'
        when stated_multiplier is not null then 'contradicted'
        when native_unit <> 'contract' and multiplier = 1 then 'plain'
        else 'unstated'
    end as terms,
    stated_multiplier,
    stated_from,
    stated_to,
    stated_by
from judged
qualify row_number() over (
    partition by source, dataset, venue, instrument, asset, native_unit, multiplier
    order by
        (is_contradicted and is_meanwhile and not is_same) desc nulls last,
        (is_same and is_throughout) desc nulls last,
        is_same desc nulls last,
        abs(epoch(stated_from) - epoch(first_order_at)),
        stated_by
) = 1
