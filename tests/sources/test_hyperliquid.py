"""Hyperliquid's funding: questions by POST, a page that ends without a word, coins with a multiple."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import hyperliquid
from pipelines.sources.contract import Incomplete, Part, Refused, Unparsable, Window
from pipelines.storage.contracts import KINDS

(FUNDING,) = hyperliquid.DATASETS
PATH = "/api.hyperliquid.xyz/info"
CONTEXT = {"coin": "BTC", "asset": "BTC"}
PART = Part("BTC", ("BTC",), CONTEXT)
WINDOW = Window.of_days(date(2024, 12, 1), date(2024, 12, 1))
HOUR = 3_600_000


def hours(first: int, last: int, jitter: int = 31) -> list[dict[str, Any]]:
    return [
        {
            "coin": "BTC",
            "fundingRate": f"0.000{n:02d}",
            "premium": "0.0005",
            "time": WINDOW.start_ms + n * HOUR + jitter,
        }
        for n in range(first, last)
    ]


def test_the_dataset_keeps_the_contract_of_its_kind() -> None:
    assert KINDS[FUNDING.kind].key == hyperliquid.FUNDING_KEY
    assert FUNDING.days_per_window * 24 <= 500  # a page


def test_hours_keep_their_milliseconds(answer_of: Any) -> None:
    rows = FUNDING.parse(answer_of(hours(1, 2), CONTEXT))
    at = datetime(2024, 12, 1, 1, 0, 0, 31_000, tzinfo=UTC)
    values = (Decimal("0.00001"), Decimal(1), "settled")
    assert rows.rows() == [("hyperliquid", "BTC", "BTC", "linear", at, *values)]


def test_a_row_of_another_coin_is_named(answer_of: Any) -> None:
    with pytest.raises(Unparsable, match="asked for BTC"):
        FUNDING.parse(answer_of([hours(1, 2)[0] | {"coin": "ETH"}], CONTEXT))


@settings(max_examples=60)
@given(data=st.data())
def test_no_damage_changes_numbers_silently(answer_of: Any, damage: Any, data: st.DataObject) -> None:
    body = hours(0, 3)
    good = FUNDING.parse(answer_of(body, CONTEXT))
    try:
        damaged = data.draw(damage(body, lambda path: bool(path) and path[-1] == "premium"))
        rows = FUNDING.parse(answer_of(damaged, CONTEXT))
    except Unparsable as error:
        assert error.reason
    else:
        assert set(rows.rows()) == set(good.rows())


def test_a_page_that_ends_without_a_word_is_followed_to_the_last_hour(
    upstream: Any, open_client: Any, attempts: Any
) -> None:
    upstream.serve(PATH, hours(0, 10), hours(10, 24))
    answers = list(FUNDING.fetch(open_client(), PART, WINDOW))
    assert sum(FUNDING.parse(replace(a, context=CONTEXT)).height for a in answers) == 24
    questions = [json.loads(a.body) for a in upstream.asked]
    assert {a.method for a in upstream.asked} == {"POST"}
    assert [q["startTime"] for q in questions] == [WINDOW.start_ms, WINDOW.start_ms + 9 * HOUR + 32]
    assert {(q["type"], q["coin"], q["endTime"]) for q in questions} == {
        ("fundingHistory", "BTC", WINDOW.end_ms - 1)
    }
    assert '"startTime": ' in attempts.rows[0].url  # the question is kept with the answer


def test_a_hole_at_the_end_is_asked_about_once(upstream: Any, open_client: Any) -> None:
    upstream.serve(PATH, hours(0, 10), [])
    assert len(list(FUNDING.fetch(open_client(), PART, WINDOW))) == 2
    upstream.answers.clear()
    upstream.serve(PATH, hours(0, 10))
    with pytest.raises(Unparsable, match="older than the asked"):
        list(FUNDING.fetch(open_client(), PART, WINDOW))


def test_only_listed_coins_are_asked_for_and_a_multiple_belongs_to_the_contract(
    upstream: Any, open_client: Any
) -> None:
    upstream.serve(PATH, {"universe": [{"name": n} for n in ("BTC", "ETH", "kPEPE", "龙")]})
    parts = FUNDING.parts(open_client(), ("PEPE", "BTC", "XMR"))
    assert [(p.name, p.context["asset"]) for p in parts] == [("BTC", "BTC"), ("kPEPE", "PEPE")]
    every = FUNDING.parts(open_client(), ())  # a name in another alphabet costs only itself
    assert [p.name for p in every] == ["BTC", "ETH", "kPEPE"]


@pytest.mark.parametrize(
    ("status", "body", "error", "requests"),
    [
        (422, "Failed to deserialize the JSON body into the target type", Refused, 1),
        (500, "null", Incomplete, 8),
        (429, "null", Incomplete, 8),
        (200, "null", Incomplete, 8),
    ],
)
def test_a_refusal_has_its_own_name(
    upstream: Any, open_client: Any, status: int, body: str, error: Any, requests: int
) -> None:
    upstream.serve(PATH, body, status=status)
    with pytest.raises(error):
        list(FUNDING.fetch(open_client(), PART, WINDOW))
    assert len(upstream.asked) == requests
