-- description: One row per UTC day and chain: traded value on the chain's decentralised exchanges, from the
--   best source that has a point. Points that are no volume (negative, null) are null here, with the reason.
-- grain: day, chain
-- column: day | date | UTC day
-- column: chain | text | Chain in lower case; `all` is the upstream's own total
-- column: volume_usd | usd | Traded value; null where the point is no volume
-- column: source | text | Who said it
-- column: is_nulled | bool | Whether the upstream has a point that is no volume
-- column: null_reason | text | Why the volume is null; null where it is not
-- column: trailing_7d_usd | usd | Sum of this and the six days before; null unless all seven have a volume
-- column: week_change | fraction | trailing_7d_usd against that of seven days before, less 1
-- assert: volume_is_not_negative | volume_usd is null or volume_usd >= 0
-- assert: reason_stands_where_nulled | is_nulled = (volume_usd is null) and is_nulled = (null_reason is not
--   null)
-- warn: volume_is_plausible | volume_usd is null or volume_usd < 1e12
-- warn: no_point_is_nulled | not is_nulled
with points as (
    select
        volumes.day,
        volumes.chain,
        volumes.source,
        volumes.value,
        case
            when volumes.value is null then 'the upstream has no value'
            when volumes.value < 0 then 'the upstream has a negative value'
        end as null_reason
    from staging.onchain_volume as volumes
    left join reference.source_preferences as preferences
        on preferences.kind = 'onchain_volume'
        and preferences.source = volumes.source
    where volumes.metric = 'dex_volume_usd'
        and volumes.day < (select (now_at at time zone 'UTC')::date from meta.build)
    qualify row_number() over (
        partition by volumes.day, volumes.chain
        order by coalesce(volumes.value, -1) < 0, coalesce(preferences.rank, 1000), volumes.source
    ) = 1
),

volumes as (
    select
        day,
        chain,
        case when null_reason is null then value::decimal(22, 4) end as volume_usd,
        source,
        null_reason
    from points
),

weeks as (
    select
        *,
        case
            when count(volume_usd) over seven_days = 7 then sum(volume_usd) over seven_days
        end as trailing_7d_usd
    from volumes
    window seven_days as (
        partition by chain order by day range between interval 6 days preceding and current row
    )
)

select
    weeks.day,
    weeks.chain,
    weeks.volume_usd,
    weeks.source,
    weeks.null_reason is not null as is_nulled,
    weeks.null_reason,
    weeks.trailing_7d_usd,
    case
        when before.trailing_7d_usd > 0
            then round(weeks.trailing_7d_usd::double / before.trailing_7d_usd::double - 1, 6)
    end as week_change
from weeks
left join weeks as before
    on before.chain = weeks.chain
    and before.day = weeks.day - 7
