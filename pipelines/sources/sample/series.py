"""SAMPLE prices, funding rates and DEX volumes: generated paths, not market data.

Prices pass through round waypoints and carry the published prices of the days that have them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import accumulate, pairwise

from pipelines.settings import SAMPLE_NOW
from pipelines.sources.sample.assets import BY_SYMBOL
from pipelines.sources.sample.figures import Candle, candles
from pipelines.sources.sample.liquidations import shocks
from pipelines.sources.sample.span import (
    DAYS,
    FIRST_DAY,
    HOUR_MS,
    draws,
    index,
    level,
    unix,
    wander,
)

# ---- prices ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bar:
    """One UTC day of a spot market, prices and quote volume in USD."""

    day: date
    open: float
    high: float
    low: float
    close: float
    volume_usd: float


@cache
def prices(symbol: str) -> list[Bar]:
    """Daily bars of an asset from its first day to the last day of the sample."""
    asset = BY_SYMBOL[symbol]
    start = index(asset.first_day)
    closes = _closes(symbol)
    dice = draws(f"bars {symbol}")
    bars: list[Bar] = []
    for n, close in enumerate(closes, start):
        opened = bars[-1].close if bars else close * math.exp(-shocks()[n])
        spread = 0.006 + 0.35 * abs(math.log(close / opened))
        high = max(opened, close) * (1 + dice.uniform(0.1, 1) * spread)
        low = min(opened, close) * (1 - dice.uniform(0.1, 1) * spread)
        busy = 60e6 * asset.weight * math.exp(dice.gauss(0, 0.25) + 8 * abs(shocks()[n]))
        bar = Bar(DAYS[n], opened, high, low, close, busy)
        bars.append(_rounded(_as_published(bar, candles().get((symbol, DAYS[n])))))
    return bars


def _closes(symbol: str) -> list[float]:
    """A path of shocks that is at each waypoint on its day: between two of them the drift is taken out."""
    asset = BY_SYMBOL[symbol]
    start = index(asset.first_day)
    own = draws(f"price {symbol}")
    beta, size = (0.9, 0.012) if symbol == "BTC" else (1.1, 0.025)
    walk = list(accumulate(beta * shock + own.gauss(0, size) for shock in shocks()[start:]))
    closes = [0.0] * len(walk)
    marks = sorted(index(day) - start for day in asset.waypoints)
    for left, right in pairwise(marks):
        for n in range(left, right + 1):
            share = (n - left) / (right - left)
            step = walk[n] - (1 - share) * walk[left] - share * walk[right]
            closes[n] = level(asset.waypoints, DAYS[start + n]) * math.exp(step)
    return closes


def _as_published(bar: Bar, printed: Candle | None) -> Bar:
    """The bar with the published prices of its day in place, the generated ones kept inside of them."""
    if printed is None:
        return bar
    low, high = printed.low, printed.high
    if printed.fall_pct is not None:
        kept = 1 + printed.fall_pct / 100
        if low is not None and high is None:
            high = low / kept
        elif low is None:
            high = high or bar.high
            low = high * kept
    low = low if low is not None else min(bar.low, *(p for p in (printed.open, printed.close) if p))
    high = high if high is not None else max(bar.high, *(p for p in (printed.open, printed.close) if p))
    opened = printed.open or min(max(bar.open, low), high)
    close = printed.close or min(max(bar.close, low), high)
    return Bar(bar.day, opened, high, low, close, bar.volume_usd)


def _rounded(bar: Bar) -> Bar:
    """Prices to seven digits, at most eight places, as a venue's tick has it."""
    places = min(8, max(2, 6 - math.floor(math.log10(bar.close))))
    opened, high, low, close = (round(price, places) for price in (bar.open, bar.high, bar.low, bar.close))
    return Bar(bar.day, opened, high, low, close, round(bar.volume_usd, 2))


# ---- funding --------------------------------------------------------------------------------------

