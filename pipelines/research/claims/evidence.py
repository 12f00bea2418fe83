"""Evidence: what is published and what is measured, as it was known when a claim was made.

Universe first: a figure of less than the claim's market is never handed out as one of its scope.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from pipelines.research.claims.amounts import per_year
from pipelines.research.claims.figures import (
    DAY,
    ROLLING,
    SESSION,
    WEEK,
    Figure,
    distinct,
    known_at,
    published_days,
    published_figures,
    published_flows,
    sharper_totals,
)
from pipelines.research.claims.scopes import Scope
from pipelines.research.claims.spans import Calendar
from pipelines.research.claims.warehouse import Connection, Warehouse

_EXACT_CLOCKS = {ROLLING, DAY, SESSION, WEEK, "self_reported", "session_sum"}  # others: within a day
_EVER = date(2009, 1, 3)


@dataclass(frozen=True)
class Quantity:
    """A row of reference.quantities."""

    name: str
    family: str
    is_market: bool
    is_vendor_only: bool
    raw_kind: str | None
    unit: str | None
    needs_interval: bool
    plausible_yearly_pct: Decimal | None
    should_state: tuple[str, ...]


@dataclass(frozen=True)
class Break:
    """A row of reference.collection_regimes."""

    kind: str
    venue: str
    feed: str
    earliest: date
    latest: date
    effect: str

    def __str__(self) -> str:
        when = f"{self.earliest}" if self.earliest == self.latest else f"{self.earliest} to {self.latest}"
        return f"{self.venue} {self.feed} ({when}): {self.effect} later values"

    def between(self, first: date, last: date) -> bool:
        """Whether any day that the break may lie on is between two days."""
        return self.earliest <= last and self.latest > first


@dataclass(frozen=True)
class Series:
    """Days of one vendor and universe. A selection lists only days that somebody wrote about."""

    name: str
    days: tuple[Figure, ...]
    measured: bool

    def on(self, day: date) -> list[Figure]:
        return [f for f in self.days if f.day == day]

    @property
    def caveat(self) -> str:
        return "" if self.measured else f"{self.name}: the published days are a selection"


class Evidence:
    """Everything that a claim of one document can be held against."""

    def __init__(self, conn: Connection, made_at: datetime, own_source: str | None = None) -> None:
        self.warehouse = Warehouse(conn)
        self.made_at = made_at
        table = self.warehouse.reference
        self.published = [
            figure
            for figure in (
                *published_figures(table("published_figures")),
                *published_days(table("published_liquidation_days")),
                *published_flows(table("published_etf_days")),
            )
            if not own_source or figure.source.lower() != own_source.lower()
        ]
        self.published += list(sharper_totals(self.published))
        self.quantities = {
            q["quantity"]: Quantity(
                name=q["quantity"],
                family=q["family"],
                is_market=q["is_market"],
                is_vendor_only=q["is_vendor_only"],
                raw_kind=q["raw_kind"],
                unit=q["unit"],
                needs_interval=q["needs_interval"],
                plausible_yearly_pct=q["plausible_yearly_pct"],
                should_state=tuple((q["should_state"] or "").split(", ")) if q["should_state"] else (),
            )
            for q in table("quantities")
        }
        self.breaks = [
            Break(
                r["kind"],
                r["venue"],
                r["feed"],
                r["from_earliest"],
                r["from_latest"],
                r["effect_on_later_values"],
            )
            for r in table("collection_regimes")
        ]
        self.calendar = Calendar(table("market_events"), table("market_cycles"))

    @property
    def today(self) -> date:
        """The last UTC day that the document can speak of."""
        return self.made_at.date()

    def known(self, figure: Figure) -> bool:
        """Published before the claim was made, and not known to be false."""
        return not figure.false and (figure.known_at is None or figure.known_at <= self.made_at)

    def family(self, quantity: str) -> str:
        found = self.quantities.get(quantity)
        return found.family if found else ""

    def is_published(self, quantity: str) -> bool:
        return any(f.metric == quantity and self.known(f) for f in self.published)

    # -- figures of one scope, clock and day

    def all_published(
        self, quantity: str, scope: Scope, day: date, clock: str | None, *, false: bool = False
    ) -> list[Figure]:
        """Published figures of a metric, scope, clock and day, whether known in time or not."""
        found = [
            f
            for f in self.published
            if f.metric == quantity
            and f.false == false
            and (clock is None or f.clock == clock or false)
            and scope.within(f.scope) is not None
        ]
        exact = [f for f in found if f.day == day]
        if not exact:
            near = timedelta(days=1)
            exact = [f for f in found if f.clock not in _EXACT_CLOCKS and abs(f.day - day) <= near]
        own = [f for f in exact if not scope.within(f.scope)]
        return list(distinct(own or exact))

    def figures(self, quantity: str, scope: Scope, day: date, clock: str | None) -> list[Figure]:
        """What a number is held against: published where anything is, else measured in the same scope."""
        published = [f for f in self.all_published(quantity, scope, day, clock) if self.known(f)]
        return published or self.measured(quantity, scope, day, clock)

    def measured(self, quantity: str, scope: Scope, day: date, clock: str | None) -> list[Figure]:
        """Measured figures of exactly this scope and day; none where the warehouse sees less than it."""
        if day > self.today:
            return []
        if quantity == "etf_flow" and clock == WEEK:
            return self.week_of_flows(scope, day)
        if clock == "7d_sum":
            return self.seven_days(quantity, scope, day)
        if quantity in {"drawdown_open_low", "drawdown_high_low"}:
            return self._drawdown(quantity, scope, day)
        return [f for f in self.measured_days(quantity, scope, day, day) if clock in {None, f.clock}]

    def measured_days(self, quantity: str, scope: Scope, first: date, last: date) -> list[Figure]:
        """Daily measured figures of exactly this scope, in order."""
        last, here = min(last, self.today), self.warehouse
        single = scope.slice
        if quantity.startswith("liquidations_") and here.measures(scope):
            return here.liquidations(quantity, scope, first, last)
        if quantity.startswith("price_") and single and single[0] == "assets":
            return here.prices(quantity, single[1], first, last)
        if quantity == "etf_flow" and single and single[0] == "assets":
            return [f for f in here.flows(single[1], first, last) if self._session_known(f.day)]
        if quantity == "dex_volume" and scope.chains:
            return here.chain_volume(scope.chains, first, last)
        if quantity == "funding_rate" and len(scope.venues) == 1 and scope.asset:
            return here.funding(next(iter(scope.venues)), scope.asset, first, last)
        return []

    def _session_known(self, session: date) -> bool:
        return known_at(SESSION, session) <= self.made_at

    def seven_days(self, quantity: str, scope: Scope, day: date) -> list[Figure]:
        """The sum of seven measured days up to a day; none where one of them is missing."""
        days = self.measured_days(quantity, scope, day - timedelta(days=6), day)
        if len(days) != 7:
            return []
        return [replace(days[-1], value=sum((f.value for f in days), Decimal(0)), clock="7d_sum")]

    def _drawdown(self, quantity: str, scope: Scope, day: date) -> list[Figure]:
        top = self.measured_days(f"price_{quantity.split('_')[1]}", scope, day, day)
        low = self.measured_days("price_low", scope, day, day)
        if not top or not low or not top[0].value:
            return []
        fall = (low[0].value - top[0].value) / top[0].value * 100
        return [replace(low[0], id=f"{quantity} {day}", metric=quantity, value=fall, unit="pct")]

    # -- ETF sessions

    def sessions(self, asset: str, first: date, last: date) -> tuple[dict[date, Figure], list[date]]:
        """(flow of each session known in time, weekdays without one) between two days."""
        scope = Scope(f"asset {asset}", assets=frozenset({asset}))
        found = {f.day: f for f in self.measured_days("etf_flow", scope, first, last)}
        listed = [f for f in self.published if f.metric == "etf_flow" and f.scope == scope and self.known(f)]
        for figure in sorted(listed, key=lambda f: f.confidence, reverse=True):
            if first <= figure.day <= last:
                found[figure.day] = figure  # published days decide, the most confident last
        closed = self.warehouse.closed(asset, first, last)
        day, missing = first, []
        while day <= last:
            if day.weekday() < 5 and day not in found and day not in closed and self._session_known(day):
                missing.append(day)
            day += timedelta(days=1)
        return dict(sorted(found.items())), missing

    def week_of_flows(self, scope: Scope, day: date) -> list[Figure]:
        """Monday to Friday of the week of a day, where every session is there."""
        if not scope.asset:
            return []
        monday = day - timedelta(days=day.weekday())
        found, missing = self.sessions(scope.asset, monday, monday + timedelta(days=4))
        if not found or missing or not self._session_known(monday + timedelta(days=4)):
            return []
        last = list(found.values())[-1]
        return [replace(last, value=sum((f.value for f in found.values()), Decimal(0)), clock=WEEK)]

    # -- readings of one rolling window

    def snapshots(self, day: date, clock: str | None, family: str) -> dict[str, list[Figure]]:
        """Published figures of an event that were read at one moment, by the name of the reading."""
        found: dict[str, list[Figure]] = {}
        for figure in self.published:
            alike = figure.day == day and self.family(figure.metric) == family
            if figure.snapshot and alike and clock in {None, figure.clock} and self.known(figure):
                found.setdefault(figure.snapshot, []).append(figure)
        return found

    # -- series of days

    def series(self, quantity: str, scope: Scope, clock: str | None) -> list[Series]:
        """The series of days of exactly this scope: published ones first, the longest of them first.

        For a rolling 24 h claim day totals are part of it, as lower bounds; never the reverse.
        """
        clocks = {ROLLING: {ROLLING, DAY}, None: {ROLLING, DAY, SESSION}}.get(clock, {clock})
        lists: dict[str, list[Figure]] = {}
        for f in self.published:
            if f.series and f.metric == quantity and f.clock in clocks and f.scope == scope and self.known(f):
                lists.setdefault(f.series, []).append(f)
        longest = sorted(lists.items(), key=lambda item: (-len(item[1]), item[0]))
        found = [Series(name, _in_order(days), measured=False) for name, days in longest]
        days = self.measured_days(quantity, scope, _EVER, self.today)
        if days and days[0].clock in clocks:
            found.append(Series(days[0].series or "", tuple(days), measured=True))
        return found

    def crossed(self, quantity: str, scope: Scope, first: date, last: date, measured: bool) -> list[Break]:
        """Breaks of the series' own feeds between two days, in either order.

        Archives feed no vendor total and no stream; a vendor's own venue set is no matter of ours.
        """
        first, last = min(first, last), max(first, last)
        return [
            b
            for b in self.breaks
            if b.kind == self.family(quantity)
            and b.between(first, last)
            and (not scope.venues or b.venue in scope.venues)
            and "archive" not in b.feed
            and not (measured and "vendor" in b.feed)
        ]

    def throttled(self, scope: Scope, day: date) -> list[Break]:
        """Breaks that still lowered the figures of the scope's venues on a day."""
        last = {
            b.venue: b
            for b in sorted(self.breaks, key=lambda b: b.latest)
            if b.latest <= day and "archive" not in b.feed
        }
        concerned = [b for b in last.values() if scope.whole_market or b.venue in scope.venues]
        return [b for b in concerned if b.effect == "lowers"]


def in_unit(figure: Figure, per: str | None) -> Figure:
    """A rate converted to another interval; other figures as they are."""
    if not per or not figure.per or per == figure.per:
        return figure
    factor = per_year(figure.per) / per_year(per)
    scale = Decimal(factor.numerator) / Decimal(factor.denominator)
    return replace(figure, value=figure.value * scale, half_unit=figure.half_unit * scale, per=per)


def _in_order(figures: Iterable[Figure]) -> tuple[Figure, ...]:
    return tuple(sorted(figures, key=lambda f: (f.day, f.value)))
