"""The check: a claims file and a connection in, one row per claim out, in the order of the file.

Which rule answers which kind of claim stands in one table; findings over the document come last.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines.research.claims import arithmetic, comparisons, documents, groups, periods, prices
from pipelines.research.claims.cases import Case, CaseError
from pipelines.research.claims.claims import Claim, ClaimsFile, Statement, Value
from pipelines.research.claims.evidence import Evidence
from pipelines.research.claims.numbers import judge_all, known_quantity
from pipelines.research.claims.reading import ClaimsError, read_claims
from pipelines.research.claims.remainders import unallocated_notes
from pipelines.research.claims.spans import SpanError
from pipelines.research.claims.verdicts import Finding, Verdict, VerdictRow, row, worst
from pipelines.research.claims.warehouse import Connection

CIRCULAR = (
    "checked on the sample, whose days are made from the published figures: measured evidence is circular"
)


def value(case: Case[Value]) -> Finding:
    """A number, and the further numbers of its sentence."""
    claim = case.claim
    return judge_all([case.said(claim), *(case.said(part) for part in claim.others)], case.evidence)


def statement(case: Case[Statement]) -> Finding:
    """Whether anything here speaks of it at all."""
    names = [case.quantity, *(part.quantity or case.quantity for part in case.claim.others)]
    found = [
        known_quantity(name, case.evidence)
        or Finding(Verdict.UNVERIFIABLE, "1: a quantity of the market, but no number to test", name)
        for name in names
    ]
    return worst(found)


RULES: dict[str, Callable[[Case[Any]], Finding]] = {
    "value": value,
    "rate": value,
    "statement": statement,
    "sum_of_parts": arithmetic.sum_of_parts,
    "share": arithmetic.share,
    "ratio": arithmetic.ratio,
    "long_share": arithmetic.long_share,
    "sum_since": groups.sum_since,
    "weekly_change": groups.weekly_change,
    "from_to": groups.from_to,
    "groups": groups.groups,
    "largest_since": comparisons.largest_since,
    "record": comparisons.record,
    "ratio_of_days": comparisons.ratio_of_days,
    "peak": periods.peak,
    "peaks": periods.peaks,
    "trend": periods.trend,
    "rank": periods.rank,
    "change_in_day": prices.change_in_day,
    "level": prices.levels,
    "share_in_band": prices.share_in_band,
    "up_months": prices.up_months,
    "document": documents.document,
}

_NO_NUMBERED_QUANTITY = {"change_in_day", "level", "up_months"}  # a quantity is theirs by kind


def check(claims_file: Path, conn: Connection) -> list[VerdictRow]:
    """Every claim of a YAML file with its verdict, then what was found over the whole document.

    `conn` is a read-only connection on a published version; tables that it lacks are no evidence, and
    the reference tables are read from sql/reference where it has none. Raises ClaimsError.
    """
    document, lines = read_claims(claims_file)
    evidence = Evidence(conn, document.made_at_utc, document.source)
    rows, problems = [], []
    for claim in document.claims:
        try:
            rows.append(row(claim.id, claim.kind, claim.says, _finding(claim, document, evidence)))
        except (CaseError, SpanError) as error:
            problems.append(f"line {lines[claim.id]}: claim {claim.id}: {error}")
    if problems:
        raise ClaimsError(claims_file, problems)
    whole = Case[Claim](document.claims[0], document, evidence)
    for number, (names, finding) in enumerate(documents.further(whole), start=1):
        rows.append(row(f"document.{number}", "document", f"found over {names}", finding))
    return rows


def _finding(claim: Claim, document: ClaimsFile, evidence: Evidence) -> Finding:
    case = Case[Claim](claim, document, evidence)
    decided = known_quantity(claim.quantity, evidence) if claim.quantity else None
    finding = decided if decided and claim.kind in _NO_NUMBERED_QUANTITY else RULES[claim.kind](case)
    others = [said for name, said in documents.said_totals(case, document.claims) if name != claim.id]
    for part in [said for name, said in documents.said_totals(case, [claim]) if said.apart_from]:
        finding = finding.noting(*unallocated_notes(part, others))
    if evidence.warehouse.is_sample:
        finding = finding.noting(CIRCULAR)
    return finding
