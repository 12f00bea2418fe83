-- description: One row per UTC day, venue and market: a futures price against its index, measured nearest to
--   the end of the day. What is asked in the night after a day closes that day; measured_at says when.
-- grain: day, venue, market
-- column: day | date | UTC day whose end is nearest
-- column: venue | text | Venue
-- column: asset | text | Asset
-- column: market | text | The venue's own name of the contract
-- column: tenor_days | days | From the measurement to the expiry; null for a perpetual
-- column: expires_at | timestamptz | Expiry; null for a perpetual
-- column: future_price | usd_per_coin | Price of the contract
-- column: index_price | usd_per_coin | Price of the index at that moment
-- column: basis_usd | usd_per_coin | Future less index
-- column: premium | fraction | Future against index, less 1
-- column: annualised_premium | fraction | premium x 365 / tenor_days, not compounded; null for a perpetual
--   and on the last day before an expiry
-- column: measured_at | timestamptz | Moment of both prices
-- column: source | text | Who said it
-- assert: basis_adds_up | index_price + basis_usd = future_price
-- assert: tenor_stands_where_dated | (tenor_days is null) = (expires_at is null)
-- assert: perpetuals_have_no_year | annualised_premium is null or expires_at is not null
-- warn: premium_is_plausible | abs(premium) < 0.5
-- warn: year_is_plausible | annualised_premium is null or abs(annualised_premium) < 2
with points as (
    select
        staged.*,
        date_diff('second', staged.measured_at, staged.expires_at) / 86400 as tenor_days
    from staging.futures_basis as staged
    left join reference.source_preferences as preferences
        on preferences.kind = 'futures_basis'
        and preferences.source = staged.source
    where staged.day < (select (now_at at time zone 'UTC')::date from meta.build)
        and staged.index_price > 0
    qualify row_number() over (
        partition by staged.day, staged.venue, staged.market
        order by
            coalesce(preferences.rank, 1000),
            staged.source,
            abs(date_diff(
                'second', staged.measured_at, (staged.day + 1)::timestamp at time zone 'UTC'
            )),
            staged.measured_at
    ) = 1
)

select
    day,
    venue,
    asset,
    market,
    round(tenor_days, 4) as tenor_days,
    expires_at,
    future_price,
    index_price,
    future_price - index_price as basis_usd,
    round(future_price::double / index_price::double - 1, 10) as premium,
    case
        when tenor_days >= 1
            then round((future_price::double / index_price::double - 1) * 365 / tenor_days, 8)
    end as annualised_premium,
    measured_at,
    source
from points
