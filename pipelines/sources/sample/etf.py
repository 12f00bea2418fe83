"""SAMPLE flows of the spot ETFs per fund and New York session, pinned to the published totals.

Generated, not market data. Flows are whole numbers of 100,000 USD, the last digit that vendors print.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import exchange_calendars

from pipelines.sources.sample.figures import etf_pins
from pipelines.sources.sample.span import LAST_DAY, draws, split


@dataclass(frozen=True)
class Fund:
    """A fund in the order of its page; `weight` is its share of inflows, `outflow` that it mostly loses."""

    ticker: str
    weight: float
    first_session: date
    fee: str
    outflow: bool = False


BTC_START, ETH_START, MINI_TRUSTS = date(2024, 1, 11), date(2024, 7, 23), date(2024, 7, 31)
FUNDS = {
    "BTC": (
        Fund("IBIT", 45, BTC_START, "0.25%"),
        Fund("FBTC", 24, BTC_START, "0.25%"),
        Fund("BITB", 7, BTC_START, "0.20%"),
        Fund("ARKB", 9, BTC_START, "0.21%"),
        Fund("BTCO", 2, BTC_START, "0.25%"),
        Fund("EZBC", 2, BTC_START, "0.19%"),
        Fund("BRRR", 2, BTC_START, "0.25%"),
        Fund("HODL", 3, BTC_START, "0.20%"),
        Fund("BTCW", 1, BTC_START, "0.25%"),
        Fund("GBTC", 0, BTC_START, "1.50%", outflow=True),
        Fund("BTC", 5, MINI_TRUSTS, "0.15%"),
    ),
    "ETH": (
        Fund("ETHA", 45, ETH_START, "0.25%"),
        Fund("FETH", 24, ETH_START, "0.25%"),
        Fund("ETHW", 7, ETH_START, "0.20%"),
        Fund("CETH", 2, ETH_START, "0.21%"),
        Fund("ETHV", 3, ETH_START, "0.20%"),
        Fund("QETH", 2, ETH_START, "0.25%"),
        Fund("EZET", 2, ETH_START, "0.19%"),
        Fund("ETHE", 0, ETH_START, "2.50%", outflow=True),
        Fund("ETH", 15, ETH_START, "0.15%"),
    ),
}
START = {"BTC": BTC_START, "ETH": ETH_START}
# a flow that was not published stays below this share of the largest one that was
QUIET = 0.3


@cache
def weekdays(asset: str) -> list[tuple[date, bool]]:
    """(weekday, whether New York traded) from the asset's first session to the last one before SAMPLE_NOW."""
    first = START[asset]
    calendar = exchange_calendars.get_calendar("XNYS", start=str(first), end=str(LAST_DAY))
    open_days = {session.date() for session in calendar.sessions}
    spanned = (first + timedelta(days=n) for n in range((LAST_DAY - first).days + 1))
    return [(day, day in open_days) for day in spanned if day.weekday() < 5]


@cache
def flows(vendor: str, asset: str) -> dict[date, dict[str, int | None]]:
    """Session -> fund -> flow in 100,000 USD as `vendor` prints it (Farside, CoinGlass); None: no fund yet.

    Vendors agree but where their published totals differ; the first fund then has the difference.
    """
    pins = etf_pins(vendor)
    usual = etf_pins("Farside")
    record = max(abs(tenths) for (name, _), tenths in usual.items() if name == asset)
    out: dict[date, dict[str, int | None]] = {}
    for day, is_open in weekdays(asset):
        if not is_open:
            continue
        total = usual.get((asset, day))
        if total is None:
            drawn = draws(f"etf {asset} {day}").gauss(0.15, 0.6)
            total = round(QUIET * record * math.tanh(drawn))
        funds = _by_fund(asset, day, total)
        lead = FUNDS[asset][0].ticker
        funds[lead] = (funds[lead] or 0) + pins.get((asset, day), total) - total
        out[day] = funds
    return out


def _by_fund(asset: str, day: date, total: int) -> dict[str, int | None]:
    """One session's total over the funds that exist; the old trusts lose, small funds often report 0.0."""
    dice = draws(f"funds {asset} {day}")
    funds = [fund for fund in FUNDS[asset] if fund.first_session <= day]
    age = (day - START[asset]).days
    lost = round(dice.expovariate(1) * (600 if asset == "BTC" else 250) * math.exp(-age / 150))
    weights = []
    for n, fund in enumerate(funds):
        silent = n > 1 and dice.random() < 0.5
        weights.append(0.0 if silent or fund.outflow else fund.weight * dice.uniform(0.4, 1.6))
    parts = split(total + lost, weights)
    reported = {f.ticker: part - (lost if f.outflow else 0) for f, part in zip(funds, parts, strict=True)}
    return {fund.ticker: reported.get(fund.ticker) for fund in FUNDS[asset]}
