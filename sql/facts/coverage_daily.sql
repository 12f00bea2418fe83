-- description: One row per UTC day since 2020-01-01, kind of data, source and venue: whether what is there is
--   all there should be. Venue `all` is the source as a whole; source `headline` is facts.liquidations_daily.
--   Expected is what the source told on or before the day (until a delisting in reference.universe or the
--   closing in reference.venues); groups count as their members. A quiet market may have no bucket on a day:
--   where the asset and the venue are there, but not together, that is a gap only if together they made at
--   least one percent of the source's liquidations in the 30 days before, or if the asking failed.
-- grain: day, kind, source, venue
-- column: day | date | UTC day; the New York session for etf_flows, which has weekdays only
-- column: kind | text | liquidations, etf_flows, onchain_volume, funding, prices, open_interest,
--   futures_basis or option_volatility
-- column: source | text | Id of reference.sources, or `headline`
-- column: venue | text | Venue or group as the source tells it, or `all`
-- column: status | text | complete, partial, pending, missing, before_history, unreachable or not_configured
-- column: assets_present | count | Assets (chains, option chains) with a figure
-- column: assets_expected | count | Assets (chains, option chains) that should have one
-- column: venues_present | count | Single venues with a figure; null for kinds without a venue
-- column: venues_expected | count | Single venues that should have one; null for kinds without a venue
-- column: reason | text | Why the day is not complete, or that it was a holiday; else null
-- assert: status_is_known | status in (
--   'complete', 'partial', 'pending', 'missing', 'before_history', 'unreachable', 'not_configured')
-- assert: complete_days_have_all_assets | status <> 'complete' or assets_present >= assets_expected
-- assert: reason_stands_where_incomplete | status in ('complete', 'pending') or reason is not null
with headline_asked as (
    select kind, day, state, reason
    from staging.asked_daily
    where kind = 'liquidations'
    qualify row_number() over (
        partition by day
        order by
            case state
                when 'answered' then 1
                when 'failed' then 2
                when 'unreachable' then 3
                when 'never_asked' then 4
                when 'not_configured' then 5
                else 6
            end,
            source
    ) = 1
),

asked as (
    select kind, source, day, state, reason
    from staging.asked_daily
    union all
    select kind, 'headline' as source, day, state, reason
    from headline_asked
),

headline_sources as (
    select distinct day, source
    from facts.liquidations_daily
),

unanswered as (
    select kind, source, day, markets, reason
    from staging.unanswered_markets_daily
    union all
    select
        'liquidations' as kind,
        'headline' as source,
        unanswered.day,
        sum(unanswered.markets)::bigint as markets,
        min(unanswered.reason) as reason
    from staging.unanswered_markets_daily as unanswered
    join headline_sources using (day, source)
    where unanswered.kind = 'liquidations'
    group by unanswered.day
),

cells as (
    -- a source as a whole by its single venues, and each of its venues and groups by itself
    select
        kind,
        source,
        'all' as venue,
        unnest(string_split(venue, '+')) as member,
        asset,
        day,
        is_whole,
        amount_usd
    from staging.presence_daily
    union all
    select kind, source, venue, venue as member, asset, day, is_whole, amount_usd
    from staging.presence_daily
    where venue <> 'all'
        and source <> 'headline'
),

present as (
    select
        kind,
        source,
        venue,
        member,
        asset,
        day,
        bool_or(is_whole) as is_whole,
        sum(amount_usd) as amount_usd
    from cells
    group by kind, source, venue, member, asset, day
),

series as (
    select
        present.kind,
        present.source,
        present.venue,
        present.member,
        present.asset,
        min(present.day) as first_day,
        least(
            coalesce(any_value(universe.loaded_until), date '9999-12-31'),
            coalesce(any_value(venues.closed_since) - 1, date '9999-12-31')
        ) as last_day
    from present
    left join reference.universe on universe.asset = present.asset
    left join reference.venues on venues.venue = present.member
    group by present.kind, present.source, present.venue, present.member, present.asset
),

expected as (
    select
        series.kind,
        series.source,
        series.venue,
        series.member,
        series.asset,
        days.day,
        present.day is not null as is_present,
        coalesce(present.is_whole, true) as is_whole
    from series
    join staging.days on days.day between series.first_day and series.last_day
    left join present
        on present.kind = series.kind
        and present.source = series.source
        and present.venue = series.venue
        and present.member = series.member
        and present.asset = series.asset
        and present.day = days.day
),

assets_expected as (
    select
        kind,
        source,
        venue,
        day,
        asset,
        bool_or(is_present) as is_present,
        bool_and(is_whole) as is_whole
    from expected
    group by kind, source, venue, day, asset
),

asset_counts as (
    select
        kind,
        source,
        venue,
        day,
        count(*) as assets_expected,
        count(*) filter (where is_present) as assets_present,
        string_agg(asset, ', ' order by asset) filter (where not is_present) as assets_missing,
        string_agg(asset, ', ' order by asset) filter (where not is_whole) as assets_in_part
    from assets_expected
    group by kind, source, venue, day
),

members_expected as (
    select
        kind,
        source,
        venue,
        day,
        member,
        len(string_split(member, '+')) as size,
        bool_or(is_present) as is_present
    from expected
    where member <> 'all'
    group by kind, source, venue, day, member
),

