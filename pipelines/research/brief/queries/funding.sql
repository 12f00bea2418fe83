-- title: Funding
-- says: The mean rate of the day that longs pay shorts (negative: shorts pay), one market a venue and asset, in three units; standard deviations and the percentile are against up to 365 days before.
-- key: venue, asset
-- column: venue | text | Id
-- column: venue_name | text | Venue
-- column: asset | text | Asset
-- column: rate_8h | fraction | Per 8 hours
-- column: rate_month | fraction | Per month
-- column: apr | fraction | Per year
-- column: z_score | number | Standard deviations
-- column: percentile | percent | Lower days before
-- column: interval_hours | hours | Interval
-- column: coverage | text | Coverage
-- column: market | text | Market
-- shown: venue_name, asset, rate_8h, rate_month, apr, z_score, percentile, coverage
select
    funding.venue,
    coalesce(venues.name, funding.venue) as venue_name,
    funding.asset,
    funding.rate_8h,
    funding.rate_month,
    funding.apr,
    extremes.z_score,
    extremes.percentile,
    funding.interval_hours,
    funding.status as coverage,
    funding.market,
    funding.source
from facts.funding_daily as funding
left join reference.venues using (venue)
left join rankings.funding_extremes as extremes using (day, venue, asset)
where funding.day = date '2024-12-09'
    and funding.asset in ('BTC', 'ETH', 'SOL')
order by funding.asset, funding.venue
