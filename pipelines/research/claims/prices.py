"""Claims about prices: change within a day, levels, a share of a universe in a band, months that rose.

A drop is open to low unless said; touched is within 1 %; failed is a high at and a close below a level.
"""

from __future__ import annotations

import calendar
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from pipelines.research.claims.amounts import Agreement, agree, show
from pipelines.research.claims.cases import Case
from pipelines.research.claims.claims import ChangeInDay, Level, Levels, ShareInBand, UpMonths
from pipelines.research.claims.evidence import Evidence
from pipelines.research.claims.figures import Figure
from pipelines.research.claims.numbers import known_quantity
from pipelines.research.claims.periods import share_of
from pipelines.research.claims.scopes import Scope, parse_scope
from pipelines.research.claims.verdicts import Finding, Verdict, worst

TOUCHED = Decimal("0.01")  # so near to a level is touched
FAIL_DAYS = timedelta(days=6)  # within seven days: the day and six more


def _price(ev: Evidence, metric: str, scope: Scope, day: date) -> Figure | None:
    found = ev.figures(metric, scope, day, "utc_day")
    return found[0] if found else None


def _ends(ev: Evidence, measure: str, scope: Scope, day: date) -> tuple[Figure, Figure] | None:
    """The two prices of a measure such as "open to low", both published or both measured, never mixed."""
    metrics = [f"price_{word}" for word in measure.split(" to ")]
    listed = [[f for f in ev.all_published(m, scope, day, "utc_day") if ev.known(f)] for m in metrics]
    measured = [ev.measured(m, scope, day, "utc_day") for m in metrics]
    for start, end in (listed, measured):
        if start and end and start[0].value:
            return start[0], end[0]
    return None


def change_in_day(case: Case[ChangeInDay]) -> Finding:
    """A fall or rise between two prices of one day, in dollars or in percent."""
    claim, ev = case.claim, case.evidence
    measure = claim.measure or ("open to low" if claim.direction == "down" else "open to high")
    sign = -1 if claim.direction == "down" else 1
    said = claim.number.magnitude
    claimed = f"{case.scope} {claim.direction} {claim.number} on {case.day}, {measure}"
    if claim.number.unit == "pct" and measure.endswith("low") and claim.direction == "down":
        listed = ev.figures(f"drawdown_{measure.replace(' to ', '_')}", case.scope, case.day, "utc_day")
    else:
        listed = []
    ends = _ends(ev, measure, case.scope, case.day)
    figures: tuple[Figure, ...]
    if listed:
        change, figures = abs(listed[0].value), (listed[0],)
    elif ends:
        change, figures = sign * (ends[1].value - ends[0].value), ends
        if claim.number.unit == "pct":
            change = change / ends[0].value * 100
    else:
        others = [f for f in ev.published if f.scope == case.scope and f.day == case.day and ev.known(f)]
        notes = [f"published instead: {f.described}" for f in others if ev.family(f.metric) == "price"]
        rule = f"5: the {measure} of {case.scope} on {case.day} is not known"
        return Finding(Verdict.UNVERIFIABLE, rule, claimed, notes=tuple(notes))
    unit = "pct" if claim.number.unit == "pct" else "usd"
    verdict, rule = {
        Agreement.EXACT: (Verdict.SUPPORTED, "5: within half a printed unit, or beyond the bound"),
        Agreement.ROUNDED: (Verdict.ROUNDED, "5: right when rounded"),
        Agreement.NO: (Verdict.CONTRADICTED, f"5: {measure} it was {show(change, unit)}"),
    }[agree(said, change)]
    notes = []
    for other in ("open to low", "high to low", "open to close", "open to high", "low to high"):
        if other != measure and (ends := _ends(ev, other, case.scope, case.day)):
            value = sign * (ends[1].value - ends[0].value)
            if value > 0:
                notes.append(
                    f"{other}: {show(value / ends[0].value * 100 if unit == 'pct' else value, unit)}"
                )
    word = "fell" if sign < 0 else "rose"
    return Finding(
        verdict,
        rule,
        claimed,
        show(change, unit),
        show(said.value - change, unit),
        f"{case.scope} {word} {show(change, unit)} on {case.day}, {measure}",
        figures,
        tuple(notes),
    )


