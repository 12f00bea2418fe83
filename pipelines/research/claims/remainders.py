"""What is left when the parts that are told apart are taken from a total; never a figure, only a note.

A vendor's tile of small coins is not "everything but BTC and ETH", and these notes show the difference.
"""

from __future__ import annotations

from decimal import Decimal

from pipelines.research.claims.amounts import show
from pipelines.research.claims.cases import Said
from pipelines.research.claims.evidence import Evidence


def remainder_notes(said: Said, ev: Evidence) -> list[str]:
    """For each published snapshot: the total less the assets that the claim sets apart."""
    notes = []
    for name, figures in ev.snapshots(said.day, said.clock, ev.family(said.quantity)).items():
        same = [f for f in figures if f.metric == said.quantity]
        total = [f.value for f in same if f.scope.whole_market]
        parts = {f.scope.asset: f.value for f in same if f.scope.asset in said.apart_from}
        if total and said.apart_from and len(parts) == len(said.apart_from):
            rest = total[0] - sum(parts.values(), Decimal(0))
            left = f"the total less {' and '.join(said.apart_from)}"
            notes.append(f"snapshot {name}: {left} is {show(rest)}, a remainder and no published figure")
    return notes


def unallocated_notes(said: Said, others: list[Said]) -> list[str]:
    """From the document's own numbers: what is left of its total, and how much of it is in no group."""
    same = [o for o in others if o.quantity == said.quantity and o.day == said.day and o.clock == said.clock]
    total = [o.amount.value for o in same if o.scope.whole_market]
    parts = {o.scope.asset: o.amount.value for o in same if o.scope.asset in said.apart_from}
    if not total or not said.apart_from or len(parts) < len(said.apart_from):
        return []
    rest = total[0] - sum(parts.values(), Decimal(0))
    missing = rest - said.amount.value
    left = f"by the document's own numbers the total less {' and '.join(said.apart_from)} is {show(rest)}"
    if abs(missing) <= said.amount.half_unit * (2 + len(parts)):
        return [left]
    return [f"{left}; {show(missing)} of its total is in no group"]
