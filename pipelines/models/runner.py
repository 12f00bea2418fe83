"""Builds the tables of the models inside one transaction: all of a night, or nothing of it.

The connection is handed in; who may write, and when, is decided in pipelines/storage.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

import duckdb

from pipelines.models.checks import Connection, keep_failures, run_checks, verify_columns
from pipelines.models.contract import SCHEMAS, Model
from pipelines.models.lineage import Models, build_order, descendants, require
from pipelines.models.results import BlockedBuild, BuildResult, ModelError, ModelResult
from pipelines.models.standing import broken, require_whole
from pipelines.models.syntax import function_names, parse_select

Progress = Callable[[str, int, int], None]  # the model that begins, its number from 1, how many there are


def build(
    conn: Connection,
    models: Models,
    *,
    external: Collection[str],
    build_at: datetime,
    select: Collection[str] | None = None,
    on_model: Progress | None = None,
) -> BuildResult:
    """Rebuild the selected models (default: all) whole, in the order of their lineage, and check them.

    `external` are the tables that are there already (`raw.…`, `meta.…`); `build_at` is the clock of the
    run. Tables of the model schemas that no file of sql/ makes are dropped. Raises BlockedBuild where a
    blocking check fails, ModelError where a model cannot run, and what `require_whole` raises where all
    are wanted and one is broken; each leaves every table as it was. Failing rows, of warnings too, are kept in meta.check_failures (100 a check).
    """
    require(models, select or ())
    if select is None:
        require_whole(models)
    order = [name for name in build_order(models, external) if select is None or name in select]
    try:
        with _transaction(conn):
            result = _build(conn, models, order, build_at, on_model)
            if result.blocked:
                raise BlockedBuild(result)
            keep_failures(conn, build_at, result.models, [*models, *broken(models)])
    except BlockedBuild as blocked:
        with _transaction(conn):
            keep_failures(conn, build_at, blocked.result.models, [*models, *broken(models)])
        raise
    return result


def verify(conn: Connection, models: Models, names: Iterable[str]) -> list[ModelResult]:
    """Hold existing tables against their contracts; nothing is written.

    Raises ModelError where a table is absent or its columns are not those of the contract.
    """
    names = list(names)
    require(models, names)
    return [_inspect(conn, models[name], time.perf_counter()) for name in names]


def _build(
    conn: Connection, models: Models, order: list[str], build_at: datetime, on_model: Progress | None
) -> BuildResult:
    macros = _macros(conn)
    for schema in SCHEMAS:
        conn.execute(f'create schema if not exists "{schema}"')
    dropped = _drop_orphans(conn, models)
    results: list[ModelResult] = []
    skipped: set[str] = set()
    for number, name in enumerate(order, start=1):
        if name in skipped:
            continue
        if on_model:
            on_model(name, number, len(order))
        results.append(_make(conn, models[name], macros))
        if results[-1].blocks:  # what is made from refuted rows would only repeat the news
            skipped |= descendants(models, name)
    return BuildResult(build_at, tuple(results), tuple(n for n in order if n in skipped), dropped)


def _make(conn: Connection, model: Model, macros: Collection[str]) -> ModelResult:
    began = time.perf_counter()
    for name, _ in function_names(parse_select(model.sql)):
        if name in macros:
            raise ModelError(model.path, f"calls the macro {name}(): lineage ends there, write it out")
    with _explained(model):
        # on one line with the first of the file, so that DuckDB's line numbers are those of the file
        conn.execute(f"create or replace table {model.quoted} as {model.sql}")
    result = _inspect(conn, model, began)
    conn.execute(f"comment on table {model.quoted} is {_literal(model.description)}")
    for column in model.columns:
        comment = _literal(f"{column.unit}: {column.meaning}")
        conn.execute(f'comment on column {model.quoted}."{column.name}" is {comment}')
    return result


def _inspect(conn: Connection, model: Model, began: float) -> ModelResult:
    with _explained(model):
        verify_columns(conn, model)
        rows, checks = run_checks(conn, model)
    return ModelResult(model.table, model.path, rows, time.perf_counter() - began, checks)


def _drop_orphans(conn: Connection, models: Models) -> tuple[str, ...]:
    """Drop the tables of the model schemas that no model makes; views too, nothing makes those.

    The table of a broken model stays as it was until its file is mended.
    """
    found = conn.execute(
        "select schema_name, table_name, 'table' from duckdb_tables() "
        "where database_name = current_database() union all "
        "select schema_name, view_name, 'view' from duckdb_views() "
        "where database_name = current_database() order by all"
    ).fetchall()
    dropped = []
    for schema, name, kind in found:
        table = f"{schema}.{name}"
        if schema in SCHEMAS and (kind == "view" or table not in {*models, *broken(models)}):
            quoted = name.replace('"', '""')
            conn.execute(f'drop {kind} "{schema}"."{quoted}"')
            dropped.append(table)
    return tuple(dropped)


def _macros(conn: Connection) -> frozenset[str]:
    found = conn.execute(
        "select lower(function_name) from duckdb_functions() "
        "where not internal and function_type in ('macro', 'table_macro')"
    ).fetchall()
    return frozenset(row[0] for row in found)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def _explained(model: Model) -> Iterator[None]:
    """Name the file of the model in whatever DuckDB complains about."""
    try:
        yield
    except duckdb.Error as error:
        raise ModelError(model.path, str(error)) from error


@contextmanager
def _transaction(conn: Connection) -> Iterator[None]:
    conn.begin()
    try:
        yield
    except BaseException:
        conn.rollback()
        raise
    conn.commit()