def levels(case: Case[Levels]) -> Finding:
    """Prices that touched a level, failed at it, or went below or above it."""
    return worst([_level(case, level) for level in case.claim.levels])


def _level(case: Case[Levels], said: Level) -> Finding:
    ev, level = case.evidence, said.level.value
    scope, day = said.scope or case.scope, said.day or case.day
    claimed = f"{scope} {said.event} {said.level} on {day}"
    low, high, close = (_price(ev, f"price_{w}", scope, day) for w in ("low", "high", "close"))
    if said.event == "failed":
        return replace(_failed(ev, scope, day, level), claimed=claimed)
    wanted = {"below": low, "above": high, "closed below": close, "closed above": close}
    if said.event in wanted:
        figure = wanted[said.event]
        if not figure:
            return _unknown_level(claimed, day, low, high, close)
        below = said.event.endswith("below")
        true = figure.value < level if below else figure.value > level
        return _level_finding(true, claimed, figure, level)
    if low and high and low.value <= level <= high.value:
        return replace(_level_finding(True, claimed, low, level), figures=(low, high))
    near = [f for f in (low, high) if f and abs(f.value - level) <= TOUCHED * level]
    if near:
        return _level_finding(True, claimed, near[0], level)
    if low and low.value > level:
        return _level_finding(False, claimed, low, level)
    if high and high.value < level:
        return _level_finding(False, claimed, high, level)
    return _unknown_level(claimed, day, low, high, close)


def _failed(ev: Evidence, scope: Scope, day: date, level: Decimal) -> Finding:
    """A high at or above the level and, within seven days, a close below it."""
    span = [day + timedelta(days=n) for n in range(-FAIL_DAYS.days, FAIL_DAYS.days + 1)]
    highs = [f for d in span if d <= ev.today and (f := _price(ev, "price_high", scope, d))]
    closes = [f for d in span if d <= ev.today and (f := _price(ev, "price_close", scope, d))]
    for top in highs:
        for close in closes:
            if top.value >= level > close.value and timedelta(0) <= close.day - top.day <= FAIL_DAYS:
                found = _level_finding(True, "", top, level)
                return replace(found, recomputed=f"high {top}, close {close}", figures=(top, close))
    own = [f for f in highs if f.day == day]
    if own and all(f.value < level for f in highs):
        return _level_finding(False, "", own[0], level)
    if own and (ends := [f for f in closes if f.day >= day]) and len(ends) > FAIL_DAYS.days:
        return _level_finding(False, "", min(ends, key=lambda f: f.value), level)
    return _unknown_level("", day, own[0] if own else None)


def _level_finding(true: bool, claimed: str, figure: Figure, level: Decimal) -> Finding:
    what = f"{figure.metric.removeprefix('price_')} of {figure.day}: {figure}"
    return Finding(
        Verdict.SUPPORTED if true else Verdict.CONTRADICTED,
        f"5: {what}" if true else f"6: {what}",
        claimed,
        str(figure),
        show(level - figure.value),
        what,
        (figure,),
    )


def _unknown_level(claimed: str, day: date, *known: Figure | None) -> Finding:
    figures = tuple(f for f in known if f)
    return Finding(Verdict.UNVERIFIABLE, f"5: the prices of {day} do not decide it", claimed, figures=figures)


