"""Verdicts: the words, which of them is worse, what a rule finds, and the row that a reader gets.

No rule stands here and nothing is printed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from pipelines.research.claims.figures import Figure, distinct


class Verdict(StrEnum):
    """What became of a claim, the worst first: where several numbers are tested, the worst decides."""

    CONTRADICTED = "CONTRADICTED"
    ARITHMETIC_ERROR = "ARITHMETIC_ERROR"
    MIXED_VINTAGES = "MIXED_VINTAGES"
    METRIC_RELABELLED = "METRIC_RELABELLED"
    UNIT_MISSING = "UNIT_MISSING"
    INTERNALLY_INCONSISTENT = "INTERNALLY_INCONSISTENT"
    NOT_COMPARABLE = "NOT_COMPARABLE"
    UNVERIFIABLE = "UNVERIFIABLE"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    ROUNDED = "ROUNDED"
    SUPPORTED = "SUPPORTED"

    @property
    def severity(self) -> int:
        return len(Verdict) - list(Verdict).index(self)


@dataclass(frozen=True)
class Finding:
    """What one rule found about one number or one comparison."""

    verdict: Verdict
    rule: str  # the test of docs/claims.md that decided, and why
    claimed: str = ""
    recomputed: str = ""
    difference: str = ""
    rewording: str = ""
    figures: tuple[Figure, ...] = ()
    notes: tuple[str, ...] = ()

    def noting(self, *notes: str) -> Finding:
        """The same finding with further notes; empty ones and repetitions are dropped."""
        return replace(self, notes=tuple(dict.fromkeys(n for n in (*self.notes, *notes) if n)))


@dataclass(frozen=True)
class VerdictRow:
    """One row of the answer. Every column is text; `evidence` and `notes` hold a line each per figure."""

    id: str
    verdict: str
    kind: str
    says: str
    claimed: str
    recomputed: str
    difference: str
    rewording: str
    rule: str
    source: str
    clock: str
    coverage: str
    vintage: str
    evidence: str
    notes: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def worst(findings: Iterable[Finding]) -> Finding:
    """One finding out of several: the worst decides, the others become notes; all figures are kept."""
    given = list(findings)
    ordered = sorted(given, key=lambda f: -f.verdict.severity)
    first, rest = ordered[0], ordered[1:]
    notes = [note for f in ordered for note in f.notes]
    notes += [f"{f.claimed}: {f.verdict} ({f.rule})" for f in rest if f.claimed != first.claimed]
    return replace(
        first,
        claimed="; ".join(dict.fromkeys(f.claimed for f in given if f.claimed)),
        recomputed="; ".join(dict.fromkeys(f.recomputed for f in given if f.recomputed)),
        figures=distinct(figure for f in ordered for figure in f.figures),
        notes=tuple(dict.fromkeys(notes)),
    )


def row(claim_id: str, kind: str, says: str, finding: Finding) -> VerdictRow:
    """A finding as the row of its claim."""
    figures = distinct(finding.figures)

    def joined(values: Iterable[str]) -> str:
        return "; ".join(dict.fromkeys(v for v in values if v))

    return VerdictRow(
        id=claim_id,
        verdict=str(finding.verdict),
        kind=kind,
        says=says,
        claimed=finding.claimed,
        recomputed=finding.recomputed,
        difference=finding.difference,
        rewording=finding.rewording,
        rule=finding.rule,
        source=joined(f.source for f in figures),
        clock=joined(f.clock for f in figures),
        coverage=joined(f.series or str(f.scope) for f in figures),
        vintage=joined(f.snapshot or f.source if not f.measured else "measured here" for f in figures),
        evidence="\n".join(f.described for f in figures),
        notes="\n".join(finding.notes),
    )
