"""Bybit open interest: both sides are halved, one side is taken where it stands, pages by cursor."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import bybit_interest
from pipelines.sources.contract import Part, Refused, Unparsable, Unreachable, Window
from tests.sources.damaged import assert_fits, assert_outlives_faults, assert_same_or_named

PATH = "/api.bybit.com/v5/market/open-interest"
WINDOW = Window.of_days(date(2024, 12, 8), date(2024, 12, 9))
LINEAR = {"category": "linear", "symbol": "BTCUSDT", "asset": "BTC"}
INVERSE = {"category": "inverse", "symbol": "BTCUSD", "asset": "BTC"}
PART = Part("BTCUSDT", ("BTCUSDT",), LINEAR)


def at(day, hour=0):
    return str(int(datetime(2024, 12, day, hour, tzinfo=UTC).timestamp() * 1000))


def answer(*rows, context=LINEAR, cursor=""):
    listed = {"symbol": context["symbol"], "category": context["category"], "list": list(rows)}
    return {"retCode": 0, "retMsg": "OK", "result": {**listed, "nextPageCursor": cursor}, "time": 1}


GOOD = answer(
    {"openInterest": "53211.46800000", "timestamp": at(9)},
    {"openInterest": "52000.00200000", "timestamp": at(8)},
)


def amounts(frame):
    return [(r[4].day, r[5], r[6]) for r in frame.iter_rows()]


def test_open_interest_counts_both_sides_and_is_halved(answer_of):
    frame = bybit_interest.parse(answer_of(GOOD, LINEAR))
    assert_fits("open_interest", frame, bybit_interest.KEY)
    assert amounts(frame) == [(9, Decimal("26605.734"), None), (8, Decimal("26000.001"), None)]
    assert set(frame["margin"]) == {"linear"}


def test_inverse_contracts_are_dollars(answer_of):
    body = answer({"openInterest": "63910691.00000000", "timestamp": at(9)}, context=INVERSE)
    frame = bybit_interest.parse(answer_of(body, INVERSE))
    assert amounts(frame) == [(9, None, Decimal("31955345.5"))] and set(frame["margin"]) == {"inverse"}


def test_the_single_side_is_taken_where_it_stands(answer_of):
    row = {"openInterest": "63910691.00000000", "singleOpenInterest": "31955346", "timestamp": at(9)}
    frame = bybit_interest.parse(answer_of(answer(row, context=INVERSE), INVERSE))
    assert amounts(frame) == [(9, None, Decimal(31955346))]
    row["singleOpenInterest"] = "63910691"
    with pytest.raises(Unparsable, match="is not twice singleOpenInterest"):
        bybit_interest.parse(answer_of(answer(row, context=INVERSE), INVERSE))


def test_contracts_on_a_thousand_coins_count_thousands(answer_of):
    context = {"category": "linear", "symbol": "1000PEPEUSDT", "asset": "PEPE"}
    body = answer({"openInterest": "10.5", "timestamp": at(9)}, context=context)
    assert amounts(bybit_interest.parse(answer_of(body, context))) == [(9, Decimal(5250), None)]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (answer(context=INVERSE), "symbol: asked for BTCUSDT, found 'BTCUSD'"),
        (answer({"openInterest": "1", "timestamp": at(9, 1)}), "is not 00:00 UTC"),
        (answer({"openInterest": None, "timestamp": at(9)}), "openInterest: expected a number"),
        (answer({"openinterest": "1", "timestamp": at(9)}), "'openInterest' is not there"),
        (answer(*({"openInterest": n, "timestamp": at(9)} for n in "12")), "two values for one key"),
    ],
)
def test_another_format_is_named(answer_of, body, reason):
    with pytest.raises(Unparsable, match=reason):
        bybit_interest.parse(answer_of(body, LINEAR))


def test_pages_go_on_at_a_cursor_that_is_sent_back_as_it_came(upstream, open_client):
    cursor = "lastid%3D1%26lasttime%3D1733702400"
    newest, older = GOOD["result"]["list"]
    upstream.serve(PATH, answer(newest, cursor=cursor), answer(older))
    assert len(list(bybit_interest.fetch(open_client(), PART, WINDOW))) == 2
    first, second = (asked.query for asked in upstream.asked)
    assert (first["startTime"], first["endTime"]) == (str(WINDOW.start_ms), str(WINDOW.end_ms - 1))
    assert "cursor" not in first and second["cursor"] == cursor
    upstream.answers.clear()
    upstream.serve(PATH, answer(newest, cursor=cursor))
    with pytest.raises(Unparsable, match="leads to itself"):
        list(bybit_interest.fetch(open_client(), PART, WINDOW))


def test_parts_leave_the_small_inverse_contracts_out(monkeypatch, open_client):
    contexts = [LINEAR, INVERSE, {"category": "inverse", "symbol": "XRPUSD", "asset": "XRP"}]
    listed = [Part(c["symbol"], (c["symbol"],), c) for c in contexts]
    monkeypatch.setattr(bybit_interest.bybit, "parts", lambda client, assets: listed)
    assert [p.name for p in bybit_interest.parts(open_client(), [])] == ["BTCUSDT", "BTCUSD"]


def test_errors_inside_200_and_the_country_block(upstream, attempts, open_client):
    client = open_client()
    good = json.dumps(GOOD).encode()
    assert_outlives_faults(upstream, attempts, PATH, good, lambda: bybit_interest.fetch(client, PART, WINDOW))
    upstream.answers[PATH] = [
        (200, {}, b'{"retCode": 10006, "retMsg": "Too many visits", "result": {}}'),
        (200, {}, b'{"retCode": 10001, "retMsg": "params error", "result": {}}'),
        (200, {}, b'{"retCode": 10009, "retMsg": "IP banned", "result": {}}'),
    ]
    with pytest.raises(Refused, match="retCode 10001: params error"):
        list(bybit_interest.fetch(client, PART, WINDOW))
    with pytest.raises(Unreachable, match="10009"):
        list(bybit_interest.fetch(client, PART, WINDOW))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_never_changes_an_amount(damage, answer_of, data):
    unread = ("retCode", "retMsg", "time", "nextPageCursor")
    body = data.draw(damage(GOOD, lambda path: bool(path) and path[-1] in unread))
    good = bybit_interest.parse(answer_of(GOOD, LINEAR))
    assert_same_or_named(
        body, bybit_interest._whole, bybit_interest.parse, lambda b: answer_of(b, LINEAR), good
    )
