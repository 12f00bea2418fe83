-- description: One row per source, market, kind of rate and settlement: the rate in force. Settlement times
--   are snapped to the minute (upstreams stamp them some milliseconds late), so that two datasets of a source
--   that tell the same settlement count once.
-- grain: source, venue, market, rate_kind, settled_at
-- column: source | text | Who said it
-- column: dataset | text | The dataset that brought it
-- column: venue | text | Venue
-- column: market | text | The venue's own name of the contract
-- column: asset | text | Asset
-- column: margin | text | linear or inverse
-- column: settled_at | timestamptz | Settlement time, to the minute
-- column: rate | fraction_per_interval | Positive where longs pay shorts
-- column: interval_hours | hours | Length of the interval as the upstream states it; null where it does not
-- column: rate_kind | text | settled, bucket_mean or bucket_close
-- column: observed_at | timestamptz | When this value arrived
-- column: vintage | count | How many values the key has had
-- assert: interval_is_positive | interval_hours is null or interval_hours > 0
-- warn: rate_is_plausible | abs(rate) < 0.05
with latest as (
    select *
    from raw.funding_rates
    qualify row_number() over (
        partition by dataset, venue, market, asset, settled_at, rate_kind order by vintage desc
    ) = 1
),

in_force as (
    select
        source,
        dataset,
        venue,
        market,
        asset,
        margin,
        date_trunc('minute', settled_at + interval 30 seconds) as settled_at,
        rate,
        interval_hours,
        rate_kind,
        observed_at,
        vintage
    from latest
    where not retracted
)

select
    source,
    dataset,
    venue,
    market,
    asset,
    margin,
    settled_at,
    rate,
    interval_hours,
    rate_kind,
    observed_at,
    vintage
from in_force
qualify row_number() over (
    partition by source, venue, market, rate_kind, settled_at
    order by interval_hours is null, observed_at desc, dataset, asset, margin, rate
) = 1
