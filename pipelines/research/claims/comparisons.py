"""Tests 6 to 8 for single days: largest since, record, ratio of two days.

Only figures of one series refute; a break of its own feeds in between makes the two sides incomparable.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from pipelines.research.claims.amounts import Agreement, agree, show
from pipelines.research.claims.cases import Case, Said
from pipelines.research.claims.claims import LargestSince, RatioOfDays, Record
from pipelines.research.claims.evidence import Break, Evidence, Series
from pipelines.research.claims.figures import DAY, ROLLING, Figure
from pipelines.research.claims.numbers import judge, known_quantity
from pipelines.research.claims.spans import START
from pipelines.research.claims.verdicts import Finding, Verdict, worst
from pipelines.research.claims.warehouse import missing_days

DayCase = Case[LargestSince] | Case[Record]


def largest_since(case: Case[LargestSince]) -> Finding:
    """No day after `since` and before the claim's day was larger."""
    claim, ev = case.claim, case.evidence
    first = ev.calendar.after(claim.since, case.day)
    claimed = f"{claim.extreme} {case.quantity} since {first} ({claim.since})"
    return _compare(case, claim.extreme, first, case.day - timedelta(days=1), claimed)


def record(case: Case[Record]) -> Finding:
    """The largest of a cycle, of a period, or ever, as far as it was known when the claim was made."""
    claim, ev = case.claim, case.evidence
    if claim.sum_since:
        return _record_of_a_sum(case)
    first, last, name = START, ev.today, "ever"
    if claim.cycle or claim.period:
        span = (
            ev.calendar.cycle(claim.cycle, ev.today)
            if claim.cycle
            else ev.calendar.period(claim.period or "", case.day, ev.today)
        )
        first, last, name = span.first - timedelta(days=1), min(span.last, ev.today), f"of {span.name}"
        if case.day not in span:
            rule = f"6: the day lies outside the period, which is {span}"
            return Finding(Verdict.CONTRADICTED, rule, f"record {name}")
    return _compare(case, claim.extreme, first, last, f"{claim.extreme} {case.quantity} {name}")


def _record_of_a_sum(case: Case[Record]) -> Finding:
    """Test 4: a running sum since a date grows by itself; what can be a record is a day or a week."""
    ev, since = case.evidence, case.claim.sum_since
    assert since is not None
    records = [
        f
        for f in ev.published
        if f.metric.startswith(case.quantity.removesuffix("_sum"))
        and "record" in f.metric
        and f.scope == case.scope
        and ev.known(f)
    ]
    wording = "; ".join(f"{f.clock} record {f} ({f.day})" for f in records)
    return Finding(
        Verdict.METRIC_RELABELLED,
        f"4: a sum since {since} is no series that could hold a record",
        f"record: sum since {since}" + (f", {case.claim.number}" if case.claim.number else ""),
        recomputed=wording,
        rewording=wording or "name the day or the week that was a record",
        figures=tuple(records),
    )


def _compare(case: DayCase, extreme: str, first: date, last: date, claimed: str) -> Finding:
    """Largest (smallest) of all days after `first` up to `last`; the day of the claim is left out."""
    ev = case.evidence
    if decided := known_quantity(case.quantity, ev, case.own()):
        return decided
    own = case.own()
    numbers = [judge(own, ev)] if own else []
    if any(f.verdict in {Verdict.CONTRADICTED, Verdict.METRIC_RELABELLED} for f in numbers):
        return worst(numbers)
    sign = 1 if extreme == "largest" and not (own and own.amount.value < 0) else -1
    lists = ev.series(case.quantity, case.scope, case.claim.clock)
    having = [series for series in lists if series.on(case.day)]
    # without a figure of the day the claim's own number is held against the days of each series
    found = [
        f for series in having or lists if (f := _against(case, own, series, sign, first, last, claimed))
    ]
    if not found:
        if numbers and case.quantity.endswith("_record"):
            return numbers[0]  # the published record itself
        rule = "8: no series of this scope and clock has the day"
        found = [Finding(Verdict.UNVERIFIABLE, rule, claimed)]
    decided = _first_that_speaks(found)
    if own and decided.verdict is not Verdict.UNVERIFIABLE:
        numbers = [f for f in numbers if f.verdict is not Verdict.UNVERIFIABLE]
    merged = worst([decided, *numbers])
    merged = replace(merged, rewording=decided.rewording or merged.rewording)
    return merged.noting(*_narrower_note(case, ev), *_later_note(case, ev, sign, first, last))


