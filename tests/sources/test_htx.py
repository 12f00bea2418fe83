"""HTX: funding over both versions, liquidation orders over both versions, errors inside HTTP 200."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import htx, htx_orders, orders
from pipelines.sources.contract import (
    Incomplete,
    NotPublished,
    Part,
    Refused,
    Unparsable,
    Unreachable,
    Window,
)
from pipelines.storage.contracts import KINDS

CONTRACTS, LINEAR, INVERSE = htx.DATASETS
(ORDERS,) = htx_orders.DATASETS
HOST = "/api.hbdm.com"
V5, V1 = f"{HOST}/v5/market/funding_rate_history", f"{HOST}/swap-api/v1/swap_historical_funding_rate"
ORDERS_V5, ORDERS_V3 = f"{HOST}/v5/market/liquidation_orders", f"{HOST}/swap-api/v3/swap_liquidation_orders"
BTC = {"contract": "BTC-USDT", "asset": "BTC", "margin": "linear", "face": "0.001"}
COIN = {"contract": "BTC-USD", "asset": "BTC", "margin": "inverse", "face": "100"}
PART = Part("BTC-USDT", ("BTC-USDT",), BTC)
COIN_PART = Part("BTC-USD", ("BTC-USD",), COIN)
WINDOW = Window.of_days(date(2024, 12, 1), date(2024, 12, 2))
HOUR = 3_600_000
NOON = WINDOW.start_ms + 12 * HOUR
AT = datetime(2024, 12, 1, 12, tzinfo=UTC)


def five(rows: Any, code: int = 200) -> dict[str, Any]:
    return {"code": code, "message": "Success", "data": rows, "ts": WINDOW.end_ms}


def error(code: int) -> dict[str, Any]:
    return {"status": "error", "err_code": code, "err_msg": "as it says", "ts": WINDOW.end_ms}


def rate(at: int, said: str = "0.000100000000000001") -> dict[str, Any]:
    return {"id": "7", "contract_code": "BTC-USDT", "funding_rate": said, "funding_time": str(at)}


def page(*times: int, realized: Any = None) -> dict[str, Any]:
    rows = [
        rate(t) | {"contract_code": "BTC-USD", "realized_rate": realized, "fee_asset": "BTC"} for t in times
    ]
    data = {"total_page": 9, "current_page": 1, "total_size": 99, "data": rows}
    return {"status": "ok", "data": data, "ts": WINDOW.end_ms}


def linear(number: int, **more: Any) -> dict[str, Any]:
    row = {"id": str(number), "contract_code": "BTC-USDT", "liquidation_time": str(NOON)}
    row |= {"side": "sell", "position_side": "long", "volume": "2", "amount": "2"}
    return row | {"bankrupt_price": "62978.5", "trade_turnover": "125.957"} | more


def inverse(number: int, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"query_id": number, "contract_code": "BTC-USD", "symbol": "BTC"}
    row |= {"direction": "buy", "offset": "close", "volume": 479.0, "price": 51441.7}
    return row | {"created_at": NOON, "amount": 0.931} | more


def three(rows: Any) -> dict[str, Any]:
    return {"code": 200, "msg": "", "data": rows, "ts": WINDOW.end_ms}


def test_the_datasets_keep_the_contracts_of_their_kinds() -> None:
    assert KINDS[LINEAR.kind].key == KINDS[INVERSE.kind].key == htx.FUNDING_KEY
    assert KINDS[ORDERS.kind].key == orders.ORDER_KEY
    assert (ORDERS.days_per_window, ORDERS.depth_days) == (2, 90)  # at most 48 hours, of 90 days


# ---- funding ----------------------------------------------------------------------------------------


def test_rates_keep_their_eighteen_places(answer_of: Any) -> None:
    rows = LINEAR.parse(answer_of(five([rate(NOON)]), BTC))
    value = Decimal("0.000100000000000001")
    assert rows.rows() == [("htx", "BTC-USDT", "BTC", "linear", AT, value, None, "settled")]


def test_a_realized_rate_that_is_null_leaves_the_announced_one(answer_of: Any) -> None:
    rates = [
        INVERSE.parse(answer_of(page(NOON, realized=r), COIN))["rate"].to_list() for r in (None, "0.0002")
    ]
    assert rates == [[Decimal("0.000100000000000001")], [Decimal("0.0002")]]


def test_a_settlement_that_comes_hours_late_keeps_its_time(answer_of: Any) -> None:
    late = five([rate(NOON + 2 * HOUR), rate(NOON + 8 * HOUR)])
    assert LINEAR.parse(answer_of(late, BTC))["settled_at"].to_list() == [
        AT.replace(hour=14),
        AT.replace(hour=20),
    ]


def test_a_settlement_ahead_is_left_out(answer_of: Any) -> None:
    ahead = int(datetime(2024, 12, 10, 8, tzinfo=UTC).timestamp()) * 1000
    assert LINEAR.parse(answer_of(five([rate(ahead)]), BTC)).is_empty()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"contract_code": "ETH-USDT"}, "asked for BTC-USDT"),
        ({"funding_rate": ""}, "funding_rate"),
        ({"funding_rate": None}, "funding_rate"),
        ({"funding_time": "1733054400"}, "not a time in ms"),
    ],
)
def test_a_broken_settlement_is_named(answer_of: Any, change: dict[str, Any], why: str) -> None:
    with pytest.raises(Unparsable, match=why):
        LINEAR.parse(answer_of(five([rate(NOON) | change]), BTC))


def test_v5_runs_upwards_from_the_last_row(
    upstream: Any, open_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(htx, "LINEAR_ROWS_A_PAGE", 2)
    times = [WINDOW.start_ms + 8 * HOUR * n for n in range(5)]
    pages = [five([rate(t) for t in times[n : n + 2]]) for n in (0, 2, 4)]
    upstream.serve(V5, *pages)
    answers = list(LINEAR.fetch(open_client(), PART, WINDOW))
    got = [t for a in answers for t in LINEAR.parse(replace(a, context=BTC))["settled_at"]]
    assert len(got) == 5
    assert [int(a.query["start_time"]) for a in upstream.asked] == [
        times[0],
        times[1] + 1,
        times[3] + 1,
    ]
    assert {a.query["end_time"] for a in upstream.asked} == {str(WINDOW.end_ms - 1)}


def test_a_full_page_of_the_newest_rows_is_no_loss_of_the_older_ones(
    upstream: Any, open_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which end a full page keeps is not documented: what lies before it is asked for."""
    monkeypatch.setattr(htx, "LINEAR_ROWS_A_PAGE", 2)
    times = [WINDOW.start_ms + 8 * HOUR * n for n in range(6)]
    newest, before, first = times[4:], times[2:4], times[:2]
    upstream.serve(V5, *(five([rate(t) for t in chunk]) for chunk in (newest, before, first)), five([]))
    answers = list(LINEAR.fetch(open_client(), PART, WINDOW))
    got = {t for a in answers for t in LINEAR.parse(replace(a, context=BTC))["settled_at"]}
    assert len(got) == 6


