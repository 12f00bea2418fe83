-- description: One row per kind, source and ended UTC day on which some series was asked for in vain and has
--   no figure either: what that series would have said is unknown, so the day cannot be complete.
-- grain: kind, source, day
-- column: kind | text | liquidations, etf_flows, onchain_volume, funding, prices, open_interest,
--   futures_basis or option_volatility
-- column: source | text | Who was asked
-- column: day | date | UTC day
-- column: markets | count | Series without an answer
-- column: reason | text | What the upstream or the client said, of the newest attempt
-- assert: some_series_is_unanswered | markets >= 1
with datasets as (
    select
        dataset,
        source,
        case kind
            when 'liquidation_buckets' then 'liquidations'
            when 'liquidation_orders' then 'liquidations'
            when 'funding_rates' then 'funding'
            else kind
        end as kind
    from meta.datasets
    where kind <> 'instruments'  -- terms are no daily figures
),

series_of_parts as (
    select
        dataset,
        day,
        unnest(case when len(markets) > 0 then markets else [part] end) as market,
        reason,
        observed_at
    from staging.failed_parts_daily
),

told as (
    select 'liquidations' as kind, source, market, (bucket_start at time zone 'UTC')::date as day
    from staging.liquidation_buckets
    union
    select 'liquidations' as kind, source, market, (hour_start at time zone 'UTC')::date as day
    from staging.liquidation_order_hours
    union
    select 'etf_flows' as kind, source, market, session_date as day
    from staging.etf_flows
    where flow_usd is not null
    union
    select 'onchain_volume' as kind, source, market, day
    from staging.onchain_volume
    union
    select 'funding' as kind, source, market, (settled_at at time zone 'UTC')::date as day
    from staging.funding_rates
    union
    select 'prices' as kind, source, market, (bucket_start at time zone 'UTC')::date as day
    from staging.prices
    union
    select 'open_interest' as kind, source, market, day
    from staging.open_interest
    union
    select 'futures_basis' as kind, source, market, day
    from staging.futures_basis
    union
    select 'option_volatility' as kind, source, market, day
    from staging.option_volatility
)

select
    datasets.kind,
    datasets.source,
    series.day,
    count(distinct series.market) as markets,
    arg_max(series.reason, series.observed_at) as reason
from series_of_parts as series
join datasets using (dataset)
left join told
    on told.kind = datasets.kind
    and told.source = datasets.source
    and told.market = series.market
    and told.day = series.day
where told.market is null
group by datasets.kind, datasets.source, series.day
