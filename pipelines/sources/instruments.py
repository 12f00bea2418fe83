"""Instruments: what one unit of a contract is worth, from the lists that venues keep of their contracts.

One row of a list as every venue module reads it, and the rows of raw.instruments. Whoever parses orders takes
its multipliers from the same lists. Where no list is to be had (a venue that closed, an archive without the
file that tells), the module of that source says what it takes instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import polars as pl

from pipelines.sources.contract import Unparsable
from pipelines.sources.frames import frame

KEY = ("venue", "market", "instrument")


@dataclass(frozen=True)
class Instrument:
    """A contract on a list of its venue: one unit is `multiplier` coins where linear, dollars where inverse."""

    name: str
    asset: str
    margin: str  # linear | inverse
    multiplier: Decimal
    listed_at: datetime | None = None  # where the list says it
    native_unit: str = "contract"

    @property
    def face(self) -> str:
        """The multiplier as text, for the context of a part."""
        return f"{self.multiplier.normalize():f}"


def distinct(listed: Iterable[Instrument]) -> list[Instrument]:
    """Each contract once, however often its list repeats it; two sets of terms for one name are no terms."""
    found: dict[str, Instrument] = {}
    for each in listed:
        if found.setdefault(each.name, each) != each:
            raise Unparsable(f"{each.name}: two values for one contract on one list")
    return list(found.values())


def instrument_rows(
    venue: str, market: str, listed: Iterable[Instrument], stated_at: datetime
) -> pl.DataFrame:
    """Rows of raw.instruments: the terms that stood on the list `market` at a moment."""
    rows = [
        (venue, market, i.name, i.asset, i.margin, i.native_unit, i.multiplier, stated_at, i.listed_at)
        for i in listed
    ]
    return frame("instruments", rows, KEY)
