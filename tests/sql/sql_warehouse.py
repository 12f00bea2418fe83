"""A warehouse in memory: raw rows go in with their true types, the models of sql/ are built, rows come out.

What a test wants to know stands in the test; here is only the making.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import duckdb
import polars as pl

from pipelines.models.contract import Model, load_models
from pipelines.models.lineage import ancestors
from pipelines.models.results import BuildResult
from pipelines.models.runner import build
from pipelines.settings import SQL
from pipelines.storage.contracts import KINDS, UTC_TIME

NOW = datetime(2024, 12, 31, 3, tzinfo=UTC)

META: dict[str, dict[str, Any]] = {
    "build": {"now_at": UTC_TIME, "origin": pl.String},
    "datasets": {
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
    },
    "windows": {
        "dataset": pl.String,
        "part": pl.String,
        "markets": pl.List(pl.String),
        "start_at": UTC_TIME,
        "end_at": UTC_TIME,
        "verdict": pl.String,
        "reason": pl.String,
        "observed_at": UTC_TIME,
    },
    "us_sessions": {"session_date": pl.Date, "is_session": pl.Boolean},
}
PROVENANCE = {"observed_at": UTC_TIME, "vintage": pl.Int32, "retracted": pl.Boolean, "landing": pl.String}
KIND_OF = {  # what a dataset of this kind is called in these tests: <source>_<word>
    "liquidation_buckets": "liquidations",
    "liquidation_orders": "orders",
    "instruments": "contracts",
    "etf_flows": "etf_flows",
    "onchain_volume": "dex_volume",
    "funding_rates": "funding",
    "prices": "bars",
    "open_interest": "open_interest",
    "futures_basis": "basis",
    "option_volatility": "volatility",
}


def at(text: str) -> datetime:
    """A UTC moment from `2024-12-09` or `2024-12-09 08:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@cache
def models() -> dict[str, Model]:
    return load_models(SQL)


class Warehouse:
    """An empty warehouse at `now`; every weekday is a New York session unless it is named a holiday."""

    def __init__(self, now: datetime = NOW, holidays: Sequence[str] = ()) -> None:
        self.conn = duckdb.connect()
        self.conn.execute("set TimeZone = 'UTC'")
        self.conn.execute("set threads = 2")
        self.conn.execute("create schema raw; create schema meta")
        self.schemas: dict[str, dict[str, Any]] = {f"meta.{name}": columns for name, columns in META.items()}
        for kind in KINDS.values():
            self.schemas[f"raw.{kind.name}"] = {
                "source": pl.String,
                "dataset": pl.String,
                **kind.columns,
                **PROVENANCE,
            }
        for table, schema in self.schemas.items():
            empty = pl.DataFrame(schema=schema)
            self.conn.register("frame", empty.to_arrow())
            self.conn.execute(f"create table {table} as select * from frame")
        self.now = now
        self.insert("meta.build", [{"now_at": now, "origin": "mirror"}])
        days = (
            date(2024, 1, 1) + timedelta(days=n) for n in range((now.date() - date(2024, 1, 1)).days + 10)
        )
        self.insert(
            "meta.us_sessions",
            [
                {"session_date": d, "is_session": d.isoformat() not in holidays}
                for d in days
                if d.weekday() < 5
            ],
        )

    def insert(self, table: str, rows: Sequence[dict[str, Any]]) -> None:
        """Append rows; a column that a row does not name is null."""
        frame = pl.DataFrame(
            [{name: row.get(name) for name in self.schemas[table]} for row in rows],
            schema=self.schemas[table],
            strict=False,
        )
        self.conn.register("frame", frame.to_arrow())
        self.conn.execute(f"insert into {table} select * from frame")

    def raw(self, kind: str, source: str, rows: Sequence[dict[str, Any]], **defaults: Any) -> None:
        """Append raw rows of a source: first vintage, seen a day before now, unless said otherwise."""
        common = {
            "source": source,
            "dataset": f"{source}_{KIND_OF[kind]}",
            "observed_at": self.now - timedelta(days=1),
            "vintage": 1,
            "retracted": False,
            "landing": "0" * 64,
        }
        self.insert(f"raw.{kind}", [common | defaults | row for row in rows])

    def dataset(self, source: str, kind: str, earliest: str = "2020-01-01", **more: Any) -> None:
        """Register a dataset of a source, configured unless said otherwise."""
        common = {
            "dataset": f"{source}_{KIND_OF[kind]}",
            "source": source,
            "kind": kind,
            "title": source,
            "state": "configured",
            "earliest": date.fromisoformat(earliest),
            "tail_days": 2,
            "cut": "days",
        }
        self.insert("meta.datasets", [common | more])

    def window(self, dataset: str, start: str, end: str, verdict: str = "complete", **more: Any) -> None:
        """Note an attempt at one part over [start, end), made now unless said otherwise."""
        common = {
            "dataset": dataset,
            "part": "p",
            "markets": ["m"],
            "start_at": at(start),
            "end_at": at(end),
            "verdict": verdict,
            "observed_at": self.now,
        }
        self.insert("meta.windows", [common | more])

    def build(self, *tables: str) -> BuildResult:
        """Build the tables and what they are made from (default: all); a failing assert raises."""
        names = {name for table in tables for name in (table, *ancestors(models(), table))} & models().keys()
        return build(
            self.conn,
            models(),
            external=self.schemas,
            build_at=self.now,
            select=names if tables else None,
        )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.conn.execute(sql).fetchall()

    def built(self, table: str, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        """Build a table and give some columns of it in order."""
        self.build(table)
        return self.rows(f"select {columns} from {table} where {where} order by all")


def interest(when: str, coin: float | None, usd: float | None, **more: Any) -> dict[str, Any]:
    """A raw open-interest row of Bybit BTCUSDT; `more` changes any column."""
    return {
        "venue": "bybit",
        "market": "BTCUSDT",
        "asset": "BTC",
        "margin": "linear",
        "measured_at": at(when),
        "amount_coin": None if coin is None else Decimal(str(coin)),
        "amount_usd": None if usd is None else Decimal(str(usd)),
    } | more
