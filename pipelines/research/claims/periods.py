"""Tests 6 to 8 for periods: the peak of a period, most of its peaks, a trend of sums, a rank.

A published list of days is a selection; each answer that rests on one says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from pipelines.research.claims.amounts import Agreement, Amount, show
from pipelines.research.claims.cases import Case
from pipelines.research.claims.claims import Peak, Peaks, Place, Rank, Trend
from pipelines.research.claims.evidence import Series
from pipelines.research.claims.figures import Figure
from pipelines.research.claims.numbers import judge, known_quantity, stands
from pipelines.research.claims.spans import Span
from pipelines.research.claims.verdicts import Finding, Verdict, worst
from pipelines.research.claims.warehouse import missing_days

PEAK_DAYS = timedelta(days=7)  # a peak is the largest day within so many days either way


def peak(case: Case[Peak]) -> Finding:
    """The number is the largest day of a period."""
    claim, ev = case.claim, case.evidence
    span = ev.calendar.period(claim.period, case.day, ev.today)
    said = case.said(claim)
    if decided := known_quantity(said.quantity, ev, said):
        return decided
    claimed = f"peak of {span.name}: {claim.number}"
    for series in ev.series(case.quantity, case.scope, claim.clock):
        days = [f for f in series.days if f.day in span]
        if not days:
            continue
        top = max(days, key=lambda f: f.value)
        found = stands(said, top)
        verdict, rule = {
            Agreement.EXACT: (Verdict.SUPPORTED, "8: it is the largest day of the series"),
            Agreement.ROUNDED: (Verdict.ROUNDED, "5: right when rounded"),
            Agreement.NO: (Verdict.CONTRADICTED, f"6: the largest day is {top.day} with {top}"),
            None: (Verdict.UNVERIFIABLE, f"5: only a lower bound is published, {top} on {top.day}"),
        }[found]
        finding = Finding(
            verdict,
            rule,
            claimed,
            f"{top} on {top.day}",
            show(said.amount.value - top.value, top.unit),
            f"the largest day of {span} was {top.day} with {top}",
            (top,),
        )
        same = [f for f in days if f is not top and stands(said, f) in {Agreement.EXACT, Agreement.ROUNDED}]
        notes = [f"so much had {f.day}, which is not the peak" for f in same if not found]
        after = [f for f in series.days if span.last < f.day < case.day and f.value > top.value]
        notes += [f"larger still before the day of the claim: {f.day} {f}" for f in after]
        return finding.noting(series.caveat, _gap_note(series, span), *notes)
    return Finding(Verdict.UNVERIFIABLE, f"8: no day of {span} in a series of this scope", claimed)


def peaks(case: Case[Peaks]) -> Finding:
    """So many of the peaks of a period lie in a band."""
    claim, ev = case.claim, case.evidence
    span = ev.calendar.period(claim.period, case.day, ev.today)
    if decided := known_quantity(case.quantity, ev):
        return decided
    low, high = claim.band
    claimed = f"{claim.share} of the peaks of {span} in {low} to {high}"
    for series in ev.series(case.quantity, case.scope, claim.clock):
        days = [f for f in series.days if f.day in span]
        tops = [f for f in days if not any(_tops(g, f) for g in days)]
        if not tops:
            continue
        inside = [f for f in tops if low.value <= f.value <= high.value and f.bound == "="]
        outside = [f for f in tops if not low.value <= f.value <= high.value]
        finding = share_of(claim.share, len(inside), len(outside), len(tops), claimed)
        largest = sorted(tops, key=lambda f: -f.value)[:3]
        listed = ", ".join(f"{f.day} {f}" for f in largest)
        return replace(finding, figures=tuple(tops)).noting(
            series.caveat, _gap_note(series, span), f"the largest of them: {listed}"
        )
    return Finding(Verdict.UNVERIFIABLE, f"8: no peak of {span} in a series of this scope", claimed)


def _tops(other: Figure, figure: Figure) -> bool:
    """Whether another day keeps a day from being a peak; of equal ones the first is it."""
    near = abs(other.day - figure.day) <= PEAK_DAYS
    return near and (other.value, figure.day) > (figure.value, other.day)


def share_of(said: Amount, inside: int, outside: int, total: int, claimed: str) -> Finding:
    """A share of counted things, some of which may be undecided (neither inside nor outside)."""
    lowest, highest = Decimal(inside) * 100 / total, Decimal(total - outside) * 100 / total
    shown = (
        f"{inside} of {total}" if inside + outside == total else f"{inside} to {total - outside} of {total}"
    )
    base = Finding(Verdict.SUPPORTED, "8: the counts do not refute it", claimed, shown, rewording=shown)
    if said.bound == ">":
        if lowest > said.value:
            return base
        refuted = highest <= said.value
    elif said.bound == "<":
        if highest < said.value:
            return base
        refuted = lowest >= said.value
    else:
        near = max(said.half_unit, Decimal(100) / total / 2 if said.bound == "~" else Decimal(0))
        if lowest == highest and abs(lowest - said.value) <= near:
            return base
        refuted = lowest - near > said.value or highest + near < said.value or lowest == highest
    if refuted:
        difference = show(said.value - (lowest + highest) / 2, "pct")
        return replace(base, verdict=Verdict.CONTRADICTED, rule=f"6: it is {shown}", difference=difference)
    return replace(base, verdict=Verdict.UNVERIFIABLE, rule=f"5: {shown}, the others are not known")


def trend(case: Case[Trend]) -> Finding:
    """The sums of each step of the period only rise, or only fall."""
    claim, ev = case.claim, case.evidence
    span = ev.calendar.period(claim.period, case.day, ev.today)
    if decided := known_quantity(case.quantity, ev):
        return decided
    claimed = f"{case.quantity} {case.scope} {claim.direction} each {claim.step} of {span}"
    days = ev.measured_days(case.quantity, case.scope, span.first, span.last)
    steps = _steps(days, claim.step, span)
    if len(steps) < 2:
        rule = f"8: no {claim.step}ly sums are published, and the warehouse measures less than {case.scope}"
        narrower = ev.warehouse.narrower(case.quantity, case.scope, span.first, min(span.last, ev.today))
        sums = _steps(narrower, claim.step, span)
        notes = [f"measured on {narrower[0].series}: {_listed(sums)}"] if sums else []
        crossed = ev.crossed(case.quantity, case.scope, span.first, span.last, measured=False)
        notes += [f"a break lies in between: {b}" for b in crossed]
        return Finding(Verdict.UNVERIFIABLE, rule, claimed, notes=tuple(notes))
    sign = 1 if claim.direction == "up" else -1
    wrong = [(a, b) for a, b in pairwise(steps) if sign * (b[1] - a[1]) <= 0]
    unfinished = ""
    if _step_name(ev.today + timedelta(days=1), claim.step) == steps[-1][0] and span.last > ev.today:
        unfinished = f"{steps[-1][0]} was not over when the claim was made and is no refutation"
        wrong = [pair for pair in wrong if pair[1] is not steps[-1]]
    base = Finding(
        Verdict.SUPPORTED,
        f"8: every {claim.step} goes {claim.direction}",
        claimed,
        _listed(steps),
        rewording=_listed(steps),
        figures=tuple(days[-1:]),
    ).noting(_gap_note(Series(days[0].series or "", tuple(days), True), span), unfinished)
    if wrong:
        (name, before), (other, after) = wrong[0]
        rule = f"6: {show(before)} in {name}, {show(after)} in {other}"
        return replace(base, verdict=Verdict.CONTRADICTED, rule=rule, difference=show(after - before))
    crossed = ev.crossed(case.quantity, case.scope, span.first, span.last, measured=True)
    base = base.noting(*(f"a break lies in between: {b}" for b in crossed))
    helping = [b for b in crossed if (b.effect == "raises") == (sign > 0)]
    if helping:
        rule = f"7: a break that favours the claim lies in between: {helping[0]}"
        return replace(base, verdict=Verdict.NOT_COMPARABLE, rule=rule)
    return base


def _steps(days: Sequence[Figure], step: str, span: Span) -> list[tuple[str, Decimal]]:
    """(name, sum) of each step, in order; for prices the last value. A step cut by the period is one too."""
    found: dict[str, Decimal] = {}
    for figure in days:
        if figure.day not in span:
            continue
        name = _step_name(figure.day, step)
        price = figure.metric.startswith("price_") or figure.unit == "pct"
        found[name] = figure.value if price else found.get(name, Decimal(0)) + figure.value
    return list(found.items())


def _step_name(day: date, step: str) -> str:
    year, week, _ = day.isocalendar()
    return {"day": f"{day}", "week": f"{year}-W{week:02}", "month": f"{day:%Y-%m}"}.get(step, f"{day:%Y}")


def _listed(steps: Sequence[tuple[str, Decimal]]) -> str:
    return ", ".join(f"{name} {show(value)}" for name, value in steps[-12:])


def rank(case: Case[Rank]) -> Finding:
    """Places in one published list of one window, or in the order of the days of a series."""
    found = [_place(case, place) for place in case.claim.places]
    return worst(found)


def _place(case: Case[Rank], place: Place) -> Finding:
    ev, among = case.evidence, case.claim.among
    scope = place.scope or case.scope
    numbered = case.said(place) if place.number else None
    quantity = place.quantity or case.quantity
    if decided := known_quantity(quantity, ev, numbered):
        return decided
    number = [judge(numbered, ev)] if numbered else []
    claimed = f"{scope} {numbered.amount if numbered else ''} is number {place.rank}".replace("  ", " ")
    days = among == "days"
    order = _order_of_days(case, place) if days else _order_of_slices(case, place, quantity, among)
    if order is None:
        return worst([Finding(Verdict.UNVERIFIABLE, "5: no list of one window holds it", claimed), *number])
    figures, own, caveat = order
    position = 1 + sum(1 for f in figures if f.value > own.value)
    listed = ", ".join(f"{f.day if days else f.scope} {f}" for f in figures[:10])
    right = position == place.rank
    rule = "5: its place in the published list" if right else f"5: in the list it is number {position}"
    base = Finding(
        Verdict.SUPPORTED if right else Verdict.CONTRADICTED,
        rule,
        claimed,
        f"number {position}",
        "" if right else f"{place.rank - position:+d} places",
        rewording=f"number {position} of {len(figures)}: {listed}",
        figures=(own,),
        notes=(caveat,) if caveat else (),
    )
    return worst([base, *number])


def _order_of_days(case: Case[Rank], place: Place) -> tuple[list[Figure], Figure, str] | None:
    """The days of a series, the largest first, one figure each."""
    claim, ev = case.claim, case.evidence
    day = place.day or case.day
    span = ev.calendar.period(claim.period, case.day, ev.today) if claim.period else None
    for series in ev.series(place.quantity or case.quantity, place.scope or case.scope, claim.clock):
        best: dict[date, Figure] = {}
        for f in series.days:
            if (not span or f.day in span) and (f.day not in best or f.value > best[f.day].value):
                best[f.day] = f
        if day in best:
            return sorted(best.values(), key=lambda f: -f.value), best[day], series.caveat
    return None


def _order_of_slices(
    case: Case[Rank], place: Place, quantity: str, among: str
) -> tuple[list[Figure], Figure, str] | None:
    """Venues, assets or chains of one reading, the largest first."""
    ev, day, clock = case.evidence, place.day or case.day, place.clock or case.claim.clock
    scope = place.scope or case.scope
    candidates = [
        f for f in ev.published if f.metric == quantity and f.scope.slice and f.scope.slice[0] == among
    ]
    loose = timedelta(days=0 if ev.family(quantity) in {"liquidations", "etf", "price"} else 1)
    alike = [f for f in candidates if ev.known(f) and abs(f.day - day) <= loose and clock in {None, f.clock}]
    own = [f for f in alike if f.scope == scope]
    for figure in own:
        order = [f for f in alike if (f.snapshot, f.clock) == (figure.snapshot, figure.clock)]
        order.sort(key=lambda f: -f.value)
        if len(order) > 1:
            return order, figure, ""
    return None


def _gap_note(series: Series, span: Span) -> str:
    if not series.measured:
        return ""
    gaps = missing_days(series.days, max(span.first, series.days[0].day), min(span.last, series.days[-1].day))
    return f"{gaps} days of the period are not covered" if gaps else ""
