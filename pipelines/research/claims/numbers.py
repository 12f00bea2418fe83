"""Tests 1, 2, 4 and 5: one number against the figures of its metric, scope, clock and day.

Is it a quantity of the market, has it a unit, does it stand under another name, does it agree.
"""

from __future__ import annotations

import difflib
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from pipelines.research.claims.amounts import Agreement, Amount, agree, per_year, show
from pipelines.research.claims.cases import Said
from pipelines.research.claims.claims import FAR
from pipelines.research.claims.evidence import Evidence, in_unit
from pipelines.research.claims.figures import DAY, ROLLING, Figure
from pipelines.research.claims.remainders import remainder_notes
from pipelines.research.claims.verdicts import Finding, Verdict, worst

_READINGS = ("1h", "4h", "8h", "day", "week", "month", "year")


def judge(said: Said, ev: Evidence) -> Finding:
    """The verdict on one printed number, with the figures it was held against."""
    decided = known_quantity(said.quantity, ev, said) or unit_given(said, ev)
    return decided or replace(_evidence(said, ev), claimed=str(said))


def judge_all(saids: list[Said], ev: Evidence) -> Finding:
    """Several numbers of one claim: the worst verdict decides."""
    return worst([judge(said, ev) for said in saids])


def known_quantity(name: str, ev: Evidence, said: Said | None = None) -> Finding | None:
    """Test 1: a finding where no kind of the warehouse and no published metric speaks of the quantity."""
    quantity, published = ev.quantities.get(name), ev.is_published(name)
    claimed = str(said) if said else name
    if quantity and quantity.is_vendor_only:
        figures = ev.all_published(name, said.scope, said.day, said.clock) if said else []
        notes = [f"published by the vendor: {f.described}" for f in figures if ev.known(f)]
        values = [f.value for f in figures]
        if said and values and min(values) <= said.amount.value <= max(values):
            notes.append("the number lies between two published snapshots, which is no verification")
        rule = "1: only the vendor can count it, no exchange publishes it"
        return Finding(Verdict.UNVERIFIABLE, rule, claimed, notes=tuple(notes))
    if (quantity and not quantity.is_market) or (not quantity and not published):
        close = difflib.get_close_matches(name, ev.quantities, n=1) if not quantity else []
        hint = f"{name} is not in reference.quantities; {close[0]} is" if close else ""
        return Finding(Verdict.OUT_OF_SCOPE, "1: no quantity of this market", claimed).noting(hint)
    if quantity and not quantity.raw_kind and not published and not ev.is_published(f"{name}_change"):
        return Finding(Verdict.UNVERIFIABLE, "1: neither a kind nor a published metric holds it", claimed)
    return None


def unit_given(said: Said, ev: Evidence) -> Finding | None:
    """Test 2: a finding where a rate lacks the interval that decides its size."""
    quantity, amount = ev.quantities.get(said.quantity), said.amount
    if not quantity or not quantity.needs_interval or amount.per:
        return None
    notes = []
    limit = quantity.plausible_yearly_pct
    for interval in _READINGS:
        yearly = amount.value * Decimal(per_year(interval).numerator) / per_year(interval).denominator
        plausible = "" if limit is None or abs(yearly) <= limit else " (implausible)"
        notes.append(f"read per {interval}: {show(yearly, 'pct')} a year{plausible}")
    figures = tuple(ev.figures(said.quantity, said.scope, said.day, said.clock))
    fitting = [f for f in figures if f.per and agree(amount, f.value) == Agreement.EXACT]
    notes += [f"published as {f.described}" for f in fitting]
    rewording = f"{said.quantity} {said.scope}: {fitting[0]}" if fitting else "name the interval of the rate"
    return Finding(
        Verdict.UNIT_MISSING,
        "2: a rate without the interval that decides its size",
        str(said),
        rewording=rewording,
        figures=figures,
        notes=tuple(notes),
    )


def _evidence(said: Said, ev: Evidence) -> Finding:
    own = ev.figures(said.quantity, said.scope, said.day, said.clock)
    alike = [in_unit(f, said.amount.per) for f in own if same_unit(said, f, ev)]
    held = {f: stands(said, f) for f in alike}
    finding = _agreeing(said, held) or _between(said, alike)
    if not finding:
        finding = _relabelled(said, own, ev) or _other_unit(said, own) or _rounded(said, held)
    if not finding:
        refuting = [f for f, verdict in held.items() if verdict is Agreement.NO]
        finding = _contradicted(said, refuting) if refuting else _nothing(said, alike, ev)
    return finding.noting(*_notes(said, finding, ev))


def same_unit(said: Said, figure: Figure, ev: Evidence) -> bool:
    """Whether the printed number is counted in the unit of a figure."""
    quantity = ev.quantities.get(said.quantity)
    unit = said.amount.unit or (quantity.unit if quantity else None) or figure.unit
    return (unit if unit != "share" else "pct") == figure.unit and (not figure.per or bool(said.amount.per))


