-- What was one contract taken for when single orders were counted, and does its venue say the same?
select
    venue,
    instrument,
    asset,
    native_unit,
    multiplier,
    sum(orders) as orders,
    sum(amount_usd) as amount_usd,
    string_agg(distinct terms, ', ' order by terms) as terms,
    min(stated_from) as stated_from
from facts.order_terms
group by venue, instrument, asset, native_unit, multiplier
order by sum(amount_usd) desc, venue, instrument;
