-- description: One row per UTC day, source, asset and venue in which no liquidation stands twice. A group
--   beside some of its members becomes those members and one derived remainder; where all members are told
--   apart the group goes. A remainder that is negative on a side, or parts that cover less of the day than
--   the group, show that the two do not fit: then the group stands and its parts go. Of two groups that
--   overlap without one holding the other, the larger stands.
-- grain: day, source, asset, venue
-- column: day | date | UTC day
-- column: source | text | Who said it
-- column: asset | text | Asset
-- column: venue | text | Venue, group, or the sorted members that remain of a group
-- column: members | text | List of the single venues in it
-- column: long_usd | usd | Liquidated notional of long positions
-- column: short_usd | usd | Liquidated notional of short positions
-- column: is_derived | bool | Whether it is a group less its members that are told apart
-- column: is_whole_day | bool | Whether the figure covers the 24 hours
-- assert: amounts_are_not_negative | long_usd >= 0 and short_usd >= 0
-- assert: members_make_the_id | array_to_string(members, '+') = venue
with told as (
    select
        day,
        source,
        asset,
        venue,
        string_split(venue, '+') as members,
        sum(case when side = 'long' then amount_usd end) as long_usd,
        sum(case when side = 'short' then amount_usd end) as short_usd,
        bool_and(is_whole_day) as is_whole_day
    from facts.liquidations_by_source_daily
    group by day, source, asset, venue
),

venue_sets as (
    select distinct venue, members
    from told
),

shared_members as (
    select
        inner_set.venue as inner_venue,
        outer_set.venue as outer_venue,
        list_has_all(outer_set.members, inner_set.members) as is_inside,
        list_has_all(inner_set.members, outer_set.members) as is_around,
        len(outer_set.members) as outer_size,
        len(outer_set.members) > len(inner_set.members)
        or (
            len(outer_set.members) = len(inner_set.members)
            and outer_set.venue < inner_set.venue
        ) as is_larger
    from venue_sets as inner_set
    join venue_sets as outer_set
        on outer_set.venue <> inner_set.venue
        and list_has_any(outer_set.members, inner_set.members)
),

crossed as (
    select distinct told.day, told.source, told.asset, told.venue
    from told
    join shared_members
        on shared_members.inner_venue = told.venue
        and shared_members.is_larger
        and not shared_members.is_inside
        and not shared_members.is_around
    join told as larger
        on larger.day = told.day
        and larger.source = told.source
        and larger.asset = told.asset
        and larger.venue = shared_members.outer_venue
),

nested as (
    select told.*
    from told
    left join crossed using (day, source, asset, venue)
    where crossed.venue is null
),

containments as (
    select
        part.day,
        part.source,
        part.asset,
        part.venue,
        part.members,
        part.long_usd,
        part.short_usd,
        part.is_whole_day,
        shared_members.outer_venue as group_venue,
        shared_members.outer_size as group_size
    from nested as part
    join shared_members
        on shared_members.inner_venue = part.venue
        and shared_members.is_inside
    join nested as around
        on around.day = part.day
        and around.source = part.source
        and around.asset = part.asset
        and around.venue = shared_members.outer_venue
),

direct_parts as (
    select *
    from containments
    qualify row_number() over (partition by day, source, asset, venue order by group_size) = 1
),

sums_of_parts as (
    select
        day,
        source,
        asset,
        group_venue as venue,
        sum(long_usd) as long_usd,
        sum(short_usd) as short_usd,
        bool_and(is_whole_day) as is_whole_day,
        sum(len(members)) as member_count
    from direct_parts
    group by day, source, asset, group_venue
),

weighed as (
    select
        nested.day,
        nested.source,
        nested.asset,
        nested.venue,
        nested.members,
        nested.long_usd - parts.long_usd as long_usd,
        nested.short_usd - parts.short_usd as short_usd,
        nested.is_whole_day,
        len(nested.members) = parts.member_count as is_told_apart,
        (nested.is_whole_day and not parts.is_whole_day)
        or (
            len(nested.members) > parts.member_count
            and (nested.long_usd < parts.long_usd or nested.short_usd < parts.short_usd)
        ) as stands_alone
    from nested
    join sums_of_parts as parts using (day, source, asset, venue)
),

replaced as (
    -- groups that become their parts, and parts of groups that stand alone
    select day, source, asset, venue
    from weighed
    where not stands_alone
    union
    select containments.day, containments.source, containments.asset, containments.venue
    from containments
    join weighed
        on weighed.day = containments.day
        and weighed.source = containments.source
        and weighed.asset = containments.asset
        and weighed.venue = containments.group_venue
        and weighed.stands_alone
),

split_groups as (
    select weighed.*
    from weighed
    left join containments as inside
        on inside.day = weighed.day
        and inside.source = weighed.source
        and inside.asset = weighed.asset
        and inside.venue = weighed.venue
    left join weighed as around
        on around.day = inside.day
        and around.source = inside.source
        and around.asset = inside.asset
        and around.venue = inside.group_venue
        and around.stands_alone
    where not weighed.stands_alone
        and not weighed.is_told_apart
    group by all
    having count(around.venue) = 0
),

part_members as (
    select day, source, asset, group_venue as venue, unnest(members) as member
    from direct_parts
),

group_members as (
    select day, source, asset, venue, long_usd, short_usd, is_whole_day, unnest(members) as member
    from split_groups
),

remainders as (
    select
        group_members.day,
        group_members.source,
        group_members.asset,
        list(group_members.member order by group_members.member) as members,
        any_value(group_members.long_usd) as long_usd,
        any_value(group_members.short_usd) as short_usd,
        any_value(group_members.is_whole_day) as is_whole_day
    from group_members
    left join part_members using (day, source, asset, venue, member)
    where part_members.member is null
    group by group_members.day, group_members.source, group_members.asset, group_members.venue
)

select
    nested.day,
    nested.source,
    nested.asset,
    nested.venue,
    nested.members,
    nested.long_usd,
    nested.short_usd,
    false as is_derived,
    nested.is_whole_day
from nested
left join replaced using (day, source, asset, venue)
where replaced.venue is null
union all
select
    day,
    source,
    asset,
    array_to_string(members, '+') as venue,
    members,
    long_usd,
    short_usd,
    true as is_derived,
    is_whole_day
from remainders
