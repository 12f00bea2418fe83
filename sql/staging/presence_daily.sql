-- description: One row per kind, source, venue, asset and UTC day of which there is a figure: what is there,
--   before it is asked whether that is all (facts.coverage_daily). Source `headline` is what the headline of
--   the liquidations took.
-- grain: kind, source, venue, asset, day
-- column: kind | text | liquidations, etf_flows, onchain_volume, funding, prices, open_interest,
--   futures_basis or option_volatility
-- column: source | text | Who said it, or `headline`
-- column: venue | text | Venue or group; `all` for kinds without a venue
-- column: asset | text | Asset; for onchain_volume the chain, with the measure where it is not DEX volume;
--   for option_volatility the index or chain of options
-- column: day | date | UTC day; the New York session for etf_flows
-- column: is_whole | bool | Whether the figure covers the day: all buckets, funds, settlements
-- column: amount_usd | usd | Liquidated notional; null for other kinds
-- assert: kind_is_known | kind in ('liquidations', 'etf_flows', 'onchain_volume', 'funding', 'prices',
--   'open_interest', 'futures_basis', 'option_volatility')
select
    'liquidations' as kind,
    source,
    venue,
    asset,
    day,
    bool_and(is_whole_day) as is_whole,
    sum(amount_usd) as amount_usd
from facts.liquidations_by_source_daily
group by source, venue, asset, day
union all
select
    'liquidations' as kind,
    'headline' as source,
    venue,
    asset,
    day,
    bool_and(is_whole_day) as is_whole,
    sum(amount_usd) as amount_usd
from facts.liquidations_daily
group by venue, asset, day
union all
select
    'etf_flows' as kind,
    source,
    'all' as venue,
    asset,
    session_date as day,
    status = 'reported' as is_whole,
    null as amount_usd
from facts.etf_flow_totals_by_source_daily
where status in ('reported', 'partial')
union all
select distinct
    'onchain_volume' as kind,
    source,
    'all' as venue,
    case when metric = 'dex_volume_usd' then chain else chain || ' ' || metric end as asset,
    day,
    true as is_whole,
    null as amount_usd
from staging.onchain_volume
where value >= 0
    and day < (select (now_at at time zone 'UTC')::date from meta.build)
union all
select 'funding' as kind, source, venue, asset, day, bool_or(is_whole) as is_whole, null as amount_usd
from (
    select source, venue, asset, day, status = 'complete' as is_whole
    from facts.funding_by_market_daily
    union all
    select source, venue, asset, day, true as is_whole
    from facts.funding_quotes_daily
)
group by source, venue, asset, day
union all
select distinct
    'prices' as kind,
    source,
    venue,
    asset,
    (bucket_start at time zone 'UTC')::date as day,
    true as is_whole,
    null as amount_usd
from staging.prices
where bucket_seconds = 86400
    and (bucket_start at time zone 'UTC')::date < (select (now_at at time zone 'UTC')::date from meta.build)
union all
select distinct
    'open_interest' as kind, source, venue, asset, day, true as is_whole, null as amount_usd
from staging.open_interest
where day < (select (now_at at time zone 'UTC')::date from meta.build)
union all
select distinct
    'futures_basis' as kind, source, venue, asset, day, true as is_whole, null as amount_usd
from staging.futures_basis
where day < (select (now_at at time zone 'UTC')::date from meta.build)
union all
select distinct
    'option_volatility' as kind, source, venue, market as asset, day, true as is_whole, null as amount_usd
from staging.option_volatility
where value is not null
    and day < (select (now_at at time zone 'UTC')::date from meta.build)
