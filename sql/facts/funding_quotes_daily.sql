-- description: One row per UTC day, source and market for which a source tells no settlements but a rate as a
--   chart shows it: the mean or the close of a bucket. What a position paid cannot be read from it, so it is
--   not in facts.funding_daily; no interval is told, so it is in no common unit.
-- grain: day, source, venue, market, rate_kind
-- column: day | date | UTC day of the bucket
-- column: source | text | Who said it
-- column: venue | text | Venue; `all` where the source weighs many venues together
-- column: market | text | The source's own name of the series
-- column: asset | text | Asset
-- column: margin | text | linear or inverse
-- column: rate_kind | text | bucket_mean or bucket_close
-- column: rate | fraction_per_interval | Last rate of the day, positive where longs pay shorts
-- column: buckets | count | Rates of the day
-- assert: rate_is_no_settlement | rate_kind in ('bucket_mean', 'bucket_close')
-- warn: rate_is_plausible | abs(rate) < 0.05
select
    (settled_at at time zone 'UTC')::date as day,
    source,
    venue,
    market,
    any_value(asset) as asset,
    any_value(margin) as margin,
    rate_kind,
    arg_max(rate, settled_at) as rate,
    count(*) as buckets
from staging.funding_rates
where rate_kind <> 'settled'
    and (settled_at at time zone 'UTC')::date < (select (now_at at time zone 'UTC')::date from meta.build)
group by (settled_at at time zone 'UTC')::date, source, venue, market, rate_kind