def _first_that_speaks(found: list[Finding]) -> Finding:
    """A series that refutes decides; else the first that says more than that it cannot say."""
    refuting = [f for f in found if f.verdict is Verdict.CONTRADICTED]
    speaking = [f for f in found if f.verdict is not Verdict.UNVERIFIABLE]
    return (refuting or speaking or found)[0]


def _against(
    case: DayCase,
    own: Said | None,
    series: Series,
    sign: int,
    first: date,
    last: date,
    claimed: str,
) -> Finding | None:
    """What one series says; None where it has neither the day nor anything larger than the claim's number."""
    ev, event = case.evidence, series.on(case.day)
    window = [f for f in series.days if first < f.day <= last and f.day != case.day]
    if not event and not own:
        return None
    said = own.amount.value if own else Decimal(0)
    value = max(sign * (f.high or f.value) for f in event) if event else sign * said
    if own and agree(own.amount, value * sign):
        value = max(value, sign * said)
    larger = [f for f in window if _surely_beyond(f, value, sign)]
    before = [f for f in series.days if f.day < case.day and _surely_beyond(f, value, sign)]
    word = "largest" if sign > 0 else "smallest"
    shown = ", ".join(dict.fromkeys(str(f) for f in event)) or (str(own.amount) if own else "")
    if before:
        last_before = before[-1]
        rewording = (
            f"{word} since {last_before.day} ({(case.day - last_before.day).days} days), "
            f"when it was {last_before}"
        )
    else:
        rewording = f"{word} since the series begins on {series.days[0].day}"
    crossed = ev.crossed(case.quantity, case.scope, first, max(last, case.day), series.measured)
    regime = [f"a break lies in between: {b}" for b in crossed]
    if ev.family(case.quantity) == "liquidations":
        throttled = ev.throttled(case.scope, case.day)
        regime += [f"a lower bound on the day of the claim: {b}" for b in throttled if b not in crossed]
    base = Finding(
        Verdict.SUPPORTED,
        "8: no day of the series is beyond it",
        claimed,
        rewording=rewording,
        figures=tuple(event),
        notes=(series.caveat, *regime),
    )
    if larger:
        most = sorted(larger, key=lambda f: -sign * f.value)
        listed = ", ".join(f"{f.day} {f}" for f in most[:3])
        return replace(
            base,
            verdict=Verdict.CONTRADICTED,
            rule=f"6: {series.name} has {listed}",
            recomputed=f"{most[0]} on {most[0].day}",
            difference=show(sign * value - most[0].value, most[0].unit),
            figures=(*most[:3], *event),
        )
    if not event:
        return None
    best = max(window, key=lambda f: sign * f.value, default=None)
    base = replace(
        base,
        recomputed=f"{shown}; next {best} on {best.day}" if best else shown,
        figures=(*event, *((best,) if best else ())),
    )
    if tied := [f for f in window if f not in larger and sign * f.value >= value]:
        base = base.noting(*(f"equal within the printed digits: {f.day} {f}" for f in tied))
    if series.measured:
        begin = series.days[0].day
        if first + timedelta(days=1) < begin and first != START:
            rule = f"7: the series begins on {begin}, after the claim's period does"
            return replace(base, verdict=Verdict.NOT_COMPARABLE, rule=rule)
        if gaps := _gaps(case.quantity, series, max(first + timedelta(days=1), begin), last):
            base = base.noting(f"{gaps} days in between are not covered: among covered days only")
    later = any(f.day > case.day for f in window)
    helping = _favouring(crossed, case.day, first, last, sign, later)
    if helping:
        rule = f"7: a break that favours the claim lies in between: {helping[0]}"
        return replace(base, verdict=Verdict.NOT_COMPARABLE, rule=rule)
    return base


