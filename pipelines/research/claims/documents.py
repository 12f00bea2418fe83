"""Findings over a document: look-backs of one fact that cannot all be its tightest, different totals.

A claim of kind document lists its members; what no such claim lists is found as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.research.claims.amounts import show
from pipelines.research.claims.cases import Case, Said
from pipelines.research.claims.claims import (
    Claim,
    Document,
    LargestSince,
    LongShare,
    Share,
    SumOfParts,
    Value,
)
from pipelines.research.claims.scopes import Scope
from pipelines.research.claims.verdicts import Finding, Verdict

SAME = 0.05  # two look-backs that differ by less than this share are one


@dataclass(frozen=True)
class LookBack:
    """How far a claim looks back for one fact."""

    claim: str
    fact: tuple[str, Scope, date]
    since: date


def document(case: Case[Document]) -> Finding:
    """Do the members fit each other."""
    members = [c for c in case.document.claims if c.id in case.claim.members]
    claimed = f"{', '.join(case.claim.members)} fit each other"
    problems = [*_look_backs(case, members), *_totals(case, members)]
    if problems:
        return Finding(
            Verdict.INTERNALLY_INCONSISTENT, f"document: {problems[0]}", claimed, notes=tuple(problems[1:])
        )
    return Finding(Verdict.SUPPORTED, "document: the members do not exclude each other", claimed)


def further(case: Case[Claim]) -> list[tuple[str, Finding]]:
    """(claims, finding) for what no claim of kind document lists yet."""
    listed = [set(c.members) for c in case.document.claims if isinstance(c, Document)]
    rest = [c for c in case.document.claims if not isinstance(c, Document)]
    found = []
    backs = _backs(case, rest)
    for fact in dict.fromkeys(b.fact for b in backs):
        same = [b for b in backs if b.fact == fact]
        covered = any(len({b.claim for b in same} & names) > 1 for names in listed)
        problems = _different(same)
        if problems and not covered:
            found.append((", ".join(b.claim for b in same), problems[0]))
    for problem, names in _total_problems(case, rest):
        if not any(set(names) <= listed_names for listed_names in listed):
            found.append((", ".join(names), problem))
    return [
        (names, Finding(Verdict.INTERNALLY_INCONSISTENT, f"document: {problem}", f"{names} fit each other"))
        for names, problem in found
    ]


def said_totals(case: Case[Claim], claims: Sequence[Claim]) -> list[tuple[str, Said]]:
    """(claim, number) of every plain number that the claims print."""
    found: list[tuple[str, Said]] = []
    for claim in claims:
        one = case.replace(claim)
        if isinstance(claim, Value):
            parts = [(claim, claim.number), *((p, p.number) for p in claim.others)]
        elif isinstance(claim, SumOfParts):
            parts = [(claim.total, claim.total.number), *((p, p.number) for p in claim.parts)]
        elif isinstance(claim, Share):
            parts = [(claim.part, claim.part.number), (claim.whole, claim.whole.number)]
        elif isinstance(claim, LongShare):
            parts = [(claim, claim.total)]
        else:
            parts = [(claim, claim.number)] if isinstance(claim, LargestSince) else []
        for part, number in parts:
            if number and (part.day or claim.day) and (part.scope or claim.scope) and claim.quantity:
                found.append((claim.id, one.said(part, number)))
    return found


def _backs(case: Case[Document] | Case[Claim], claims: Sequence[Claim]) -> list[LookBack]:
    found = []
    for claim in claims:
        if isinstance(claim, LargestSince) and claim.day and claim.scope and claim.quantity:
            since = case.evidence.calendar.after(claim.since, claim.day)
            found.append(LookBack(claim.id, (claim.quantity, claim.scope, claim.day), since))
    return found


def _look_backs(case: Case[Document], members: Sequence[Claim]) -> list[str]:
    backs = _backs(case, members)
    return [
        problem
        for fact in dict.fromkeys(b.fact for b in backs)
        for problem in _different([b for b in backs if b.fact == fact])
    ]


def _different(backs: list[LookBack]) -> list[str]:
    """One line where look-backs of one fact differ: only one of them can be the tightest."""
    if len(backs) < 2:
        return []
    day = backs[0].fact[2]
    lengths = [(day - b.since) / timedelta(days=1) for b in backs]
    if max(lengths) - min(lengths) <= SAME * max(lengths):
        return []
    listed = ", ".join(f"{b.claim} since {b.since}" for b in backs)
    return [f"different look-backs for one fact, {backs[0].fact[0]} of {day}: {listed}"]


def _totals(case: Case[Document], members: Sequence[Claim]) -> list[str]:
    return [problem for problem, _ in _total_problems(case, members)]


def _total_problems(
    case: Case[Document] | Case[Claim], claims: Sequence[Claim]
) -> list[tuple[str, list[str]]]:
    """Where claims print different numbers for one quantity, scope, clock and day."""
    found = []
    said = said_totals(Case(claims[0], case.document, case.evidence), claims) if claims else []
    for fact in dict.fromkeys((s.quantity, s.scope, s.clock, s.day) for _, s in said):
        same = [(name, s) for name, s in said if (s.quantity, s.scope, s.clock, s.day) == fact]
        exact = [(n, s) for n, s in same if s.amount.bound == "="]
        for n, (name, a) in enumerate(exact):
            other = next(
                ((m, b) for m, b in exact[n + 1 :] if m != name and _apart(a, b)),
                None,
            )
            if other:
                amounts = f"{name} {show(a.amount.value)}, {other[0]} {show(other[1].amount.value)}"
                found.append(
                    (
                        f"different numbers for {fact[0]} of {fact[1]} on {fact[3]}: {amounts}",
                        [name, other[0]],
                    )
                )
                break
    return found


def _apart(a: Said, b: Said) -> bool:
    return abs(a.amount.value - b.amount.value) > a.amount.half_unit + b.amount.half_unit
