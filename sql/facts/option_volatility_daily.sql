-- description: One row per UTC day, venue, asset and measure of implied volatility. dvol_open, _high, _low
--   and _close are of the day; the others are a chain of options at a moment, the one nearest to the end of
--   the day. skew_25d_* is the volatility of the 25-delta put less that of the 25-delta call (positive: puts
--   are dearer), risk_reversal_25d_* call less put; *_30d is linear in days between the neighbouring
--   expiries, *_30d_variance in total variance: the two part where the term structure is steep.
-- grain: day, venue, asset, measure
-- column: day | date | UTC day
-- column: venue | text | Venue
-- column: asset | text | Asset
-- column: measure | text | What is measured; a date at its end is the expiry
-- column: value | per measure | Volatility points; for a measure that ends with ratio a plain ratio
-- column: measured_at | timestamptz | Moment; for dvol_* the start of the day
-- column: market | text | Index or chain that it is read from
-- column: source | text | Who said it
-- warn: value_is_plausible | abs(value) < 500
select
    staged.day,
    staged.venue,
    staged.asset,
    staged.measure,
    staged.value,
    staged.measured_at,
    staged.market,
    staged.source
from staging.option_volatility as staged
left join reference.source_preferences as preferences
    on preferences.kind = 'option_volatility'
    and preferences.source = staged.source
where staged.day < (select (now_at at time zone 'UTC')::date from meta.build)
    and staged.value is not null
qualify row_number() over (
    partition by staged.day, staged.venue, staged.asset, staged.measure
    order by
        coalesce(preferences.rank, 1000),
        staged.source,
        abs(date_diff('second', staged.measured_at, (staged.day + 1)::timestamp at time zone 'UTC')),
        staged.measured_at,
        staged.market
) = 1
