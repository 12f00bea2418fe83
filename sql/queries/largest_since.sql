-- Since when had no complete day been as large as 2024-12-09, and how many days in between were not covered?
select
    day,
    total_usd,
    previous_larger_day as largest_since,
    previous_larger_usd,
    days_since_previous_larger,
    gap_days,
    venue_list,
    coverage_status
from rankings.largest_liquidation_days
where day = date '2024-12-09';