def _gaps(quantity: str, series: Series, first: date, last: date) -> int:
    """Days without a figure; ETF sessions have holidays, which are none."""
    return 0 if quantity.startswith("etf") else missing_days(series.days, first, last)


def _surely_beyond(figure: Figure, value: Decimal, sign: int) -> bool:
    """Whether a figure is beyond a value by more than its printed digits; a lower bound counts as such."""
    if sign > 0:
        return figure.low > value
    return figure.high is not None and -figure.high > value


def _favouring(
    breaks: list[Break], day: date, first: date, last: date, sign: int, later: bool
) -> list[Break]:
    """The breaks whose effect helps "this day is beyond the others", or is unknown.

    Against earlier days a feed that shows more helps "larger"; against later days one that shows less.
    """
    found = []
    for b in breaks:
        helps_earlier = b.effect == ("raises" if sign > 0 else "lowers") or (sign < 0 and b.effect == "ends")
        helps_later = b.effect in ({"lowers", "ends"} if sign > 0 else {"raises"})
        unknown = b.effect not in {"raises", "lowers", "ends"}
        before, after = b.between(first, day), later and b.between(day, last)
        if (before and (helps_earlier or unknown)) or (after and (helps_later or unknown)):
            found.append(b)
    return found


def ratio_of_days(case: Case[RatioOfDays]) -> Finding:
    """The day stands far above another day, or is so many times it."""
    claim, ev = case.claim, case.evidence
    other = ev.calendar.day(claim.against)
    own = case.own()
    if decided := known_quantity(case.quantity, ev, own):
        return decided
    against = case.said(claim, claim.against_number, day=other) if claim.against_number else None
    said = [s for s in (own, replace(against, day=other) if against else None) if s]
    numbers = [judge(s, ev) for s in said]
    if any(f.verdict in {Verdict.CONTRADICTED, Verdict.METRIC_RELABELLED} for f in numbers):
        return worst(numbers)
    claimed = f"{case.day} against {other}: {claim.ratio or _words(claim)}"
    sides = _sides(case, other)
    if not sides:
        return _lone_sides(case, other, claimed)
    quotients = [(a.value / b.value, a, b) for a, b in sides if b.value]
    low, high = min(q for q, *_ in quotients), max(q for q, *_ in quotients)
    ends = dict.fromkeys(show(q, None) for q in (low, high))
    shown = f"{' to '.join(ends)} times"
    _, top, bottom = quotients[0]
    base = Finding(
        Verdict.SUPPORTED,
        f"8: the ratio is {shown}",
        claimed,
        shown,
        rewording=f"{case.day} was {shown} {other}",
        figures=(top, bottom),
    )
    crossed = ev.crossed(case.quantity, case.scope, case.day, other, top.measured)
    base = base.noting(*(f"a break lies in between: {b}" for b in crossed))
    if claim.ratio:
        fits = [agree(claim.ratio, q) for q, *_ in quotients]
        if not any(fits) and not low <= claim.ratio.value <= high:
            return replace(base, verdict=Verdict.CONTRADICTED, rule=f"6: the ratio is {shown}")
        rounded = not any(f is Agreement.EXACT for f in fits) and any(fits)
        base = replace(base, verdict=Verdict.ROUNDED if rounded else Verdict.SUPPORTED)
        wanted_more = claim.ratio.value >= 1
    else:
        assert claim.word is not None
        sign, factor = claim.word
        wanted_more = sign > 0
        refuted = high < factor or high <= 1 if sign > 0 else low > 1 / factor or low >= 1
        loose_top, loose_bottom = _at_least(top, bottom), _at_least(bottom, top)
        if refuted and not (loose_top if sign > 0 else loose_bottom):
            return replace(base, verdict=Verdict.CONTRADICTED, rule=f"6: the ratio is {shown}")
        if refuted or (loose_bottom if sign > 0 else loose_top):
            return replace(base, verdict=Verdict.NOT_COMPARABLE, rule="7: one side is only a lower bound")
    later_is_day = case.day > other
    helpful = "raises" if wanted_more == later_is_day else "lowers"
    for b in crossed:
        if b.effect == helpful or (helpful == "lowers" and b.effect == "ends"):
            return replace(base, verdict=Verdict.NOT_COMPARABLE, rule=f"7: a break favours the claim: {b}")
    return worst([base, *(f for f in numbers if f.verdict is not Verdict.UNVERIFIABLE)])


