"""SAMPLE liquidations: generated days, pinned to the published totals, split over venues, assets and sides.

Not market data. A pinned day adds up to its published figure to the cent, any other stays below all of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from pipelines.sources.sample.assets import ASSETS, Asset
from pipelines.sources.sample.figures import LiquidationPin, liquidation_pins, liquidation_scopes
from pipelines.sources.sample.span import DAYS, draws, level, split, wander


@dataclass(frozen=True)
class Venue:
    """A venue as Coinalyze lists it."""

    id: str
    name: str
    code: str
    weight: float


@dataclass(frozen=True)
class Market:
    """One perpetual; `share` is its part of what its venue liquidates in the asset."""

    symbol: str
    venue: Venue
    asset: Asset
    base: str
    quote: str
    on_exchange: str
    share: float

    @property
    def inverse(self) -> bool:
        return self.quote == "USD"


VENUES = (
    Venue("binance", "Binance", "A", 43),
    Venue("okx", "OKX", "3", 25),
    Venue("bybit", "Bybit", "6", 22),
    Venue("htx", "HTX", "4", 6),
    Venue("gate", "Gate.io", "Y", 4),
)
INVERSE = ("BTC", "ETH")  # coin-margined beside the linear one, on Binance
INVERSE_SHARE = 0.1
# what a usual day without news liquidates, in USD
USUAL_USD = {
    date(2020, 1, 1): 60e6,
    date(2021, 1, 1): 220e6,
    date(2021, 5, 1): 300e6,
    date(2022, 1, 1): 210e6,
    date(2023, 1, 1): 110e6,
    date(2023, 10, 1): 90e6,
    date(2024, 3, 1): 220e6,
    date(2024, 12, 1): 280e6,
}


def _markets() -> tuple[Market, ...]:
    out = []
    for venue in VENUES:
        for asset in ASSETS:
            base = asset.multiple + asset.symbol if venue.id in ("binance", "bybit") else asset.symbol
            joint = {"okx": "-", "htx": "-", "gate": "_"}.get(venue.id, "")
            own = f"{base}{joint}USDT" + ("-SWAP" if venue.id == "okx" else "")
            both = venue.id == "binance" and asset.symbol in INVERSE
            share = 1 - INVERSE_SHARE if both else 1.0
            out.append(Market(f"{base}USDT_PERP.{venue.code}", venue, asset, base, "USDT", own, share))
            if both:
                name = f"{base}USD_PERP"
                out.append(Market(f"{name}.{venue.code}", venue, asset, base, "USD", name, INVERSE_SHARE))
    return tuple(out)


MARKETS = _markets()


@dataclass(frozen=True)
class Day:
    """One UTC day over all venues and assets, in cents."""

    day: date
    long_cents: int
    short_cents: int


@cache
def shocks() -> list[float]:
    """The market's own return of each day: what prices follow and liquidations come from."""
    dice = draws("market shocks")
    pins = liquidation_pins()
    out = []
    for day in DAYS:
        drawn = dice.gauss(0, 0.022)
        pin = pins.get(day)
        if pin:
            size = 0.028 * math.log(max(2.0, float(pin.total_usd) / 150e6))
            drawn = -size * (2 * _long_share(pin) - 1)
        out.append(drawn)
    return out


def _long_share(pin: LiquidationPin) -> float:
    """Share of the long side: as printed, else most of it, as on every large day whose sides are known."""
    if pin.long_usd is not None:
        return float(pin.long_usd / pin.total_usd)
    if pin.short_usd is not None:
        return float(1 - pin.short_usd / _total(pin))
    return draws(f"long share {pin.day}").uniform(0.8, 0.92)


def _total(pin: LiquidationPin) -> Decimal:
    """A floor that one side fills alone says nothing of the other side, which then comes on top, small."""
    if pin.at_least and pin.total_usd in (pin.long_usd, pin.short_usd):
        return pin.total_usd * Decimal("1.05")
    return pin.total_usd


@cache
def days() -> list[Day]:
    """Every day of the sample."""
    pins = liquidation_pins()
    ceiling = 0.95 * min(float(pin.total_usd) for pin in pins.values())
    noise = wander("liquidations", len(DAYS), memory=0.8, size=0.35)
    lean = wander("long share", len(DAYS), memory=0.3, size=0.5)
    out = []
    for n, day in enumerate(DAYS):
        pin = pins.get(day)
        if pin:
            total = _cents(_total(pin))
            long = _cents(pin.long_usd) if pin.long_usd is not None else round(total * _long_share(pin))
            if pin.long_usd is None and pin.short_usd is not None:
                long = total - _cents(pin.short_usd)
        else:
            shock = shocks()[n]
            usd = level(USUAL_USD, day) * math.exp(noise[n] + 18 * abs(shock))
            total = round(100 * ceiling * (1 - math.exp(-usd / ceiling)))
            long = round(total / (1 + math.exp(40 * shock + lean[n])))
        out.append(Day(day, long, total - long))
    return out


def _cents(usd: Decimal) -> int:
    return int((usd * 100).to_integral_value())


@cache
def by_market() -> dict[str, list[tuple[date, int, int]]]:
    """Market symbol -> (day, long, short) in cents from the asset's first day on; they add up to `days()`."""
    tilts = {
        (asset.symbol, side): wander(f"{side} {asset.symbol}", len(DAYS), memory=0.85, size=0.3)
        for asset in ASSETS
        for side in ("long", "short")
    }
    crowd = {venue.id: wander(f"venue {venue.id}", len(DAYS), memory=0.9, size=0.12) for venue in VENUES}
    out: dict[str, list[tuple[date, int, int]]] = {market.symbol: [] for market in MARKETS}
    for n, total in enumerate(days()):
        traded = [market for market in MARKETS if market.asset.first_day <= total.day]
        sides = []
        for side, cents in (("long", total.long_cents), ("short", total.short_cents)):
            listed = {market.asset.symbol: market.asset.weight for market in traded}
            by_asset = {
                symbol: weight * math.exp(tilts[symbol, side][n]) for symbol, weight in listed.items()
            }
            by_venue = {venue.id: venue.weight * math.exp(crowd[venue.id][n]) for venue in VENUES}
            by_asset = _published(by_asset, total, side, "asset")
            by_venue = _published(by_venue, total, side, "venue")
            weights = [by_venue[m.venue.id] * by_asset[m.asset.symbol] * m.share for m in traded]
            sides.append(split(cents, weights))
        for market, long, short in zip(traded, *sides, strict=True):
            out[market.symbol].append((total.day, long, short))
    return out


def _published(weights: dict[str, float], total: Day, side: str, scope: str) -> dict[str, float]:
    """Shares of one side of the day: the published ones where they were, the rest in proportion.

    Where only the total of a member was published, it has the same share of both sides.
    """
    known: dict[str, float] = {}
    whole = total.long_cents + total.short_cents
    for name in weights:
        figures = {s: liquidation_scopes().get((total.day, f"{scope} {name}", s)) for s in ("total", "long")}
        if figures["total"] is None:
            continue
        if figures["long"] is None:
            known[name] = float(figures["total"]) * 100 / whole
        elif side == "long":
            known[name] = float(figures["long"]) * 100 / total.long_cents
        else:
            known[name] = float(figures["total"] - figures["long"]) * 100 / total.short_cents
    rest = sum(weight for name, weight in weights.items() if name not in known)
    left = 1 - sum(known.values())
    return {name: known.get(name, left * weight / rest) for name, weight in weights.items()}
