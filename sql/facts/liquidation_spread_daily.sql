-- description: One row per UTC day, asset, side, venue and other source: what a source that is not in the
--   headline says of a venue that is, after groups were split within each source.
-- grain: day, asset, side, venue, other_source
-- column: day | date | UTC day
-- column: asset | text | Asset
-- column: side | text | Side of the liquidated position: long or short
-- column: venue | text | Venue, or the sorted members of a group joined by `+`
-- column: headline_source | text | Source of the headline figure
-- column: other_source | text | The other source
-- column: headline_usd | usd | Figure in facts.liquidations_daily
-- column: other_usd | usd | Figure of the other source
-- column: difference_usd | usd | Other less headline
-- column: difference_pct | percent | Difference of hundred of the headline; null where the headline is 0
-- assert: sources_differ | headline_source <> other_source
-- assert: difference_adds_up | headline_usd + difference_usd = other_usd
-- warn: sources_agree_within_a_quarter | difference_pct is null or abs(difference_pct) <= 25 or headline_usd
--   < 1e6
with others as (
    select day, asset, venue, source, 'long' as side, long_usd as amount_usd
    from facts.liquidation_venues_by_source_daily
    union all
    select day, asset, venue, source, 'short' as side, short_usd as amount_usd
    from facts.liquidation_venues_by_source_daily
)

select
    headline.day,
    headline.asset,
    headline.side,
    headline.venue,
    headline.source as headline_source,
    others.source as other_source,
    headline.amount_usd as headline_usd,
    others.amount_usd as other_usd,
    others.amount_usd - headline.amount_usd as difference_usd,
    case
        when headline.amount_usd > 0
            then round(
                100 * (others.amount_usd - headline.amount_usd)::double / headline.amount_usd::double, 4
            ) + 0.0  -- no negative zero
    end as difference_pct
from facts.liquidations_daily as headline
join others
    on others.day = headline.day
    and others.asset = headline.asset
    and others.venue = headline.venue
    and others.side = headline.side
    and others.source <> headline.source
