-- description: One row per dataset of liquidation orders, market and UTC day that whole answers cover: where
--   a market was watched all day, no order is a true zero. A file that an archive does not have watches
--   nothing.
-- grain: dataset, market, day
-- column: dataset | text | Dataset
-- column: market | text | The venue's own name of the contract
-- column: day | date | UTC day since 2020-01-01
with part_markets as (
    select distinct
        dataset,
        part,
        unnest(case when len(markets) > 0 then markets else [part] end) as market
    from meta.windows
    where dataset in (select dataset from meta.datasets where kind = 'liquidation_orders')
)

select distinct part_markets.dataset, part_markets.market, answered.day
from part_markets
join staging.answered_parts_daily as answered using (dataset, part)
where not answered.is_absent
