-- title: Events
-- says: Days of extreme liquidations, merged where they lie close together, and named events of the market; the largest published total of the whole market stands beside what is measured here.
-- key: event
-- column: event | text | Event
-- column: peak_day | date | Peak
-- column: names | text | Known as
-- column: days | count | Days
-- column: peak_usd | usd | Peak day
-- column: peak_rank | rank | Rank
-- column: total_usd | usd | All its days
-- column: long_share | fraction | Long share
-- column: published_usd | usd | Published
-- column: published_source | text | Published by
-- column: comparable_since | date | Collected alike since
-- shown: peak_day, names, peak_usd, peak_rank, days, total_usd, long_share, published_usd, published_source
select
    events.event,
    events.peak_day,
    events.names,
    events.days,
    events.peak_usd,
    events.peak_rank,
    events.total_usd,
    events.long_share,
    events.published_usd,
    events.published_source,
    events.comparable_since,
    coalesce(array_to_string(totals.sources, ', '), 'not measured') as source,
    coalesce(totals.coverage_status, 'not measured') as coverage
from rankings.events as events
left join facts.liquidation_totals_daily as totals on totals.day = events.peak_day
order by events.peak_day desc, events.event
