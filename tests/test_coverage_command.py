"""`floodmark coverage`: shares of days by kind and year, from what is published; and what the facts are told
about datasets that a plain run leaves out."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines import cli
from pipelines.commands import coverage
from pipelines.runs.build import lay_meta, sessions
from pipelines.settings import Settings
from pipelines.sources import registry
from pipelines.storage.duck import in_memory
from pipelines.storage.folder import Folder
from pipelines.storage.ledger import Ledger

sys.path.insert(0, str(Path(__file__).parent / "sql"))
from sql_warehouse import Warehouse, at

TEN = [date(2023, 12, 27) + timedelta(days=n) for n in range(10)]  # five days of 2023, five of 2024


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A folder with ten days of prices of one source, and of liquidations: six days whole, two of them in part."""
    warehouse = Warehouse(now=at("2024-01-06 03:00"))
    warehouse.dataset("binance", "prices", earliest="2023-12-27")
    warehouse.window("binance_bars", "2023-12-27", "2024-01-06")
    warehouse.dataset("coinalyze", "liquidation_buckets", earliest="2023-12-27")
    warehouse.window("coinalyze_liquidations", "2023-12-27", "2024-01-06")
    warehouse.dataset("okx", "open_interest", state="on_request")
    midnight = [at(day.isoformat()) for day in TEN]
    price = dict.fromkeys(("open", "high", "low", "close"), Decimal(1))
    bar = {
        "venue": "binance",
        "market": "BTCUSDT",
        "asset": "BTC",
        "quote": "USDT",
        "bucket_seconds": 86400,
        **price,
    }
    warehouse.raw("prices", "binance", [bar | {"bucket_start": day} for day in midnight])
    usd = {"long_usd": Decimal(5), "short_usd": Decimal(5), "bucket_seconds": 86400, "venue": "okx"}
    btc, eth = ({"market": a, "asset": a, **usd} for a in ("BTC", "ETH"))
    rows = [btc | {"bucket_start": day} for day in midnight[4:]]
    rows += [eth | {"bucket_start": day} for day in midnight[4:8]]
    warehouse.raw("liquidation_buckets", "coinalyze", rows)
    warehouse.build("facts.coverage_daily")
    folder = Folder(tmp_path / "folder")
    folder.root.mkdir()
    warehouse.conn.execute(f"attach '{folder.warehouse}' as published")
    warehouse.conn.execute("create schema published.facts")
    warehouse.conn.execute(
        "create table published.facts.coverage_daily as from facts.coverage_daily where day >= '2023-12-27'"
    )
    warehouse.conn.close()
    monkeypatch.setenv("FLOODMARK_WAREHOUSE", str(folder.root))
    return folder


def printed(*arguments: str) -> str:
    result = CliRunner().invoke(cli.app, ["coverage", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_shares_by_kind_and_year(published: Folder) -> None:
    rows = {(r["kind"], r["year"]): r for r in json.loads(printed("--format", "json"))}
    assert set(rows) == {(k, y) for k in ("liquidations", "open_interest", "prices") for y in (2023, 2024)}
    assert rows["prices", 2023] == {
        "kind": "prices",
        "year": 2023,
        "days": 5,
        "days_complete": 5,
        "days_partial": 0,
        "complete_pct": 100,
        "covered_pct": 100,
        "sources": "binance",
    }
    old, new = rows["liquidations", 2023], rows["liquidations", 2024]
    assert (old["days_complete"], old["days_partial"], old["covered_pct"]) == (1, 0, 20)
    assert (new["days_complete"], new["days_partial"], new["complete_pct"]) == (3, 2, 60)
    assert rows["open_interest", 2024]["sources"] is None
    as_csv = list(csv.DictReader(io.StringIO(printed("--format", "csv"))))
    assert [(r["kind"], int(r["year"]), int(r["days"])) for r in as_csv] == [
        (k, y, 5) for k, y in sorted(rows)
    ]


def test_for_people_and_pages_years_stand_side_by_side(published: Folder) -> None:
    assert printed("--format", "markdown").splitlines() == [
        "| kind | 2023 | 2024 | sources |",
        "| --- | --: | --: | --- |",
        "| liquidations | 20 | 100 (60) | coinalyze |",
        "| open_interest | – | – | – |",
        "| prices | 100 | 100 | binance |",
    ]
    assert "100 (60)" in printed()


@pytest.mark.parametrize(
    ("complete", "partial", "cell"),
    [(0, 0, "–"), (366, 0, "100"), (365, 0, "99"), (365, 1, "100 (99)"), (3, 0, "<1"), (0, 183, "50 (0)")],
)
def test_a_share_is_never_rounded_up_and_nothing_is_a_dash(complete: int, partial: int, cell: str) -> None:
    row = {"kind": "k", "year": 2024, "days": 366, "sources": "s"}
    columns, (line,) = coverage.by_year([row | {"days_complete": complete, "days_partial": partial}])
    assert (columns, line) == (["kind", "2024", "sources"], ["k", cell, "s"])


def test_nothing_published_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOODMARK_WAREHOUSE", str(tmp_path))
    result = CliRunner().invoke(cli.app, ["coverage"])
    assert result.exit_code == 1 and "nothing is published" in result.stderr


def test_the_models_are_told_what_a_plain_run_leaves_out_and_how_much_is_kept(
    settings_at: Callable[..., Settings], tmp_path: Path
) -> None:
    conn = in_memory()
    conn.execute("create schema meta")
    query = "select dataset, state, depth_days from meta.datasets"
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        lay_meta(conn, settings_at(), ledger)
        told = {name: (state, depth) for name, state, depth in conn.execute(query).fetchall()}
        assert told["okx_open_interest"][0] == "on_request"
        assert told["coinglass_liquidations"][0] == told["coinalyze_funding"][0] == "not_configured"
        assert told["kraken_candles"] == ("configured", registry.datasets()["kraken_candles"].depth_days)
        assert {name: depth for name, (_, depth) in told.items()} == {
            d.name: d.depth_days for d in registry.datasets().values()
        }
        moment = datetime(2024, 12, 9, tzinfo=UTC)
        ledger.open_window(1, "okx_open_interest", "*", (), moment, moment + timedelta(days=1))
        lay_meta(conn, settings_at(), ledger)
        told = {name: (state, depth) for name, state, depth in conn.execute(query).fetchall()}
        assert told["okx_open_interest"][0] == "configured", "it was asked for once"


def test_a_past_night_from_before_the_funds_has_no_sessions() -> None:
    assert sessions(datetime(2020, 5, 21, tzinfo=UTC)) == []
    assert (date(2024, 1, 15), False) in sessions(datetime(2024, 1, 10, tzinfo=UTC))
