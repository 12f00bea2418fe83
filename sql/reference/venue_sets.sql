-- description: Sets of venues among which liquidations are ranked: "largest ever" depends on which venues
--   count. Which venue is in which set on the data at hand: facts.venue_set_members. Add a row to rank since
--   another date.
-- grain: venue_set
-- column: venue_set | text | Id, as it is printed beside a rank
-- column: kind | text | all, centralised or constant
-- column: since | date | For a constant set: its venues cover at least 95 percent of the days from here on,
--   and nothing before is ranked; null for the others
-- column: note | text | What the set is for
-- assert: kind_is_known | kind in ('all', 'centralised', 'constant')
-- assert: since_stands_where_constant | (kind = 'constant') = (since is not null)
with listed (venue_set, kind, since, note) as (
    values
        ('all', 'all', null::date, 'every venue that was told on the day, so it grows with time'),
        ('centralised only', 'centralised', null, 'without decentralised venues such as Hyperliquid'),
        ('constant since 2021-01-01', 'constant', date '2021-01-01',
            'the same venues through the crashes of 2021 and after'),
        ('constant since 2025-03-01', 'constant', date '2025-03-01',
            'the same venues since Bybit tells every order again')
)

select venue_set, kind, since, note
from listed
