-- What did a long pay on each venue on a day: per 8 hours, per month and per year, whatever the interval?
select
    venue,
    market,
    interval_hours,
    settlements,
    rate_sum,
    round(100 * rate_8h, 4) as pct_per_8h,
    round(100 * rate_month, 3) as pct_per_month,
    round(100 * apr, 2) as pct_per_year,
    status
from facts.funding_daily
where day = date '2024-12-05'
    and asset = 'BTC'
order by apr desc nulls last;
