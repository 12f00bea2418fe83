"""What the tests of claims share: the example, the reference tables, and small warehouses of facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipelines.research.claims import VerdictRow
from pipelines.settings import PROJECT, SQL

EXAMPLE = PROJECT / "docs" / "examples" / "claims-2024-12-09.yaml"
Checker = Callable[..., dict[str, VerdictRow]]


def run_sql_reference(conn: duckdb.DuckDBPyConnection, sql_root: Path = SQL) -> None:
    """Make the reference tables that the claims check reads, from their files."""
    conn.execute("create schema if not exists reference")
    for name in (
        "published_figures",
        "published_liquidation_days",
        "published_etf_days",
        "collection_regimes",
        "market_cycles",
        "market_events",
        "quantities",
    ):
        text = (sql_root / "reference" / f"{name}.sql").read_text(encoding="utf-8")
        conn.execute(f"create table reference.{name} as {text}")


def set_at(claim: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Change a claim in place: {"parts.0.number": "$1 bn"}; None takes a field away."""
    for where, value in changes.items():
        *path, last = where.split(".")
        place: Any = claim
        for step in path:
            place = place[int(step)] if step.isdigit() else place[step]
        if value is None:
            del place[last]
        else:
            place[last] = value


def facts(conn: duckdb.DuckDBPyConnection, days: dict[date, Decimal], origin: str = "mirror") -> None:
    """A warehouse of two venues and two assets whose figures are not those of the published market."""
    run_sql_reference(conn)
    conn.execute("create schema facts; create schema meta")
    conn.execute("create table meta.build as select ? as origin, now() as now_at", [origin])
    conn.execute(
        "create table facts.liquidations_daily "
        "(day date, venue text, asset text, side text, amount_usd decimal(18, 4), source text)"
    )
    conn.execute(
        "create table facts.liquidation_totals_daily "
        "(day date, total_usd decimal(18, 4), long_usd decimal(18, 4), short_usd decimal(18, 4))"
    )
    conn.execute(
        "create table facts.prices_daily (day date, asset text, open_usd decimal(28, 12), "
        "high_usd decimal(28, 12), low_usd decimal(28, 12), close_usd decimal(28, 12))"
    )
    conn.execute(
        "create table facts.etf_flow_totals_daily (session_date date, asset text, total_usd decimal(18, 4), status text)"
    )
    conn.execute("create table facts.onchain_volume_daily (day date, chain text, volume_usd decimal(18, 4))")
    conn.execute(
        "create temp table totals as select unnest(?::date[]) as day, unnest(?) as total",
        [list(days), list(days.values())],
    )
    conn.execute(
        "insert into facts.liquidations_daily select day, venue, asset, side, total / 8, 'coinalyze' from totals, "
        "unnest(['binance', 'bybit+okx']) as venues(venue), unnest(['BTC', 'ETH']) as assets(asset), "
        "unnest(['long', 'short']) as sides(side)"
    )
    conn.execute(
        "insert into facts.liquidation_totals_daily select day, total, total / 2, total / 2 from totals"
    )
    day = date(2024, 11, 1)
    while day <= date(2024, 12, 20):
        for asset in ("BTC", "ETH", "SOL"):
            conn.execute("insert into facts.prices_daily values (?, ?, 90000, 99000, 50, 51)", [day, asset])
        conn.execute(
            "insert into facts.onchain_volume_daily values (?, 'ethereum', 1e9), (?, 'solana', 9e9)",
            [day, day],
        )
        if day.weekday() < 5:
            conn.execute("insert into facts.etf_flow_totals_daily values (?, 'ETH', 5e6, 'reported')", [day])
        day += timedelta(days=1)
