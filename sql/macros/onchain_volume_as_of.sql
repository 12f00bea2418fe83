-- What every source said of a chain's day by a moment: months are restated when an adapter is repaired.
-- facts.onchain_volume_as_of(timestamptz '2024-12-10 02:00:00+00')
--   -> day, chain, metric, source, value (as it came: negative and null points too), observed_at, vintage
create or replace macro facts.onchain_volume_as_of(moment) as table
with known as (
    select *
    from raw.onchain_volume
    where observed_at <= moment
    qualify row_number() over (
        partition by dataset, market, chain, metric, day order by vintage desc
    ) = 1
)

select day, chain, metric, source, value, observed_at, vintage
from known
where not retracted
qualify row_number() over (
    partition by source, chain, metric, day order by observed_at desc, dataset, market
) = 1;
