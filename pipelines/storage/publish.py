"""Publishing: a compact read-only copy in a folder of its own, then one symlink flips.

Readers never wait and never see half a night; a version is whole or it is not there.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from pipelines.storage.contracts import KINDS
from pipelines.storage.duck import STORAGE_VERSION, open_read_only
from pipelines.storage.fingerprint import TablePrint, fingerprint
from pipelines.storage.folder import Folder

KEPT_VERSIONS = 5
BUILDING = ".building-"
MODEL_SCHEMAS = ("reference", "staging", "facts", "rankings")
PARQUET_SCHEMAS = ("facts", "rankings")
NOT_COPIED = {("meta", "loads")}  # the loader's own notes


@dataclass(frozen=True)
class Published:
    """A version that was published."""

    version: str
    path: Path
    tables: list[TablePrint]


def publish(
    conn: duckdb.DuckDBPyConnection,
    folder: Folder,
    *,
    now_at: datetime,
    origin: str,
    commit: str,
    macros: dict[str, str],
) -> Published:
    """Copy what people query into published/<version>/ and make it the current one.

    `conn` is the writer's connection; `macros` are name to `create macro` statement. Published are
    reference, facts, rankings, meta and the raw series with their vintages (staging is theirs to
    rebuild); orders lie beside as monthly Parquet.
    """
    _sweep(folder)
    version = _new_version(folder)
    building = folder.published / f"{BUILDING}{version}"
    building.mkdir(parents=True)
    try:
        _snapshot(conn, version, now_at, origin, commit)
        _copy(conn, building / "floodmark.duckdb", macros)
        _parquet(conn, building)
        with_read_only = open_read_only(building / "floodmark.duckdb")
        try:
            tables = fingerprint(with_read_only)
        finally:
            with_read_only.close()
        manifest = {
            "version": version,
            "published_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "now_at": now_at.isoformat(),
            "origin": origin,
            "commit": commit,
            "duckdb": duckdb.__version__,
            "tables": [t.as_dict() for t in tables],
        }
        (building / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
        for file in building.rglob("*"):
            if file.is_file():
                file.chmod(0o444)
        path = folder.published / version
        os.replace(building, path)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    _point(folder.current, Path(version))
    _point(folder.warehouse, Path("published") / "current" / "floodmark.duckdb")
    _drop_old(folder, keep=version)
    return Published(version, path, tables)


def current_version(folder: Folder) -> str | None:
    """The version that readers get, or None."""
    try:
        return os.readlink(folder.current)
    except OSError:
        return None


def manifest(folder: Folder) -> dict[str, object] | None:
    """What is published now: when, from what, and the fingerprint of every table."""
    try:
        loaded: dict[str, object] = json.loads((folder.current / "manifest.json").read_text())
        return loaded
    except FileNotFoundError:
        return None


def _new_version(folder: Folder) -> str:
    """The second it is made in, counted on within one: a name is never used twice.

    DuckDB gives a process that has a file open the same file again, whatever lies there by now.
    """
    stem = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    taken = [int(p.name.partition("-")[2] or 1) for p in folder.published.glob(f"{stem}*")]
    return f"{stem}-{max(taken) + 1}" if taken else stem


def _snapshot(
    conn: duckdb.DuckDBPyConnection, version: str, now_at: datetime, origin: str, commit: str
) -> None:
    conn.execute(
        "create or replace table meta.snapshot as select ?::varchar as version, ?::timestamptz as published_at,"
        " ?::timestamptz as now_at, ?::varchar as origin, ?::varchar as commit, ?::varchar as duckdb_version",
        [version, datetime.now(UTC), now_at, origin, commit, duckdb.__version__],
    )
    conn.execute(
        "comment on table meta.snapshot is 'One row: which version this is, from which moment, data and commit'"
    )


def _tables(conn: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str | None]]:
    rows = conn.execute(
        "select schema_name, table_name, comment from duckdb_tables()"
        " where database_name = current_database() and not temporary order by schema_name, table_name"
    ).fetchall()
    events = {k.name for k in KINDS.values() if k.events}
    kept = []
    for schema, table, comment in rows:
        if schema == "staging" or (schema, table) in NOT_COPIED or (schema == "raw" and table in events):
            continue
        kept.append((schema, table, comment))
    return kept


def _copy(conn: duckdb.DuckDBPyConnection, file: Path, macros: dict[str, str]) -> None:
    here = conn.execute("select current_database()").fetchall()[0][0]
    path = str(file).replace("'", "''")
    conn.execute(f"attach '{path}' as published (storage_version '{STORAGE_VERSION}')")
    conn.execute("begin")
    try:
        for schema, table, comment in _tables(conn):
            conn.execute(f"create schema if not exists published.{schema}")
            conn.execute(f"create table published.{schema}.{table} as select * from {here}.{schema}.{table}")
            if comment:
                conn.execute(f"comment on table published.{schema}.{table} is {_quoted(comment)}")
        for schema, table, column, comment in conn.execute(
            "select schema_name, table_name, column_name, comment from duckdb_columns()"
            " where database_name = current_database() and comment is not null"
        ).fetchall():
            if schema in ("reference", "facts", "rankings", "meta"):
                conn.execute(f'comment on column published.{schema}.{table}."{column}" is {_quoted(comment)}')
        conn.execute("commit")
    except BaseException:
        conn.execute("rollback")
        conn.execute("detach published")
        raise
    try:
        conn.execute("use published")
        for statement in macros.values():
            conn.execute(statement)
        conn.execute("checkpoint published")
    finally:
        conn.execute(f"use {here}")
        conn.execute("detach published")


def _parquet(conn: duckdb.DuckDBPyConnection, building: Path) -> None:
    """Facts and rankings as one file a table; orders as one file a month."""
    for schema, table, _ in _tables(conn):
        if schema in PARQUET_SCHEMAS:
            target = building / "parquet" / schema
            target.mkdir(parents=True, exist_ok=True)
            file = str(target / f"{table}.parquet").replace("'", "''")
            conn.execute(
                f"copy (select * from {schema}.{table}) to '{file}' (format parquet, compression zstd)"
            )
    for kind in (k for k in KINDS.values() if k.events):
        months = conn.execute(
            f"select distinct strftime({kind.time} at time zone 'UTC', '%Y-%m') as month from raw.{kind.name} order by 1"
        ).fetchall()
        for (month,) in months:
            target = building / "parquet" / "raw" / kind.name
            target.mkdir(parents=True, exist_ok=True)
            file = str(target / f"{month}.parquet").replace("'", "''")
            conn.execute(
                f"copy (select * from raw.{kind.name} where strftime({kind.time} at time zone 'UTC', '%Y-%m') = '{month}'"
                f" order by {kind.time}) to '{file}' (format parquet, compression zstd)"
            )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _point(link: Path, target: Path) -> None:
    """Make `link` point at `target` in one step: there is no moment without a version."""
    temporary = link.with_name(f".{link.name}.next")  # one name: a killed publisher's is taken over
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    os.replace(temporary, link)


def _sweep(folder: Folder) -> None:
    """Only one process publishes at a time, so what is still building was left by a killed one."""
    for half in folder.published.glob(f"{BUILDING}*"):
        shutil.rmtree(half, ignore_errors=True)


def _drop_old(folder: Folder, keep: str) -> None:
    versions = sorted(
        (p for p in folder.published.iterdir() if p.is_dir() and not p.is_symlink()),
        key=lambda p: (p.name == keep, p.stat().st_mtime_ns),
    )
    for old in versions[:-KEPT_VERSIONS]:
        shutil.rmtree(old, ignore_errors=True)
