"""Warehouses with given liquidation days, for the tests of the rankings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sql_warehouse import NOW, Warehouse, at

RANKS = "rankings.liquidation_day_ranks"
MEASURED = "basis = 'measured' and clock = 'utc_day'"
OVERALL = "scope_kind = 'overall' and venue_set = 'all'"
Row = tuple[str, str, str, float, float]  # day or moment, venue, asset, long, short


def warehouse_of(
    rows: Iterable[Row], now: str | None = None, seconds: Mapping[str, int] | int = 86400
) -> Warehouse:
    """Liquidations of one source in buckets of `seconds`, or by day of so many (else daily)."""
    warehouse = Warehouse(at(now) if now else NOW)
    warehouse.dataset("coinalyze", "liquidation_buckets")
    warehouse.window("coinalyze_liquidations", "2020-01-01", warehouse.now.date().isoformat())
    warehouse.raw(
        "liquidation_buckets",
        "coinalyze",
        [
            {
                "venue": venue,
                "market": f"{asset}-{venue}",
                "asset": asset,
                "bucket_start": at(moment),
                "bucket_seconds": seconds if isinstance(seconds, int) else seconds.get(moment, 86400),
                "long_usd": Decimal(str(long)),
                "short_usd": Decimal(str(short)),
            }
            for moment, venue, asset, long, short in rows
        ],
    )
    return warehouse


def every_day(first: str, count: int, venue: str, usd: float, asset: str = "BTC") -> list[Row]:
    """Days in a row, each a dollar larger than the one before."""
    start = date.fromisoformat(first)
    return [((start + timedelta(days=n)).isoformat(), venue, asset, usd + n, 0) for n in range(count)]


def by_day(warehouse: Warehouse, columns: str, where: str, table: str = RANKS) -> dict[str, Any]:
    """Columns of a built ranking by day: a value, or a tuple of several."""
    rows = warehouse.rows(f"select day::text, {columns} from {table} where {where} order by all")
    return {day: rest[0] if len(rest) == 1 else tuple(rest) for day, *rest in rows}
