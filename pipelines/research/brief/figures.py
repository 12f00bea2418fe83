"""Figures: each number of a brief with its id, unit, source, coverage and the SQL that derives it.

An id is <version>/<day>/<query>/<key>/<column>; the SQL gives the one value on that version's file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pipelines.research.brief.queries import Query
from pipelines.storage.duck import Connection


@dataclass(frozen=True)
class Figure:
    """One value as the published file has it; None is not known, never zero."""

    id: str
    label: str
    value: Any
    unit: str
    sql: str
    source: str
    coverage: str

    @property
    def name(self) -> str:
        """The id without the version."""
        return self.id.partition("/")[2]

    @property
    def exact(self) -> str:
        """Every digit of the value; an empty text where it is not known."""
        return exact(self.value)


@dataclass(frozen=True)
class Result:
    """The rows of a query on one version; `missing` says why there are none."""

    query: Query
    version: str
    day: date
    rows: tuple[Mapping[str, Any], ...] = ()
    missing: str | None = None
    withheld: tuple[str, ...] = ()  # sources whose rows were left out for their licence
    _cells: dict[tuple[int, str], Figure] = field(default_factory=dict, compare=False, repr=False)

    def __bool__(self) -> bool:
        return bool(self.rows)

    @property
    def sql(self) -> str:
        return self.query.on(self.day)

    def figure(self, row: Mapping[str, Any], column: str) -> Figure:
        """The figure of one cell."""
        place = (id(row), column)
        if place not in self._cells:
            self._cells[place] = self._figure(row, column)
        return self._cells[place]

    def first(self, column: str) -> Figure | None:
        """The figure of the first row, for queries of one row."""
        return self.figure(self.rows[0], column) if self.rows else None

    def where(self, column: str, **key: Any) -> Figure | None:
        """The figure of the row with these values; None where there is no such row or value."""
        for row in self.rows:
            if all(row[name] == value for name, value in key.items()) and row[column] is not None:
                return self.figure(row, column)
        return None

    def shown(self) -> Iterable[tuple[Mapping[str, Any], list[Figure]]]:
        """Each row with the figures that a table shows of it."""
        for row in self.rows:
            yield row, [self.figure(row, name) for name in self.query.shown]

    def _figure(self, row: Mapping[str, Any], name: str) -> Figure:
        query, column = self.query, self.query.column(name)
        keys = [_slug(row[k]) for k in query.key]
        told = ", ".join(str(row[k]) for k in query.key)
        of_row = " and ".join(f'"{k}" is not distinct from {_literal(row[k])}' for k in query.key)
        where = f"\nwhere {of_row}" if of_row else ""
        return Figure(
            id="/".join((self.version, self.day.isoformat(), query.name, *keys, name)),
            label=f"{query.title}: {column.label}{f' ({told})' if told else ''}",
            value=row[name],
            unit=column.unit,
            sql=f'select "{name}"\nfrom (\n{self.sql}\n){where}',
            source=str(row["source"]),
            coverage=str(row["coverage"]),
        )


def run(
    conn: Connection,
    query: Query,
    version: str,
    day: date,
    tables: frozenset[str],
    withheld: frozenset[str] = frozenset(),
) -> Result:
    """Ask a query; where a table of it is not in the file, or no row comes, the result says so.

    Rows of a withheld source are left out, and the result names the source.
    """
    absent = sorted(query.tables - tables)
    if absent:
        return Result(query, version, day, missing=f"this version has no {', '.join(absent)}")
    cursor = conn.execute(query.on(day))
    names = [d[0] for d in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    left_out = sorted({s for row in rows for s in _sources(row) & withheld}) if query.series else []
    kept = tuple(row for row in rows if not left_out or not _sources(row) & withheld)
    reason = None
    if not kept:
        reason = f"left out for the licence of {', '.join(left_out)}" if left_out else "no figure of this day"
    return Result(query, version, day, kept, reason, tuple(left_out))


def rederive(conn: Connection, figure: Figure) -> Any:
    """The value of a figure, asked again on a published file."""
    rows = conn.execute(figure.sql).fetchall()
    if len(rows) != 1:
        raise LookupError(f"{figure.id} has {len(rows)} rows")
    return rows[0][0]


def exact(value: Any) -> str:
    """A value as text with every digit; times in UTC, ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _sources(row: Mapping[str, Any]) -> set[str]:
    told = (str(row[name]) for name in row if name == "source" or name.endswith("_source"))
    return {source for text in told for source in text.split(", ")}


def _slug(value: Any) -> str:
    return re.sub(r"[^A-Za-z0-9.+_-]+", "-", exact(value)) or "-"


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool | int | Decimal):
        return str(value)
    if isinstance(value, datetime):
        return f"timestamptz '{value.isoformat()}'"
    if isinstance(value, date):
        return f"date '{value}'"
    text = str(value).replace("'", "''")
    return f"'{text}'"
