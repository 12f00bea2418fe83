-- In how many complete years did bitcoin close December and January higher than it opened them?
with months as (
    select
        date_trunc('month', day)::date as month,
        arg_min(open_usd, day) as open_usd,
        arg_max(close_usd, day) as close_usd,
        count(*) as days
    from facts.prices_daily
    where asset = 'BTC'
    group by date_trunc('month', day)
)

select
    monthname(month) as month,
    count(*) as complete_months,
    count(*) filter (where close_usd > open_usd) as rose,
    round(100 * count(*) filter (where close_usd > open_usd) / count(*), 1) as rose_pct,
    min(year(month)) as first_year,
    max(year(month)) as last_year
from months
where month(month) in (1, 12)
    and days = day(last_day(month))
group by monthname(month), month(month)
order by month(month);
