-- description: One row per UTC day from 2020-01-01 to the last that has ended; the day that is still forming
--   appears in no fact.
-- grain: day
-- column: day | date | UTC day
-- column: is_us_weekday | bool | Monday to Friday
-- column: is_us_session | bool | Whether the New York Stock Exchange trades; null before its calendar begins
-- assert: flag_is_set | is_us_weekday is not null
with today as (
    select (now_at at time zone 'UTC')::date as today
    from meta.build
),

days as (
    select
        unnest(
            generate_series(timestamp '2020-01-01', today - interval 1 day, interval 1 day)
        )::date as day
    from today
)

select
    days.day,
    isodow(days.day) <= 5 as is_us_weekday,
    us_sessions.is_session as is_us_session
from days
left join meta.us_sessions on us_sessions.session_date = days.day
