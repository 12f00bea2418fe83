"""Holds a table against the contract of its model: columns, types, grain, asserts and warnings.

Failing rows are kept in meta.check_failures, so that a blocked night can be looked into.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import duckdb

from pipelines.models.contract import ASSERT, GRAIN, Model
from pipelines.models.results import CheckResult, ModelError, ModelResult
from pipelines.models.units import fits, meaning

KEPT_ROWS = 100  # failing rows that are kept, a check

Connection = duckdb.DuckDBPyConnection


def verify_columns(conn: Connection, model: Model) -> None:
    """Raise ModelError unless the table has exactly the declared columns, in types that fit their units."""
    types = column_types(conn, model)
    if tuple(types) != model.column_names:
        missing = ", ".join(c for c in model.column_names if c not in types)
        unknown = ", ".join(c for c in types if c not in model.column_names)
        reasons = [f"missing: {missing}"] * bool(missing) + [f"not declared: {unknown}"] * bool(unknown)
        reason = "; ".join(reasons) or f"the order differs: the select gives {', '.join(types)}"
        raise ModelError(model.path, f"columns differ from the contract ({reason})")
    for column in model.columns:
        data_type = types[column.name]
        if not fits(column.unit, data_type):
            wanted = f"{column.unit} is {meaning(column.unit)}"
            raise ModelError(model.path, f"column {column.name} is {data_type}, but {wanted}")


def column_types(conn: Connection, model: Model) -> dict[str, str]:
    """The DuckDB type of each column of the table that a model made, in its order."""
    return {row[0]: row[1] for row in conn.execute(f"describe {model.quoted}").fetchall()}


def run_checks(conn: Connection, model: Model) -> tuple[int, tuple[CheckResult, ...]]:
    """The number of rows of a table, and what each check of its model found."""
    counts = [f"count(*) filter (where ({check.expression}) is not true)" for check in model.checks]
    found = conn.execute(f"select {', '.join(['count(*)', *counts])} from {model.quoted}").fetchall()[0]
    results = [_check_grain(conn, model)]
    keys = _list(model.grain)
    for check, failing in zip(model.checks, found[1:], strict=True):
        sample: tuple[str, ...] = ()
        if failing:
            rows = f"select * from {model.quoted} where ({check.expression}) is not true order by {keys}"
            sample = _as_json(conn, f"{rows} limit {KEPT_ROWS}")
        results.append(CheckResult(check.name, check.severity, failing, sample))
    return found[0], tuple(results)


def _check_grain(conn: Connection, model: Model) -> CheckResult:
    keys = _list(model.grain)
    holes = " or ".join(f'"{name}" is null' for name in model.grain)
    broken = (
        f"select {keys}, count(*) as copies from {model.quoted} "
        f"group by {keys} having count(*) > 1 or {holes}"
    )
    failing = conn.execute(f"select count(*) from ({broken})").fetchall()[0][0]
    sample = _as_json(conn, f"{broken} order by {keys} limit {KEPT_ROWS}") if failing else ()
    return CheckResult(GRAIN, ASSERT, failing, sample)


def _as_json(conn: Connection, rows: str) -> tuple[str, ...]:
    found = conn.execute(f"select to_json(found)::varchar from ({rows}) as found").fetchall()
    return tuple(row[0] for row in found)


def _list(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def keep_failures(
    conn: Connection, build_at: datetime, results: Iterable[ModelResult], models: Iterable[str]
) -> None:
    """Write the failing rows of a build into meta.check_failures, in place of what was known before.

    What a model failed earlier goes when the model has been checked again, or does not exist any more.
    """
    results = list(results)
    conn.execute("create schema if not exists meta")
    conn.execute(
        "create table if not exists meta.check_failures "
        '(build_at timestamptz, model varchar, "check" varchar, severity varchar, "row" json)'
    )
    conn.execute(
        "delete from meta.check_failures where list_contains(?, model) or not list_contains(?, model)",
        [[result.name for result in results], list(models)],
    )
    rows = [(r.name, c.name, c.severity, row) for r in results for c in r.checks for row in c.sample]
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        conn.execute(
            "insert into meta.check_failures select ?, unnest(?::varchar[]), unnest(?::varchar[]), "
            "unnest(?::varchar[]), unnest(?::varchar[])::json",
            [build_at, *columns],
        )
