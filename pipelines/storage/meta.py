"""The meta schema: what the pipeline knows of itself, laid beside the data so that SQL can ask it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import duckdb
import polars as pl

from pipelines.storage.ledger import Ledger, unstamp

TIME = pl.Datetime("us", "UTC")


def _replace(conn: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame, comment: str) -> None:
    conn.register("meta_frame", frame.to_arrow())
    conn.execute(f"create or replace table meta.{table} as select * from meta_frame")
    conn.unregister("meta_frame")
    text = comment.replace("'", "''")
    conn.execute(f"comment on table meta.{table} is '{text}'")


def _time(text: str | None) -> datetime | None:
    return unstamp(text) if text else None


def write_build(conn: duckdb.DuckDBPyConnection, now_at: datetime, origin: str) -> None:
    """The moment the models believe in, and where the data came from."""
    frame = pl.DataFrame([(now_at, origin)], schema={"now_at": TIME, "origin": pl.String}, orient="row")
    _replace(conn, "build", frame, "One row: the moment this build believes in, and the origin of its data")


def write_datasets(conn: duckdb.DuckDBPyConnection, rows: Sequence[tuple[Any, ...]]) -> None:
    """(dataset, source, kind, title, key_variable, state, earliest, tail_days, depth_days, cut) of the registry;
    the state is configured, not_configured or on_request."""
    schema: dict[str, Any] = {
        "dataset": pl.String,
        "source": pl.String,
        "kind": pl.String,
        "title": pl.String,
        "key_variable": pl.String,
        "state": pl.String,
        "earliest": pl.Date,
        "tail_days": pl.Int32,
        "depth_days": pl.Int32,
        "cut": pl.String,
    }
    _replace(
        conn, "datasets", pl.DataFrame(rows, schema=schema, orient="row"), "Every dataset of the registry"
    )


def write_sessions(conn: duckdb.DuckDBPyConnection, rows: Sequence[tuple[date, bool]]) -> None:
    """(weekday, is it a session of the New York Stock Exchange)."""
    schema = {"session_date": pl.Date, "is_session": pl.Boolean}
    _replace(
        conn,
        "us_sessions",
        pl.DataFrame(rows, schema=schema, orient="row"),
        "Weekdays and whether the New York Stock Exchange opens, from a trading-calendar library",
    )


def write_ledger(conn: duckdb.DuckDBPyConnection, ledger: Ledger) -> None:
    """meta.windows and meta.fetches: the ledger as it stands."""
    windows = pl.DataFrame(
        [
            (
                w.dataset,
                w.part,
                list(w.markets),
                w.start_at,
                w.end_at,
                # an answer that could not be read or was refused is no data
                "failed" if w.load_verdict in ("unparsable", "shrunken") else w.verdict,
                w.load_reason or w.reason,
                w.observed_at,
                w.rows,
                w.id,
            )
            for w in ledger.windows()
            # what has landed and waits to be loaded is not there yet: called complete, it would read as zero
            if not (w.verdict == "complete" and w.markets and w.load_verdict is None)
        ],
        schema={
            "dataset": pl.String,
            "part": pl.String,
            "markets": pl.List(pl.String),
            "start_at": TIME,
            "end_at": TIME,
            "verdict": pl.String,
            "reason": pl.String,
            "observed_at": TIME,
            "rows": pl.Int64,
            "window_id": pl.Int64,
        },
        orient="row",
    )
    _replace(conn, "windows", windows, "Every stretch of every part that was asked for, one row an attempt")
    fetches = pl.DataFrame(
        [
            (
                f["id"],
                f["window_id"],
                f["source"],
                f["dataset"],
                f["part"],
                _time(f["start_at"]),
                _time(f["end_at"]),
                f["method"],
                f["url"],
                f["status"],
                _time(f["observed_at"]),
                f["elapsed_ms"],
                f["bytes"],
                f["sha256"],
                f["verdict"],
                f["error"],
                f["page"],
            )
            for f in ledger.table("fetches")
        ],
        schema={
            "fetch_id": pl.Int64,
            "window_id": pl.Int64,
            "source": pl.String,
            "dataset": pl.String,
            "part": pl.String,
            "start_at": TIME,
            "end_at": TIME,
            "method": pl.String,
            "url": pl.String,
            "status": pl.Int32,
            "observed_at": TIME,
            "elapsed_ms": pl.Int64,
            "bytes": pl.Int64,
            "landing": pl.String,
            "verdict": pl.String,
            "error": pl.String,
            "page": pl.Int32,
        },
        orient="row",
    )
    _replace(conn, "fetches", fetches, "Every request that was made, as the ledger has it; no secrets")
