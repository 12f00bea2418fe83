"""Batches for raw tables made by hand, and what a raw table says: in force, and as of a moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import polars as pl

from pipelines.storage import raw
from pipelines.storage.contracts import KINDS, UTC_TIME

BUCKETS = KINDS["liquidation_buckets"]
DAY = 86_400
Rows = Mapping[tuple[str, int], str]  # (market, day of December 2024) -> long_usd


def at(day: int, hour: int = 0) -> datetime:
    """A moment of December 2024, and on from there."""
    return datetime(2024, 12, 1, hour, tzinfo=UTC) + timedelta(days=day - 1)


def batch(
    window_id: int, observed_at: datetime, rows: Rows, span: tuple[int, int] = (1, 5), **more: Any
) -> raw.Batch:
    """The answer for the days `span`, both included, of the markets in `markets` (default BTC)."""
    told = [
        ("small", m, m, at(day), DAY, Decimal(long), Decimal("1.5"), observed_at, f"body-{window_id}")
        for (m, day), long in rows.items()
    ]
    schema = {**BUCKETS.columns, "observed_at": UTC_TIME, "landing": pl.String}
    return raw.Batch(
        window_id=window_id,
        markets=more.pop("markets", ("BTC",)),
        start=at(span[0]),
        end=at(span[1] + 1),
        observed_at=observed_at,
        landing=f"body-{window_id}",
        rows=pl.DataFrame(told, schema=schema, orient="row"),
        **more,
    )


def load(conn: duckdb.DuckDBPyConnection, *batches: raw.Batch) -> list[raw.Loaded]:
    """Load into raw.liquidation_buckets as dataset `small_liquidations`."""
    return raw.load(conn, BUCKETS, "small", "small_liquidations", batches)


def vintages(conn: duckdb.DuckDBPyConnection, market: str, day: int) -> list[tuple[int, str | None, bool]]:
    """(vintage, long_usd or None, retracted) of one key, oldest first."""
    rows = conn.execute(
        "select vintage, long_usd, retracted from raw.liquidation_buckets"
        " where market = ? and bucket_start = ? order by vintage",
        [market, at(day)],
    ).fetchall()
    return [(v, None if usd is None else f"{usd:.4f}", gone) for v, usd, gone in rows]


def as_of(conn: duckdb.DuckDBPyConnection, moment: datetime) -> dict[tuple[str, date], Decimal]:
    """Every key that stood at `moment`, with its value."""
    rows = conn.execute(
        "select market, (bucket_start at time zone 'UTC')::date, long_usd from ("
        " from raw.liquidation_buckets where observed_at <= ?"
        " qualify row_number() over (partition by market, bucket_start order by vintage desc) = 1"
        ") where not retracted",
        [moment],
    ).fetchall()
    return {(market, day): usd for market, day, usd in rows}
