-- description: One row per UTC day and asset: the daily bar of one market, the best source first
--   (reference.source_preferences), within it a quote in dollars or USDT, then the market with most volume.
-- grain: day, asset
-- column: day | date | UTC day
-- column: asset | text | Asset
-- column: open_usd | usd_per_coin | First price
-- column: high_usd | usd_per_coin | Highest price
-- column: low_usd | usd_per_coin | Lowest price
-- column: close_usd | usd_per_coin | Last price
-- column: volume_usd | usd | Traded value; amount x close where the source tells the amount only
-- column: quote | text | Currency of the price, for example USDT
-- column: venue | text | Venue
-- column: market | text | The venue's own name of the pair
-- column: source | text | Who said it
-- assert: bar_is_ordered | low_usd <= least(open_usd, close_usd) and high_usd >= greatest(open_usd,
--   close_usd)
-- warn: price_is_positive | low_usd > 0
with bars as (
    select
        (bars.bucket_start at time zone 'UTC')::date as day,
        bars.*,
        coalesce(preferences.rank, 1000) as source_rank,
        coalesce(
            bars.quote_volume::double,
            bars.base_volume::double * bars.close::double
        ) as volume
    from staging.prices as bars
    left join reference.source_preferences as preferences
        on preferences.kind = 'prices'
        and preferences.source = bars.source
    where bars.bucket_seconds = 86400
        and (bars.bucket_start at time zone 'UTC')::time = time '00:00:00'
        and (bars.bucket_start at time zone 'UTC')::date
        < (select (now_at at time zone 'UTC')::date from meta.build)
)

select
    day,
    asset,
    open as open_usd,
    high as high_usd,
    low as low_usd,
    close as close_usd,
    round(volume, 2)::decimal(22, 2) as volume_usd,
    quote,
    venue,
    market,
    source
from bars
qualify row_number() over (
    partition by day, asset
    order by source_rank, source, quote not in ('USD', 'USDT'), volume desc nulls last, venue, market
) = 1
