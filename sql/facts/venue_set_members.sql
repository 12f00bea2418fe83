-- description: Which venues of the liquidation data are in which set of reference.venue_sets. A constant set
--   takes a venue that covers at least 95 percent of the days since the set's date; venues that were ever
--   added up together are taken as a whole or not at all. A day is covered where at most one percent of the
--   liquidations (by their weight over all days) is missing.
-- grain: venue_set, venue
-- column: venue_set | text | Set
-- column: venue | text | Venue or group, as in facts.liquidations_daily and facts.liquidation_hours
-- column: since | date | First day of a constant set; null for the others
-- column: covered_days | count | Days since then that the venue covers; null for the others
-- column: days | count | Days since then; null for the others
-- assert: constant_venues_cover | since is null or covered_days >= 0.95 * days
with recursive units as (
    select distinct venue
    from facts.liquidations_daily
    union
    select distinct venue
    from facts.liquidation_hours
),

unit_members as (
    select venue, unnest(string_split(venue, '+')) as member
    from units
),

linked as (
    select distinct member, member as linked_member
    from unit_members
    union
    select linked.member, beside.member as linked_member
    from linked
    join unit_members as inside on inside.member = linked.linked_member
    join unit_members as beside on beside.venue = inside.venue
),

wholes as (
    select member, min(linked_member) as whole
    from linked
    group by member
),

constant_days as (
    select venue_sets.venue_set, venue_sets.since, days.day
    from reference.venue_sets
    join staging.days on days.day >= venue_sets.since
    where venue_sets.kind = 'constant'
),

expected as (
    select wholes.whole, constant_days.venue_set, constant_days.day, sum(series.total_usd) as total_usd
    from facts.liquidation_series as series
    join wholes on wholes.member = series.venue
    join constant_days on constant_days.day between series.first_day and series.expected_until
    group by wholes.whole, constant_days.venue_set, constant_days.day
),

told_cells as (
    select day, unnest(string_split(venue, '+')) as member, asset
    from facts.liquidations_daily
    where side = 'long'
        and is_whole_day
),

told as (
    select wholes.whole, cells.day, sum(series.total_usd) as total_usd
    from (select distinct day, member, asset from told_cells) as cells
    join facts.liquidation_series as series
        on series.venue = cells.member
        and series.asset = cells.asset
    join wholes on wholes.member = cells.member
    group by wholes.whole, cells.day
),

day_counts as (
    select venue_set, any_value(since) as since, count(*) as days
    from constant_days
    group by venue_set
),

covered as (
    select
        expected.whole,
        expected.venue_set,
        count(*) filter (where 100 * told.total_usd >= 99 * expected.total_usd) as covered_days
    from expected
    left join told using (whole, day)
    group by expected.whole, expected.venue_set
),

kinds as (
    select
        unit_members.venue,
        any_value(wholes.whole) as whole,
        bool_and(coalesce(venues.kind = 'cex', false)) as is_centralised
    from unit_members
    join wholes on wholes.member = unit_members.member
    left join reference.venues on venues.venue = unit_members.member
    group by unit_members.venue
)

select
    venue_sets.venue_set,
    kinds.venue,
    null::date as since,
    null::bigint as covered_days,
    null::bigint as days
from reference.venue_sets
cross join kinds
where venue_sets.kind = 'all'
    or (venue_sets.kind = 'centralised' and kinds.is_centralised)
union all
select covered.venue_set, kinds.venue, day_counts.since, covered.covered_days, day_counts.days
from covered
join day_counts using (venue_set)
join kinds using (whole)
where 100 * covered.covered_days >= 95 * day_counts.days
