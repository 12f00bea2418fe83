-- description: One row per UTC day since 2020-01-01, scope and venue set: liquidations of the headline, of
--   all assets, of one asset, or of one venue. A scope's day is complete where the figures that are there
--   weigh at least 99 percent of those expected (facts.liquidation_series) and no series was asked for in
--   vain; all assets on all venues have the coverage of facts.liquidation_totals_daily.
-- grain: scope_kind, scope, venue_set, day
-- column: scope_kind | text | overall, asset or venue
-- column: scope | text | all, the asset, or the venue (a group as its id)
-- column: venue_set | text | Set of facts.venue_set_members; a venue by itself has all
-- column: day | date | UTC day
-- column: total_usd | usd | Liquidated notional of both sides
-- column: long_usd | usd | Liquidated notional of long positions
-- column: short_usd | usd | Liquidated notional of short positions
-- column: market_usd | usd | Both sides of all assets on the venue set, same day
-- column: venues | count | Single venues in it
-- column: assets | count | Assets in it
-- column: comparable_since | date | The day after the last break in the collection of its venues that had
--   begun; null where there was none
-- column: coverage_status | text | complete or partial
-- assert: sides_add_up | long_usd + short_usd = total_usd
-- assert: scope_is_part_of_the_market | total_usd <= market_usd
-- assert: coverage_is_known | coverage_status in ('complete', 'partial')
with amounts as (
    select
        day,
        venue,
        asset,
        sum(case when side = 'long' then amount_usd end) as long_usd,
        sum(case when side = 'short' then amount_usd end) as short_usd,
        bool_and(is_whole_day) as is_whole_day
    from facts.liquidations_daily
    where day >= date '2020-01-01'
    group by day, venue, asset
),

units as (
    select distinct venue, unnest(string_split(venue, '+')) as member
    from (select distinct venue from facts.liquidations_daily)
),

member_bits as (
    select member, (1::hugeint << (row_number() over (order by member))::int) as bit
    from (select distinct member from units)
),

-- the break that a unit's days stand behind, from the first day on which it may have begun
breaks as (
    select
        units.venue,
        regimes.from_earliest as from_day,
        max(max(regimes.from_latest) + 1) over (
            partition by units.venue order by regimes.from_earliest
        ) as comparable_since,
        lead(regimes.from_earliest) over (
            partition by units.venue order by regimes.from_earliest
        ) as next_day
    from units
    join reference.collection_regimes as regimes
        on regimes.venue = units.member
        and regimes.kind = 'liquidations'
        and regimes.effect_on_later_values in ('lowers', 'raises')
    group by units.venue, regimes.from_earliest
),

unit_weights as (
    select units.venue, series.asset, sum(series.total_usd) as weight
    from units
    join facts.liquidation_series as series on series.venue = units.member
    group by units.venue, series.asset
),

unit_bits as (
    select units.venue, bit_or(member_bits.bit) as bits
    from units
    join member_bits using (member)
    group by units.venue
),

told as (
    select
        amounts.day,
        amounts.venue,
        amounts.asset,
        amounts.long_usd,
        amounts.short_usd,
        unit_bits.bits,
        breaks.comparable_since,
        case when amounts.is_whole_day then unit_weights.weight else 0 end as weight
    from amounts
    join unit_bits using (venue)
    join unit_weights using (venue, asset)
    left join breaks
        on breaks.venue = amounts.venue
        and amounts.day >= breaks.from_day
        and amounts.day < coalesce(breaks.next_day, date '9999-12-31')
),

asset_days as (
    select
        members.venue_set,
        told.asset,
        told.day,
        sum(told.long_usd) as long_usd,
        sum(told.short_usd) as short_usd,
        bit_or(told.bits) as bits,
        max(told.comparable_since) as comparable_since,
        sum(told.weight) as weight
    from told
    join facts.venue_set_members as members
        on members.venue = told.venue
        and told.day >= coalesce(members.since, date '2020-01-01')
    group by members.venue_set, told.asset, told.day
),

