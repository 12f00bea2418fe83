-- description: One row per UTC day, venue, asset and side: the headline. One source speaks for an asset and
--   day (reference.source_preferences, one that covers the whole day first); others add only venues that no
--   better source has told, alone or in a group. So venue rows add up to the total and nothing stands twice.
-- grain: day, venue, asset, side
-- column: day | date | UTC day
-- column: venue | text | Venue, or the sorted members of a group joined by `+`
-- column: asset | text | Asset
-- column: side | text | Side of the liquidated position: long or short
-- column: amount_usd | usd | Liquidated notional; 0 is a zero that the source told
-- column: source | text | The source that spoke
-- column: is_derived | bool | Whether it is a group less its members that are told apart
-- column: is_whole_day | bool | Whether the figure covers the 24 hours
-- assert: amount_is_not_negative | amount_usd >= 0
-- assert: side_is_known | side in ('long', 'short')
-- warn: amount_below_bound | amount_usd < 1e11
with voices as (
    select
        by_source.day,
        by_source.asset,
        by_source.source,
        row_number() over (
            partition by by_source.day, by_source.asset
            order by
                bool_and(by_source.is_whole_day) desc,
                coalesce(any_value(preferences.rank), 1000),
                by_source.source
        ) as turn
    from facts.liquidation_venues_by_source_daily as by_source
    left join reference.source_preferences as preferences
        on preferences.kind = 'liquidations'
        and preferences.source = by_source.source
    where coalesce(preferences.in_headline, true)
    group by by_source.day, by_source.asset, by_source.source
),

spoken as (
    select by_source.*, voices.turn
    from facts.liquidation_venues_by_source_daily as by_source
    join voices using (day, asset, source)
),

told_better as (
    select distinct spoken.day, spoken.asset, spoken.source, spoken.venue
    from spoken
    join spoken as better
        on better.day = spoken.day
        and better.asset = spoken.asset
        and better.turn < spoken.turn
        and list_has_any(better.members, spoken.members)
),

headline as (
    select spoken.*
    from spoken
    left join told_better using (day, asset, source, venue)
    where told_better.venue is null
)

select day, venue, asset, 'long' as side, long_usd as amount_usd, source, is_derived, is_whole_day
from headline
union all
select day, venue, asset, 'short' as side, short_usd as amount_usd, source, is_derived, is_whole_day
from headline