def stands(said: Said, figure: Figure) -> Agreement | None:
    """How a number stands to a figure of its unit; None where a figure at its bound cannot say."""
    amount, value = _signed(said, figure)
    found = agree(amount, value)
    if found or figure.bound == "=":
        return found
    if figure.bound == "~":
        return agree(replace(amount, bound="~"), value)
    # an "at least": smaller numbers are refuted, and so are far larger ones; between, it cannot say
    return (
        Agreement.NO
        if (amount.value < value and amount.bound != ">") or amount.value >= FAR * value
        else None
    )


def _signed(said: Said, figure: Figure) -> tuple[Amount, Decimal]:
    """Falls are compared by their size, whether or not they are printed with a minus."""
    if figure.metric.startswith("drawdown"):
        return said.amount.magnitude, abs(figure.value)
    return said.amount, figure.value


def _agreeing(said: Said, held: dict[Figure, Agreement | None]) -> Finding | None:
    exact = [f for f, found in held.items() if found is Agreement.EXACT]
    if not exact:
        return None
    why = "at least so much is published" if said.amount.bound == ">" else "within half a printed unit"
    others = [f"another figure says {f.described}" for f in held if f not in exact]
    return _finding(Verdict.SUPPORTED, f"5: {why}", said, exact).noting(*others)


def _between(said: Said, alike: list[Figure]) -> Finding | None:
    """A number between two readings of one rolling window was one of its readings."""
    readings = [f for f in alike if f.clock == ROLLING and f.bound == "=" and not f.measured]
    if said.amount.bound not in {"=", "~"} or not readings:
        return None
    if min(f.value for f in readings) <= said.amount.value <= max(f.value for f in readings):
        return _finding(Verdict.SUPPORTED, "5: between two snapshots of the rolling window", said, readings)
    return None


def _rounded(said: Said, held: dict[Figure, Agreement | None]) -> Finding | None:
    near = [f for f, found in held.items() if found is Agreement.ROUNDED]
    return _finding(Verdict.ROUNDED, "5: right when rounded", said, near) if near else None


def _relabelled(said: Said, own: list[Figure], ev: Evidence) -> Finding | None:
    """Test 4: the number is published for the event, under another metric or for another group.

    Where the claim's own metric has figures, only the very same number counts, no near one.
    """
    if said.amount.digits < 2 or said.amount.bound in {">", "<"}:
        return None  # one digit is no fingerprint
    family, near = ev.family(said.quantity), timedelta(days=1)
    exact_day = said.clock in {None, ROLLING, DAY}
    found = [
        f
        for f in ev.published
        if ev.known(f)
        and family
        and ev.family(f.metric) == family
        and (f.day == said.day if exact_day else abs(f.day - said.day) <= near)
        and said.clock in {None, f.clock}
        and (f.metric != said.quantity or said.scope.within(f.scope) is None)
        and same_unit(said, f, ev)
        and f.per == said.amount.per
        and agree(said.amount, f.value) is Agreement.EXACT
        and (not own or abs(said.amount.value - f.value) <= f.half_unit)
    ]
    if not found:
        return None
    first = found[0]
    where = f"{first.metric} of {first.scope}"
    return replace(
        _finding(Verdict.METRIC_RELABELLED, f"4: the number is published as {where}", said, found),
        rewording=f"{where}, {first.clock} {first.day}: {first}",
    )


def _other_unit(said: Said, own: list[Figure]) -> Finding | None:
    """Test 4: the same number, in another unit than the claim gives it."""
    bare = replace(said, amount=replace(said.amount, bound="="))
    for figure in own:
        differs = (said.amount.unit not in {None, figure.unit}) or figure.per != said.amount.per
        alike = stands(bare, figure) is Agreement.EXACT or _between(bare, own)
        if not differs or not alike:
            continue
        unit = figure.unit.upper() if figure.unit == "usd" else figure.unit
        unit += f" per {figure.per}" if figure.per else ""
        rule = f"4: the number is published in another unit, {unit}"
        return _finding(Verdict.CONTRADICTED, rule, said, [figure])
    return None


def _contradicted(said: Said, figures: list[Figure]) -> Finding:
    finding = _finding(
        Verdict.CONTRADICTED, "5: no figure of this metric, scope and clock agrees", said, figures
    )
    for figure in figures:
        if not said.amount.value or not figure.value:
            continue
        ratio = abs(said.amount.value / figure.value)
        for slip in (Decimal(10) ** power for power in (-9, -6, -4, -3, -2, -1, 1, 2, 3, 4, 6, 9)):
            if agree(said.amount.scaled(1 / slip), figure.value) is Agreement.EXACT:
                return finding.noting(f"the same digits {show(ratio, None)} times over: a slip of the unit")
    return finding


