-- description: One row per source, chain, metric and UTC day: the point in force, as it came. Negative and
--   null points are still here; the facts say what becomes of them.
-- grain: source, chain, metric, day
-- column: source | text | Who said it
-- column: dataset | text | The dataset that brought it
-- column: market | text | The upstream's own name of the series
-- column: chain | text | Chain in lower case; `all` is the upstream's own total
-- column: metric | text | What is measured, for example dex_volume_usd
-- column: day | date | UTC day
-- column: value | per metric | The point, in the unit that the metric's name ends with
-- column: observed_at | timestamptz | When this value arrived
-- column: vintage | count | How many values the key has had
with latest as (
    select *
    from raw.onchain_volume
    qualify row_number() over (
        partition by dataset, market, chain, metric, day order by vintage desc
    ) = 1
)

select
    source,
    dataset,
    market,
    chain,
    metric,
    day,
    value,
    observed_at,
    vintage
from latest
where not retracted
qualify row_number() over (
    partition by source, chain, metric, day
    order by observed_at desc, dataset, market
) = 1
