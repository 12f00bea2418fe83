-- title: By venue
-- says: The headline split by venue; a row such as Bybit + OKX is a group that its source does not take apart.
-- key: venue
-- column: venue | text | Id
-- column: venue_name | text | Venue
-- column: total_usd | usd | Total
-- column: long_usd | usd | Long
-- column: short_usd | usd | Short
-- column: share | fraction | Of the day
-- column: long_share | fraction | Long share
-- column: assets | count | Assets
-- shown: venue_name, total_usd, long_usd, short_usd, share, long_share
with sums as (
    select
        venue,
        sum(amount_usd) as total_usd,
        sum(amount_usd) filter (where side = 'long') as long_usd,
        sum(amount_usd) filter (where side = 'short') as short_usd,
        count(distinct asset) as assets,
        string_agg(distinct source, ', ' order by source) as source,
        bool_and(is_whole_day) as is_whole_day
    from facts.liquidations_daily
    where day = date '2024-12-09'
    group by venue
)

select
    sums.venue,
    coalesce(venues.name, replace(sums.venue, '+', ' + ')) as venue_name,
    sums.total_usd,
    sums.long_usd,
    sums.short_usd,
    round(sums.total_usd::double / nullif(sum(sums.total_usd) over (), 0)::double, 6) as share,
    round(sums.long_usd::double / nullif(sums.total_usd, 0)::double, 6) as long_share,
    sums.assets,
    sums.source,
    case when sums.is_whole_day then 'whole day' else 'at least' end as coverage
from sums
left join reference.venues using (venue)
order by sums.total_usd desc, sums.venue
