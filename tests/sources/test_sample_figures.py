"""Which published figure a day of the sample is pinned to, and that figures come from sql/reference alone.

The rows here are made up; the files themselves are read beside a real evaluation of their SQL.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from pipelines.settings import SQL
from pipelines.sources.sample import figures
from pipelines.sources.sample.assets import ASSETS


def published(kind: str, total: str, long: str | None, short: str | None, **more: Any) -> dict[str, Any]:
    sides = {"long_bn": long and Decimal(long), "short_bn": short and Decimal(short)}
    row = {
        "day": date(2024, 5, 1),
        "kind": kind,
        "universe": "coinglass all venues",
        "bound": "=",
        "confidence": "B",
    }
    return row | {"total_bn": Decimal(total)} | sides | more


@pytest.mark.parametrize(
    ("rows", "total_bn"),
    [
        # the parts of the larger one do not add up
        (
            [
                published("rolling_24h", "1.72", "1.53", "0.155"),
                published("rolling_24h", "1.7", "1.55", "0.15"),
            ],
            "1.7",
        ),
        # one of the day list counts before any window
        ([published("rolling_24h", "0.9", "0.8", "0.1"), published("day_list", "1.2", None, None)], "1.2"),
        # parts that were rounded on their own may miss the total by their last digits
        ([published("rolling_24h", "1.09", "0.93", "0.163")], "1.09"),
        ([published("rolling_24h", "0.65", "0.435", "0.19")], None),
        # more parts before a better confidence, a better confidence before a larger figure
        (
            [published("rolling_24h", "1.8", "1.6", None), published("rolling_24h", "1.7", "1.55", "0.15")],
            "1.7",
        ),
        (
            [
                published("rolling_24h", "1.8", None, None, confidence="C"),
                published("rolling_24h", "1.7", None, None),
            ],
            "1.7",
        ),
        ([published("rolling_24h", "1.7", None, None), published("rolling_24h", "1.75", None, None)], "1.75"),
        # never a false one, one venue, or a figure of later years
        ([published("false_claim", "7.68", None, None, confidence="X")], None),
        ([published("day_list", "7.68", None, None, confidence="X")], None),
        ([published("bitmex_only_day", "1.184", "1.17", "0.014", universe="bitmex")], None),
        ([published("retrospective", "1.2", None, None)], None),
        # nothing about a day that the sample does not have
        ([published("day_list", "19.16", None, None, day=date(2025, 10, 10))], None),
    ],
)
def test_which_figure_a_day_is_pinned_to(
    monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, Any]], total_bn: str | None
) -> None:
    monkeypatch.setattr(figures, "reference_rows", lambda table: rows)
    pins = figures.liquidation_pins.__wrapped__()
    assert [pin.total_usd for pin in pins.values()] == (
        [] if total_bn is None else [Decimal(total_bn) * 10**9]
    )


@pytest.mark.parametrize("table", ["published_liquidation_days", "published_etf_days", "published_figures"])
def test_the_figures_are_those_of_the_sql_files(table: str) -> None:
    text = (SQL / "reference" / f"{table}.sql").read_text("utf-8")
    relation = duckdb.connect().sql(text)
    read = figures.reference_rows(table)
    assert len(read) == len(relation.fetchall()) > 10
    names = [name for name in read[0] if name in relation.columns]
    assert len(names) >= 4
    told = relation.project(", ".join(names)).fetchall()
    assert sorted(map(repr, told)) == sorted(repr(tuple(row[name] for name in names)) for row in read)


def test_the_assets_are_of_the_universe() -> None:
    universe = SQL / "reference" / "universe.sql"
    loaded = {row[0] for row in duckdb.connect().sql(universe.read_text("utf-8")).project("asset").fetchall()}
    assert {asset.symbol for asset in ASSETS} <= loaded
