"""Black-76 without interest: option prices, volatilities and deltas on a forward, and smiles read at a delta.

Pure arithmetic, no upstream: volatilities are percent a year, terms are days of a 365-day year.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

DAYS_A_YEAR = 365.0
LOWEST_PCT, HIGHEST_PCT = 0.1, 2000.0  # outside, a quoted price says nothing about volatility
Point = tuple[float, float]


def normal_cdf(x: float) -> float:
    """Share of the standard normal distribution below x."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def _d1(forward: float, strike: float, iv_pct: float, days: float) -> tuple[float, float]:
    deviation = iv_pct / 100.0 * math.sqrt(days / DAYS_A_YEAR)
    return math.log(forward / strike) / deviation + deviation / 2.0, deviation


def price(forward: float, strike: float, iv_pct: float, days: float, call: bool) -> float:
    """Undiscounted price in the unit of the forward."""
    d1, deviation = _d1(forward, strike, iv_pct, days)
    d2 = d1 - deviation
    if call:
        return forward * normal_cdf(d1) - strike * normal_cdf(d2)
    return strike * normal_cdf(-d2) - forward * normal_cdf(-d1)


def delta(forward: float, strike: float, iv_pct: float, days: float, call: bool) -> float:
    """Forward delta: N(d1) of a call, N(d1) - 1 of a put; not adjusted for a premium paid in coin."""
    d1, _ = _d1(forward, strike, iv_pct, days)
    return normal_cdf(d1) if call else -normal_cdf(-d1)


def implied_pct(premium: float, forward: float, strike: float, days: float, call: bool) -> float | None:
    """The volatility at which `price` gives the premium, by bisection; None where none does.

    A premium at or below the intrinsic value, or above what the widest volatility gives, has none.
    """
    low, high = LOWEST_PCT, HIGHEST_PCT
    if not (price(forward, strike, low, days, call) < premium < price(forward, strike, high, days, call)):
        return None
    while high - low > 1e-9:
        middle = (low + high) / 2.0
        if price(forward, strike, middle, days, call) < premium:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def at_delta(smile: Iterable[Point], wanted: float) -> float | None:
    """IV at a delta from (delta, iv) points of one kind of option: linear in delta between its neighbours.

    None where the points do not reach around the wanted delta: nothing is extrapolated.
    """
    for (left, iv_left), (right, iv_right) in pairwise(sorted(smile)):
        if left <= wanted <= right:
            if left == right:
                return (iv_left + iv_right) / 2.0
            return iv_left + (iv_right - iv_left) * (wanted - left) / (right - left)
    return None


def at_days(term: Sequence[Point], wanted: float) -> float | None:
    """A figure at a term from (days, figure) points: linear in days between the neighbouring expiries."""
    for (near, first), (far, second) in pairwise(sorted(term)):
        if near <= wanted <= far and near < far:
            return first + (second - first) * (wanted - near) / (far - near)
    return None


def at_days_by_variance(term: Sequence[Point], wanted: float) -> float | None:
    """An IV at a term from (days, iv) points: total variance linear in days between the neighbours."""
    variance = at_days([(days, iv * iv * days) for days, iv in term], wanted)
    return None if variance is None or variance < 0 else math.sqrt(variance / wanted)
