-- title: Day of the brief
-- says: The UTC day that was asked for.
-- series: no
-- column: day | date | Day
select day, 'calendar' as source, 'complete' as coverage
from facts.market_daily
where day = date '2024-12-09'
