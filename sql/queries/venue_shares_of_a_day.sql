-- Which venue had which share of a day's liquidations, and how much of it were longs?
select
    venue,
    sum(amount_usd) as total_usd,
    round(100 * sum(amount_usd)::double / sum(sum(amount_usd)) over ()::double, 2) as share_pct,
    round(
        100 * sum(amount_usd) filter (where side = 'long')::double / nullif(sum(amount_usd), 0)::double, 2
    ) as long_pct,
    list_sort(list(distinct source)) as sources
from facts.liquidations_daily
where day = date '2024-12-09'
group by venue
order by total_usd desc;
