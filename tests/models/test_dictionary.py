"""The dictionary holds every table and column, once, and does not change by itself.

It is rendered from real models and the raw contracts.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.models.columns import column_lineage
from pipelines.models.contract import load_models
from pipelines.models.dictionary import raw_tables, render
from pipelines.models.runner import build
from pipelines.storage.contracts import KINDS


@pytest.fixture
def sql(write_model: Any, tmp_path: Path) -> Path:
    select = (
        "select (bucket_start at time zone 'UTC')::date as day, sum(long_usd) as usd, count(*) as buckets"
    )
    write_model(
        "facts.daily",
        f"{select} from raw.liquidation_buckets group by all",
        ("day date", "usd usd", "buckets count"),
        checks=("warn: a_or_b | usd > 0 or buckets || '' = '1'",),
    )
    write_model("rankings.days", "select day, 1 as rank from facts.daily", ("day date", "rank rank"))
    return tmp_path / "sql"


def test_the_page_holds_every_table_and_column(sql: Path) -> None:
    models = load_models(sql)
    lineage = column_lineage(models, raw_tables(KINDS))
    page = render(models, lineage, KINDS)
    for table in (*models, *raw_tables(KINDS)):
        assert page.count(f"\n### {table}\n") == 1
        assert f"(#{table.replace('.', '')})" in page
    assert "| `usd` | usd | its meaning | `raw.liquidation_buckets.long_usd` |" in page
    assert "| `buckets` | count | its meaning | the rows of `raw.liquidation_buckets` |" in page
    assert "| `rank` | rank | its meaning |  |" in page, "a constant comes from nothing"
    assert r"`usd > 0 or buckets \|\| '' = '1'`" in page
    daily = page.split("### facts.daily")[1].split("###")[0]
    assert "Made from: [liquidation_buckets](#rawliquidation_buckets)" in daily
    assert "Read by: [rankings.days](#rankingsdays)" in daily
    for kind in KINDS.values():
        section = page.split(f"### raw.{kind.name}\n")[1].split("\n##")[0]
        assert all(f"| `{column}` |" in section for column in kind.columns)
    reordered = dict(reversed(models.items()))
    assert render(reordered, lineage, dict(reversed(KINDS.items()))) == page


def test_types_come_from_a_built_warehouse(sql: Path) -> None:
    models = load_models(sql)
    with duckdb.connect() as conn:
        conn.execute("create schema raw")
        conn.execute(
            "create table raw.liquidation_buckets (bucket_start timestamptz, long_usd decimal(18, 4))"
        )
        build(conn, models, external=set(raw_tables(KINDS)), build_at=datetime(2024, 3, 7, tzinfo=UTC))
        page = render(models, column_lineage(models, raw_tables(KINDS)), KINDS, conn)
    assert "| column | type | unit | meaning | comes from |" in page
    assert "| `usd` | `DECIMAL(38,4)` | usd | its meaning | `raw.liquidation_buckets.long_usd` |" in page
