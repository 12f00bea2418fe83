"""The ledger: every window that was asked for, every request that was made, every run.

SQLite in WAL mode, so that readers (`status`, sensors) never wait for the pipeline.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SCHEMA = """
create table if not exists runs (
    id integer primary key, command text not null, pid integer not null,
    started_at text not null, finished_at text, outcome text
);
create table if not exists windows (
    id integer primary key, run_id integer not null, dataset text not null, part text not null,
    markets text not null, start_at text not null, end_at text not null, observed_at text,
    verdict text, reason text, load_verdict text, load_reason text, rows integer,
    accept_shrunken integer not null default 0, pruned integer not null default 0
);
create index if not exists windows_by_dataset on windows (dataset, part);
create table if not exists fetches (
    id integer primary key, window_id integer, dataset text not null, source text not null,
    part text not null, start_at text, end_at text, method text not null, url text not null,
    status integer, observed_at text not null, elapsed_ms integer not null, bytes integer not null,
    sha256 text, verdict text not null, error text, context text not null, page integer
);
create index if not exists fetches_by_window on fetches (window_id, page);
create table if not exists publications (version text primary key, last_window_id integer not null, published_at text not null);
"""


def stamp(at: datetime) -> str:
    """A UTC time as sortable text."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def unstamp(text: str) -> datetime:
    return datetime.fromisoformat(text)


@dataclass(frozen=True)
class WindowRow:
    """One attempt at one window of one part; `verdict` is None while it is open (or its writer died)."""

    id: int
    run_id: int
    dataset: str
    part: str
    markets: tuple[str, ...]
    start_at: datetime
    end_at: datetime
    observed_at: datetime | None
    verdict: str | None
    reason: str | None
    load_verdict: str | None
    load_reason: str | None
    rows: int | None
    accept_shrunken: bool
    pruned: bool  # its bodies were removed: no vintage came from it


@dataclass(frozen=True)
class AnswerRow:
    """One whole answer that belongs to a window, as it can be read again from landing."""

    fetch_id: int
    url: str
    status: int
    observed_at: datetime
    sha256: str
    context: Mapping[str, Any]


