"""The assets of the sample: since when they trade, the rough shape of their price, their weight.

Prices are round waypoints in USD that the generated paths pass through; the weight is what an
asset has of all liquidations, in no unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from pipelines.sources.sample.span import FIRST_DAY, LAST_DAY

# the dates of the shared waypoints; an asset that came later starts at its own first day
SHARED = (
    FIRST_DAY,
    date(2021, 5, 10),
    date(2021, 11, 9),
    date(2022, 12, 31),
    date(2024, 3, 13),
    date(2024, 12, 5),
    LAST_DAY,
)


@dataclass(frozen=True)
class Asset:
    """One coin with its spot market and its perpetuals."""

    symbol: str
    weight: float
    first_day: date
    waypoints: dict[date, float] = field(hash=False)

    @property
    def multiple(self) -> str:
        """What Binance and Bybit put before the symbol, where one contract is about a thousand coins."""
        return "1000" if self.symbol == "PEPE" else ""


def _asset(symbol: str, weight: float, first_day: date, *prices: float) -> Asset:
    """`prices` from the first day on, then at the shared waypoints that follow it."""
    later = [day for day in SHARED if day > first_day]
    return Asset(symbol, weight, first_day, dict(zip((first_day, *later), prices, strict=True)))


ASSETS = (
    _asset("BTC", 34, FIRST_DAY, 7200, 56000, 67000, 16600, 73000, 97000, 96500),
    _asset("ETH", 24, FIRST_DAY, 130, 3900, 4700, 1200, 4000, 3790, 3225),
    _asset("SOL", 7, date(2020, 9, 20), 3, 45, 240, 10, 160, 236, 187),
    _asset("XRP", 6, FIRST_DAY, 0.19, 1.5, 1.25, 0.34, 0.69, 2.35, 2.8),
    _asset("DOGE", 5, FIRST_DAY, 0.002, 0.49, 0.28, 0.07, 0.17, 0.43, 0.36),
    _asset("BNB", 2.5, FIRST_DAY, 14, 650, 640, 246, 600, 730, 700),
    _asset("ADA", 2.5, FIRST_DAY, 0.033, 1.75, 2.2, 0.246, 0.76, 1.2, 1.03),
    _asset("LTC", 2, FIRST_DAY, 41, 385, 265, 70, 95, 134, 102),
    _asset("LINK", 2, FIRST_DAY, 1.8, 50, 34, 5.6, 20, 24, 20),
    _asset("AVAX", 1.6, date(2020, 9, 25), 4, 37, 90, 11, 53, 52, 36),
    _asset("DOT", 1.6, date(2020, 8, 25), 5, 38, 53, 4.3, 11, 10.8, 6.5),
    _asset("BCH", 1.6, FIRST_DAY, 205, 1400, 680, 97, 430, 600, 440),
    _asset("TRX", 1, FIRST_DAY, 0.013, 0.14, 0.11, 0.055, 0.13, 0.32, 0.23),
    _asset("UNI", 1.2, date(2020, 9, 20), 4, 39, 26, 5.2, 14, 17, 13),
    _asset("NEAR", 1, date(2020, 10, 18), 1, 5.5, 9.5, 1.27, 8.3, 7.5, 5),
    _asset("SUI", 1.6, date(2023, 5, 4), 1.3, 1.6, 4.2, 4.6),
    _asset("PEPE", 1.8, date(2023, 5, 6), 0.0000013, 0.000009, 0.000022, 0.0000175),
    _asset("WIF", 1.3, date(2024, 3, 6), 2.0, 3.1, 3.6, 1.6),
    _asset("APT", 1, date(2022, 10, 20), 8, 3.5, 13.5, 14.5, 9),
    _asset("ARB", 1, date(2023, 3, 24), 1.3, 2.1, 1.1, 0.74),
)
BY_SYMBOL = {asset.symbol: asset for asset in ASSETS}

# the turns of the years, for the two assets that everybody looks up first
BY_SYMBOL["BTC"].waypoints.update(
    {
        date(2020, 2, 14): 10300,
        date(2020, 3, 12): 5000,
        date(2020, 5, 1): 8800,
        date(2020, 10, 1): 10600,
        date(2021, 1, 8): 40000,
        date(2021, 1, 22): 32000,
        date(2021, 2, 21): 57000,
        date(2021, 4, 14): 63000,
        date(2021, 5, 19): 37000,
        date(2021, 7, 20): 30000,
        date(2021, 9, 6): 52500,
        date(2021, 9, 29): 41500,
        date(2021, 12, 4): 49000,
        date(2022, 1, 22): 35000,
        date(2022, 3, 28): 47000,
        date(2022, 6, 18): 19000,
        date(2022, 11, 21): 15800,
        date(2023, 1, 20): 22500,
        date(2023, 7, 1): 30500,
        date(2023, 10, 1): 28000,
        date(2024, 1, 1): 44000,
        date(2024, 5, 1): 58500,
        date(2024, 8, 5): 54000,
        date(2024, 11, 5): 69500,
        date(2024, 12, 8): 101100,
        date(2024, 12, 9): 97300,
        date(2024, 12, 17): 106000,
    }
)
BY_SYMBOL["ETH"].waypoints.update(
    {
        date(2020, 3, 12): 110,
        date(2021, 1, 8): 1220,
        date(2021, 7, 20): 1790,
        date(2022, 6, 18): 1000,
        date(2024, 8, 5): 2420,
        date(2024, 12, 8): 4000,
        date(2024, 12, 9): 3715,
    }
)
