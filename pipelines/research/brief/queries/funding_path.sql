-- title: Funding around the day
-- says: Bitcoin's funding per 8 hours, each venue its own series; no hole is filled from another venue.
-- key: venue, day
-- column: day | date | Day
-- column: venue | text | Id
-- column: venue_name | text | Venue
-- column: rate_8h | fraction | Per 8 hours
-- column: apr | fraction | Per year
-- column: coverage | text | Coverage
-- shown: day, venue_name, rate_8h, apr, coverage
select
    funding.day,
    funding.venue,
    coalesce(venues.name, funding.venue) as venue_name,
    funding.rate_8h,
    funding.apr,
    funding.status as coverage,
    funding.source
from facts.funding_daily as funding
left join reference.venues using (venue)
where funding.day between date '2024-12-09' - 7 and date '2024-12-09' + 7
    and funding.asset = 'BTC'
order by funding.venue, funding.day
