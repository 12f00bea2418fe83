-- description: One row per basis, scope, side, venue set, clock and day since 2020 that has liquidations: its
--   place among all of them. Measured and published figures are never in one order. Only covered days are
--   ranked (measured complete, or published with a figure of their own); ties share the lower rank. A day of
--   which only a bound is known has no rank. "Largest" is among the venues of the row's set and the assets of
--   reference.universe, and since comparable_since: earlier days were collected in another way.
-- grain: basis, scope_kind, scope, side, venue_set, clock, day
-- column: basis | text | measured (from the sources here) or published (as somebody printed it)
-- column: scope_kind | text | overall, asset or venue
-- column: scope | text | all, the asset, or the venue (a group as its id)
-- column: side | text | total, or the side of the liquidated positions: long or short
-- column: venue_set | text | Set of reference.venue_sets that the figure adds up
-- column: clock | text | utc_day, trailing_24h or local_day, see reference.clocks
-- column: day | date | UTC day; for local_day the day of its zone
-- column: rank | rank | 1 is the largest covered day; null where only a bound is known
-- column: amount_usd | usd | Liquidated notional
-- column: bound | text | exact, about, at_least (partly covered) or at_most
-- column: percentile | percent | Smaller covered days of hundred of the other covered days
-- column: ranked_days | count | Covered days of this key
-- column: unranked_larger | count | Days without a rank that hold at least as much
-- column: share_of_total | fraction | Of the liquidations of both sides and all assets on the venue set
-- column: long_share | fraction | Long of both sides of the scope
-- column: ratio_to_30d_median | fraction | Against the median of the 30 calendar days before; null with fewer
--   than 20 covered ones
-- column: previous_larger_day | date | Last earlier covered day with a strictly larger amount
-- column: previous_larger_usd | usd | Its amount
-- column: days_since_previous_larger | days | Calendar days from it to this day
-- column: gap_days | count | Days between it (or the first covered day) and this day that are not covered
-- column: next_larger_day | date | First later covered day with a strictly larger amount
-- column: covered_before | count | Covered days before this one
-- column: first_covered_day | date | First covered day of this key
-- column: comparable_since | date | Days from here on were collected as this one was: the day after the last
--   break in the collection of its venues, else the first covered day
-- column: coverage_status | text | complete, partial, or published
-- column: venues | count | Venues in it; null where published
-- column: assets | count | Assets in it; null where published
-- column: window_start | timestamptz | Start of the 24 hours or of the local day; null for utc_day, published
-- column: bucket_seconds | seconds | Length of the buckets that were added up; null likewise
-- column: source | text | Who published it; null where measured
-- assert: rank_stands_where_covered | (rank is not null) = (bound in ('exact', 'about'))
-- assert: rank_is_in_range | rank is null or rank between 1 and ranked_days
-- assert: previous_is_larger | previous_larger_usd is null or previous_larger_usd > amount_usd
-- assert: percentile_is_in_range | percentile is null or percentile between 0 and 100
-- assert: published_names_its_source | (basis = 'published') = (source is not null)
with scope_days as (
    select
        'measured' as basis,
        scope_kind,
        scope,
        venue_set,
        'utc_day' as clock,
        day,
        total_usd,
        long_usd,
        short_usd,
        market_usd,
        case coverage_status when 'complete' then 'exact' else 'at_least' end as bound,
        coverage_status,
        venues,
        assets,
        comparable_since,
        null::timestamptz as window_start,
        null::bigint as bucket_seconds,
        null as source
    from facts.liquidation_scope_days
    union all
    select
        'measured' as basis,
        windows.scope_kind,
        windows.scope,
        windows.venue_set,
        windows.clock,
        windows.day,
        windows.total_usd,
        windows.long_usd,
        windows.short_usd,
        windows.market_usd,
        case windows.coverage_status when 'complete' then 'exact' else 'at_least' end as bound,
        windows.coverage_status,
        windows.venues,
        windows.assets,
        days.comparable_since,
        windows.window_start,
        windows.bucket_seconds,
        null as source
    from facts.liquidation_window_days as windows
    left join facts.liquidation_scope_days as days using (scope_kind, scope, venue_set, day)
    union all
    select
        'published' as basis,
        scope_kind,
        scope,
        venue_set,
        clock,
        day,
        total_usd,
        long_usd,
        short_usd,
        market_usd,
        bound,
        'published' as coverage_status,
        null as venues,
        null as assets,
        comparable_since,
        null as window_start,
        null as bucket_seconds,
        source
    from facts.published_scope_days
),

sides (side) as (
    values ('total'), ('long'), ('short')
),

keys as (
    select
        row_number() over (order by basis, scope_kind, scope, venue_set, clock, side) as series,
        basis,
        scope_kind,
        scope,
        venue_set,
        clock,
        side
    from (select distinct basis, scope_kind, scope, venue_set, clock from scope_days) as scopes
    cross join sides
),

amounts as (
    select
        keys.series,
        keys.side,
        scope_days.*,
        -- a narrow type sorts faster; a day is far below a hundred trillion dollars
        case keys.side
            when 'long' then scope_days.long_usd
            when 'short' then scope_days.short_usd
            else scope_days.total_usd
        end::decimal(18, 4) as amount_usd,
        scope_days.bound in ('exact', 'about') as is_ranked,
        scope_days.day - date '2020-01-01' as day_number,
        12 * year(scope_days.day) + month(scope_days.day) as month
    from scope_days
    join keys using (basis, scope_kind, scope, venue_set, clock)
    where case keys.side
        when 'long' then scope_days.long_usd
        when 'short' then scope_days.short_usd
        else scope_days.total_usd
    end is not null
),

