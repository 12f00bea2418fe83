"""Coinbase's day bars: column order, the inclusive end, refusals, and broken answers."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources import coinbase
from pipelines.sources.contract import Cut, NotPublished, Part, Refused, Unparsable, Unreachable, Window
from pipelines.storage.contracts import KINDS

(CANDLES,) = coinbase.DATASETS
PATH = "/api.exchange.coinbase.com/products/BTC-USD/candles"
CONTEXT = {"product": "BTC-USD", "asset": "BTC"}
PART = Part("BTC-USD", ("BTC-USD",), CONTEXT)
WINDOW = Window.of_days(date(2024, 12, 8), date(2024, 12, 9))


def bar(day: int, close: float = 97432.71875) -> list[Any]:
    """time, low, high, open, close, volume"""
    at = int(datetime(2024, 12, day, tzinfo=UTC).timestamp())
    return [at, 94355.9, 101272.5, 101237.06, close, 11359.27184706]


def test_the_dataset_keeps_the_contract_of_its_kind() -> None:
    assert KINDS[CANDLES.kind].key == coinbase.PRICE_KEY
    assert (CANDLES.cut, CANDLES.days_per_window, CANDLES.tail_days) == (Cut.DAYS, 300, 2)


def test_columns_are_told_apart_numbers_are_exact_and_the_running_day_is_left_out(answer_of: Any) -> None:
    rows = CANDLES.parse(answer_of([bar(10), bar(9), bar(8, 101000)], CONTEXT)).rows(named=True)
    assert [r["bucket_start"].day for r in rows] == [9, 8]
    assert {k: rows[0][k] for k in ("open", "high", "low", "close", "base_volume", "quote_volume")} == {
        "open": Decimal("101237.06"),
        "high": Decimal("101272.5"),
        "low": Decimal("94355.9"),
        "close": Decimal("97432.71875"),
        "base_volume": Decimal("11359.27184706"),
        "quote_volume": None,
    }
    assert (rows[0]["venue"], rows[0]["market"], rows[0]["quote"]) == ("coinbase", "BTC-USD", "USD")


def test_a_bar_that_comes_twice_counts_once(answer_of: Any) -> None:
    assert CANDLES.parse(answer_of([bar(9), bar(9), bar(8)], CONTEXT)).height == 2


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ([bar(9)[:-1]], "low, high, open, close, volume"),
        ([[*bar(9)[:4], None, 1]], "close"),
        ([[bar(9)[0] + 3600, *bar(9)[1:]]], "start of a UTC day"),
        ([[bar(9)[0] * 1000, *bar(9)[1:]]], "time"),
        ([bar(9), bar(9, 1.5)], "two values"),
        ([{"time": 1}], "a bar is"),
        ({"message": "NotFound"}, "expected a list"),
        (b"[[17", "JSON"),
    ],
)
def test_a_broken_answer_is_named(answer_of: Any, body: Any, why: str) -> None:
    with pytest.raises(Unparsable, match=why):
        CANDLES.parse(answer_of(body, CONTEXT))


@given(data=st.data())
def test_no_damage_changes_numbers_silently(answer_of: Any, data: st.DataObject) -> None:
    bars = [bar(9), bar(8), bar(7)]
    good = CANDLES.parse(answer_of(bars, CONTEXT))
    row, column = data.draw(st.integers(0, 2)), data.draw(st.integers(0, 5))
    kind = data.draw(st.sampled_from(("drop", "alter", "double", "more")))
    if kind == "drop":
        del bars[row][column]
    elif kind == "alter":
        bars[row][column] = data.draw(st.sampled_from((None, True, "", "x", [], {}, 1e300, "inf")))
    elif kind == "double":
        bars.insert(data.draw(st.integers(0, 3)), list(bars[row]))
    else:
        bars[row].insert(column, 7)
    try:
        rows = CANDLES.parse(answer_of(bars, CONTEXT))
    except Unparsable as error:
        assert error.reason
    else:
        assert set(rows.rows()) == set(good.rows())


def test_a_window_is_one_request_with_its_last_day_included(upstream: Any, open_client: Any) -> None:
    upstream.serve(PATH, [bar(9), bar(8)])
    client = open_client().bind(PART.name, WINDOW, None, CONTEXT)
    (answer,) = CANDLES.fetch(client, PART, WINDOW)
    assert CANDLES.parse(answer)["bucket_start"].dt.day().to_list() == [9, 8]
    (asked,) = upstream.asked
    assert asked.query == {
        "granularity": "86400",
        "start": "2024-12-08T00:00:00Z",
        "end": "2024-12-09T00:00:00Z",
    }
    assert "Floodmark" in asked.headers["user-agent"]


def test_products_are_the_asked_assets_and_the_deepest_ones_where_all_are_wanted(
    upstream: Any, open_client: Any
) -> None:
    assert [p.name for p in CANDLES.parts(open_client(), ("SOL", "XRP"))] == ["SOL-USD", "XRP-USD"]
    every = [p.name for p in CANDLES.parts(open_client(), ())]
    assert {"BTC-USD", "ETH-USD"} < set(every) and len(set(every)) == len(every)
    assert upstream.asked == []


def test_passing_trouble_is_asked_again_and_the_asked_pause_is_kept(
    upstream: Any, open_client: Any, attempts: Any
) -> None:
    upstream.serve(PATH, b"[[1733702400, 943", b"", "<html>502</html>", {"message": "?"})
    upstream.serve(PATH, {"message": "Public rate limit exceeded"}, status=429, Retry_After="0.25")
    upstream.serve(PATH, [])
    started = time.monotonic()
    (answer,) = CANDLES.fetch(open_client(), PART, WINDOW)
    assert time.monotonic() - started >= 0.25
    assert CANDLES.parse(replace(answer, context=CONTEXT)).is_empty()
    assert attempts.verdicts == ["retry"] * 5 + ["ok"]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, {"message": "NotFound"}, NotPublished),
        (400, {"message": "Unsupported granularity"}, Refused),
        (403, "<html>403 Forbidden</html>", Unreachable),
        (451, "not here", Unreachable),
    ],
)
def test_a_refusal_has_its_own_name(
    upstream: Any, open_client: Any, status: int, body: Any, error: Any
) -> None:
    upstream.serve(PATH, body, status=status)
    with pytest.raises(error):
        list(CANDLES.fetch(open_client(), PART, WINDOW))
    assert len(upstream.asked) == 1
