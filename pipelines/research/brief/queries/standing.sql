-- title: Where the day stands
-- says: The place of the day among the covered days of each scope, venue set and clock, and the last earlier day that was larger. Measured and published figures are never in one order; published days are a selection.
-- key: basis, scope_kind, scope, side, venue_set, clock
-- column: basis | text | Basis
-- column: scope_kind | text | Scope
-- column: scope | text | Of
-- column: side | text | Side
-- column: venue_set | text | Venue set
-- column: clock | text | Clock id
-- column: clock_name | text | Clock
-- column: amount_usd | usd | Amount
-- column: rank | rank | Rank
-- column: ranked_days | count | Of days
-- column: since_day | date | Last larger day
-- column: gap_days | count | Gap days
-- column: comparable_since | date | Collected alike since
-- shown: scope, side, rank, ranked_days, since_day, amount_usd, venue_set, clock_name, basis, gap_days
select
    ranks.basis,
    ranks.scope_kind,
    ranks.scope,
    ranks.side,
    ranks.venue_set,
    ranks.clock,
    case ranks.clock
        when 'utc_day' then 'UTC day'
        when 'trailing_24h' then 'trailing 24 hours'
        else replace(ranks.clock, '_', ' ')
    end as clock_name,
    ranks.amount_usd,
    ranks.rank,
    ranks.ranked_days,
    since.since_day,
    since.gap_days,
    ranks.comparable_since,
    coalesce(ranks.source, array_to_string(totals.sources, ', '), 'not told') as source,
    ranks.coverage_status as coverage
from rankings.liquidation_day_ranks as ranks
left join rankings.largest_since as since using (basis, scope_kind, scope, side, venue_set, clock, day)
left join facts.liquidation_totals_daily as totals using (day)
where ranks.day = date '2024-12-09'
    and (
        ranks.scope_kind = 'overall'
        or (ranks.basis = 'measured' and ranks.side = 'total' and ranks.venue_set = 'all' and ranks.clock = 'utc_day')
    )
order by
    ranks.basis,
    ranks.scope_kind <> 'overall',
    ranks.clock <> 'utc_day',
    ranks.clock,
    ranks.venue_set,
    ranks.side <> 'total',
    ranks.side,
    ranks.scope_kind desc,
    ranks.amount_usd desc,
    ranks.scope
