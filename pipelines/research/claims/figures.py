"""Figures: the evidence that a claim is held against, each with source, clock, coverage and vintage.

What was published comes as `Figure`s from the tables of sql/reference; nothing here judges.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from pipelines.research.claims.amounts import CAP, parse_amount, show
from pipelines.research.claims.scopes import Scope, parse_scope

ROLLING, DAY, SESSION, WEEK, SNAPSHOT = "rolling_24h", "utc_day", "session", "week", "snapshot"
# What kind a published day is, and the clock that it was read by.
_CLOCK_OF = {
    "day_list": DAY,
    "rolling_24h": ROLLING,
    "bitmex_only_day": DAY,
    "retrospective": "retrospective",
}
_DATE_LINE = timedelta(hours=14)  # a date begins at UTC+14 first
_ETF_KNOWN = time(5, tzinfo=UTC)  # the last funds report a session at 05:00 UTC of the next day
_SUM_SINCE = re.compile(r"sum since (\d{4}-\d{2}-\d{2})")
_YEARS = re.compile(r"month (\d+), (\d{4}) to (\d{4})")


@dataclass(frozen=True)
class Figure:
    """One figure of evidence. `value` is in `unit` (shares in percent); `per` the interval of a rate."""

    id: str
    metric: str
    scope: Scope
    clock: str
    day: date
    value: Decimal
    unit: str
    source: str
    known_at: datetime | None = None  # None: at any time (measured, or a known false one)
    half_unit: Decimal = Decimal(0)
    per: str | None = None
    bound: str = "="  # >= at least, ~ nearly
    snapshot: str | None = None
    series: str | None = None  # vendor and universe, where the figure stands in a list of days
    qualifier: str = ""
    confidence: str = ""
    measured: bool = False
    false: bool = False
    since: date | None = None  # of a sum
    years: tuple[int, int, int] | None = None  # month, first and last year of a seasonality

    def __str__(self) -> str:
        at_least = {">=": "at least ", "~": "nearly "}.get(self.bound, "")
        rate = f" per {self.per}" if self.per else ""
        return f"{at_least}{show(self.value, self.unit)}{rate}"

    @property
    def described(self) -> str:
        """The figure with what a reader needs to find it again."""
        snapshot = f", snapshot {self.snapshot}" if self.snapshot else ""
        vintage = "measured here" if self.measured else f"published, confidence {self.confidence}"
        more = f"; {self.qualifier}" if self.qualifier else ""
        return (
            f"{self.metric} {self.scope} {self.clock} {self.day}: {self} "
            f"[{self.id}, {self.source}{snapshot}, {vintage}{more}]"
        )

    @property
    def low(self) -> Decimal:
        """The smallest value that the figure as printed can stand for."""
        if self.bound == "~":
            return self.value * (1 - CAP)
        return self.value - min(self.half_unit, CAP * abs(self.value)) if self.bound == "=" else self.value

    @property
    def high(self) -> Decimal | None:
        """The largest such value; None where the figure is a lower bound."""
        if self.bound == ">=":
            return None
        return self.value + min(self.half_unit, CAP * abs(self.value))


Row = Mapping[str, Any]


def published_figures(rows: Sequence[Row]) -> Iterator[Figure]:
    """The rows of reference.published_figures."""
    for row in rows:
        printed = parse_amount(row["printed"])
        unit, _, interval = row["unit"].partition(" ")
        qualifier = row["qualifier"] or ""
        since, years = _SUM_SINCE.search(qualifier), _YEARS.search(qualifier)
        share = unit == "share"
        yield Figure(
            id=row["figure"],
            metric=row["metric"],
            scope=parse_scope(row["scope"]),
            clock=str(_CLOCK_OF.get(row["clock"], row["clock"])),
            day=row["as_of"],
            value=printed.value if share else row["value"],
            unit="pct" if share else unit,
            source=row["source"],
            known_at=known_at(row["clock"], row["as_of"]),
            half_unit=Decimal(0) if share else printed.half_unit,
            per=parse_amount(f"1 % {interval}").per if interval else None,
            snapshot=row["snapshot"],
            qualifier=qualifier,
            confidence=row["confidence"],
            since=date.fromisoformat(since[1]) if since else None,
            years=(int(years[1]), int(years[2]), int(years[3])) if years else None,
        )


def published_days(rows: Sequence[Row]) -> Iterator[Figure]:
    """The rows of reference.published_liquidation_days: up to three figures each."""
    for row in rows:
        universe = row["universe"]
        vendor, _, venues = universe.partition(" ")
        for side in ("total", "long", "short"):
            value = row[f"{side}_usd"]
            if value is None:
                continue
            yield Figure(
                id=f"{row['kind']} {row['day']}",
                metric=f"liquidations_{side}",
                scope=parse_scope(venues or f"venue {vendor}"),
                clock=str(_CLOCK_OF.get(row["kind"], row["kind"])),
                day=row["day"],
                value=value,
                unit="usd",
                source=row["source"],
                known_at=_begins(row["known_at"]) if row["known_at"] else None,
                half_unit=half_unit_of(value),
                bound=row["bound"],
                snapshot=row["source"],
                series=universe,
                confidence=row["confidence"],
                false=row["confidence"] == "X",
            )


def published_flows(rows: Sequence[Row]) -> Iterator[Figure]:
    """The rows of reference.published_etf_days."""
    for row in rows:
        vendor = row["source"].lower().split()[0]
        yield Figure(
            id=f"etf {row['asset']} {row['session_date']}",
            metric="etf_flow",
            scope=parse_scope(f"asset {row['asset']}"),
            clock=SESSION,
            day=row["session_date"],
            value=row["flow_usd"],
            unit="usd",
            source=row["source"],
            known_at=known_at(SESSION, row["session_date"]),
            half_unit=half_unit_of(row["flow_usd"]),
            series=f"{vendor} {row['asset']}",
            confidence=row["confidence"],
        )


def sharper_totals(figures: Iterable[Figure]) -> Iterator[Figure]:
    """Totals of snapshots whose two sides are printed more exactly than their total, and add to it."""
    readings: dict[tuple[object, ...], dict[str, Figure]] = {}
    for f in figures:
        if f.snapshot and f.metric.startswith("liquidations_"):
            readings.setdefault((f.snapshot, f.day, f.clock, f.scope), {}).setdefault(f.metric, f)
    for sides in readings.values():
        total, long, short = (sides.get(f"liquidations_{side}") for side in ("total", "long", "short"))
        if not total or not long or not short:
            continue
        added, half_unit = long.value + short.value, long.half_unit + short.half_unit
        if half_unit < total.half_unit and abs(total.value - added) <= total.half_unit:
            yield replace(
                total,
                id=f"{long.id} + {short.id}",
                value=added,
                half_unit=half_unit,
                series=None,
                qualifier=f"the sum of its sides; its total is printed as {total}",
            )


def distinct(figures: Iterable[Figure]) -> tuple[Figure, ...]:
    """Each figure once; two lists may carry the same reading of the same source."""
    found: dict[tuple[object, ...], Figure] = {}
    for f in figures:
        found.setdefault((f.metric, f.scope, f.clock, f.day, f.value, f.source), f)
    return tuple(found.values())


def half_unit_of(value: Decimal) -> Decimal:
    """Half a unit of the last digit that is not a zero: how exactly a figure without its print is known."""
    exponent = value.normalize().as_tuple().exponent
    return Decimal(10) ** int(exponent) / 2


def known_at(clock: str, day: date) -> datetime:
    """When a figure of a day could be read: a session at 05:00 UTC of the next day, others on the day."""
    if clock.startswith(SESSION) or clock == WEEK:
        return datetime.combine(day + timedelta(days=1), _ETF_KNOWN)
    return _begins(day)


def _begins(day: date) -> datetime:
    """When a date of publication without an hour begins anywhere on earth."""
    return datetime.combine(day, time.min, tzinfo=UTC) - _DATE_LINE
