-- description: Bull and bear markets by name, so that "the record of this bull market" has a first day.
-- grain: cycle
-- column: cycle | text | Id of the cycle
-- column: name | text | Its name
-- column: from_day | date | First UTC day
-- column: to_day | date | Last UTC day; null while the cycle is open
-- column: basis | text | What the two days rest on
-- assert: days_are_ordered | to_day is null or from_day <= to_day
with listed (cycle, name, from_day, to_day, basis) as (
    values
        ('bull-2020', 'bull market after March 2020', date '2020-03-13', date '2021-11-10',
            'from the BTC low to its all-time high'),
        ('bear-2022', 'bear market to the FTX low', date '2021-11-11', date '2022-11-21',
            'from the all-time high to the low'),
        ('bull-2022', 'bull market from the FTX low', date '2022-11-21', null::date,
            'from the BTC low of 2022-11-21; not over on 2024-12-10')
)

select
    cycle,
    name,
    from_day,
    to_day,
    basis
from listed
