-- title: Open interest
-- says: One-sided open interest at the start of the day and of the next one, contracts of a venue added up.
-- key: venue, asset, margin
-- column: venue | text | Venue
-- column: asset | text | Asset
-- column: margin | text | Margin
-- column: before_usd | usd | Start of the day
-- column: after_usd | usd | Start of the next
-- column: change | fraction | Change
-- shown: venue, asset, margin, before_usd, after_usd, change
select
    today.venue,
    today.asset,
    today.margin,
    today.open_interest_usd as before_usd,
    next.open_interest_usd as after_usd,
    round(next.open_interest_usd::double / nullif(today.open_interest_usd, 0)::double - 1, 6) as change,
    today.source,
    'at 00:00 UTC, else the last of the day' as coverage
from facts.open_interest_daily as today
left join facts.open_interest_daily as next
    on next.day = today.day + 1
    and next.venue = today.venue
    and next.asset = today.asset
    and next.margin = today.margin
    and next.source = today.source
where today.day = date '2024-12-09'
    and today.asset in ('BTC', 'ETH', 'SOL')
order by today.open_interest_usd desc nulls last, today.venue, today.asset, today.margin
limit 15
