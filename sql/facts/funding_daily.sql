-- description: One row per UTC day, venue and asset with a settlement: funding of one market, the same one
--   for the whole history of the venue and asset: linear in USDT first, then other linear ones, then inverse
--   ones, the one with the most days first. Each venue is its own series; a hole is filled from no other.
-- grain: day, venue, asset
-- column: day | date | UTC day
-- column: venue | text | Venue
-- column: asset | text | Asset
-- column: market | text | The contract that speaks for the venue and asset
-- column: margin | text | linear or inverse
-- column: settlements | count | Settlements of the day
-- column: settlements_expected | count | Settlements that its intervals ask for
-- column: interval_hours | hours | Interval of the day's last settlement
-- column: rate_sum | fraction | What a long paid over the day; null where partial
-- column: rate_8h | fraction | Mean rate per 8 hours; null where partial
-- column: rate_month | fraction | rate_8h x 3 x 30
-- column: apr | fraction | rate_8h x 3 x 365, not compounded
-- column: status | text | complete or partial
-- column: source | text | Who said it
-- assert: status_is_known | status in ('complete', 'partial')
-- assert: sums_stand_where_complete | (status = 'complete') = (rate_8h is not null)
-- warn: rate_is_plausible | rate_8h is null or abs(rate_8h) < 0.02
with markets as (
    select
        venue,
        asset,
        market,
        case
            when any_value(margin) = 'linear' and contains(upper(market), 'USDT') then 1
            when any_value(margin) = 'linear' then 2
            else 3
        end as preference,
        count(*) as days
    from facts.funding_by_market_daily
    group by venue, asset, market
),

chosen as (
    select venue, asset, market
    from markets
    qualify row_number() over (
        partition by venue, asset order by preference, days desc, market
    ) = 1
)

select
    by_market.day,
    by_market.venue,
    by_market.asset,
    by_market.market,
    by_market.margin,
    by_market.settlements,
    by_market.settlements_expected,
    by_market.interval_hours,
    by_market.rate_sum,
    by_market.rate_8h,
    by_market.rate_month,
    by_market.apr,
    by_market.status,
    by_market.source
from facts.funding_by_market_daily as by_market
join chosen using (venue, asset, market)
