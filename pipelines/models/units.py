"""The vocabulary of units: every word a column may carry, what it means, how it may be stored.

A new word needs a reason: two words for one unit make two figures look incomparable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

INTEGER = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"})
UNSIGNED = frozenset("U" + name for name in INTEGER)
NUMBER = INTEGER | UNSIGNED | {"DECIMAL", "FLOAT", "DOUBLE"}
TEXT = frozenset({"VARCHAR", "ENUM", "UUID", "JSON"})


@dataclass(frozen=True)
class Unit:
    """What a unit says, and the DuckDB types that can hold it (lists of them as well)."""

    meaning: str
    stored_as: frozenset[str] = NUMBER


UNITS: Mapping[str, Unit] = {
    "date": Unit("a calendar day: UTC, or New York where the column says session", frozenset({"DATE"})),
    "timestamptz": Unit("a moment", frozenset({"TIMESTAMP WITH TIME ZONE"})),
    "text": Unit("a name, an id, a word of a fixed list, prose", TEXT),
    "bool": Unit("true or false", frozenset({"BOOLEAN"})),
    "usd": Unit("US dollars"),
    "usd_per_coin": Unit("price: US dollars for one coin of the asset"),
    "coin": Unit("coins of the asset"),
    "percent": Unit("of hundred: 5 is five percent"),
    "fraction": Unit("of one: 0.05 is five percent"),
    "fraction_per_interval": Unit("of one, per funding interval of the row"),
    "hours": Unit("hours"),
    "seconds": Unit("seconds"),
    "days": Unit("days"),
    "count": Unit("how many"),
    "multiplier": Unit("what one unit of a contract is: coins where linear, US dollars where inverse"),
    "rank": Unit("position in an order, 1 is first"),
    "vol_points": Unit("percentage points of annualised volatility"),
}

_BESIDE = re.compile(r"per ([a-z][a-z0-9_]*)")


def unit_column(unit: str) -> str | None:
    """The column that names the unit of each row, for a unit written `per <column>`; else None."""
    match = _BESIDE.fullmatch(unit)
    return match[1] if match else None


def meaning(unit: str) -> str:
    """One line about a unit of the vocabulary or of the form `per <column>`."""
    beside = unit_column(unit)
    return f"in the unit that `{beside}` of the row says" if beside else UNITS[unit].meaning


def fits(unit: str, data_type: str) -> bool:
    """Whether a DuckDB type, or a list of it, can hold values of this unit."""
    stored_as = NUMBER if unit_column(unit) else UNITS[unit].stored_as
    return re.sub(r"(\(.*\)|\[\d*\])+$", "", data_type) in stored_as