def share_in_band(case: Case[ShareInBand]) -> Finding:
    """So many of a universe lie in a band; of a universe in words only a part is ever known."""
    claim, ev = case.claim, case.evidence
    if decided := known_quantity(case.quantity, ev):
        return decided
    low, high = (abs(edge.value) for edge in claim.band)
    named = not isinstance(claim.universe, str)
    published = [
        f
        for f in ev.published
        if f.metric == case.quantity and f.day == case.day and f.scope.asset and ev.known(f)
    ]
    assets = [a.upper() for a in claim.universe] if named else sorted(f.scope.asset or "" for f in published)
    held: dict[str, Figure] = {}
    for asset in assets:
        if found := ev.figures(case.quantity, parse_scope(f"asset {asset}"), case.day, case.claim.clock):
            held[asset] = found[0]
    inside = sorted(a for a, f in held.items() if low <= abs(f.value) <= high)
    outside = sorted(a for a in held if a not in inside)
    universe = ", ".join(assets) if named else str(claim.universe)
    claimed = f"{claim.share} of {universe}: {claim.band[0]} to {claim.band[1]}"
    figures = tuple(held.values())
    note = f"of {len(held)} known ones {len(inside)} lie in the band"
    note += f": {', '.join(inside)}" if inside else ""
    if named and held:
        return replace(
            share_of(claim.share, len(inside), len(outside), len(assets), claimed), figures=figures
        ).noting(note)
    rule = f"5: the universe of the claim is {universe}, of which {len(held)} are known"
    return Finding(Verdict.UNVERIFIABLE, rule, claimed, figures=figures, notes=(note,) if held else ())


def up_months(case: Case[UpMonths]) -> Finding:
    """In so many of the last n complete years the month closed above the month before."""
    claim, ev = case.claim, case.evidence
    month = f"{calendar.month_name[claim.month]}"
    made = ev.today
    over = date(made.year, claim.month, calendar.monthrange(made.year, claim.month)[1]) < made
    last = made.year if over else made.year - 1
    first = last - claim.years + 1
    years = f"{month} of {first} to {last}"
    claimed = f"{case.scope} up in {claim.share} of {years}"
    listed = [
        f
        for f in ev.published
        if f.metric == "up_month_share" and f.scope == case.scope and f.years and ev.known(f)
    ]
    own = [f for f in listed if f.years == (claim.month, first, last)]
    notes = [
        f"counted over other years: {f.described}"
        for f in listed
        if f.years and f.years[0] == claim.month and f not in own
    ]
    if own:
        share, shown, figures = (
            own[0].value,
            f"{round(own[0].value * claim.years / 100)} of {claim.years}",
            (own[0],),
        )
    else:
        counted = _counted(ev, case.scope, claim.month, first, last)
        if counted is None:
            rule = f"5: no figure for exactly {years}"
            return Finding(Verdict.UNVERIFIABLE, rule, claimed, notes=tuple(notes))
        up, figures = counted
        share, shown = Decimal(up) * 100 / claim.years, f"{up} of {claim.years}"
    found = agree(claim.share, share)
    true = found is not Agreement.NO and not (claim.share.bound == ">" and share == claim.share.value)
    verdict = Verdict.SUPPORTED if true else Verdict.CONTRADICTED
    if true and found is Agreement.ROUNDED:
        verdict = Verdict.ROUNDED
    return Finding(
        verdict,
        f"5: {shown}, {years}",
        claimed,
        shown,
        show(claim.share.value - share, "pct"),
        f"up in {shown} ({years})",
        figures,
        tuple(notes),
    )


def _counted(
    ev: Evidence, scope: Scope, month: int, first: int, last: int
) -> tuple[int, tuple[Figure]] | None:
    """(months that rose, last close) from measured closes; None where one close of a month end is missing."""
    closes = {f.day: f for f in ev.measured_days("price_close", scope, date(first - 1, 12, 1), ev.today)}
    up, end = 0, None
    for year in range(first, last + 1):
        start = date(year, month, 1) - timedelta(days=1)
        stop = date(year, month, calendar.monthrange(year, month)[1])
        before, end = closes.get(start), closes.get(stop)
        if not before or not end:
            return None
        up += end.value > before.value
    return (up, (end,)) if end else None