EIGHT_HOURS_MS = 8 * HOUR_MS
LARGEST_RATE = 0.0005
USUAL_RATE = 0.0001  # what venues charge while a perpetual trades near its index


@cache
def funding(venue: str, asset: str, margin: str, first_day: date) -> list[tuple[int, float]]:
    """(settlement in ms, fraction per eight hours), every eight hours from 00:00 UTC of `first_day` on."""
    first, last = unix(first_day) * 1000, int(SAMPLE_NOW.timestamp() * 1000)
    steps = (last - unix(FIRST_DAY) * 1000) // EIGHT_HOURS_MS + 1
    mood = _mood(asset, steps)
    own = wander(f"funding {venue} {asset} {margin}", steps, memory=0.8, size=0.00003)
    out = []
    for n in range((first - unix(FIRST_DAY) * 1000) // EIGHT_HOURS_MS, steps):
        away = mood[n] + own[n]
        rate = USUAL_RATE + (0 if abs(away) < 0.00004 else away)
        bounded = min(LARGEST_RATE, max(-LARGEST_RATE, rate))
        out.append((unix(FIRST_DAY) * 1000 + n * EIGHT_HOURS_MS, round(bounded, 8)))
    return out


@cache
def _mood(asset: str, steps: int) -> list[float]:
    """What all venues share: the demand for leverage in one asset."""
    return wander(f"funding {asset}", steps, memory=0.97, size=0.00011)


# ---- DEX volume -----------------------------------------------------------------------------------

# USD a day: round waypoints of the whole market, and what each chain has of it from its first day on
DEX_USD = {
    date(2020, 1, 1): 12e6,
    date(2020, 6, 15): 60e6,
    date(2020, 9, 1): 900e6,
    date(2020, 11, 1): 400e6,
    date(2021, 5, 15): 9e9,
    date(2021, 7, 15): 3e9,
    date(2021, 11, 15): 8e9,
    date(2022, 7, 1): 2.6e9,
    date(2023, 3, 10): 3.5e9,
    date(2023, 9, 15): 1.4e9,
    date(2024, 3, 15): 9e9,
    date(2024, 9, 1): 5e9,
    date(2024, 12, 10): 14e9,
}
CHAINS = {
    "Ethereum": (30.0, date(2020, 1, 1)),
    "Solana": (28.0, date(2021, 3, 20)),
    "BSC": (14.0, date(2020, 9, 28)),
    "Base": (11.0, date(2023, 8, 9)),
    "Arbitrum": (8.0, date(2021, 9, 1)),
    "Polygon": (3.0, date(2020, 11, 10)),
    "OP Mainnet": (2.0, date(2021, 11, 12)),
    "Avalanche": (2.0, date(2021, 2, 10)),
    "Sui": (2.0, date(2023, 5, 4)),
    "Tron": (1.5, date(2020, 8, 20)),
}
# two accidents that this upstream has in earnest: an adapter that failed, and one that subtracted
NULL_DAY, NEGATIVE_DAY = date(2020, 7, 15), date(2020, 9, 20)


@cache
def dex_volume() -> dict[str, list[tuple[date, float | None]]]:
    """Chain name -> (day, USD); `all` is their sum but for the two days on which its own series broke."""
    noise = {chain: wander(f"dex {chain}", len(DAYS), memory=0.9, size=0.3) for chain in CHAINS}
    out: dict[str, list[tuple[date, float | None]]] = {chain: [] for chain in ("all", *CHAINS)}
    for n, day in enumerate(DAYS):
        begun = {chain: share for chain, (share, first) in CHAINS.items() if first <= day}
        scale = level(DEX_USD, day) * math.exp(5 * abs(shocks()[n]) - 0.1) / sum(begun.values())
        volumes = {chain: round(scale * share * math.exp(noise[chain][n])) for chain, share in begun.items()}
        for chain, usd in volumes.items():
            out[chain].append((day, usd))
        total = {NULL_DAY: None, NEGATIVE_DAY: -2_500_000}.get(day, sum(volumes.values()))
        out["all"].append((day, total))
    return out
