"""Bitget's funding: pages by number, a state that is text, coins that are not traded there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import bitget
from pipelines.sources.contract import Incomplete, NotPublished, Part, Refused, Unparsable, Window
from pipelines.storage.contracts import KINDS

(FUNDING,) = bitget.DATASETS
PATH = "/api.bitget.com/api/v2/mix/market/history-fund-rate"
CONTEXT = {"product": "usdt-futures", "symbol": "BTCUSDT", "asset": "BTC", "margin": "linear"}
PART = Part("BTCUSDT", ("BTCUSDT",), CONTEXT)
WINDOW = Window.of_days(date(2024, 12, 1), date(2024, 12, 2))
HOURS8 = 8 * 3_600_000


def envelope(data: Any, code: str = "00000", text: str = "success") -> dict[str, Any]:
    return {"code": code, "msg": text, "requestTime": 1733799600000, "data": data}


def page(*times: int, rate: str = "-0.0003") -> dict[str, Any]:
    return envelope([{"symbol": "BTCUSDT", "fundingRate": rate, "fundingTime": str(t)} for t in times])


def test_the_dataset_keeps_the_contract_of_its_kind() -> None:
    assert KINDS[FUNDING.kind].key == bitget.FUNDING_KEY


def test_rates_are_fractions_and_no_interval_is_claimed(answer_of: Any) -> None:
    rows = FUNDING.parse(answer_of(page(WINDOW.start_ms), CONTEXT))
    at = datetime(2024, 12, 1, tzinfo=UTC)
    assert rows.rows() == [("bitget", "BTCUSDT", "BTC", "linear", at, Decimal("-0.0003"), None, "settled")]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"symbol": "ETHUSDT"}, "asked for BTCUSDT"),
        ({"fundingRate": ""}, "fundingRate"),
        ({"fundingTime": "1733011200"}, "not a time in ms"),
    ],
)
def test_a_broken_settlement_is_named(answer_of: Any, change: dict[str, Any], why: str) -> None:
    body = page(WINDOW.start_ms)
    body["data"][0] |= change
    with pytest.raises(Unparsable, match=why):
        FUNDING.parse(answer_of(body, CONTEXT))


@settings(max_examples=60)
@given(data=st.data())
def test_no_damage_changes_numbers_silently(answer_of: Any, damage: Any, data: st.DataObject) -> None:
    body = page(WINDOW.start_ms + HOURS8, WINDOW.start_ms)
    good = FUNDING.parse(answer_of(body, CONTEXT))
    try:
        rows = FUNDING.parse(answer_of(data.draw(damage(body)), CONTEXT))
    except Unparsable as error:
        assert error.reason
    else:
        assert set(rows.rows()) == set(good.rows())


def test_pages_by_number_go_on_until_the_start_is_reached(upstream: Any, open_client: Any) -> None:
    last = WINDOW.end_ms - HOURS8
    upstream.serve(PATH, page(last, last - HOURS8), page(last - 2 * HOURS8, WINDOW.start_ms - HOURS8))
    answers = list(FUNDING.fetch(open_client(), PART, WINDOW))
    assert sum(FUNDING.parse(replace(a, context=CONTEXT)).height for a in answers) == 4
    asked = [(a.query["pageNo"], a.query["pageSize"], a.query["productType"]) for a in upstream.asked]
    assert asked == [("1", "100", "usdt-futures"), ("2", "100", "usdt-futures")]


def test_pages_end_with_an_empty_one_and_a_number_that_is_ignored_is_caught(
    upstream: Any, open_client: Any
) -> None:
    upstream.serve(PATH, page(WINDOW.end_ms - HOURS8), page())
    assert len(list(FUNDING.fetch(open_client(), PART, WINDOW))) == 2
    upstream.answers.clear()
    upstream.serve(PATH, page(WINDOW.end_ms - HOURS8))
    with pytest.raises(Unparsable, match="not older"):
        list(FUNDING.fetch(open_client(), PART, WINDOW))


def test_linear_of_the_leading_assets_and_inverse_of_two(open_client: Any) -> None:
    parts = FUNDING.parts(open_client(), ("BTC", "SOL", "ETH"))
    assert [(p.name, p.context["product"]) for p in parts] == [
        ("BTCUSDT", "usdt-futures"),
        ("BTCUSD", "coin-futures"),
        ("SOLUSDT", "usdt-futures"),
        ("ETHUSDT", "usdt-futures"),
        ("ETHUSD", "coin-futures"),
    ]
    assert len(FUNDING.parts(open_client(), ())) == 7


@pytest.mark.parametrize(
    ("status", "body", "error", "requests"),
    [
        (400, envelope(None, "40034", "Parameter XUSDT does not exist"), NotPublished, 1),
        (400, envelope(None, "400172", "Parameter verification failed"), Refused, 1),
        (200, envelope(None, "400172", "Parameter verification failed"), Refused, 1),
        (429, envelope(None, "429", "Too Many Requests"), Incomplete, 8),
        (500, envelope(None, "40725", "service return an error"), Incomplete, 8),
    ],
)
def test_a_refusal_has_its_own_name(
    upstream: Any, open_client: Any, status: int, body: Any, error: Any, requests: int
) -> None:
    upstream.serve(PATH, body, status=status)
    with pytest.raises(error):
        list(FUNDING.fetch(open_client(), PART, WINDOW))
    assert len(upstream.asked) == requests


def test_passing_trouble_is_asked_again(upstream: Any, open_client: Any, attempts: Any) -> None:
    upstream.serve(PATH, b'{"code":"00000","da', b"", "<html></html>", [], page(WINDOW.start_ms))
    assert len(list(FUNDING.fetch(open_client(), PART, WINDOW))) == 1
    assert attempts.verdicts == ["retry"] * 4 + ["ok"]
