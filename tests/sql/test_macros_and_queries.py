"""What people paste and call: each example query runs on what is published, each macro knows the past."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sql_warehouse import Warehouse, at

from pipelines.runs.build import macros
from pipelines.settings import SQL

QUERIES = sorted((SQL / "queries").glob("*.sql"))
PUBLISHED = ("reference.", "facts.", "rankings.", "raw.", "meta.")


def with_macros(warehouse: Warehouse) -> Warehouse:
    warehouse.conn.execute("create schema if not exists facts")
    for statement in macros().values():
        warehouse.conn.execute(statement)
    return warehouse


@pytest.fixture(scope="module")
def built() -> Warehouse:
    warehouse = Warehouse()
    warehouse.build()
    return with_macros(warehouse)


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_an_example_is_one_question_and_runs_on_what_is_published(path: Any, built: Warehouse) -> None:
    text = path.read_text()
    question = text.splitlines()[0]
    assert question.startswith("-- ") and question.endswith((".", "?"))
    assert "staging." not in text
    cursor = built.conn.execute(text)
    names = [column[0] for column in cursor.description or ()]
    assert len(names) == len(set(names)) > 2


def test_there_are_as_many_examples_as_questions_worth_asking() -> None:
    assert len(QUERIES) >= 10


def flow(fund: str, usd: int | None, vintage: int, when: str, **more: Any) -> dict[str, Any]:
    return {
        "market": "p",
        "asset": "BTC",
        "fund": fund,
        "session_date": date(2024, 12, 9),
        "flow_usd": usd and Decimal(usd),
        "vintage": vintage,
        "observed_at": at(when),
    } | more


def test_etf_flows_as_of_a_moment() -> None:
    warehouse = with_macros(Warehouse())
    warehouse.raw(
        "etf_flows",
        "farside",
        [
            flow("IBIT", None, 1, "2024-12-10 00:00"),
            flow("IBIT", 5, 2, "2024-12-10 05:00"),
            flow("IBIT", 6, 3, "2024-12-12 05:00"),
            flow("GBTC", -1, 1, "2024-12-10 00:00"),
            flow("GBTC", None, 2, "2024-12-11 00:00", retracted=True),
            flow("TOTAL", 4, 1, "2024-12-10 00:00"),
        ],
    )

    def known(moment: str) -> list[tuple[Any, ...]]:
        return warehouse.rows(
            f"select fund, flow_usd::int from facts.etf_flows_as_of(timestamptz '{moment}+00') order by fund"
        )

    assert known("2024-12-09 23:00:00") == []
    assert known("2024-12-10 04:59:59") == [("GBTC", -1), ("IBIT", None)]
    assert known("2024-12-10 05:00:00") == [("GBTC", -1), ("IBIT", 5)]
    assert known("2024-12-11 00:00:00") == [("IBIT", 5)]
    assert known("2024-12-31 00:00:00") == [("IBIT", 6)]


def test_liquidations_as_of_a_moment() -> None:
    warehouse = with_macros(Warehouse())

    def bucket(day: str, usd: int, vintage: int, when: str) -> dict[str, Any]:
        return {
            "venue": "okx",
            "market": "m",
            "asset": "BTC",
            "bucket_start": at(day),
            "bucket_seconds": 86400,
            "long_usd": Decimal(usd),
            "short_usd": Decimal(0),
            "vintage": vintage,
            "observed_at": at(when),
        }

    warehouse.raw(
        "liquidation_buckets",
        "coinalyze",
        [
            bucket("2024-12-07", 0, 1, "2024-12-10 03:00"),  # padding
            bucket("2024-12-08", 4, 1, "2024-12-10 03:00"),
            bucket("2024-12-09", 5, 1, "2024-12-10 03:00"),
            bucket("2024-12-09", 7, 2, "2024-12-12 03:00"),
        ],
    )

    def known(moment: str) -> list[tuple[Any, ...]]:
        return warehouse.rows(
            "select day::text, long_usd::int, covered_seconds::int "
            f"from facts.liquidations_as_of(timestamptz '{moment}+00') order by day"
        )

    assert known("2024-12-10 02:00:00") == []
    assert known("2024-12-11 00:00:00") == [("2024-12-08", 4, 86400), ("2024-12-09", 5, 86400)]
    assert known("2024-12-31 00:00:00") == [("2024-12-08", 4, 86400), ("2024-12-09", 7, 86400)]


def test_onchain_volume_as_of_a_moment() -> None:
    warehouse = with_macros(Warehouse())
    point = {"market": "all", "chain": "all", "metric": "dex_volume_usd", "day": date(2024, 11, 1)}
    seen = [(9, 1, "2024-11-02 03:00"), (12, 2, "2024-12-20 03:00")]
    warehouse.raw(
        "onchain_volume",
        "defillama",
        [point | {"value": Decimal(v), "vintage": n, "observed_at": at(when)} for v, n, when in seen],
    )
    for moment, value in (("2024-12-01", 9), ("2024-12-21", 12)):
        assert warehouse.rows(
            f"select value::int from facts.onchain_volume_as_of(timestamptz '{moment} 00:00:00+00')"
        ) == [(value,)]
