-- description: One row per New York weekday and asset, from the asset's first session to the last that has
--   begun: the headline. One source speaks for a session: one that tells funds before one that tells totals
--   only, one with all funds before one with some, then by reference.source_preferences. A holiday is not 0.
-- grain: session_date, asset
-- column: session_date | date | New York trading date
-- column: asset | text | Asset that the funds hold
-- column: total_usd | usd | Net flow of the funds that reported; null on a holiday, while pending, and
--   missing
-- column: status | text | reported, partial, holiday, pending (younger than three days) or missing
-- column: funds_reported | count | Funds with a figure; null where the source tells no funds
-- column: funds_expected | count | Funds that should have one; null where the source tells no funds
-- column: printed_total_usd | usd | Total as the source prints it
-- column: printed_difference_usd | usd | Printed total less the recomputed one
-- column: cumulative_usd | usd | Sum of all reported and partial sessions up to here; null while pending,
--   missing
-- column: cumulative_gaps | count | Sessions up to here that were partial, pending or missing: the sum lacks
--   them
-- column: source | text | The source that spoke; null where none did
-- column: vintages | count | Most values that any fund of the session has had
-- column: first_observed_at | timestamptz | When the first figure of the session arrived
-- assert: status_is_known | status in ('reported', 'partial', 'holiday', 'pending', 'missing')
-- assert: total_stands_where_reported | (status in ('reported', 'partial')) = (total_usd is not null)
-- assert: weekdays_only | isodow(session_date) <= 5
-- warn: no_session_is_missing | status <> 'missing'
-- warn: printed_total_agrees | printed_difference_usd is null or abs(printed_difference_usd) <= 200000
with chosen as (
    select by_source.*
    from facts.etf_flow_totals_by_source_daily as by_source
    left join reference.source_preferences as preferences
        on preferences.kind = 'etf_flows'
        and preferences.source = by_source.source
    qualify row_number() over (
        partition by by_source.session_date, by_source.asset
        order by
            by_source.total_usd is null,
            by_source.funds_expected is null,
            by_source.status <> 'reported',
            coalesce(preferences.rank, 1000),
            by_source.source
    ) = 1
)

select
    session_date,
    asset,
    total_usd,
    status,
    funds_reported,
    funds_expected,
    printed_total_usd,
    printed_total_usd - total_usd as printed_difference_usd,
    case
        when status in ('reported', 'partial', 'holiday')
            then sum(total_usd) over (partition by asset order by session_date)
    end as cumulative_usd,
    count(*) filter (where status in ('partial', 'pending', 'missing')) over (
        partition by asset order by session_date
    ) as cumulative_gaps,
    case when total_usd is not null then source end as source,
    vintages,
    first_observed_at
from chosen
