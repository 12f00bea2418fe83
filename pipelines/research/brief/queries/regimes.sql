-- title: Breaks in how liquidations were collected
-- says: Figures on the two sides of a break were not measured alike; most totals after it are a floor.
-- series: no
-- key: venue, feed
-- column: venue | text | Venue
-- column: feed | text | Feed
-- column: from_earliest | date | From, earliest
-- column: from_latest | date | From, latest
-- column: effect_on_later_values | text | Later values
-- column: note | text | What changed
-- shown: venue, from_earliest, from_latest, effect_on_later_values, note
select
    venue,
    feed,
    from_earliest,
    from_latest,
    effect_on_later_values,
    note,
    'reference' as source,
    'as published' as coverage
from reference.collection_regimes
where kind = 'liquidations'
order by from_earliest, venue, feed