def _at_least(figure: Figure, other: Figure) -> bool:
    """Whether a figure is a lower bound beside the other: printed so, or a UTC day beside trailing 24 h."""
    return figure.bound == ">=" or (figure.clock == DAY and other.clock == ROLLING)


def _words(claim: RatioOfDays) -> str:
    assert claim.word is not None
    sign, factor = claim.word
    return ("far " if factor > 1 else "") + ("above" if sign > 0 else "below")


def _sides(case: Case[RatioOfDays], other: date) -> list[tuple[Figure, Figure]]:
    """Pairs of figures of the two days that stand in one series; several readings make several pairs."""
    for series in case.evidence.series(case.quantity, case.scope, case.claim.clock):
        pairs = [(a, b) for a in series.on(case.day) for b in series.on(other)]
        alike = [(a, b) for a, b in pairs if a.clock == b.clock]
        if pairs:
            return alike or pairs
    single = [
        (a, b)
        for a in case.evidence.figures(case.quantity, case.scope, case.day, case.claim.clock)
        for b in case.evidence.figures(case.quantity, case.scope, other, case.claim.clock)
        if a.source == b.source
    ]
    return single


def _lone_sides(case: Case[RatioOfDays], other: date, claimed: str) -> Finding:
    """No series has both days: figures of another universe, or published later, may still be there."""
    ev = case.evidence
    side = case.evidence.figures(case.quantity, case.scope, case.day, case.claim.clock)
    market = [f for f in ev.published if f.metric == case.quantity and f.day == other and not f.false]
    known = [f for f in market if ev.known(f)]
    notes = [f"published after the claim was made: {f.described}" for f in market if not ev.known(f)]
    crossed = ev.crossed(case.quantity, case.scope, case.day, other, measured=False)
    notes += [f"a break lies in between: {b}" for b in crossed]
    if side and known:
        covered = ", ".join(dict.fromkeys(f.series or str(f.scope) for f in known))
        rule = f"7: the two sides stand on different coverage: {other} is known for {covered} only"
        ratios = "; ".join(f"against {f} ({f.scope}) {show(side[0].value / f.value, 'times')}" for f in known)
        return Finding(
            Verdict.NOT_COMPARABLE,
            rule,
            claimed,
            ratios,
            rewording="no ratio of the two days can be stated",
            figures=(*side, *known),
            notes=tuple(notes),
        )
    missing = other if side else case.day
    return Finding(
        Verdict.UNVERIFIABLE, f"8: no figure of this scope for {missing}", claimed, notes=tuple(notes)
    )


def _narrower_note(case: DayCase, ev: Evidence) -> list[str]:
    """What the same comparison says on the measured universe, where that is less than the claim's."""
    if ev.warehouse.measures(case.scope):
        return []
    days = ev.warehouse.narrower(case.quantity, case.scope, START, ev.today)
    own = next((f for f in days if f.day == case.day), None)
    if not own:
        return []
    larger = [f for f in days if f.day < case.day and f.value > own.value]
    since = f"since {larger[-1].day}" if larger else f"since coverage began on {days[0].day}"
    return [f"on the narrower universe measured here ({own.series}) it is the largest UTC day {since}"]


def _later_note(case: DayCase, ev: Evidence, sign: int, first: date, last: date) -> list[str]:
    """Later days beyond it, and figures of earlier days that were published after the claim."""
    notes = []
    event = ev.figures(case.quantity, case.scope, case.day, case.claim.clock)
    if not event:
        return []
    top = max(sign * f.value for f in event)
    late = [
        f
        for f in ev.published
        if f.metric == case.quantity
        and f.scope == case.scope
        and f.series
        and not f.false
        and not ev.known(f)
    ]
    beaten = [f for f in late if f.day > last and sign * f.value > top]
    if beaten:
        earliest = min(beaten, key=lambda f: f.day)
        notes.append(f"beaten later: {earliest.day} {earliest}")
    notes += [f"published after the claim was made: {f.described}" for f in late if first < f.day < case.day]
    return notes
