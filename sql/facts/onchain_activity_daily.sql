-- description: One row per UTC day, chain and measure other than DEX volume (that is
--   facts.onchain_volume_daily): value moved, fees, value locked, active addresses, transactions, transfers,
--   closing price, from the best source that has a point. Each measure is its own: none is a stand-in for
--   another.
-- grain: day, chain, metric
-- column: day | date | UTC day
-- column: chain | text | Chain in lower case; `all` is the upstream's own total
-- column: metric | text | What is measured; its end names the unit: usd or count
-- column: value | per metric | The point; null where it is none
-- column: source | text | Who said it
-- column: null_reason | text | Why the value is null; null where it is not
-- assert: value_is_not_negative | value is null or value >= 0
-- assert: reason_stands_where_null | (value is null) = (null_reason is not null)
-- assert: metric_is_no_dex_volume | metric <> 'dex_volume_usd'
with points as (
    select
        staged.day,
        staged.chain,
        staged.metric,
        staged.value,
        staged.source
    from staging.onchain_volume as staged
    left join reference.source_preferences as preferences
        on preferences.kind = 'onchain_volume'
        and preferences.source = staged.source
    where staged.metric <> 'dex_volume_usd'
        and staged.day < (select (now_at at time zone 'UTC')::date from meta.build)
    qualify row_number() over (
        partition by staged.day, staged.chain, staged.metric
        order by coalesce(staged.value, -1) < 0, coalesce(preferences.rank, 1000), staged.source
    ) = 1
)

select
    day,
    chain,
    metric,
    case when value >= 0 then value end as value,
    source,
    case
        when value is null then 'the upstream has no value'
        when value < 0 then 'the upstream has a negative value'
    end as null_reason
from points