def test_v1_has_pages_by_number_until_the_start_is_reached(upstream: Any, open_client: Any) -> None:
    upstream.serve(V1, page(NOON + 8 * HOUR, NOON), page(NOON - 8 * HOUR, WINDOW.start_ms - 4 * HOUR))
    assert len(list(INVERSE.fetch(open_client(), COIN_PART, WINDOW))) == 2
    assert [a.query["page_index"] for a in upstream.asked] == ["1", "2"]
    upstream.answers.clear()
    upstream.serve(V1, page(NOON))
    with pytest.raises(Unparsable, match="not older"):
        list(INVERSE.fetch(open_client(), COIN_PART, WINDOW))


@settings(max_examples=40)
@given(data=st.data())
def test_no_damage_changes_rates_silently(answer_of: Any, damage: Any, data: st.DataObject) -> None:
    bodies = (
        (LINEAR, five([rate(NOON + n * HOUR, f"0.000{n}") for n in range(3)]), BTC),
        (INVERSE, page(NOON, NOON - HOUR), COIN),
    )
    for dataset, body, context in bodies:
        good = dataset.parse(answer_of(body, context))
        try:
            damaged = data.draw(damage(body, lambda path: bool(path) and path[-1] == "realized_rate"))
            rows = dataset.parse(answer_of(damaged, context))
        except Unparsable as broken:
            assert broken.reason
        else:
            assert set(rows.rows()) == set(good.rows())


# ---- orders -----------------------------------------------------------------------------------------


def test_a_linear_order_is_worth_its_turnover_and_amount_is_not_coins(answer_of: Any) -> None:
    rows = ORDERS.parse(answer_of(five([linear(150153038758)]), BTC))
    numbers = (Decimal(2), "contract", Decimal("0.001"), Decimal("125.957"))
    price = (Decimal("62978.5"), "bankruptcy")
    assert rows.rows() == [("htx", "BTC-USDT", "BTC", AT, "150153038758", "long", *price, *numbers)]


def test_an_inverse_order_is_contracts_times_face_and_buys_back_a_short(answer_of: Any) -> None:
    rows = ORDERS.parse(answer_of(three([inverse(452057)]), COIN))
    assert rows.select("side", "usd", "multiplier").rows() == [("short", Decimal(47900), Decimal(100))]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"position_side": "short"}, "position_side"),
        ({"side": "long"}, "sell or buy"),
        ({"trade_turnover": None}, "trade_turnover"),
        ({"id": ""}, "id"),
        ({"contract_code": "ETH-USDT"}, "asked for"),
        ({"liquidation_time": "1733054400"}, "not a time in ms"),
    ],
)
def test_a_broken_order_is_named(answer_of: Any, change: dict[str, Any], why: str) -> None:
    with pytest.raises(Unparsable, match=why):
        ORDERS.parse(answer_of(five([linear(1, **change)]), BTC))


