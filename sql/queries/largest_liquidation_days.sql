-- The ten largest liquidation days since 2020, among which venues, and how far back the comparison holds.
select rank, day, total_usd, long_share, venue_list, assets, previous_larger_day, comparable_since
from rankings.largest_liquidation_days
where rank <= 10
order by rank;