member_counts as (
    select
        kind,
        source,
        venue,
        day,
        sum(size)::bigint as venues_expected,
        coalesce(sum(size) filter (where is_present), 0)::bigint as venues_present,
        string_agg(member, ', ' order by member) filter (where not is_present) as venues_missing
    from members_expected
    group by kind, source, venue, day
),

-- where the asset is there and the venue is there, but not together
lost_pairs as (
    select expected.kind, expected.source, expected.venue, expected.member, expected.asset, expected.day
    from expected
    join assets_expected using (kind, source, venue, day, asset)
    join members_expected using (kind, source, venue, day, member)
    where not expected.is_present
        and assets_expected.is_present
        and members_expected.is_present
),

pair_weights as (
    select
        lost_pairs.source,
        lost_pairs.venue,
        lost_pairs.member,
        lost_pairs.asset,
        lost_pairs.day,
        sum(present.amount_usd) as before_usd
    from lost_pairs
    join present using (kind, source, venue, member, asset)
    where lost_pairs.kind = 'liquidations'
        and present.day between lost_pairs.day - 30 and lost_pairs.day - 1
    group by lost_pairs.source, lost_pairs.venue, lost_pairs.member, lost_pairs.asset, lost_pairs.day
),

source_days as (
    select source, day, sum(amount_usd) as amount_usd
    from staging.presence_daily
    where kind = 'liquidations'
    group by source, day
),

source_weights as (
    select source, day, sum(amount_usd) over month_before as before_usd
    from source_days
    window month_before as (
        partition by source
        order by day
        range between interval 30 days preceding and interval 1 day preceding
    )
),

gaps as (
    select
        lost_pairs.kind,
        lost_pairs.source,
        lost_pairs.venue,
        lost_pairs.day,
        string_agg(
            lost_pairs.asset || ' on ' || lost_pairs.member, ', ' order by lost_pairs.asset, lost_pairs.member
        ) as pairs_missing
    from lost_pairs
    left join pair_weights using (source, venue, member, asset, day)
    left join source_weights using (source, day)
    where lost_pairs.kind <> 'liquidations'
        or pair_weights.before_usd >= source_weights.before_usd / 100
    group by lost_pairs.kind, lost_pairs.source, lost_pairs.venue, lost_pairs.day
),

scopes as (
    select kind, source, venue, min(first_day) as first_day
    from (
        select kind, source, venue, first_day from series
        union all
        select kind, source, 'all' as venue, null as first_day from asked
    )
    group by kind, source, venue
),

counted as (
    select
        asked.day,
        asked.kind,
        asked.source,
        scopes.venue,
        scopes.first_day,
        asked.state,
        asked.reason as asked_reason,
        coalesce(asset_counts.assets_present, 0) as assets_present,
        coalesce(asset_counts.assets_expected, 0) as assets_expected,
        coalesce(member_counts.venues_present, 0) as venues_present,
        coalesce(member_counts.venues_expected, 0) as venues_expected,
        nullif(concat_ws(
            '; ',
            'without ' || asset_counts.assets_missing,
            'without ' || member_counts.venues_missing,
            'without ' || gaps.pairs_missing,
            'only part of ' || asset_counts.assets_in_part,
            case
                when scopes.venue = 'all'
                    then unanswered.markets::text || ' series not answered: ' || unanswered.reason
            end
        ), '') as lacks
    from asked
    join scopes using (kind, source)
    left join asset_counts using (kind, source, venue, day)
    left join member_counts using (kind, source, venue, day)
    left join gaps using (kind, source, venue, day)
    left join unanswered using (kind, source, day)
),

judged as (
    select
        counted.*,
        case
            when counted.assets_present > 0 and counted.lacks is null then 'complete'
            when counted.assets_present > 0 then 'partial'
            when counted.state = 'not_configured' then 'not_configured'
            when counted.state in ('before_history', 'unreachable') then counted.state
            when counted.state in ('failed', 'never_asked') then 'missing'
            when counted.day < counted.first_day then 'before_history'
            when counted.kind = 'etf_flows' and not days.is_us_session then 'complete'
            when
                counted.kind = 'etf_flows'
                and counted.day > (select (now_at at time zone 'UTC')::date from meta.build) - 3
                then 'pending'
            else 'missing'
        end as status
    from counted
    join staging.days using (day)
    where counted.kind <> 'etf_flows'
        or days.is_us_weekday
)

select
    day,
    kind,
    source,
    venue,
    status,
    assets_present,
    case when status = 'complete' and assets_present = 0 then 0 else assets_expected end as assets_expected,
    case when kind not in ('etf_flows', 'onchain_volume') then venues_present end as venues_present,
    case when kind not in ('etf_flows', 'onchain_volume') then venues_expected end as venues_expected,
    case
        when status = 'partial' then lacks
        when status = 'complete' and assets_present = 0 then 'no session: US market holiday'
        when status in ('complete', 'pending') then null
        when status = 'before_history' and state = 'answered' then 'the history of this source begins later'
        else coalesce(asked_reason, 'asked for, no figure came')
    end as reason
from judged
