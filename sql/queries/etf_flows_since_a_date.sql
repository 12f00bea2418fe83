-- What has flowed into the ether funds since 2024-11-29, session by session, and is any session incomplete?
select
    session_date,
    total_usd,
    status,
    sum(total_usd) over (order by session_date) as since_date_usd,
    count(*) filter (where status in ('partial', 'pending', 'missing')) over (order by session_date) as gaps
from facts.etf_flow_totals_daily
where asset = 'ETH'
    and session_date between date '2024-11-29' and date '2024-12-09'
order by session_date;
