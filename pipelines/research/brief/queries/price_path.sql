-- title: Price path
-- says: Bitcoin and ether from seven days before to seven days after.
-- key: asset, day
-- column: asset | text | Asset
-- column: day | date | Day
-- column: high_usd | usd_per_coin | High
-- column: low_usd | usd_per_coin | Low
-- column: close_usd | usd_per_coin | Close
-- column: against_day_before | fraction | Against the close before the event
with path as (
    select asset, day, high_usd, low_usd, close_usd, source
    from facts.prices_daily
    where day between date '2024-12-09' - 7 and date '2024-12-09' + 7
        and asset in ('BTC', 'ETH')
)

select
    path.asset,
    path.day,
    path.high_usd,
    path.low_usd,
    path.close_usd,
    round(path.close_usd::double / nullif(before.close_usd, 0)::double - 1, 6) as against_day_before,
    path.source,
    'one market' as coverage
from path
left join path as before
    on before.asset = path.asset
    and before.day = date '2024-12-09' - 1
order by path.asset, path.day
