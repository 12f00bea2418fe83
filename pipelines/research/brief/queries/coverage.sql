-- title: Coverage
-- says: For each kind of data and source: what is there of what should be there on this day.
-- series: no
-- key: kind, source
-- column: kind | text | Kind
-- column: source | text | Source
-- column: coverage | text | Status
-- column: assets_present | count | Assets
-- column: assets_expected | count | Of
-- column: venues_present | count | Venues
-- column: venues_expected | count | Of
-- column: reason | text | Reason
select
    kind,
    source,
    status as coverage,
    assets_present,
    assets_expected,
    venues_present,
    venues_expected,
    reason
from facts.coverage_daily
where day = date '2024-12-09'
    and venue = 'all'
order by kind, source