market_days as (
    select
        venue_set,
        day,
        sum(long_usd) as long_usd,
        sum(short_usd) as short_usd,
        bit_or(bits) as bits,
        count(*) as assets,
        max(comparable_since) as comparable_since,
        sum(weight) as weight
    from asset_days
    group by venue_set, day
),

scope_days as (
    select
        'overall' as scope_kind,
        'all' as scope,
        venue_set,
        day,
        long_usd,
        short_usd,
        bit_count(bits) as venues,
        assets,
        comparable_since,
        weight
    from market_days
    union all
    select
        'asset' as scope_kind,
        asset as scope,
        venue_set,
        day,
        long_usd,
        short_usd,
        bit_count(bits) as venues,
        1 as assets,
        comparable_since,
        weight
    from asset_days
    union all
    select
        'venue' as scope_kind,
        venue as scope,
        'all' as venue_set,
        day,
        sum(long_usd) as long_usd,
        sum(short_usd) as short_usd,
        bit_count(any_value(bits)) as venues,
        count(*) as assets,
        any_value(comparable_since) as comparable_since,
        sum(weight) as weight
    from told
    group by venue, day
),

set_venues as (
    select distinct members.venue_set, units.member
    from facts.venue_set_members as members
    join units using (venue)
),

unit_lives as (
    select venue, asset, min(day) as first_day
    from amounts
    group by venue, asset
),

expected_series as (
    select
        set_venues.venue_set,
        'overall' as scope_kind,
        'all' as scope,
        series.first_day,
        series.expected_until,
        series.total_usd as weight
    from facts.liquidation_series as series
    join set_venues on set_venues.member = series.venue
    union all
    select
        set_venues.venue_set,
        'asset' as scope_kind,
        series.asset as scope,
        series.first_day,
        series.expected_until,
        series.total_usd as weight
    from facts.liquidation_series as series
    join set_venues on set_venues.member = series.venue
    union all
    select
        'all' as venue_set,
        'venue' as scope_kind,
        unit_lives.venue as scope,
        unit_lives.first_day,
        min(series.expected_until) as expected_until,
        sum(series.total_usd) as weight
    from unit_lives
    join units on units.venue = unit_lives.venue
    join facts.liquidation_series as series
        on series.venue = units.member
        and series.asset = unit_lives.asset
    group by unit_lives.venue, unit_lives.asset, unit_lives.first_day
),

changes as (
    select venue_set, scope_kind, scope, first_day as from_day, weight
    from expected_series
    union all
    select venue_set, scope_kind, scope, expected_until + 1 as from_day, -weight as weight
    from expected_series
    where expected_until < date '9999-12-31'
),

expected as (
    select
        venue_set,
        scope_kind,
        scope,
        from_day,
        sum(sum(weight)) over (partition by venue_set, scope_kind, scope order by from_day) as weight
    from changes
    group by venue_set, scope_kind, scope, from_day
),

unanswered_days as (
    select distinct unanswered.day
    from staging.unanswered_markets_daily as unanswered
    join (select distinct day, source from facts.liquidations_daily) as spoken using (day, source)
    where unanswered.kind = 'liquidations'
)

select
    scope_days.scope_kind,
    scope_days.scope,
    scope_days.venue_set,
    scope_days.day,
    scope_days.long_usd + scope_days.short_usd as total_usd,
    scope_days.long_usd,
    scope_days.short_usd,
    market_days.long_usd + market_days.short_usd as market_usd,
    scope_days.venues,
    scope_days.assets,
    scope_days.comparable_since,
    case
        when scope_days.scope_kind = 'overall' and scope_days.venue_set = 'all' then totals.coverage_status
        when unanswered_days.day is not null then 'partial'
        when 100 * scope_days.weight >= 99 * expected.weight then 'complete'
        else 'partial'
    end as coverage_status
from scope_days
asof left join expected
    on expected.venue_set = scope_days.venue_set
    and expected.scope_kind = scope_days.scope_kind
    and expected.scope = scope_days.scope
    and expected.from_day <= scope_days.day
join market_days
    on market_days.venue_set = scope_days.venue_set
    and market_days.day = scope_days.day
join facts.liquidation_totals_daily as totals on totals.day = scope_days.day
left join unanswered_days on unanswered_days.day = scope_days.day
