-- description: One row per clock, day, scope and venue set of which somebody published a total: the largest
--   of its snapshots (a rolling window grows), never the sum of two. Figures known to be false, of an
--   unstated clock, or of the article under test are left out. Without decentralised venues: the total less
--   what was published of them, or the total itself before any was in it; else it holds at most so much.
-- grain: clock, scope_kind, scope, venue_set, day
-- column: clock | text | utc_day (day lists) or trailing_24h (rolling 24 hours)
-- column: scope_kind | text | overall, asset or venue
-- column: scope | text | all, the asset, or the venue
-- column: venue_set | text | all or centralised only
-- column: day | date | UTC day of the event
-- column: total_usd | usd | Liquidated notional of both sides
-- column: long_usd | usd | Of it long positions, as the same snapshot prints them; null where it does not
-- column: short_usd | usd | Of it short positions; null where the snapshot does not print them
-- column: market_usd | usd | Total of all venues and assets in the same snapshot; null where there is none
-- column: comparable_since | date | The day after the last break in the collection of its venues that had
--   begun; null where there was none
-- column: bound | text | exact as printed, about (nearly, or a difference), at_least, at_most
-- column: snapshot | text | Reading of the rolling window; null where there is only one
-- column: source | text | Who published it
-- assert: bound_is_known | bound in ('exact', 'about', 'at_least', 'at_most')
-- assert: clock_is_known | clock in ('utc_day', 'trailing_24h')
with day_figures as (
    select
        case kind when 'rolling_24h' then 'trailing_24h' else 'utc_day' end as clock,
        case when universe like '% all venues' then 'overall' else 'venue' end as scope_kind,
        case when universe like '% all venues' then 'all' else universe end as scope,
        day,
        total_usd,
        long_usd,
        short_usd,
        case bound when '=' then 'exact' when '~' then 'about' else 'at_least' end as bound,
        null as snapshot,
        source
    from reference.published_liquidation_days
    where kind in ('day_list', 'rolling_24h', 'bitmex_only_day')
        and source <> 'seed'
),

single_figures as (
    select
        case clock when 'rolling_24h' then 'trailing_24h' else 'utc_day' end as clock,
        case when scope = 'all venues' then 'overall' else split_part(scope, ' ', 1) end as scope_kind,
        case when scope = 'all venues' then 'all' else split_part(scope, ' ', 2) end as scope,
        as_of as day,
        coalesce(snapshot, 'only') as snapshot,
        max(value) filter (where metric = 'liquidations_total') as total_usd,
        max(value) filter (where metric = 'liquidations_long') as long_usd,
        max(value) filter (where metric = 'liquidations_short') as short_usd,
        string_agg(distinct source, '; ' order by source)
            filter (where metric = 'liquidations_total') as source
    from reference.published_figures
    where metric in ('liquidations_total', 'liquidations_long', 'liquidations_short')
        and clock in ('rolling_24h', 'day_list')
        and (scope = 'all venues' or regexp_matches(scope, '^(asset|venue) [A-Za-z0-9]+$'))
    group by all
),

figures as (
    select *, total_usd as market_usd
    from day_figures
    union all
    select
        parts.clock,
        parts.scope_kind,
        parts.scope,
        parts.day,
        parts.total_usd,
        parts.long_usd,
        parts.short_usd,
        'exact' as bound,
        nullif(parts.snapshot, 'only') as snapshot,
        parts.source,
        market.total_usd as market_usd
    from single_figures as parts
    left join single_figures as market
        on market.scope_kind = 'overall'
        and market.clock = parts.clock
        and market.day = parts.day
        and market.snapshot = parts.snapshot
    where parts.scope_kind <> 'overall'
        and parts.total_usd is not null
),

chosen as (
    select *
    from figures
    qualify row_number() over (
        partition by clock, scope_kind, scope, day
        order by bound = 'at_least', total_usd desc, long_usd is null, source
    ) = 1
),

lower_bounds as (
    -- a UTC day is one of the windows of 24 hours, so its total is a floor of the largest
    select
        'trailing_24h' as clock,
        days.scope_kind,
        days.scope,
        days.day,
        days.total_usd,
        days.long_usd,
        days.short_usd,
        'at_least' as bound,
        days.snapshot,
        days.source,
        days.market_usd
    from chosen as days
    left join chosen as rolling
        on rolling.clock = 'trailing_24h'
        and rolling.scope_kind = days.scope_kind
        and rolling.scope = days.scope
        and rolling.day = days.day
    where days.clock = 'utc_day'
        and rolling.day is null
),

known as (
    select * from chosen
    union all
    select * from lower_bounds
),

decentralised as (
    select known.clock, known.day, sum(known.total_usd) as total_usd
    from known
    join reference.venues on venues.venue = known.scope
    where known.scope_kind = 'venue'
        and known.bound in ('exact', 'about')
        and venues.kind = 'dex'
    group by known.clock, known.day
),

regimes as (
    select
        regimes.venue,
        regimes.from_earliest,
        regimes.from_latest,
        coalesce(venues.kind = 'dex', false) as is_decentralised
    from reference.collection_regimes as regimes
    left join reference.venues on venues.venue = regimes.venue
    where regimes.kind = 'liquidations'
        and regimes.effect_on_later_values in ('lowers', 'raises')
),

first_decentralised as (
    select min(from_earliest) as from_day
    from regimes
    where is_decentralised
),

scope_days as (
    select
        clock,
        scope_kind,
        scope,
        'all' as venue_set,
        day,
        total_usd,
        long_usd,
        short_usd,
        market_usd,
        bound,
        snapshot,
        source
    from known
    union all
    select
        known.clock,
        known.scope_kind,
        known.scope,
        'centralised only' as venue_set,
        known.day,
        known.total_usd - coalesce(decentralised.total_usd, 0) as total_usd,
        case when known.day < first_decentralised.from_day then known.long_usd end as long_usd,
        case when known.day < first_decentralised.from_day then known.short_usd end as short_usd,
        known.total_usd - coalesce(decentralised.total_usd, 0) as market_usd,
        case
            when known.bound = 'at_least' and known.day >= first_decentralised.from_day then null
            when known.day < first_decentralised.from_day then known.bound
            when decentralised.total_usd is not null then 'about'
            else 'at_most'
        end as bound,
        known.snapshot,
        known.source
    from known
    cross join first_decentralised
    left join decentralised using (clock, day)
    where known.scope_kind = 'overall'
)

select
    scope_days.clock,
    scope_days.scope_kind,
    scope_days.scope,
    scope_days.venue_set,
    scope_days.day,
    scope_days.total_usd::decimal(18, 4) as total_usd,
    scope_days.long_usd::decimal(18, 4) as long_usd,
    scope_days.short_usd::decimal(18, 4) as short_usd,
    scope_days.market_usd::decimal(18, 4) as market_usd,
    max(regimes.from_latest) + 1 as comparable_since,
    scope_days.bound,
    scope_days.snapshot,
    scope_days.source
from scope_days
left join regimes
    on regimes.from_earliest <= scope_days.day
    and (scope_days.venue_set = 'all' or not regimes.is_decentralised)
    and (scope_days.scope_kind <> 'venue' or regimes.venue = scope_days.scope)
where scope_days.bound is not null
group by all
