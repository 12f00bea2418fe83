-- title: Implied volatility
-- says: The volatility index and the 25-delta skew of options (put less call: positive where puts are dearer), in volatility points.
-- key: venue, asset, measure
-- column: venue | text | Venue
-- column: asset | text | Asset
-- column: measure | text | Measure
-- column: value | vol_points | Value
-- column: measured_at | timestamptz | Measured
-- shown: venue, asset, measure, value
select venue, asset, measure, value, measured_at, source, 'one index or chain' as coverage
from facts.option_volatility_daily
where day = date '2024-12-09'
    and measure in ('dvol_open', 'dvol_high', 'dvol_close', 'skew_25d_30d')
order by asset, measure, venue
