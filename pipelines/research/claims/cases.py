"""A case: one claim, its document and the evidence, with what its parts inherit from it.

Every rule gets a case and returns a finding; what a claim leaves out is asked for here, by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from pipelines.research.claims.amounts import Amount
from pipelines.research.claims.claims import Claim, ClaimsFile, Part
from pipelines.research.claims.evidence import Evidence
from pipelines.research.claims.scopes import Scope

C = TypeVar("C", bound=Claim)
T = TypeVar("T")


class CaseError(ValueError):
    """A claim that leaves out what its kind cannot do without; the message says what to write."""


@dataclass(frozen=True)
class Said:
    """One number with everything that it speaks of."""

    quantity: str
    scope: Scope
    clock: str | None
    day: date
    amount: Amount
    apart_from: tuple[str, ...] = ()

    def __str__(self) -> str:
        clock = f" {self.clock}" if self.clock else ""
        return f"{self.quantity} {self.scope}{clock} {self.day}: {self.amount}"


@dataclass(frozen=True)
class Case(Generic[C]):
    """A claim with its document and the evidence."""

    claim: C
    document: ClaimsFile
    evidence: Evidence

    @property
    def quantity(self) -> str:
        return _needed(self.claim.quantity, "quantity is missing; write quantity: liquidations_total")

    @property
    def scope(self) -> Scope:
        return _needed(self.claim.scope, "scope is missing; write scope: all venues")

    @property
    def day(self) -> date:
        return _needed(self.claim.day, "day is missing; write day: 2024-12-09")

    def said(
        self, part: Part, amount: Amount | None = None, *, clock: str | None = None, day: date | None = None
    ) -> Said:
        """A part's number; what the part leaves out comes from the arguments, then from the claim."""
        claim = self.claim
        number = _needed(amount or part.number, "a number is missing; write number: 1.7 bn")
        if claim.number:
            number = number.with_per(claim.number.per)
        return Said(
            quantity=part.quantity or self.quantity,
            scope=part.scope or self.scope,
            clock=part.clock or clock or claim.clock,
            day=day or part.day or self.day,
            amount=number,
            apart_from=part.apart_from or claim.apart_from,
        )

    def own(self) -> Said | None:
        """The claim's own number, where it prints one."""
        return self.said(self.claim) if self.claim.number else None

    def replace(self, claim: Claim) -> Case[Claim]:
        return Case(claim, self.document, self.evidence)


def _needed(value: T | None, message: str) -> T:
    if value is None:
        raise CaseError(message)
    return value
