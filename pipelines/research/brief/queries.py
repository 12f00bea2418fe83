"""The queries of a brief: files that paste into DuckDB, with a header that names title, key and columns.

Each file speaks of one day, written as a literal; asked for another day, the literal is replaced.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from pipelines.models.syntax import table_references

QUERIES = Path(__file__).parent / "queries"
WRITTEN_DAY = "date '2024-12-09'"  # the day that stands in the files
_ENTRY = re.compile(r"-- (title|says|series|key|column|shown): (.+)")


@dataclass(frozen=True)
class Column:
    """A column of a query: its name, its unit, and the words above it."""

    name: str
    unit: str
    label: str


@dataclass(frozen=True)
class Query:
    """A file of queries/. `series` is false where it tells about data instead of being data."""

    name: str
    sql: str
    title: str
    says: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    shown: tuple[str, ...]
    series: bool

    def on(self, day: date) -> str:
        """The text for one day, without the header: it runs as it is."""
        return self.sql.replace(WRITTEN_DAY, f"date '{day}'")

    @property
    def tables(self) -> frozenset[str]:
        """Every `schema.table` that it reads."""
        return table_references(self.sql)

    def column(self, name: str) -> Column:
        return next(c for c in self.columns if c.name == name)


@cache
def queries(folder: Path = QUERIES) -> dict[str, Query]:
    """Every query of a folder by name."""
    return {q.name: q for q in map(_read, sorted(folder.glob("*.sql")))}


def _read(path: Path) -> Query:
    head: dict[str, list[str]] = {}
    lines = path.read_text(encoding="utf-8").splitlines()
    body = next(n for n, line in enumerate(lines) if not line.startswith("--"))
    for line in lines[:body]:
        match = _ENTRY.fullmatch(line)
        if not match:
            raise ValueError(f"{path.name}: {line!r} is no entry of the header")
        head.setdefault(match[1], []).append(match[2])
    columns = tuple(Column(*(part.strip() for part in text.split("|"))) for text in head["column"])
    return Query(
        name=path.stem,
        sql="\n".join(lines[body:]),
        title=head["title"][0],
        says=head["says"][0],
        key=_names(head.get("key", ())),
        columns=columns,
        shown=_names(head.get("shown", ())) or tuple(c.name for c in columns),
        series=head.get("series") != ["no"],
    )


def _names(entries: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.strip() for entry in entries for name in entry.split(","))
