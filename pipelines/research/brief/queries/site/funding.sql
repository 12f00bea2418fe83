-- title: Funding of bitcoin by day
-- says: Mean rate of the day per 8 hours and per year, each venue its own series; a partial day has no rate.
-- key: day, venue
-- column: day | date | Day
-- column: venue | text | Venue
-- column: rate_8h | fraction | Per 8 hours
-- column: apr | fraction | Per year
-- column: coverage | text | Coverage
-- column: source | text | Source
select day, venue, rate_8h, apr, status as coverage, source
from facts.funding_daily
where asset = 'BTC'
order by day desc, venue
