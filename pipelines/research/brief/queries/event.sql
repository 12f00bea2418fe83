-- title: Known as
-- says: Named events of the market on this day or the day beside it.
-- key: event
-- column: event | text | Event
-- column: day | date | Day
-- column: name | text | Name
select event, day, name, source, 'as published' as coverage
from reference.market_events
where abs(day - date '2024-12-09') <= 1
order by abs(day - date '2024-12-09'), event
