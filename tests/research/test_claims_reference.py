"""The published lists: they keep their contract and carry every row of the reference files."""

from __future__ import annotations

import csv
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from claims_data import run_sql_reference

from pipelines.models.contract import parse_model
from pipelines.settings import PROJECT, SQL

LISTS = PROJECT.parent / "shared" / "reference"
TABLES = (
    "published_figures",
    "published_liquidation_days",
    "published_etf_days",
    "collection_regimes",
    "market_cycles",
    "market_events",
    "quantities",
)


@pytest.fixture(scope="module")
def reference() -> duckdb.DuckDBPyConnection:
    conn = duckdb.connect()
    run_sql_reference(conn)
    return conn


@pytest.mark.parametrize("table", TABLES)
def test_columns_grain_and_asserts(table: str, reference: duckdb.DuckDBPyConnection) -> None:
    model = parse_model(Path(SQL / "reference" / f"{table}.sql"))
    described = reference.execute(f"describe reference.{table}").fetchall()
    assert [row[0] for row in described] == list(model.column_names)
    grain = ", ".join(model.grain)
    assert not reference.execute(
        f"select {grain} from reference.{table} group by all having count(*) > 1"
    ).fetchall()
    for check in model.checks:
        failing = f"select count(*) from reference.{table} where ({check.expression}) is not true"
        assert reference.execute(failing).fetchall() == [(0,)], check.name


def bn(text: str) -> Decimal | None:
    return Decimal(text) * 10**9 if text else None


KEPT: dict[str, tuple[str, Callable[[dict[str, str]], tuple[object, ...]]]] = {
    "published_figures": (
        "select figure, metric, scope, clock, as_of::text, coalesce(snapshot, ''), printed, unit, confidence",
        lambda r: (
            *(r[c] for c in ("figure", "metric", "scope", "clock", "as_of", "snapshot", "value", "unit")),
            r["confidence"],
        ),
    ),
    "published_liquidation_days": (
        "select day::text, kind, universe, bound, total_usd, long_usd, short_usd, "
        "coalesce(known_at::text, ''), confidence",
        lambda r: (
            *(r[c] for c in ("date_utc", "kind", "universe", "bound")),
            *(bn(r[c]) for c in ("total_usd_bn", "long_usd_bn", "short_usd_bn")),
            r["known_at"],
            r["confidence"],
        ),
    ),
    "published_etf_days": (
        "select asset, session_date::text, flow_usd, source, confidence",
        lambda r: (
            r["asset"],
            r["session_date_ny"],
            Decimal(r["net_flow_usd_m"]) * 10**6,
            r["source"],
            r["confidence"],
        ),
    ),
    "collection_regimes": (
        "select kind, venue, feed, from_earliest::text, from_latest::text, effect_on_later_values",
        lambda r: tuple(
            r[c] for c in ("kind", "venue", "feed", "from_earliest", "from_latest", "effect_on_later_values")
        ),
    ),
    "market_cycles": (
        "select cycle, name, from_day::text, coalesce(to_day::text, '')",
        lambda r: tuple(r[c] for c in ("cycle", "name", "from_day", "to_day")),
    ),
}


@pytest.mark.skipif(not LISTS.exists(), reason="the reference files lie beside the checkout")
@pytest.mark.parametrize("table", KEPT)
def test_every_row_is_carried(table: str, reference: duckdb.DuckDBPyConnection) -> None:
    select, key = KEPT[table]
    with (LISTS / f"{table}.csv").open(encoding="utf-8") as file:
        wanted = [key(row) for row in csv.DictReader(file)]
    found = reference.execute(f"{select} from reference.{table}").fetchall()
    assert sorted(map(repr, map(_plain, found))) == sorted(map(repr, map(_plain, wanted)))


def _plain(row: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(f"{v.normalize():f}" if isinstance(v, Decimal) else v for v in row)


def test_every_published_metric_is_a_quantity(reference: duckdb.DuckDBPyConnection) -> None:
    unknown = reference.execute(
        "select distinct metric from reference.published_figures "
        "where metric not in (select quantity from reference.quantities)"
    ).fetchall()
    assert not unknown


def test_the_article_and_the_false_figures_are_listed(reference: duckdb.DuckDBPyConnection) -> None:
    false = reference.execute(
        "select day::text, total_usd from reference.published_liquidation_days where confidence = 'X' order by all"
    ).fetchall()
    assert len(false) == 4
    own = "select count(*) from reference.published_liquidation_days where source = 'seed'"
    assert reference.execute(own).fetchall() == [(1,)]
