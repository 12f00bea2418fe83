"""Bybit's settled funding: discovery, paging backwards, refusals, and broken answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources import bybit, bybit_interest
from pipelines.sources.contract import (
    Cut,
    Incomplete,
    Part,
    RateStopped,
    Refused,
    Unparsable,
    Unreachable,
    Window,
)
from pipelines.storage.contracts import KINDS

(FUNDING,) = bybit.DATASETS
(INTEREST,) = bybit_interest.DATASETS
HISTORY = "/api.bybit.com/v5/market/funding/history"
INSTRUMENTS = "/api.bybit.com/v5/market/instruments-info"
CONTEXT = {"category": "linear", "symbol": "BTCUSDT", "asset": "BTC"}
PART = Part("BTCUSDT", ("BTCUSDT",), CONTEXT)
WINDOW = Window.of_days(date(2024, 12, 1), date(2024, 12, 2))
EIGHT_HOURS_MS = 8 * 3_600_000


def envelope(result: Any, code: int = 0, text: str = "OK") -> dict[str, Any]:
    return {"retCode": code, "retMsg": text, "result": result, "retExtInfo": {}, "time": 1733799600000}


def history(*times: int, rate: str = "0.00010000", category: str = "linear") -> dict[str, Any]:
    rows = [{"symbol": "BTCUSDT", "fundingRate": rate, "fundingRateTimestamp": str(t)} for t in times]
    return envelope({"category": category, "list": rows})


def instrument(symbol: str, base: str, launched: str, **more: str) -> dict[str, Any]:
    quote = "USD" if symbol.endswith("USD") else "USDT"
    kind = "InversePerpetual" if quote == "USD" else "LinearPerpetual"
    row = {
        "symbol": symbol,
        "contractType": kind,
        "baseCoin": base,
        "quoteCoin": quote,
        "launchTime": launched,
    }
    return row | {"status": "Trading", "deliveryTime": "0", "fundingInterval": 480} | more


def times(newest_first: int) -> list[int]:
    """So many settlements of the window, from the last one backwards."""
    return [WINDOW.end_ms - EIGHT_HOURS_MS * n for n in range(1, newest_first + 1)]


def test_the_dataset_keeps_the_contract_of_its_kind() -> None:
    assert KINDS[FUNDING.kind].key == bybit.FUNDING_KEY
    assert (FUNDING.cut, FUNDING.days_per_window, FUNDING.tail_days) == (Cut.DAYS, 60, 2)


def test_settlements_are_fractions_without_a_claim_about_the_interval(answer_of: Any) -> None:
    rows = FUNDING.parse(answer_of(history(1733097600000, 1733068800000, rate="-0.00001829"), CONTEXT))
    assert rows.rows() == [
        ("bybit", "BTCUSDT", "BTC", "linear", at, Decimal("-0.000018290000000000"), None, "settled")
        for at in (datetime(2024, 12, 2, tzinfo=UTC), datetime(2024, 12, 1, 16, tzinfo=UTC))
    ]


def test_an_empty_list_is_an_answer(answer_of: Any) -> None:
    assert FUNDING.parse(answer_of(history(), CONTEXT)).is_empty()


def test_a_settlement_after_the_answer_is_left_out(answer_of: Any) -> None:
    rows = FUNDING.parse(answer_of(history(1733817600000, 1733788800000), CONTEXT))
    assert rows["settled_at"].to_list() == [datetime(2024, 12, 10, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda b: b["result"]["list"][0].pop("fundingRate"), "fundingRate"),
        (lambda b: b["result"]["list"][0].update(fundingRate=""), "fundingRate"),
        (lambda b: b["result"]["list"][0].update(fundingRateTimestamp="1733097600"), "fundingRateTimestamp"),
        (lambda b: b["result"]["list"][0].update(symbol="ETHUSDT"), "asked for BTCUSDT"),
        (lambda b: b["result"].update(category="inverse"), "category"),
        (lambda b: b["result"].update(rows=b["result"].pop("list")), "'list'"),
        (lambda b: b["result"]["list"].append(b["result"]["list"][0] | {"fundingRate": "0.5"}), "two values"),
    ],
)
def test_a_broken_answer_is_named(answer_of: Any, change: Any, why: str) -> None:
    body = history(1733097600000)
    change(body)
    with pytest.raises(Unparsable, match=why):
        FUNDING.parse(answer_of(body, CONTEXT))


@given(data=st.data())
def test_no_damage_changes_numbers_silently(answer_of: Any, damage: Any, data: st.DataObject) -> None:
    body = history(1733097600000, 1733068800000, 1733040000000)
    good = FUNDING.parse(answer_of(body, CONTEXT))
    try:
        rows = FUNDING.parse(answer_of(data.draw(damage(body)), CONTEXT))
    except Unparsable as error:
        assert error.reason
    else:
        assert set(rows.rows()) == set(good.rows())


def test_perpetuals_of_the_asked_coins_over_all_pages_with_the_day_they_begin(
    upstream: Any, open_client: Any
) -> None:
    old, young = "1584230400000", "1704067200000"  # 2020-03-15, 2024-01-01
    linear = [instrument("BTCUSDT", "BTC", old), instrument("ETHUSDT", "ETH", old)]
    more = [
        instrument("1000PEPEUSDT", "1000PEPE", young),
        instrument("BTCPERP", "BTC", old, quoteCoin="USDC"),
        instrument("BTCUSDT-28MAR25", "BTC", young, contractType="LinearFutures"),
        instrument("BTCUSDT", "BTC", old),
    ]
    upstream.serve(
        INSTRUMENTS,
        envelope({"category": "linear", "list": linear, "nextPageCursor": "page%3D2"}),
        envelope({"category": "linear", "list": more, "nextPageCursor": ""}),
        envelope({"category": "inverse", "list": [instrument("BTCUSD", "BTC", "1542211200000")]}),
    )
    # settlements before its launch exist for BTCUSDT, not for PEPE; a launch before 2020 is not asked about
    upstream.serve(HISTORY, history(1583625600000), history())
    parts = FUNDING.parts(open_client(), ("BTC", "PEPE"))
    assert [(p.name, p.context["category"], p.context["asset"], p.since) for p in parts] == [
        ("BTCUSDT", "linear", "BTC", None),
        ("1000PEPEUSDT", "linear", "PEPE", date(2024, 1, 1)),
        ("BTCUSD", "inverse", "BTC", None),
    ]
    asked = [a.query for a in upstream.asked if a.path == HISTORY]
    assert [(a["symbol"], a["endTime"]) for a in asked] == [
        ("BTCUSDT", "1584230399999"),
        ("1000PEPEUSDT", "1704067199999"),
    ]
    assert [a.query.get("cursor") for a in upstream.asked if a.path == INSTRUMENTS] == [
        None,
        "page%3D2",
        None,
    ]


def test_datasets_of_one_run_ask_for_the_list_once(upstream: Any, open_client: Any) -> None:
    upstream.serve(
        INSTRUMENTS,
        envelope({"category": "linear", "list": [instrument("BTCUSDT", "BTC", "1704067200000")]}),
        envelope({"category": "inverse", "list": []}),
    )
    upstream.serve(HISTORY, history())
    client = open_client()
    (rates,), (levels,) = FUNDING.parts(client, ("BTC",)), INTEREST.parts(client, ("BTC",))
    assert rates.name == levels.name == "BTCUSDT"
    assert [a.path for a in upstream.asked] == [INSTRUMENTS, HISTORY, INSTRUMENTS]


def test_pages_go_back_until_the_start_is_reached(upstream: Any, open_client: Any) -> None:
    last, middle, first = times(6)[:2], times(6)[2:4], times(6)[4:]
    upstream.serve(HISTORY, history(*last), history(*middle), history(*first))
    answers = list(FUNDING.fetch(open_client().bind(PART.name, WINDOW, None, CONTEXT), PART, WINDOW))
    settled = {t for a in answers for t in FUNDING.parse(a)["settled_at"]}
    assert len(answers) == 3
    assert min(settled) == WINDOW.start
    assert len(settled) == 6
    assert [int(a.query["endTime"]) for a in upstream.asked] == [
        WINDOW.end_ms - 1,
        last[-1] - 1,
        middle[-1] - 1,
    ]
    assert {(a.query["startTime"], a.query["limit"]) for a in upstream.asked} == {
        (str(WINDOW.start_ms), "200")
    }


def test_pages_end_with_an_empty_one_and_never_turn_in_a_circle(upstream: Any, open_client: Any) -> None:
    upstream.serve(HISTORY, history(*times(2)), history())
    assert len(list(FUNDING.fetch(open_client(), PART, WINDOW))) == 2
    upstream.answers.clear()
    upstream.serve(HISTORY, history(*times(2)))
    with pytest.raises(Unparsable, match="newer than the asked"):
        list(FUNDING.fetch(open_client(), PART, WINDOW))


def test_passing_trouble_is_asked_again(upstream: Any, open_client: Any, attempts: Any) -> None:
    whole = history(*times(6))
    upstream.serve(HISTORY, b'{"retCode":0,"retMsg":"OK","resu', b"", "<html>502 Bad Gateway</html>", [])
    upstream.serve(HISTORY, envelope({}, 10006, "Too many visits. Exceeded the API Rate Limit."))
    upstream.serve(HISTORY, "403, access too frequent", status=403)
    upstream.serve(HISTORY, whole)
    (answer,) = FUNDING.fetch(open_client(), PART, WINDOW)
    assert FUNDING.parse(replace(answer, context=CONTEXT)).height == 6
    assert attempts.verdicts == ["retry"] * 6 + ["ok"]


@pytest.mark.parametrize(
    ("status", "body", "error", "requests"),
    [
        (403, "error: configured to block access from your country (CloudFront)", Unreachable, 1),
        (200, envelope({}, 10009, "IP has been banned."), Unreachable, 1),
        (200, envelope({}, 10001, "params error: symbol invalid"), Refused, 1),
        (403, "403, access too frequent", RateStopped, 8),
        (500, envelope({}, 10016, "Server error."), Incomplete, 8),
    ],
)
def test_a_refusal_has_its_own_name(
    upstream: Any, open_client: Any, status: int, body: Any, error: Any, requests: int
) -> None:
    upstream.serve(HISTORY, body, status=status)
    with pytest.raises(error):
        list(FUNDING.fetch(open_client(), PART, WINDOW))
    assert len(upstream.asked) == requests
