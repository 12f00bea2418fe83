"""The time that the sample covers, its seed, and the few random shapes that its series are made of.

What is drawn for one series depends on the seed and the series' own name only, never on the order of asking.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate

from pipelines.settings import SAMPLE_NOW

FIRST_DAY = date(2020, 1, 1)
LAST_DAY = SAMPLE_NOW.date() - timedelta(days=1)  # nothing later is served, not even the running day
DAYS = tuple(FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1))
SEED = "floodmark sample, first edition"
DAY_SECONDS = 86_400
HOUR_MS = 3_600_000


def draws(series: str) -> random.Random:
    """The generator of one series."""
    return random.Random(f"{SEED}: {series}")


def unix(day: date) -> int:
    """00:00 UTC of a day in seconds."""
    return (day.toordinal() - date(1970, 1, 1).toordinal()) * DAY_SECONDS


def index(day: date) -> int:
    """The place of a day in `DAYS`; negative before the sample."""
    return (day - FIRST_DAY).days


def months(first: date) -> list[date]:
    """First days of the calendar months from `first` on that are over at SAMPLE_NOW."""
    out, month = [], first.replace(day=1)
    while (after := next_month(month)) <= SAMPLE_NOW.date():
        out.append(month)
        month = after
    return out


def next_month(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def level(waypoints: Mapping[date, float], day: date) -> float:
    """A level between dated waypoints, straight in the logarithm, flat outside."""
    known = sorted(waypoints)
    at = bisect_right(known, day)
    if at == 0:
        return waypoints[known[0]]
    if at == len(known):
        return waypoints[known[-1]]
    left, right = known[at - 1], known[at]
    share = (day - left).days / (right - left).days
    return math.exp((1 - share) * math.log(waypoints[left]) + share * math.log(waypoints[right]))


def wander(series: str, steps: int, memory: float, size: float) -> list[float]:
    """A path that returns to zero: each step keeps `memory` of the last; `size` is its standard deviation."""
    dice = draws(series)
    kick = size * math.sqrt(1 - memory * memory)
    return list(
        accumulate((dice.gauss(0, kick) for _ in range(steps)), lambda last, new: memory * last + new)
    )


def split(total: int, weights: Sequence[float]) -> list[int]:
    """A whole number in parts proportional to `weights` that add up to it exactly."""
    scale = total / math.fsum(weights)
    marks = [round(scale * reached) for reached in accumulate(weights)]
    marks[-1] = total
    return [after - before for before, after in zip([0, *marks], marks, strict=False)]