def test_one_id_with_two_values_is_a_contradiction(answer_of: Any) -> None:
    with pytest.raises(Unparsable, match="two values"):
        ORDERS.parse(answer_of(five([linear(1), linear(1, volume="3")]), BTC))


@settings(max_examples=40)
@given(data=st.data())
def test_no_damage_changes_orders_silently(answer_of: Any, damage: Any, data: st.DataObject) -> None:
    for body, context in (
        (five([linear(n) for n in (1, 2, 3)]), BTC),
        (three([inverse(n) for n in (1, 2)]), COIN),
    ):
        good = ORDERS.parse(answer_of(body, context))
        try:
            rows = ORDERS.parse(answer_of(data.draw(damage(body)), context))
        except Unparsable as broken:
            assert broken.reason
        else:
            assert set(rows.rows()) == set(good.rows())


def test_orders_are_paged_by_the_last_id_until_an_empty_page(upstream: Any, open_client: Any) -> None:
    upstream.serve(ORDERS_V5, five([linear(4), linear(7)]), five([linear(9)]), five([]))
    upstream.serve(ORDERS_V3, three([inverse(4)]), three([]))
    assert len(list(ORDERS.fetch(open_client(), PART, WINDOW))) == 3
    assert len(list(ORDERS.fetch(open_client(), COIN_PART, WINDOW))) == 2
    assert [a.query.get("from") for a in upstream.asked[:3]] == [None, "7", "9"]
    assert [a.query.get("from_id") for a in upstream.asked[3:]] == [None, "4"]
    first, other = upstream.asked[0].query, upstream.asked[3].query
    assert (int(first["start_time"]), int(first["end_time"])) == (WINDOW.start_ms, WINDOW.end_ms - 1)
    assert (first["direct"], other["direct"], other["trade_type"]) == ("next", "next", "0")


def test_a_cursor_that_is_ignored_is_caught(upstream: Any, open_client: Any) -> None:
    upstream.serve(ORDERS_V5, five([linear(4)]))
    with pytest.raises(Unparsable, match="not newer"):
        list(ORDERS.fetch(open_client(), PART, WINDOW))


# ---- both -------------------------------------------------------------------------------------------


def listing(*rows: tuple[str, Any]) -> dict[str, Any]:
    data = [{"contract_code": c, "contract_size": size, "create_date": "20241205"} for c, size in rows]
    return {"status": "ok", "data": data, "ts": 1}


def test_contracts_say_their_face_and_their_first_day(upstream: Any, open_client: Any) -> None:
    upstream.serve(
        f"{HOST}/linear-swap-api/v1/swap_contract_info",
        listing(("BTC-USDT", 0.001), ("BTC-USDT-241227", 0.001), ("XRP-USDT", 10)),
    )
    upstream.serve(f"{HOST}/swap-api/v1/swap_contract_info", listing(("BTC-USD", 100.0), ("ETH-USD", 10)))
    parts = ORDERS.parts(open_client(), ("BTC",))
    assert [(p.name, p.context["margin"], Decimal(p.context["face"]), p.since) for p in parts] == [
        ("BTC-USDT", "linear", Decimal("0.001"), date(2024, 12, 6)),
        ("BTC-USD", "inverse", Decimal(100), date(2024, 12, 6)),
    ]
    assert [p.since for p in LINEAR.parts(open_client(), ())] == [date(2024, 12, 5)] * 2


@pytest.mark.parametrize(
    ("status", "body", "raised", "requests"),
    [
        (200, error(1013), NotPublished, 1),
        (200, five(None, 1013), NotPublished, 1),
        (200, error(1067), Refused, 1),
        (200, five(None, 1066), Refused, 1),
        (429, error(1032), Incomplete, 8),
        (200, error(1032), Incomplete, 8),
        (500, error(1000), Incomplete, 8),
        (403, "<html>Forbidden</html>", Unreachable, 1),
    ],
)
def test_an_error_inside_http_200_has_its_own_name(
    upstream: Any, open_client: Any, status: int, body: Any, raised: Any, requests: int
) -> None:
    upstream.serve(V5, body, status=status)
    with pytest.raises(raised):
        list(LINEAR.fetch(open_client(), PART, WINDOW))
    assert len(upstream.asked) == requests


def test_a_cut_or_garbled_answer_is_asked_again(upstream: Any, open_client: Any, attempts: Any) -> None:
    upstream.serve(V5, b'{"code":200,"da', b"", "<html>busy</html>", [], five([rate(NOON)]))
    (answer,) = LINEAR.fetch(open_client(), PART, WINDOW)
    assert LINEAR.parse(replace(answer, context=BTC)).height == 1
    assert attempts.verdicts == ["retry"] * 4 + ["ok"]
