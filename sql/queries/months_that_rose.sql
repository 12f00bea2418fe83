-- In how many of the last ten, eleven and twelve complete years did bitcoin rise in December and in January?
select
    monthname(make_date(2000, month, 1)) as month_name,
    years,
    from_year,
    to_year,
    up_months,
    round(100 * up_share, 1) as up_pct,
    sources
from rankings.monthly_seasonality
where asset = 'BTC'
    and month in (1, 12)
    and years between 10 and 12
order by month, years;
