-- title: What another source says
-- says: Sums over what both sources tell of the same venues, assets and sides. Beside the headline, never in it.
-- key: other_source
-- column: other_source | text | Source
-- column: headline_usd | usd | Headline
-- column: other_usd | usd | Other
-- column: difference_usd | usd | Difference
-- column: pairs | count | Figures compared
select
    other_source,
    sum(headline_usd) as headline_usd,
    sum(other_usd) as other_usd,
    sum(difference_usd) as difference_usd,
    count(*) as pairs,
    string_agg(distinct headline_source, ', ' order by headline_source) || ', ' || other_source as source,
    'both sources' as coverage
from facts.liquidation_spread_daily
where day = date '2024-12-09'
group by other_source
order by other_source
