-- description: One row per UTC day from 2020-01-01 to the day of the moment that the run believes in.
-- grain: day
-- column: day | date | UTC day
-- column: is_over | bool | Whether the day had ended; the day that is still forming appears in no fact
-- column: is_us_weekday | bool | Monday to Friday
-- column: is_us_session | bool | Whether the New York Stock Exchange trades; null before its calendar begins
-- assert: flags_are_set | is_over is not null and is_us_weekday is not null
with today as (
    select (now_at at time zone 'UTC')::date as today
    from meta.build
),

days as (
    select
        unnest(generate_series(timestamp '2020-01-01', today::timestamp, interval 1 day))::date as day,
        today
    from today
)

select
    days.day,
    days.day < days.today as is_over,
    isodow(days.day) <= 5 as is_us_weekday,
    us_sessions.is_session as is_us_session
from days
left join meta.us_sessions on us_sessions.session_date = days.day
