-- description: One row per UTC day, venue, asset and margin: open interest at 00:00 UTC of the day, else the
--   last of the day, one-sided, the contracts of the venue added up. One source speaks for a venue and asset
--   on a day (reference.source_preferences), so that no contract stands in two rows of a venue.
-- grain: day, venue, asset, margin
-- column: day | date | UTC day
-- column: venue | text | Venue, or a group as its sorted members joined by `+`
-- column: asset | text | Asset
-- column: margin | text | linear, inverse, or all where the source does not tell them apart
-- column: open_interest_usd | usd | Dollars; where only coins are told, times the price of the day
--   (facts.prices_daily, its first price at 00:00, else its last); null where a contract has neither
-- column: open_interest_coin | coin | Coins; null where a contract does not say
-- column: is_usd_derived | bool | Whether some of the dollars are coins times the price
-- column: markets | count | Contracts that were added up
-- column: markets_expected | count | Contracts of the source between their first and their last day
-- column: measured_at | timestamptz | Moment of the newest of them
-- column: source | text | Who said it
-- assert: amounts_are_not_negative | (open_interest_usd is null or open_interest_usd >= 0)
--   and (open_interest_coin is null or open_interest_coin >= 0)
-- assert: markets_fit | markets between 1 and markets_expected
-- warn: amount_is_plausible | open_interest_usd is null or open_interest_usd < 2e11
with points as (
    select
        staged.*,
        coalesce(preferences.rank, 1000) as source_rank
    from staging.open_interest as staged
    left join reference.source_preferences as preferences
        on preferences.kind = 'open_interest'
        and preferences.source = staged.source
    where staged.day < (select (now_at at time zone 'UTC')::date from meta.build)
    qualify row_number() over (
        partition by staged.source, staged.venue, staged.market, staged.day
        order by
            staged.measured_at > staged.day::timestamp at time zone 'UTC',
            staged.measured_at desc
    ) = 1
),

spoken as (
    select *
    from points
    qualify dense_rank() over (
        partition by day, venue, asset order by source_rank, source
    ) = 1
),

lives as (
    select source, venue, asset, margin, market, min(day) as first_day, max(day) as last_day
    from points
    group by source, venue, asset, margin, market
),

priced as (
    select
        spoken.day,
        spoken.venue,
        spoken.asset,
        spoken.margin,
        spoken.source,
        spoken.measured_at,
        spoken.amount_coin,
        spoken.amount_usd is null as is_derived,
        coalesce(
            spoken.amount_usd::double,
            spoken.amount_coin::double
            * case
                when spoken.measured_at = spoken.day::timestamp at time zone 'UTC' then prices.open_usd
                else prices.close_usd
            end::double
        )::decimal(22, 2) as amount_usd
    from spoken
    left join facts.prices_daily as prices
        on prices.day = spoken.day
        and prices.asset = spoken.asset
),

summed as (
    select
        day,
        venue,
        asset,
        margin,
        any_value(source) as source,
        case when count(amount_usd) = count(*) then sum(amount_usd) end as open_interest_usd,
        case when count(amount_coin) = count(*) then sum(amount_coin) end as open_interest_coin,
        bool_or(is_derived) as is_derived,
        count(*) as markets,
        max(measured_at) as measured_at
    from priced
    group by day, venue, asset, margin
),

expected as (
    select summed.day, summed.venue, summed.asset, summed.margin, count(*) as markets_expected
    from summed
    join lives
        on lives.source = summed.source
        and lives.venue = summed.venue
        and lives.asset = summed.asset
        and lives.margin = summed.margin
        and summed.day between lives.first_day and lives.last_day
    group by summed.day, summed.venue, summed.asset, summed.margin
)

select
    summed.day,
    summed.venue,
    summed.asset,
    summed.margin,
    summed.open_interest_usd,
    summed.open_interest_coin,
    summed.is_derived and summed.open_interest_usd is not null as is_usd_derived,
    summed.markets,
    expected.markets_expected,
    summed.measured_at,
    summed.source
from summed
join expected using (day, venue, asset, margin)
