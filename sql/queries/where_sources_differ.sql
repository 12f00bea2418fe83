-- Where do two sources tell the same venue, and how far apart are they over a month?
select
    venue,
    headline_source,
    other_source,
    sum(headline_usd) as headline_usd,
    sum(other_usd) as other_usd,
    round(100 * sum(difference_usd)::double / nullif(sum(headline_usd), 0)::double, 2) as difference_pct
from facts.liquidation_spread_daily
where day between date '2024-12-01' and date '2024-12-31'
group by venue, headline_source, other_source
order by abs(sum(difference_usd)) desc;