def _nothing(said: Said, undecided: list[Figure], ev: Evidence) -> Finding:
    """No figure of the scope decides: known false ones, other clocks and lower bounds may still speak."""
    false = ev.all_published(said.quantity, said.scope, said.day, said.clock, false=True)
    if hit := [f for f in false if agree(said.amount, f.value) is Agreement.EXACT]:
        return _finding(Verdict.CONTRADICTED, "5: a figure that is known to be false", said, hit)
    low = [f for f in _lower_bounds(said, ev) if same_unit(said, f, ev)]
    if said.amount.bound == ">":
        if above := [f for f in low if f.value >= said.amount.value]:
            rule = "5: a part of it, or a day inside the window, has at least so much"
            return _finding(Verdict.SUPPORTED, rule, said, above[:3])
    elif said.clock == ROLLING:
        days = [
            f for f in low if f.clock == DAY and not f.measured and said.scope.within(f.scope) is not None
        ]
        if above := [f for f in days if f.low > said.amount.value + said.amount.half_unit]:
            rule = "5: the UTC day alone had more, and it lies inside a trailing 24 h"
            return _finding(Verdict.CONTRADICTED, rule, said, above)
    rule = "5: no figure of this metric, scope, clock and unit"
    if undecided:
        rule = "5: only a lower bound is published"
    notes = [f"lower bound: {f.described}" for f in low[:4]]
    return _finding(Verdict.UNVERIFIABLE, rule, said, undecided).noting(*notes, *remainder_notes(said, ev))


def _lower_bounds(said: Said, ev: Evidence) -> list[Figure]:
    """Figures of a part of the scope, and UTC-day totals for a trailing window; sums over members only."""
    if ev.family(said.quantity) != "liquidations" or said.scope.group:
        return []
    parts = [
        f
        for f in ev.published
        if f.metric == said.quantity
        and f.day == said.day
        and ev.known(f)
        and (f.clock == said.clock or (f.clock == DAY and said.clock in {None, ROLLING}))
        and (said.scope == f.scope or said.scope.whole_market or said.scope.contains(f.scope))
    ]
    return parts + ev.warehouse.narrower(said.quantity, said.scope, said.day, said.day)


def _finding(verdict: Verdict, rule: str, said: Said, figures: list[Figure]) -> Finding:
    if not figures:
        return Finding(verdict, rule)
    nearest = min(figures, key=lambda f: abs(f.value - said.amount.value))
    values = sorted({f.value for f in figures})
    shown = str(nearest)
    if len(values) > 1:
        shown = f"{show(values[0], nearest.unit)} to {show(values[-1], nearest.unit)}"
    per = f" per {nearest.per}" if nearest.per and len(values) > 1 else ""
    amount, value = _signed(said, nearest)
    return Finding(
        verdict,
        rule,
        recomputed=shown + per,
        difference=show(amount.value - value, nearest.unit) if same_size(said, nearest) else "",
        rewording=f"{said.quantity} of {said.scope}, {nearest.clock} {nearest.day}: {shown}{per}",
        figures=tuple(sorted(figures, key=lambda f: f is not nearest)),
    )


def same_size(said: Said, figure: Figure) -> bool:
    return said.amount.unit in {None, figure.unit}


def _notes(said: Said, finding: Finding, ev: Evidence) -> list[str]:
    """What a reader should know beside the verdict."""
    notes = []
    for figure in finding.figures:
        rest = said.scope.within(figure.scope) if figure.metric == said.quantity else None
        if rest:
            notes.append(f"the published set of {figure.id} has {', '.join(sorted(rest))} too")
        if figure.qualifier and figure.metric == said.quantity:
            notes.append(f"{figure.id}: {figure.qualifier}")
    if said.scope.venues and ev.family(said.quantity) == "liquidations":
        notes += [f"feed of that day: {b}" for b in ev.throttled(said.scope, said.day)]
    for late in ev.all_published(said.quantity, said.scope, said.day, said.clock):
        if not ev.known(late):
            notes.append(f"published after the claim was made: {late.described}")
    false = ev.all_published(said.quantity, said.scope, said.day, said.clock, false=True)
    notes += [f"known to be false: {f.described}" for f in false]
    quantity = ev.quantities.get(said.quantity)
    missing = (
        [s for s in quantity.should_state if not (s == "venue" and said.scope.venues)] if quantity else []
    )
    if missing:
        notes.append(f"the claim does not state: {', '.join(missing)}")
    if any(not f.measured for f in finding.figures) and ev.warehouse.measures(said.scope):
        notes += [
            f"measured here: {f.described}" for f in ev.measured(said.quantity, said.scope, said.day, None)
        ]
    if finding.verdict is not Verdict.UNVERIFIABLE and not ev.warehouse.measures(said.scope):
        here = ev.warehouse.narrower(said.quantity, said.scope, said.day, said.day)
        notes += [f"of it this warehouse measures {f} on the UTC day ({f.series})" for f in here]
    return notes
