-- description: The clocks by which a liquidation day is cut. One event has three totals: that of its UTC day,
--   that of the largest 24 hours around it, and that of the day where its reader lives.
-- grain: clock
-- column: clock | text | Id, as it is printed beside a rank
-- column: zone | text | Time zone of the day; change that of `local_day` to rank the days of another place
-- column: note | text | How the figure is made
-- assert: zone_is_given | zone is not null
with listed (clock, zone, note) as (
    values
        ('utc_day', 'UTC', 'midnight to midnight UTC'),
        ('trailing_24h', 'UTC',
            'the largest sum of 24 hours of consecutive buckets, on the UTC day of its largest bucket'),
        ('local_day', 'Asia/Shanghai', 'midnight to midnight in the zone; needs buckets that end there')
)

select clock, zone, note
from listed
