"""Test 3: do a claim's own numbers fit each other? Sums of parts, shares, long shares, ratios.

Where they do not, but all of them stand in one other snapshot of the event, the claim mixed two readings.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from pipelines.research.claims.amounts import CAP, Agreement, Amount, agree, parse_amount, show
from pipelines.research.claims.cases import Case, Said
from pipelines.research.claims.claims import LongShare, Part, Ratio, Share, SumOfParts
from pipelines.research.claims.evidence import Evidence
from pipelines.research.claims.figures import Figure
from pipelines.research.claims.numbers import judge, known_quantity, unit_given
from pipelines.research.claims.scopes import Scope
from pipelines.research.claims.verdicts import Finding, Verdict, worst

_TOTAL = "liquidations_total"
_SIDES = ("liquidations_long", "liquidations_short")
_HUNDRED = Decimal(100)


def sum_of_parts(case: Case[SumOfParts]) -> Finding:
    """Parts that are said to make a total."""
    total = case.said(case.claim.total)
    parts = [case.said(part) for part in case.claim.parts]
    ev = case.evidence
    if decided := _unknown([total, *parts], ev):
        return decided
    added = sum((p.amount.value for p in parts), Decimal(0))
    tolerance = sum((s.amount.half_unit for s in (total, *parts)), Decimal(0))
    claimed = f"{' + '.join(str(p.amount) for p in parts)} = {total.amount}"
    if not _fits(total.amount, added, tolerance):
        difference = show(total.amount.value - added)
        finding = Finding(
            Verdict.ARITHMETIC_ERROR,
            f"3: the parts add to {show(added)}",
            claimed,
            show(added),
            difference,
            rewording=f"{' + '.join(show(p.amount.value) for p in parts)} = {show(added)}",
        )
        for name, figures in ev.snapshots(total.day, total.clock, ev.family(total.quantity)).items():
            held = [_standing(part, figures) for part in parts]
            whole = [f for f in figures if f.metric == total.quantity and f.scope == total.scope]
            if all(held) and whole and _adds_up(whole[0], [f for f in held if f]):
                rule = f"3: these parts are another snapshot ({name}), whose total of {whole[0]} they make"
                evidence = tuple(f for f in (*held, whole[0]) if f)
                return replace(finding, verdict=Verdict.MIXED_VINTAGES, rule=rule, figures=evidence)
        return finding
    judged = [judge(part, ev) for part in parts]
    summed = judge(total, ev)
    supported = all(f.verdict is Verdict.SUPPORTED for f in judged)
    if summed.verdict is Verdict.UNVERIFIABLE and supported and _one_reading(judged):
        rule = "5: the published parts of one reading add to it"
        summed = replace(summed, verdict=Verdict.SUPPORTED, rule=rule, recomputed=show(added))
    return worst([summed, *judged])


def share(case: Case[Share]) -> Finding:
    """A part that is said to be so many percent of a whole."""
    return _quotient(case, case.claim.part, case.claim.whole, case.claim.share, _HUNDRED)


def ratio(case: Case[Ratio]) -> Finding:
    """A number that is said to be so many times another."""
    percent = case.claim.ratio.unit == "pct"
    return _quotient(
        case, case.claim.left, case.claim.right, case.claim.ratio, _HUNDRED if percent else Decimal(1)
    )


def long_share(case: Case[LongShare]) -> Finding:
    """Longs (or shorts) as a share of the liquidations of a scope."""
    claim = case.claim
    sides = {"long": claim.long, "short": claim.short}
    part = Part(quantity=f"liquidations_{claim.side}", number=sides[claim.side])
    if claim.total or not (claim.long and claim.short):
        found = _quotient(case, part, Part(quantity=_TOTAL, number=claim.total), claim.share, _HUNDRED)
    else:  # no total is printed: the two sides are the whole
        value = claim.long.value + claim.short.value
        half_unit = claim.long.half_unit + claim.short.half_unit
        whole = replace(claim.long, value=value, half_unit=half_unit, text=f"{claim.long} + {claim.short}")
        found = _quotient(
            case, part, Part(quantity=_TOTAL, number=whole), claim.share, _HUNDRED, derived=True
        )
    if not (claim.total and claim.long and claim.short):
        return found
    summed = SumOfParts.model_construct(
        **{name: getattr(claim, name) for name in ("id", "scope", "clock", "day", "unit", "apart_from")},
        kind="sum_of_parts",
        quantity=_TOTAL,
        total=Part(number=claim.total),
        parts=tuple(Part(quantity=q, number=n) for q, n in zip(_SIDES, sides.values(), strict=True)),
    )
    both = [found, sum_of_parts(Case(summed, case.document, case.evidence))]
    misfits = [f for f in both if f.verdict in {Verdict.ARITHMETIC_ERROR, Verdict.MIXED_VINTAGES}]
    return worst(misfits or both)  # test 3 comes before the tests of single numbers


def _quotient(
    case: Case[Any],
    top: Part,
    bottom: Part,
    said: Amount,
    times: Decimal,
    derived: bool = False,
) -> Finding:
    """Part over whole, times 100 for a share: own numbers first, then what is published of them."""
    ev, unknown_number = case.evidence, parse_amount("0")
    part = case.said(top, top.number or unknown_number)
    whole = case.said(bottom, bottom.number or unknown_number, clock=part.clock, day=part.day)
    printed = [s for s, given in ((part, top.number), (whole, bottom.number)) if given]
    if decided := _unknown(printed, ev) or known_quantity(part.quantity, ev, None):
        return decided
    unit = "pct" if times == _HUNDRED else "times"
    claimed = f"{part.amount} of {whole.amount} is {said}" if len(printed) == 2 else f"{part.scope}: {said}"
    readings = _readings(part, whole, times, ev)
    if len(printed) == 2 and whole.amount.value:
        value = part.amount.value / whole.amount.value * times
        spread = part.amount.half_unit + whole.amount.half_unit * abs(part.amount.value / whole.amount.value)
        tolerance = spread / abs(whole.amount.value) * times
        own = Finding(
            Verdict.ARITHMETIC_ERROR,
            f"3: {show(part.amount.value)} of {show(whole.amount.value)} is {show(value, unit)}",
            claimed,
            show(value, unit),
            show(said.value - value, unit),
            rewording=f"{show(value, unit)} of {show(whole.amount.value)}",
        )
        if not _fits(said, value, tolerance + said.half_unit, tolerance):
            return _mixed(own, part, said, readings, times, ev)
        rule = f"3: the numbers fit each other: {show(value, unit)}"
        fits = replace(own, verdict=Verdict.SUPPORTED, rule=rule)
        return worst([fits, *(judge(s, ev) for s in printed[: 1 if derived else 2])])
    return worst([_by_reading(said, readings, unit, claimed), *(judge(s, ev) for s in printed)])


def _mixed(
    own: Finding,
    part: Said,
    said: Amount,
    readings: list[tuple[str, Decimal, tuple[Figure, ...]]],
    times: Decimal,
    ev: Evidence,
) -> Finding:
    """MIXED_VINTAGES where the part stands in another snapshot whose whole gives the claimed share."""
    notes = []
    for name, value, figures in readings:
        if agree(said, value) and _standing(part, list(figures)):
            rule = f"3: the share belongs to another snapshot ({name}), where it is {show(value, 'pct')}"
            return replace(own, verdict=Verdict.MIXED_VINTAGES, rule=rule, figures=figures)
    if said.value and times:
        needed = part.amount.value / said.value * times
        notes.append(f"{said} would need a whole of {show(needed)}")
        for figure in ev.all_published(_TOTAL, Scope("all venues"), part.day, part.clock):
            if ev.known(figure) and agree(said, part.amount.value / figure.value * times):
                notes.append(f"{figure} of another snapshot would give it: {figure.described}")
    return own.noting(*notes)


def _readings(
    part: Said, whole: Said, times: Decimal, ev: Evidence
) -> list[tuple[str, Decimal, tuple[Figure, ...]]]:
    """(snapshot, part over whole, figures) for each reading that has both; measured days where equal."""
    found = []
    for name, figures in ev.snapshots(part.day, part.clock, ev.family(part.quantity)).items():
        same = [f for f in figures if f.metric == part.quantity and part.scope.within(f.scope) is not None]
        top = next(iter(sorted(same, key=lambda f: f.scope != part.scope)), None)
        bottom = _whole(whole, figures)
        if top and bottom and bottom[0]:
            found.append((name, top.value / bottom[0] * times, (top, *bottom[1])))
    if not found:
        tops = ev.figures(part.quantity, part.scope, part.day, part.clock)
        bottoms = ev.figures(whole.quantity, whole.scope, whole.day, whole.clock)
        for top in tops:
            for below in bottoms:
                alike = top.source == below.source and top.snapshot == below.snapshot
                if alike and below.value:
                    found.append((top.source, top.value / below.value * times, (top, below)))
    return found


def _whole(whole: Said, figures: list[Figure]) -> tuple[Decimal, tuple[Figure, ...]] | None:
    """The whole of one snapshot: where both sides are published, their sum, which must be its total."""
    own = [f for f in figures if whole.scope.within(f.scope) is not None]
    totals = [f for f in own if f.metric == whole.quantity]
    if not totals:
        return None
    if whole.quantity == _TOTAL:
        sides = [f for side in _SIDES for f in own if f.metric == side][:2]
        if len(sides) == 2 and sides[0].metric != sides[1].metric:
            if not _adds_up(totals[0], sides):
                return None
            return sum((f.value for f in sides), Decimal(0)), (*sides, totals[0])
    return totals[0].value, (totals[0],)


def _by_reading(
    said: Amount, readings: list[tuple[str, Decimal, tuple[Figure, ...]]], unit: str, claimed: str
) -> Finding:
    """Test 5 for a share: what the snapshots give that have both sides of it."""
    if not readings:
        return Finding(Verdict.UNVERIFIABLE, "5: no reading has both the part and the whole", claimed)
    notes = [f"snapshot {name}: {show(value, unit)}" for name, value, _ in readings]
    values = [value for _, value, _ in readings]
    best = max(readings, key=lambda r: (agree(said, r[1]), -abs(r[1] - said.value)))
    found = agree(said, best[1])
    verdict, rule = {
        Agreement.EXACT: (Verdict.SUPPORTED, "5: within half a printed unit"),
        Agreement.ROUNDED: (Verdict.ROUNDED, "5: right when rounded"),
        Agreement.NO: (Verdict.CONTRADICTED, "5: no published reading gives it"),
    }[found]
    if not found and said.bound == "=" and min(values) <= said.value <= max(values):
        verdict, rule = Verdict.SUPPORTED, "5: between two snapshots of the rolling window"
    shown = show(best[1], unit)
    difference = show(said.value - best[1], unit)
    return Finding(verdict, rule, claimed, shown, difference, shown, best[2], tuple(notes))


def _standing(said: Said, figures: list[Figure]) -> Figure | None:
    """The figure of a snapshot that is this number."""
    for figure in figures:
        own = figure.metric == said.quantity and said.scope.within(figure.scope) is not None
        if own and agree(said.amount, figure.value) is Agreement.EXACT:
            return figure
    return None


def _adds_up(total: Figure, parts: list[Figure]) -> bool:
    """Whether the total of a snapshot is the sum of its parts, as printed."""
    added = sum((f.value for f in parts), Decimal(0))
    return abs(total.value - added) <= total.half_unit + sum((f.half_unit for f in parts), Decimal(0))


def _one_reading(findings: list[Finding]) -> bool:
    """Whether one snapshot, or one measured series, holds a figure of every finding."""
    sets = [{f.snapshot or f.series for f in finding.figures} for finding in findings]
    return bool(set.intersection(*sets) - {None})


def _fits(said: Amount, value: Decimal, tolerance: Decimal, bounded: Decimal | None = None) -> bool:
    """Whether a recomputed value is what is said; `bounded` is the tolerance without the said number's."""
    slack = tolerance if bounded is None else bounded
    if said.bound == ">":
        return value + slack >= said.value
    if said.bound == "<":
        return value - slack <= said.value
    if said.bound == "~":
        tolerance = max(tolerance, CAP * abs(value))
    return abs(said.value - value) <= tolerance


def _unknown(saids: list[Said], ev: Evidence) -> Finding | None:
    """Tests 1 and 2 for every number, before arithmetic is done with them."""
    found = [f for s in saids if (f := known_quantity(s.quantity, ev, s) or unit_given(s, ev))]
    return worst(found) if found else None
