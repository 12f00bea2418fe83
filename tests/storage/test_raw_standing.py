"""Terms that stand until others are stated: validity comes from the vintages, whatever the time of an answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import duckdb
import polars as pl
from raw_books import at

from pipelines.storage import raw
from pipelines.storage.contracts import KINDS, UTC_TIME
from pipelines.storage.fingerprint import fingerprint

INSTRUMENTS = KINDS["instruments"]
SECOND = timedelta(seconds=1)


def listing(window_id: int, observed_at: datetime, **multipliers: str) -> raw.Batch:
    """The list `swaps` as it stood at a moment: contract -> multiplier."""
    told = [
        ("small", "swaps", name, "BTC", "linear", "contract", Decimal(size), observed_at, None)
        for name, size in multipliers.items()
    ]
    rows = pl.DataFrame(told, schema=INSTRUMENTS.columns, orient="row").with_columns(
        pl.lit(observed_at, dtype=UTC_TIME).alias("observed_at"), pl.lit(f"body-{window_id}").alias("landing")
    )
    scope = (observed_at, observed_at + SECOND)
    return raw.Batch(window_id, ("swaps",), *scope, observed_at, f"body-{window_id}", rows)


def load(conn: duckdb.DuckDBPyConnection, *batches: raw.Batch) -> list[raw.Loaded]:
    return raw.load(conn, INSTRUMENTS, "small", "small_contracts", batches)


def terms(conn: duckdb.DuckDBPyConnection, name: str) -> list[tuple[int, Decimal | None, datetime | None]]:
    return conn.execute(
        "select vintage, multiplier, stated_at at time zone 'UTC' from raw.instruments"
        " where instrument = ? order by vintage",
        [name],
    ).fetchall()


def naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def test_the_same_terms_at_another_time_are_no_news(conn: duckdb.DuckDBPyConnection) -> None:
    load(conn, listing(1, at(6), A="0.1"))
    (told,) = load(conn, listing(2, at(7), A="0.1"))
    assert told.new_vintages == told.retracted == 0
    assert terms(conn, "A") == [(1, Decimal("0.1"), naive(at(6)))]


def test_other_terms_and_a_withdrawal_end_what_stood(conn: duckdb.DuckDBPyConnection) -> None:
    load(conn, listing(1, at(6), A="0.1", B="1"))
    load(conn, listing(2, at(8), A="0.01", B="1"))
    (told,) = load(conn, listing(3, at(9), A="0.01"))
    assert told.retracted == 1
    assert terms(conn, "A") == [(1, Decimal("0.1"), naive(at(6))), (2, Decimal("0.01"), naive(at(8)))]
    assert [v for v, *_ in terms(conn, "B")] == [1, 2] and terms(conn, "B")[1][1] is None


def test_lists_that_wait_together_are_loaded_one_after_the_other(conn: duckdb.DuckDBPyConnection) -> None:
    """Their moments lie a day apart, but each speaks of all that stands."""
    days = [listing(n, at(5 + n), A=size) for n, size in enumerate(("0.1", "0.1", "0.01", "0.1"), start=1)]
    load(conn, *days)
    together = [p for p in fingerprint(conn) if p.schema == "raw"]
    assert [size for _, size, _ in terms(conn, "A")] == [Decimal("0.1"), Decimal("0.01"), Decimal("0.1")]
    conn.execute("delete from raw.instruments")
    for day in days:
        load(conn, day)
    assert [p for p in fingerprint(conn) if p.schema == "raw"] == together
