"""Questions to the published version: SQL, rankings with what they are worth, fingerprints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.settings import Settings
from pipelines.storage.duck import Connection, QueryError, reader, writer
from pipelines.storage.fingerprint import TablePrint
from pipelines.storage.fingerprint import fingerprint as prints
from pipelines.storage.folder import Folder
from pipelines.storage.locks import Holder


class BadQuery(Exception):
    """A query that DuckDB does not take."""


class NoSuchRanking(Exception):
    """A name that is no table of schema rankings."""


@dataclass(frozen=True)
class Answered:
    """A table and what has to be said with it."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    notes: list[str] = field(default_factory=list)


def _rows(conn: Connection, query: str, values: Sequence[Any] = ()) -> Answered:
    cursor = conn.execute(query, list(values))
    if cursor is None:
        raise BadQuery("there is no statement in this query")
    return Answered([d[0] for d in cursor.description or ()], cursor.fetchall())


def ask(settings: Settings, query: str) -> Answered:
    """One statement against the published version, read-only."""
    with reader(Folder(settings.warehouse)) as conn:
        try:
            return _rows(conn, query)
        except QueryError as error:
            raise BadQuery(str(error)) from None


def ranking(settings: Settings, name: str, top: int) -> Answered:
    """The first rows of a ranking, with its origin, universe and version as notes."""
    name = name.removeprefix("rankings.")
    with reader(Folder(settings.warehouse)) as conn:
        there = [
            t
            for (t,) in conn.execute(
                "select table_name from duckdb_tables() where schema_name = 'rankings' order by 1"
            ).fetchall()
        ]
        if name not in there:
            raise NoSuchRanking(f"there is no ranking {name!r}; there are {', '.join(there)}")
        ranked = "rank" in _rows(conn, f"from rankings.{name} limit 0").columns
        # rank leads where there is one; days that are not ranked (partial ones) do not show here
        order = "where rank is not null order by rank" if ranked else ""
        table = _rows(conn, f"select * from rankings.{name} {order} limit ?", [top])
        return Answered(table.columns, table.rows, _notes(conn, name))


def _notes(conn: Connection, name: str) -> list[str]:
    (version, origin, now_at) = conn.execute("select version, origin, now_at from meta.snapshot").fetchall()[
        0
    ]
    notes = [f"version {version}, data up to {now_at:%Y-%m-%d %H:%M} UTC, origin {origin}"]
    if origin == "sample":
        notes.insert(0, "SAMPLE: generated data, pinned to published figures where there are any")
    if name == "largest_liquidation_days":
        rows = conn.execute(
            "select count(distinct asset), min(day), max(day), string_agg(distinct venue, ', ' order by venue),"
            " string_agg(distinct source, ', ' order by source) from facts.liquidations_daily"
        ).fetchall()
        assets, first, last, venues, sources = rows[0]
        if assets:
            notes.append(f"among {assets} assets on {venues} (source: {sources}), {first} to {last}")
    return notes


def fingerprints(
    settings: Settings, on_wait: Callable[[Holder | None], None] | None = None
) -> Iterator[tuple[str, TablePrint]]:
    """("pipeline" or "published", print) of every table; waits for a run that writes."""
    folder = Folder(settings.warehouse)
    if folder.pipeline.exists():
        with writer(folder, "floodmark fingerprint", on_wait) as conn:
            pipeline = prints(conn)
        yield from (("pipeline", p) for p in pipeline)
    if folder.warehouse.exists():
        with reader(folder) as conn:
            yield from (("published", p) for p in prints(conn))
