"""Sums since a date, weekly changes, from one level to another, and two groups compared.

A sum goes on growing, so its answer names the day it stands on; groups are compared within one vendor.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from pipelines.research.claims.amounts import Agreement, agree, parse_amount, show
from pipelines.research.claims.cases import Case, Said
from pipelines.research.claims.claims import FromTo, Groups, SumSince, WeeklyChange
from pipelines.research.claims.evidence import Evidence
from pipelines.research.claims.figures import Figure
from pipelines.research.claims.numbers import judge, known_quantity, stands, unit_given
from pipelines.research.claims.verdicts import Finding, Verdict, worst

_PROVEN = {
    Agreement.EXACT: (Verdict.SUPPORTED, "5: within half a printed unit"),
    Agreement.ROUNDED: (Verdict.ROUNDED, "5: right when rounded"),
}


def sum_since(case: Case[SumSince]) -> Finding:
    """The sum of all sessions or days from a date on, as far as it was known."""
    claim, ev = case.claim, case.evidence
    last = min(claim.until or ev.today, ev.today)
    if decided := known_quantity(case.quantity, ev):
        return decided
    claimed = f"{case.quantity} {case.scope} since {claim.since}: {claim.number}"
    etf = case.quantity.startswith("etf_flow") and case.scope.asset
    if etf:
        sessions, missing = ev.sessions(case.scope.asset or "", claim.since, last)
        figures = list(sessions.values())
        gaps = [str(d) for d in missing]
    else:
        figures = ev.measured_days(case.quantity, case.scope, claim.since, last)
        gaps = ["days"] if figures and len(figures) != (last - claim.since).days + 1 else []
    published = [
        f
        for f in ev.published
        if f.metric == "etf_flow_sum" and etf and f.scope == case.scope and f.since == claim.since
    ]
    if not figures or gaps:
        ready = [f for f in published if ev.known(f) and f.day <= last]
        if not ready:
            why = f"not covered: {', '.join(gaps[:5])}" if gaps else "no figure since then"
            return Finding(Verdict.UNVERIFIABLE, f"5: {why}", claimed)
        figures = [max(ready, key=lambda f: f.day)]
    total = sum((f.value for f in figures), Decimal(0))
    as_of = figures[-1].day
    found = agree(claim.number, total)
    verdict, rule = _PROVEN.get(found, (Verdict.CONTRADICTED, "5: the sum is another"))
    notes = [f"as of {as_of}: state the day, the sum goes on"]
    for later in published:
        fits = " and would fit" if not found and agree(claim.number, later.value) else ""
        if later.day > as_of:
            notes.append(f"as of {later.day} it was {later}{fits}")
    running = Decimal(0)
    for figure in figures[:-1]:
        running += figure.value
        if not found and agree(claim.number, running):
            notes.append(f"as of {figure.day} it was {show(running)} and would fit")
    return Finding(
        verdict,
        rule,
        claimed,
        show(total),
        show(claim.number.value - total),
        f"{show(total)} since {claim.since}, as of {as_of}",
        tuple(figures),
        tuple(notes),
    )


def weekly_change(case: Case[WeeklyChange]) -> Finding:
    """The trailing seven days, and how they changed against the seven before."""
    claim, ev = case.claim, case.evidence
    numbers = []
    own = case.said(claim, clock="7d_sum") if claim.number else None
    if own:
        numbers.append(judge(own, ev))
    name = case.quantity.removesuffix("_change")
    change = Said(f"{name}_change", case.scope, "7d_change", case.day, claim.change)
    if decided := known_quantity(case.quantity, ev, own or change):
        return decided
    published = ev.figures(change.quantity, change.scope, change.day, change.clock)
    measured = [] if published else _change_of_sums(case)
    if measured:
        value = measured[0].value
        verdict, rule = _PROVEN.get(
            agree(claim.change, value), (Verdict.CONTRADICTED, "5: measured otherwise")
        )
        numbers.append(
            Finding(
                verdict,
                rule,
                str(change),
                show(value, "pct"),
                show(claim.change.value - value, "pct"),
                f"{show(value, 'pct')} in a week",
                tuple(measured),
            )
        )
    else:
        numbers.append(_published_change(case, change))
    return worst(numbers)


def _published_change(case: Case[WeeklyChange], change: Said) -> Finding:
    """A change is looked for like any number; its family is that of the quantity that changed."""
    ev = case.evidence
    own = ev.quantities.get(change.quantity)
    if own:
        return judge(change, ev)
    like = next(
        (
            f
            for f in ev.published
            if f.clock == "7d_change"
            and ev.family(f.metric) == ev.family(case.quantity)
            and abs(f.day - change.day) <= timedelta(days=1)
            and ev.known(f)
            and agree(change.amount, f.value) is Agreement.EXACT
        ),
        None,
    )
    if like:
        where = f"{like.metric} of {like.scope}"
        return Finding(
            Verdict.METRIC_RELABELLED,
            f"4: the number is published as {where}",
            str(change),
            str(like),
            rewording=f"{where}: {like}",
            figures=(like,),
            notes=(f"{like.id}: {like.qualifier}",) if like.qualifier else (),
        )
    return Finding(Verdict.UNVERIFIABLE, f"5: no weekly change of {case.quantity} is known", str(change))


def _change_of_sums(case: Case[WeeklyChange]) -> list[Figure]:
    """The last seven days against the seven before; a price against the one of seven days before."""
    ev, day, before_day = case.evidence, case.day, case.day - timedelta(days=7)
    if case.quantity.startswith("price_"):
        now = ev.measured_days(case.quantity, case.scope, day, day)
        before = ev.measured_days(case.quantity, case.scope, before_day, before_day)
    else:
        now = ev.seven_days(case.quantity, case.scope, day)
        before = ev.seven_days(case.quantity, case.scope, before_day)
    if not now or not before or not before[0].value:
        return []
    change = (now[0].value / before[0].value - 1) * 100
    return [replace(now[0], value=change, unit="pct", clock="7d_change")]


def from_to(case: Case[FromTo]) -> Finding:
    """From one level to another: the last as of the day, the first within the days before it."""
    claim, ev = case.claim, case.evidence
    end = case.said(claim.end)
    start = case.said(claim.start)
    for said in (start, end):
        if decided := known_quantity(said.quantity, ev, said) or unit_given(said, ev):
            return decided
    found = [judge(end, ev)]
    if claim.start.day or start.quantity != end.quantity:
        found.append(judge(start, ev))
    else:
        found.append(_earlier(start, end, claim.within_days, ev))
    if claim.change:
        value = end.amount.value - start.amount.value
        percent = claim.change.unit == "pct" and end.amount.unit != "pct"
        if percent and start.amount.value:
            value = value / start.amount.value * 100
        tolerance = claim.change.half_unit + start.amount.half_unit + end.amount.half_unit
        if abs(abs(claim.change.value) - abs(value)) > tolerance:
            rule = f"3: from {start.amount} to {end.amount} is {show(value, 'pct' if percent else end.amount.unit)}"
            return Finding(Verdict.ARITHMETIC_ERROR, rule, f"change {claim.change}", show(value, None))
    return worst(found)


def _earlier(start: Said, end: Said, within_days: int, ev: Evidence) -> Finding:
    """The first level, held against every reading of the days before the last one."""
    first = end.day - timedelta(days=within_days)
    days = [first + timedelta(days=n) for n in range(within_days)]
    figures = list(
        dict.fromkeys(
            f
            for day in days
            for f in ev.figures(start.quantity, start.scope, day, start.clock)
            if f.day < end.day
        )
    )
    claimed = f"from {start.amount} within {within_days} days before {end.day}"
    if not figures:
        return Finding(Verdict.UNVERIFIABLE, "5: no reading of the days before", claimed)
    best = max(figures, key=lambda f: (stands(start, f) or 0, -abs(f.value - start.amount.value)))
    verdict, rule = _PROVEN.get(
        stands(start, best) or Agreement.NO, (Verdict.CONTRADICTED, "5: no reading of the days before agrees")
    )
    difference = show(start.amount.value - best.value, best.unit)
    notes = (f"{best.id}: {best.qualifier}",) if best.qualifier else ()
    return Finding(verdict, rule, claimed, str(best), difference, f"from {best} ({best.day})", (best,), notes)


def groups(case: Case[Groups]) -> Finding:
    """One group stands far above, above, below or far below another, by figures of one vendor."""
    claim, ev = case.claim, case.evidence
    nothing = parse_amount("0")
    left = case.said(claim.left, claim.left.number or nothing)
    right = case.said(claim.right, claim.right.number or nothing)
    printed = [s for s, part in ((left, claim.left), (right, claim.right)) if part.number]
    for said in printed or [left]:
        if decided := known_quantity(said.quantity, ev, said) or (unit_given(said, ev) if printed else None):
            return decided
    numbers = [judge(s, ev) for s in printed]
    if any(f.verdict in {Verdict.CONTRADICTED, Verdict.METRIC_RELABELLED} for f in numbers):
        return worst(numbers)
    sign, factor = claim.word
    word = f"{'far ' if factor > 1 else ''}{'above' if sign > 0 else 'below'}"
    claimed = f"{left.scope} {word} {right.scope}"
    pairs = [
        (a, b)
        for a in ev.figures(left.quantity, left.scope, left.day, left.clock)
        for b in ev.figures(right.quantity, right.scope, right.day, right.clock)
        if a.source == b.source and a.snapshot == b.snapshot and b.value
    ]
    if not pairs:
        rule = "8: no vendor gives both groups"
        return worst([Finding(Verdict.UNVERIFIABLE, rule, claimed), *numbers])
    a, b = pairs[0]
    quotient = a.value / b.value
    true = quotient >= factor and quotient > 1 if sign > 0 else quotient <= 1 / factor and quotient < 1
    percent = show((quotient - 1) * 100, "pct")
    base = Finding(
        Verdict.SUPPORTED if true else Verdict.CONTRADICTED,
        f"{8 if true else 6}: the ratio is {show(round(quotient, 2), 'times')}",
        claimed,
        show(round(quotient, 2), "times"),
        percent,
        f"{a.scope} {a} against {b.scope} {b}: {percent}",
        (a, b),
    )
    return worst([base, *numbers]).noting(*_members(left, b, ev))


def _members(left: Said, other: Figure, ev: Evidence) -> list[str]:
    """How single members of the group stand beside the other one."""
    notes = []
    for figure in ev.published:
        same = figure.metric == left.quantity and figure.clock == other.clock and figure.day == other.day
        if same and ev.known(figure) and left.scope.contains(figure.scope) and other.value:
            percent = (figure.value / other.value - 1) * 100
            side = "below" if percent < 0 else "above"
            notes.append(f"{figure.scope} alone is {show(abs(percent), 'pct')} {side} {other.scope}")
    return notes
