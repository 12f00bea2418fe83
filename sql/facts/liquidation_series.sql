-- description: One row per single venue and asset of the headline: from when to when it is expected, and how
--   much it weighs. A venue that is told within a group counts with the whole of the group.
-- grain: venue, asset
-- column: venue | text | Single venue
-- column: asset | text | Asset
-- column: first_day | date | First UTC day with a figure
-- column: expected_until | date | Last UTC day on which a figure is expected: before the venue closed
--   (reference.venues), before the asset was delisted (reference.universe), else without end
-- column: total_usd | usd | Liquidated notional of all days, in whole dollars
-- assert: total_is_not_negative | total_usd >= 0
with amounts as (
    select venue, asset, min(day) as first_day, sum(amount_usd) as total_usd
    from facts.liquidations_daily
    group by venue, asset
),

members as (
    select unnest(string_split(venue, '+')) as venue, asset, first_day, total_usd
    from amounts
)

select
    members.venue,
    members.asset,
    min(members.first_day) as first_day,
    least(
        coalesce(any_value(universe.loaded_until), date '9999-12-31'),
        coalesce(any_value(venues.closed_since) - 1, date '9999-12-31')
    ) as expected_until,
    round(sum(members.total_usd), 0)::bigint as total_usd
from members
left join reference.universe on universe.asset = members.asset
left join reference.venues on venues.venue = members.venue
group by members.venue, members.asset
