-- title: Vintages
-- says: For each dataset the values of this day that it holds, how many of them came a second time with another value, and when they were observed.
-- series: no
-- key: dataset
-- column: dataset | text | Dataset
-- column: source | text | Source
-- column: keys | count | Values
-- column: restated | count | Restated
-- column: retracted | count | Taken back
-- column: first_observed_at | timestamptz | First observed
-- column: last_observed_at | timestamptz | Last observed
-- shown: dataset, keys, restated, retracted, first_observed_at, last_observed_at
with observed as (
    select dataset, source, vintage, retracted, observed_at
    from raw.liquidation_buckets
    where (bucket_start at time zone 'UTC')::date = date '2024-12-09'
    union all
    select dataset, source, vintage, retracted, observed_at
    from raw.etf_flows
    where session_date = date '2024-12-09'
    union all
    select dataset, source, vintage, retracted, observed_at
    from raw.onchain_volume
    where day = date '2024-12-09'
    union all
    select dataset, source, vintage, retracted, observed_at
    from raw.funding_rates
    where (settled_at at time zone 'UTC')::date = date '2024-12-09'
    union all
    select dataset, source, vintage, retracted, observed_at
    from raw.prices
    where (bucket_start at time zone 'UTC')::date = date '2024-12-09'
    union all
    select dataset, source, vintage, retracted, observed_at
    from raw.open_interest
    where (measured_at at time zone 'UTC')::date = date '2024-12-09'
    union all
    select dataset, source, vintage, retracted, observed_at
    from raw.futures_basis
    where (measured_at at time zone 'UTC')::date = date '2024-12-09'
    union all
    select dataset, source, vintage, retracted, observed_at
    from raw.option_volatility
    where (measured_at at time zone 'UTC')::date = date '2024-12-09'
)

select
    dataset,
    source,
    count(*) filter (where vintage = 1) as keys,
    count(*) filter (where vintage = 2) as restated,
    count(*) filter (where retracted) as retracted,
    min(observed_at) as first_observed_at,
    max(observed_at) as last_observed_at,
    'every vintage' as coverage
from observed
group by dataset, source
order by dataset
