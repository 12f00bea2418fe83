-- description: One row per source, contract and stretch of time in which its terms stood: what one unit
--   of its orders and of its open interest is worth. Terms stand from the moment at which the venue was
--   first seen to state them until it stated others or took the contract off its list; what they were before
--   that is not known, only when the contract was listed.
-- grain: source, venue, instrument, valid_from
-- column: source | text | Who said it
-- column: venue | text | Venue
-- column: instrument | text | The venue's own name of the contract
-- column: list | text | The list it stands on
-- column: asset | text | Asset
-- column: margin | text | linear (coins a unit) or inverse (dollars a unit)
-- column: native_unit | text | What orders are counted in: contract, coin or usd
-- column: multiplier | multiplier | Coins a unit where linear, dollars a unit where inverse
-- column: valid_from | timestamptz | When these terms were first stated
-- column: valid_to | timestamptz | When other terms, or none, were first stated; null while they stand
-- column: listed_at | timestamptz | When the contract was listed, as the venue says; null where it does not
-- assert: multiplier_is_positive | multiplier > 0
-- assert: stretch_is_not_empty | valid_to is null or valid_from < valid_to
with statements as (
    select
        source,
        dataset,
        venue,
        market,
        instrument,
        asset,
        margin,
        native_unit,
        multiplier,
        listed_at,
        vintage,
        retracted,
        coalesce(stated_at, observed_at) as stated_at
    from raw.instruments
),

stretches as (
    select
        *,
        lead(stated_at) over (
            partition by dataset, venue, market, instrument order by vintage
        ) as valid_to
    from statements
)

select
    source,
    venue,
    instrument,
    market as list,
    asset,
    margin,
    native_unit,
    multiplier,
    stated_at as valid_from,
    valid_to,
    listed_at
from stretches
where not retracted
    and (valid_to is null or stated_at < valid_to)
qualify row_number() over (
    partition by source, venue, instrument, stated_at order by vintage desc, dataset, market
) = 1
