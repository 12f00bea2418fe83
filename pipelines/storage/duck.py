"""DuckDB connections: the pipeline's writer, and readers of what is published.

Nobody else opens a DuckDB file: one process may write, and an idle reader would block it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipelines.storage.folder import Folder
from pipelines.storage.locks import Holder, exclusive

Connection = duckdb.DuckDBPyConnection
QueryError = duckdb.Error
STORAGE_VERSION = "v1.4.0"  # 1.x reads it too, and here it costs nothing


class NothingPublished(Exception):
    """The folder has no published version yet."""


def prepare(conn: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Session settings that every connection shares: days must not depend on the machine's zone."""
    conn.execute("set TimeZone = 'UTC'")
    return conn


def in_memory() -> duckdb.DuckDBPyConnection:
    """An empty database for small questions, such as which assets reference.universe names."""
    return prepare(duckdb.connect())


@contextmanager
def writer(
    folder: Folder, purpose: str, on_wait: Callable[[Holder | None], None] | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The one way to write: holds the operating system's lock, then opens pipeline.duckdb."""
    with exclusive(folder.root / "pipeline.lock", purpose, on_wait):
        conn = duckdb.connect()
        try:
            path = str(folder.pipeline).replace("'", "''")
            # what does not fit into memory goes beside the data, never into the caller's folder
            conn.execute(f"set temp_directory = '{path}.tmp'")
            conn.execute(f"attach '{path}' as pipeline (storage_version '{STORAGE_VERSION}')")
            conn.execute("use pipeline")
            yield prepare(conn)
        finally:
            conn.close()


@contextmanager
def reader(folder: Folder) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published version in force, read-only; never waits, never blocks."""
    if not folder.warehouse.exists():
        raise NothingPublished(f"nothing is published in {folder.root} yet: run `floodmark run` first")
    conn = open_read_only(folder.warehouse.resolve())
    try:
        yield conn
    finally:
        conn.close()


def open_read_only(path: Path) -> duckdb.DuckDBPyConnection:
    """Any DuckDB file, read-only."""
    return prepare(duckdb.connect(str(path), read_only=True))