ranked as (
    select
        *,
        case
            when is_ranked then rank() over (partition by series, is_ranked order by amount_usd desc)
        end as rank,
        rank() over (partition by series, is_ranked order by amount_usd) - 1 as smaller_days,
        count(case when bound = 'at_least' then 1 end) over (
            partition by series order by amount_usd desc
        ) as unranked_larger,
        count(case when is_ranked then 1 end) over all_days as ranked_days,
        min(case when is_ranked then day end) over all_days as first_day,
        case
            when is_ranked then count(case when is_ranked then 1 end) over (
                partition by series order by day_number rows between unbounded preceding and current row
            )
        end as number,
        count(case when is_ranked then 1 end) over month_before as days_before,
        median(case when is_ranked then amount_usd::double end) over month_before as median_usd
    from amounts
    window
        all_days as (
            partition by series
            order by day_number
            rows between unbounded preceding and unbounded following
        ),
        month_before as (
            partition by series
            order by day_number
            range between 30 preceding and 1 preceding
        )
),

-- the nearest larger day is looked for in the month of the day, then in the nearest month that has one
covered as (
    select series, number, month, amount_usd
    from ranked
    where is_ranked
),

in_the_month as (
    select
        covered.series,
        covered.number,
        max(larger.number) filter (where larger.number < covered.number) as previous_number,
        min(larger.number) filter (where larger.number > covered.number) as next_number
    from covered
    join covered as larger
        on larger.series = covered.series
        and larger.month = covered.month
        and larger.amount_usd > covered.amount_usd
    group by covered.series, covered.number
),

months as (
    select series, month, max(amount_usd) as largest_usd
    from covered
    group by series, month
),

other_months as (
    select
        covered.series,
        covered.number,
        any_value(covered.amount_usd) as amount_usd,
        max(months.month) filter (
            where in_the_month.previous_number is null and months.month < covered.month
        ) as previous_month,
        min(months.month) filter (
            where in_the_month.next_number is null and months.month > covered.month
        ) as next_month
    from covered
    left join in_the_month using (series, number)
    join months
        on months.series = covered.series
        and months.largest_usd > covered.amount_usd
    where in_the_month.previous_number is null
        or in_the_month.next_number is null
    group by covered.series, covered.number
),

in_previous_month as (
    select other_months.series, other_months.number, max(larger.number) as previous_number
    from other_months
    join covered as larger
        on larger.series = other_months.series
        and larger.month = other_months.previous_month
        and larger.amount_usd > other_months.amount_usd
    group by other_months.series, other_months.number
),

in_next_month as (
    select other_months.series, other_months.number, min(larger.number) as next_number
    from other_months
    join covered as larger
        on larger.series = other_months.series
        and larger.month = other_months.next_month
        and larger.amount_usd > other_months.amount_usd
    group by other_months.series, other_months.number
),

neighbours as (
    select
        ranked.*,
        coalesce(in_the_month.previous_number, in_previous_month.previous_number) as previous_number,
        coalesce(in_the_month.next_number, in_next_month.next_number) as next_number
    from ranked
    left join in_the_month
        on in_the_month.series = ranked.series
        and in_the_month.number = ranked.number
    left join in_previous_month
        on in_previous_month.series = ranked.series
        and in_previous_month.number = ranked.number
    left join in_next_month
        on in_next_month.series = ranked.series
        and in_next_month.number = ranked.number
)

select
    days.basis,
    days.scope_kind,
    days.scope,
    days.side,
    days.venue_set,
    days.clock,
    days.day,
    days.rank,
    days.amount_usd,
    days.bound,
    case
        when days.is_ranked and days.ranked_days > 1
            then round(100 * days.smaller_days / (days.ranked_days - 1), 4)
    end as percentile,
    days.ranked_days,
    days.unranked_larger - (days.bound = 'at_least')::int as unranked_larger,
    case
        when days.market_usd > 0 then round(days.amount_usd::double / days.market_usd::double, 6)
    end as share_of_total,
    case
        when days.total_usd > 0 then round(days.long_usd::double / days.total_usd::double, 6)
    end as long_share,
    case
        when days.days_before >= 20 and days.median_usd > 0
            then round(days.amount_usd::double / days.median_usd, 4)
    end as ratio_to_30d_median,
    previous.day as previous_larger_day,
    previous.amount_usd as previous_larger_usd,
    days.day - previous.day as days_since_previous_larger,
    case
        when previous.day is not null
            then (days.day - previous.day) - (days.number - days.previous_number)
        when days.is_ranked then (days.day - days.first_day) - (days.number - 1)
    end as gap_days,
    next.day as next_larger_day,
    days.number - 1 as covered_before,
    days.first_day as first_covered_day,
    coalesce(days.comparable_since, days.first_day) as comparable_since,
    days.coverage_status,
    days.venues,
    days.assets,
    days.window_start,
    days.bucket_seconds,
    days.source
from neighbours as days
left join ranked as previous
    on previous.series = days.series
    and previous.number = days.previous_number
left join ranked as next
    on next.series = days.series
    and next.number = days.next_number
