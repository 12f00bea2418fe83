-- title: By asset
-- says: The headline split by asset, over all venues that are told.
-- key: asset
-- column: asset | text | Asset
-- column: total_usd | usd | Total
-- column: long_usd | usd | Long
-- column: short_usd | usd | Short
-- column: share | fraction | Of the day
-- column: long_share | fraction | Long share
with sums as (
    select
        asset,
        sum(amount_usd) as total_usd,
        sum(amount_usd) filter (where side = 'long') as long_usd,
        sum(amount_usd) filter (where side = 'short') as short_usd,
        string_agg(distinct source, ', ' order by source) as source,
        bool_and(is_whole_day) as is_whole_day
    from facts.liquidations_daily
    where day = date '2024-12-09'
    group by asset
)

select
    asset,
    total_usd,
    long_usd,
    short_usd,
    round(total_usd::double / nullif(sum(total_usd) over (), 0)::double, 6) as share,
    round(long_usd::double / nullif(total_usd, 0)::double, 6) as long_share,
    source,
    case when is_whole_day then 'whole day' else 'at least' end as coverage
from sums
order by total_usd desc, asset
