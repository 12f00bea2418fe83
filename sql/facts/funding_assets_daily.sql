-- description: One row per UTC day and asset with a whole day of funding on some venue: the venues beside one
--   another, one market each (facts.funding_daily), in three units. The headline is one venue, the same for
--   the whole history of the asset: the best-placed of reference.source_preferences; a day that it lacks
--   stays empty. Means and medians are over whole days only.
-- grain: day, asset
-- column: day | date | UTC day
-- column: asset | text | Asset
-- column: headline_venue | text | The venue that speaks for the asset
-- column: headline_rate_8h | fraction | Its mean rate per 8 hours; null where its day is partial or absent
-- column: headline_rate_month | fraction | rate_8h x 3 x 30
-- column: headline_apr | fraction | rate_8h x 3 x 365, not compounded
-- column: weighted_rate_8h | fraction | Mean of the venues whose open interest is known, weighted by it; null
--   where none is known
-- column: weighted_rate_month | fraction | rate_8h x 3 x 30
-- column: weighted_apr | fraction | rate_8h x 3 x 365, not compounded
-- column: weighted_venues | count | Venues in the weighted mean
-- column: weighted_open_interest_usd | usd | Their open interest
-- column: median_rate_8h | fraction | Median of all venues
-- column: median_rate_month | fraction | rate_8h x 3 x 30
-- column: median_apr | fraction | rate_8h x 3 x 365, not compounded
-- column: lowest_rate_8h | fraction | Lowest venue
-- column: lowest_rate_month | fraction | rate_8h x 3 x 30
-- column: lowest_apr | fraction | rate_8h x 3 x 365, not compounded
-- column: highest_rate_8h | fraction | Highest venue
-- column: highest_rate_month | fraction | rate_8h x 3 x 30
-- column: highest_apr | fraction | rate_8h x 3 x 365, not compounded
-- column: venues | count | Venues with a whole day
-- column: venue_list | text | List of those venues
-- assert: mean_lies_between | weighted_rate_8h is null
--   or weighted_rate_8h between lowest_rate_8h - 1e-11 and highest_rate_8h + 1e-11
-- assert: median_lies_between | median_rate_8h between lowest_rate_8h - 1e-11 and highest_rate_8h + 1e-11
with speakers as (
    select funding.asset, funding.venue
    from facts.funding_daily as funding
    left join reference.source_preferences as preferences
        on preferences.kind = 'funding'
        and preferences.source = funding.source
    group by funding.asset, funding.venue
    qualify row_number() over (
        partition by funding.asset order by min(coalesce(preferences.rank, 1000)), funding.venue
    ) = 1
),

interest as (
    -- of the same margin where the source tells margins apart, else of the whole venue
    select day, venue, asset, margin, open_interest_usd
    from facts.open_interest_daily
    where margin <> 'all'
        and open_interest_usd > 0
    union all
    select day, venue, asset, unnest(['linear', 'inverse']) as margin, open_interest_usd
    from facts.open_interest_daily
    where margin = 'all'
        and open_interest_usd > 0
),

venue_days as (
    select
        funding.day,
        funding.asset,
        funding.venue,
        funding.rate_8h,
        funding.rate_8h::decimal(18, 12) as exact_rate,
        interest.open_interest_usd::decimal(20, 2) as weight_usd
    from facts.funding_daily as funding
    left join interest using (day, venue, asset, margin)
    where funding.status = 'complete'
),

spread as (
    select
        venue_days.day,
        venue_days.asset,
        any_value(speakers.venue) as headline_venue,
        max(venue_days.rate_8h) filter (where venue_days.venue = speakers.venue) as headline,
        round(
            sum(venue_days.exact_rate * venue_days.weight_usd)::double / sum(venue_days.weight_usd)::double,
            12
        ) as weighted,
        count(venue_days.weight_usd) as weighted_venues,
        sum(venue_days.weight_usd) as weight_usd,
        median(venue_days.exact_rate)::double as median,
        min(venue_days.rate_8h) as lowest,
        max(venue_days.rate_8h) as highest,
        count(*) as venues,
        list_sort(list(venue_days.venue)) as venue_list
    from venue_days
    join speakers using (asset)
    group by venue_days.day, venue_days.asset
)

select
    day,
    asset,
    headline_venue,
    headline as headline_rate_8h,
    round(headline * 3 * 30, 10) as headline_rate_month,
    round(headline * 3 * 365, 10) as headline_apr,
    weighted as weighted_rate_8h,
    round(weighted * 3 * 30, 10) as weighted_rate_month,
    round(weighted * 3 * 365, 10) as weighted_apr,
    weighted_venues,
    weight_usd as weighted_open_interest_usd,
    median as median_rate_8h,
    round(median * 3 * 30, 10) as median_rate_month,
    round(median * 3 * 365, 10) as median_apr,
    lowest as lowest_rate_8h,
    round(lowest * 3 * 30, 10) as lowest_rate_month,
    round(lowest * 3 * 365, 10) as lowest_apr,
    highest as highest_rate_8h,
    round(highest * 3 * 30, 10) as highest_rate_month,
    round(highest * 3 * 365, 10) as highest_apr,
    venues,
    venue_list
from spread
