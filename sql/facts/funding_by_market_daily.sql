-- description: One row per UTC day, venue and market with a settlement: funding of the day (rates that are no
--   settlements are in facts.funding_quotes_daily). The interval is the one the upstream states, else the
--   most frequent gap among the nine around a settlement, so that late, extra and missing settlements do not
--   count as a change of the interval, and a change does. A day with fewer settlements than its intervals ask
--   for is partial, and its sums are null: no hole is filled.
-- grain: day, venue, market
-- column: day | date | UTC day, 00:00 included and 24:00 not; the settlement at 00:00 pays for the time
--   before
-- column: venue | text | Venue
-- column: market | text | The venue's own name of the contract
-- column: asset | text | Asset
-- column: margin | text | linear or inverse
-- column: settlements | count | Settlements of the day
-- column: settlements_expected | count | Settlements that its intervals ask for; null where no interval is
--   known
-- column: interval_hours | hours | Interval of the day's last settlement
-- column: rate_sum | fraction | What a long paid over the day; null where partial
-- column: rate_8h | fraction | Mean over the expected settlements of rate x 8 / interval; null where partial
-- column: rate_month | fraction | rate_8h x 3 x 30: the rate of a month of 30 such days
-- column: apr | fraction | rate_8h x 3 x 365: the rate of a year of such days, not compounded
-- column: status | text | complete or partial
-- column: source | text | Who said it
-- assert: status_is_known | status in ('complete', 'partial')
-- assert: sums_stand_where_complete | (status = 'complete') = (rate_sum is not null)
-- assert: settlements_fit_a_day | settlements between 1 and 1440
-- warn: rate_is_plausible | rate_8h is null or abs(rate_8h) < 0.02
with told as (
    select
        rates.venue,
        rates.market,
        rates.source,
        rates.asset,
        rates.margin,
        rates.settled_at,
        rates.rate,
        rates.interval_hours as stated_hours,
        min(coalesce(preferences.rank, 1000)) over (partition by rates.venue, rates.market) as best_rank,
        coalesce(preferences.rank, 1000) as source_rank
    from staging.funding_rates as rates
    left join reference.source_preferences as preferences
        on preferences.kind = 'funding'
        and preferences.source = rates.source
    where rates.rate_kind = 'settled'
),

settlements as (
    select
        venue,
        market,
        source,
        asset,
        margin,
        settled_at,
        rate,
        stated_hours,
        (settled_at at time zone 'UTC')::date as day,
        lag(settled_at) over series as previous_at,
        lead(settled_at) over series as next_at,
        date_diff('minute', lag(settled_at) over series, settled_at) / 60 as gap_hours
    from told
    where source_rank = best_rank
    window series as (partition by venue, market order by settled_at)
),

intervals as (
    select
        *,
        coalesce(
            stated_hours::double,
            mode(gap_hours) over (
                partition by venue, market
                order by settled_at
                rows between 4 preceding and 4 following
            )
        ) as hours
    from settlements
),

spans as (
    -- the hours of the day that a settlement accounts for, and, for the last one, those left until midnight
    select
        *,
        date_diff(
            'minute',
            greatest(previous_at, day::timestamp at time zone 'UTC'),
            settled_at
        ) / 60 as hours_before,
        case
            when next_at is null or (next_at at time zone 'UTC')::date > day
                then date_diff('minute', settled_at, (day + 1)::timestamp at time zone 'UTC') / 60
            else 0
        end as hours_after,
        coalesce(lead(hours) over (partition by venue, market order by settled_at), hours) as next_hours
    from intervals
),

days as (
    select
        day,
        venue,
        market,
        any_value(asset) as asset,
        any_value(margin) as margin,
        any_value(source) as source,
        count(*) as settlements,
        round(sum((hours_before / hours + hours_after / next_hours)::decimal(18, 9))::double)::bigint
            as settlements_expected,
        round(arg_max(hours, settled_at), 4) as interval_hours,
        sum(rate) as rate_sum,
        sum((rate::double * 8 / hours)::decimal(28, 18)) as rate_8h_sum
    from spans
    group by day, venue, market
),

rated as (
    select
        *,
        coalesce(settlements >= settlements_expected, false) as is_complete,
        rate_8h_sum::double / settlements_expected as mean_8h
    from days
    where day < (select (now_at at time zone 'UTC')::date from meta.build)
)

select
    day,
    venue,
    market,
    asset,
    margin,
    settlements,
    settlements_expected,
    interval_hours,
    case when is_complete then rate_sum end as rate_sum,
    case when is_complete then round(mean_8h, 12) end as rate_8h,
    case when is_complete then round(mean_8h * 3 * 30, 10) end as rate_month,
    case when is_complete then round(mean_8h * 3 * 365, 10) end as apr,
    case when is_complete then 'complete' else 'partial' end as status,
    source
from rated