class Ledger:
    """One connection, shared by the threads of a run."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, timeout=60, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _do(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> int:
        with self._lock, closing(self._db.execute(sql, values)) as cursor:
            return cursor.lastrowid or 0

    def _all(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        with self._lock, closing(self._db.execute(sql, values)) as cursor:
            return cursor.fetchall()

    def _many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        with self._lock:
            self._db.execute("begin immediate")
            try:
                self._db.executemany(sql, rows)
                self._db.execute("commit")
            except BaseException:
                self._db.execute("rollback")
                raise

    # ---- runs -----------------------------------------------------------------------------------

    def open_run(self, command: str, pid: int, at: datetime) -> int:
        return self._do(
            "insert into runs (command, pid, started_at) values (?, ?, ?)", (command, pid, stamp(at))
        )

    def close_run(self, run_id: int, outcome: str, at: datetime) -> None:
        self._do("update runs set outcome = ?, finished_at = ? where id = ?", (outcome, stamp(at), run_id))

    def last_runs(self, count: int) -> list[dict[str, Any]]:
        return [dict(r) for r in self._all("select * from runs order by id desc limit ?", (count,))]

    # ---- windows --------------------------------------------------------------------------------

    def open_window(
        self, run_id: int, dataset: str, part: str, markets: Sequence[str], start: datetime, end: datetime
    ) -> int:
        return self._do(
            "insert into windows (run_id, dataset, part, markets, start_at, end_at) values (?, ?, ?, ?, ?, ?)",
            (run_id, dataset, part, json.dumps(list(markets)), stamp(start), stamp(end)),
        )

    def close_window(
        self,
        window_id: int,
        verdict: str,
        reason: str | None,
        observed_at: datetime,
        pages: Iterable[str] = (),
    ) -> None:
        """End a window; `pages` are the sha256 of its data answers in order, marked in one transaction.

        A page that was never recorded raises LookupError: a complete window without its answers would
        read as one in which everything has vanished.
        """
        with self._lock:
            self._db.execute("begin immediate")
            try:
                for page, sha256 in enumerate(pages):
                    marked = self._db.execute(
                        "update fetches set page = ? where id = (select min(id) from fetches"
                        " where window_id = ? and sha256 = ? and verdict = 'ok' and page is null)",
                        (page, window_id, sha256),
                    )
                    if marked.rowcount != 1:
                        raise LookupError(f"page {page + 1} is no recorded answer of window {window_id}")
                self._db.execute(
                    "update windows set verdict = ?, reason = ?, observed_at = ? where id = ?",
                    (verdict, reason, stamp(observed_at), window_id),
                )
                self._db.execute("commit")
            except BaseException:
                self._db.execute("rollback")
                raise

    def note_loads(self, loads: Iterable[tuple[int, str, str | None, int]]) -> None:
        """(window_id, verdict, reason, rows) of what was loaded or refused, in one transaction."""
        self._many(
            "update windows set load_verdict = ?, load_reason = ?, rows = ? where id = ?",
            [(verdict, reason, rows, window_id) for window_id, verdict, reason, rows in loads],
        )

    def accept_shrunken(self, window_id: int) -> bool:
        """Let a window that was refused as shrunken count; False where there is no such window."""
        if not self._all("select 1 from windows where id = ? and load_verdict = 'shrunken'", (window_id,)):
            return False
        self._do("update windows set accept_shrunken = 1 where id = ?", (window_id,))
        return True

    def windows(self, dataset: str | None = None, complete_only: bool = False) -> list[WindowRow]:
        """Windows that ended, in the order in which their answers arrived."""
        where = ["verdict is not null"]
        values: list[Any] = []
        if dataset is not None:
            where.append("dataset = ?")
            values.append(dataset)
        if complete_only:
            where.append("verdict = 'complete'")
        rows = self._all(
            f"select * from windows where {' and '.join(where)} order by observed_at, id", values
        )
        return [_window(r) for r in rows]

    def datasets_asked(self) -> set[str]:
        """Every dataset that was ever asked for."""
        return {r["dataset"] for r in self._all("select distinct dataset from windows")}

    def last_window_id(self) -> int:
        return int(
            self._all("select coalesce(max(id), 0) as id from windows where verdict is not null")[0]["id"]
        )

    def answers(self, window_id: int) -> list[AnswerRow]:
        """The data answers of a window, in page order."""
        rows = self._all(
            "select * from fetches where window_id = ? and page is not null order by page", (window_id,)
        )
        return [
            AnswerRow(
                r["id"],
                r["url"],
                r["status"],
                unstamp(r["observed_at"]),
                r["sha256"],
                json.loads(r["context"]),
            )
            for r in rows
        ]

    # ---- requests -------------------------------------------------------------------------------

    def add_fetch(self, **row: Any) -> int:
        names = ", ".join(row)
        return self._do(f"insert into fetches ({names}) values ({', '.join(':' + n for n in row)})", row)

    def table(self, name: str) -> list[dict[str, Any]]:
        """A whole table, for meta.*; `name` is one of this module's own."""
        if name not in ("runs", "windows", "fetches", "publications"):
            raise ValueError(name)
        return [dict(r) for r in self._all(f"select * from {name} order by rowid")]

    def bodies(self, window_id: int) -> set[str]:
        """The sha256 of the data answers of a window."""
        return {a.sha256 for a in self.answers(window_id)}

    def mark_pruned(self, window_ids: Iterable[int]) -> None:
        self._many("update windows set pruned = 1 where id = ?", [(i,) for i in window_ids])

    # ---- publications ---------------------------------------------------------------------------

    def note_publication(self, version: str, last_window_id: int, at: datetime) -> None:
        self._do("insert or replace into publications values (?, ?, ?)", (version, last_window_id, stamp(at)))

    def unpublished_window_id(self) -> int | None:
        """The newest window that no published version knows: it ended later, or it still waits to be loaded."""
        last = self.last_publication()
        rows = self._all(
            "select max(id) as id from windows where verdict is not null and (id > ? or (verdict = 'complete'"
            " and markets <> '[]' and load_verdict is null and not pruned))",
            (last["last_window_id"] if last else 0,),
        )
        return int(rows[0]["id"]) if rows[0]["id"] is not None else None

    def last_publication(self) -> dict[str, Any] | None:
        rows = self._all("select * from publications order by published_at desc, version desc limit 1")
        return dict(rows[0]) if rows else None


def _window(r: sqlite3.Row) -> WindowRow:
    return WindowRow(
        id=r["id"],
        run_id=r["run_id"],
        dataset=r["dataset"],
        part=r["part"],
        markets=tuple(json.loads(r["markets"])),
        start_at=unstamp(r["start_at"]),
        end_at=unstamp(r["end_at"]),
        observed_at=unstamp(r["observed_at"]) if r["observed_at"] else None,
        verdict=r["verdict"],
        reason=r["reason"],
        load_verdict=r["load_verdict"],
        load_reason=r["load_reason"],
        rows=r["rows"],
        accept_shrunken=bool(r["accept_shrunken"]),
        pruned=bool(r["pruned"]),
    )
