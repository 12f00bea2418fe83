-- description: One row per UTC day, venue and asset with a whole day of funding and at least 180 such days in
--   the 365 before: how unusual the day's mean rate was against those days. Each venue by itself.
-- grain: day, venue, asset
-- column: rank_high | rank | 1 is the highest z-score of the venue and asset; ties share the lower rank
-- column: rank_low | rank | 1 is the lowest z-score
-- column: day | date | UTC day
-- column: venue | text | Venue
-- column: asset | text | Asset
-- column: market | text | The contract that speaks for the venue and asset
-- column: rate_8h | fraction | Mean rate per 8 hours
-- column: apr | fraction | The same per year of 365 days, not compounded
-- column: mean_365d | fraction | Mean of rate_8h over the days before
-- column: stddev_365d | fraction | Sample standard deviation of rate_8h over the days before
-- column: z_score | count | Standard deviations above the mean; null where the days before were all alike
-- column: percentile | percent | Days before with a lower rate, of hundred of them
-- column: days_before | count | Whole days among the 365 before
-- assert: enough_days_came_before | days_before between 180 and 365
-- assert: percentile_is_in_range | percentile between 0 and 100
with rates as (
    select
        day,
        venue,
        asset,
        market,
        rate_8h,
        apr,
        avg(rate_8h::double) over year_before as mean_rate,
        stddev_samp(rate_8h::double) over year_before as stddev_rate,
        count(*) over year_before as days_before,
        rank(order by rate_8h) over (
            partition by venue, asset
            order by day
            range between interval 365 days preceding and current row
        ) - 1 as lower_days
    from facts.funding_daily
    where rate_8h is not null
    window year_before as (
        partition by venue, asset
        order by day
        range between interval 365 days preceding and interval 1 day preceding
    )
),

scored as (
    select
        *,
        case
            when stddev_rate > 1e-12 then round((rate_8h::double - mean_rate) / stddev_rate, 4)
        end as z_score
    from rates
    where days_before >= 180
)

select
    case when z_score is not null then rank() over (
        partition by venue, asset order by z_score desc nulls last
    ) end as rank_high,
    case when z_score is not null then rank() over (
        partition by venue, asset order by z_score nulls last
    ) end as rank_low,
    day,
    venue,
    asset,
    market,
    rate_8h,
    apr,
    round(mean_rate, 10) as mean_365d,
    round(stddev_rate, 10) as stddev_365d,
    z_score,
    round(100 * lower_days / days_before, 4) as percentile,
    days_before
from scored
