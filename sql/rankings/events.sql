-- description: One row per liquidation event. An episode is complete days of the headline at or above the
--   98th percentile of all complete days, merged where at most two calendar days apart. A named event of
--   reference.market_events belongs to the episode that it is within a day of, else it stands alone with the
--   figures of its day, if there are any. Published figures stand beside measured ones.
-- grain: event
-- column: event | text | First day of the episode, or the id of a named event that stands alone
-- column: kind | text | episode or named
-- column: start_day | date | First UTC day at or above the bar
-- column: peak_day | date | Largest day; of a named event alone its day
-- column: end_day | date | Last UTC day at or above the bar
-- column: days | days | Calendar days from start to end
-- column: extreme_days | count | Days of it at or above the bar; 0 for a named event alone
-- column: total_usd | usd | Measured liquidations of all its days, those below the bar too; null where none
-- column: long_usd | usd | Of it long positions
-- column: short_usd | usd | Of it short positions
-- column: long_share | fraction | Long of total
-- column: peak_usd | usd | Measured liquidations of the peak day
-- column: peak_rank | rank | Rank of the peak day in rankings.largest_liquidation_days
-- column: peak_percentile | percent | Percentile of the peak day there
-- column: has_gap | bool | Whether a day between start and end is not covered whole
-- column: comparable_since | date | Days from here on were collected as the peak day was
-- column: named_events | text | List of the ids of named events that belong to it
-- column: names | text | What they are known as; null where none
-- column: published_usd | usd | Largest total of all venues that was published for a day of it, or for a day
--   of its named events; exact figures only
-- column: published_clock | text | Clock of that figure: utc_day or trailing_24h
-- column: published_source | text | Who published it
-- assert: days_are_ordered | start_day <= peak_day and peak_day <= end_day
-- assert: kind_is_known | kind in ('episode', 'named')
-- assert: episodes_are_measured | kind = 'named' or total_usd is not null
with extreme_days as (
    select
        day,
        total_usd,
        day - lag(day) over (order by day) as days_apart
    from rankings.largest_liquidation_days
    where percentile >= 98
),

numbered as (
    select
        *,
        count(case when days_apart is null or days_apart > 2 then 1 end) over (order by day) as episode
    from extreme_days
),

episodes as (
    select
        episode,
        min(day) as start_day,
        max(day) as end_day,
        arg_max(day, (total_usd, -(day - date '2020-01-01'))) as peak_day,
        count(*) as extreme_days
    from numbered
    group by episode
),

attached as (
    select events.event, events.name, events.day, episodes.start_day
    from reference.market_events as events
    left join episodes on events.day between episodes.start_day - 1 and episodes.end_day + 1
    where events.day < (select (now_at at time zone 'UTC')::date from meta.build)
),

spans as (
    select
        start_day::text as event,
        'episode' as kind,
        start_day,
        peak_day,
        end_day,
        extreme_days
    from episodes
    union all
    select event, 'named' as kind, day as start_day, day as peak_day, day as end_day, 0 as extreme_days
    from attached
    where start_day is null
),

named as (
    select
        coalesce(start_day::text, event) as event,
        list(event order by day, event) as named_events,
        string_agg(name, '; ' order by day, event) as names
    from attached
    group by coalesce(start_day::text, event)
),

totals as (
    select
        spans.event,
        sum(days.total_usd) as total_usd,
        sum(days.long_usd) as long_usd,
        sum(days.short_usd) as short_usd,
        count(*) filter (where days.coverage_status = 'complete') as covered_days
    from spans
    join facts.liquidation_totals_daily as days on days.day between spans.start_day and spans.end_day
    group by spans.event
),

event_days as (
    select
        event,
        unnest(generate_series(start_day::timestamp, end_day::timestamp, interval 1 day))::date as day
    from spans
    union
    select coalesce(start_day::text, event) as event, day
    from attached
),

published as (
    select event_days.event, figures.total_usd, figures.clock, figures.source
    from event_days
    join facts.published_scope_days as figures using (day)
    where figures.scope_kind = 'overall'
        and figures.venue_set = 'all'
        and figures.bound = 'exact'
    qualify row_number() over (
        partition by event_days.event order by figures.total_usd desc, figures.clock, figures.day
    ) = 1
)

select
    spans.event,
    spans.kind,
    spans.start_day,
    spans.peak_day,
    spans.end_day,
    spans.end_day - spans.start_day + 1 as days,
    spans.extreme_days,
    totals.total_usd,
    totals.long_usd,
    totals.short_usd,
    case
        when totals.total_usd > 0 then round(totals.long_usd::double / totals.total_usd::double, 6)
    end as long_share,
    peaks.total_usd as peak_usd,
    peaks.rank as peak_rank,
    peaks.percentile as peak_percentile,
    coalesce(totals.covered_days, 0) < spans.end_day - spans.start_day + 1 as has_gap,
    peaks.comparable_since,
    coalesce(named.named_events, []) as named_events,
    named.names,
    published.total_usd as published_usd,
    published.clock as published_clock,
    published.source as published_source
from spans
left join totals using (event)
left join named using (event)
left join published using (event)
left join rankings.largest_liquidation_days as peaks on peaks.day = spans.peak_day
