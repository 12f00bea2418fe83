"""Tiny sql folders, written file by file, and a real DuckDB file to build them in.

What a test wants to know stands in the test; here is only the making.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

WriteModel = Callable[..., Path]


@pytest.fixture
def write_model(tmp_path: Path) -> WriteModel:
    """Write sql/<table>.sql with a header made from `columns` ("name unit"), `grain` and `checks`."""

    def write(
        table: str,
        select: str,
        columns: tuple[str, ...] = ("day date", "usd usd"),
        grain: str = "day",
        checks: tuple[str, ...] = (),
        description: str = "One row a day.",
    ) -> Path:
        schema, name = table.split(".")
        path = tmp_path / "sql" / schema / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        header = [f"-- description: {description}", f"-- grain: {grain}"]
        header += [f"-- column: {c.split(' ', 1)[0]} | {c.split(' ', 1)[1]} | its meaning" for c in columns]
        header += [f"-- {check}" for check in checks]
        path.write_text("\n".join([*header, select, ""]))
        return path

    return write


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB file with three days of raw.buckets."""
    with duckdb.connect(tmp_path / "pipeline.duckdb") as connection:
        connection.execute("create schema raw")
        connection.execute(
            "create table raw.buckets as from (values "
            "(timestamptz '2024-03-04 23:30:00+00', 'binance', 250.5000::decimal(18, 4)), "
            "(timestamptz '2024-03-05 00:30:00+00', 'binance', 900.2500::decimal(18, 4)), "
            "(timestamptz '2024-03-05 13:00:00+00', 'okx', 99.7500::decimal(18, 4)), "
            "(timestamptz '2024-03-06 09:00:00+00', 'okx', 10.0000::decimal(18, 4))) "
            "as buckets(bucket_start, venue, long_usd)"
        )
        yield connection
