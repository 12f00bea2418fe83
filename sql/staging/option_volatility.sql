-- description: One row per source, market, measure and moment: the measure of implied volatility in force.
-- grain: source, venue, market, measure, measured_at
-- column: source | text | Who said it
-- column: dataset | text | The dataset that brought it
-- column: venue | text | Venue
-- column: market | text | Index or chain of options that it is read from
-- column: asset | text | Asset
-- column: measure | text | What is measured, for example dvol_close or skew_25d_30d
-- column: measured_at | timestamptz | Moment; for dvol_* the start of the UTC day that it covers
-- column: day | date | UTC day that dvol_* covers; for a moment the day whose end is nearest
-- column: value | per measure | Volatility points, for a measure that ends with ratio a plain ratio
-- column: observed_at | timestamptz | When this value arrived
-- column: vintage | count | How many values the key has had
-- warn: value_is_there | value is not null
with latest as (
    select *
    from raw.option_volatility
    qualify row_number() over (
        partition by dataset, venue, market, asset, measure, measured_at order by vintage desc
    ) = 1
)

select
    source,
    dataset,
    venue,
    market,
    asset,
    measure,
    measured_at,
    case
        when measure like 'dvol%' then (measured_at at time zone 'UTC')::date
        else ((measured_at - interval 12 hours) at time zone 'UTC')::date
    end as day,
    value,
    observed_at,
    vintage
from latest
where not retracted
qualify row_number() over (
    partition by source, venue, market, measure, measured_at
    order by observed_at desc, dataset, asset
) = 1
