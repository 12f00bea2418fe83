"""Deribit: the hour's own funding and its silent cut, and who was liquidated in a trade."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import deribit_trades, orders
from pipelines.sources.contract import Incomplete, Part, Refused, Unparsable, Window
from pipelines.storage.contracts import KINDS

FUNDING, TRADES = deribit_trades.DATASETS
METHODS = "/www.deribit.com/api/v2/public"
HISTORY, TAPE = f"{METHODS}/get_funding_rate_history", f"{METHODS}/get_last_trades_by_currency_and_time"
PERPETUAL = {"instrument": "BTC-PERPETUAL", "asset": "BTC"}
PART = Part("BTC-PERPETUAL", ("BTC-PERPETUAL",), PERPETUAL)
TAPE_PART = Part("BTC futures", ("BTC-FUTURES",), {"asset": "BTC"})
DAY = Window.of_days(date(2024, 12, 9), date(2024, 12, 9))
HOUR = 3_600_000


def answered(result: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "result": result, "usIn": 1, "usOut": 2, "usDiff": 1, "testnet": False}


def hours(count: int) -> list[dict[str, Any]]:
    return [
        {
            "timestamp": DAY.start_ms + HOUR * n,
            "index_price": 97000.5,
            "prev_index_price": 97001.0,
            "interest_8h": 8e-05,
            "interest_1h": -4.739622041017375e-7,
        }
        for n in range(count)
    ]


def trade(number: int, at: int = 0, **more: Any) -> dict[str, Any]:
    row = {"trade_id": str(number), "trade_seq": number, "timestamp": DAY.start_ms + at, "price": 4469.5}
    row |= {"amount": 1120.0, "direction": "sell", "instrument_name": "BTC-PERPETUAL", "tick_direction": 0}
    return row | more


def page(*trades: Any, more: bool = False) -> dict[str, Any]:
    return answered({"trades": list(trades), "has_more": more})


def test_the_datasets_keep_the_contracts_of_their_kinds() -> None:
    assert KINDS[FUNDING.kind].key == deribit_trades.FUNDING_KEY
    assert KINDS[TRADES.kind].key == orders.ORDER_KEY
    assert FUNDING.days_per_window * 24 < deribit_trades.SILENT_CUT_ROWS


# ---- funding ----------------------------------------------------------------------------------------


def test_the_rate_is_that_of_the_hour_and_not_the_trailing_eight(answer_of: Any) -> None:
    rows = FUNDING.parse(answer_of(answered(hours(1)), PERPETUAL))
    rate = Decimal("-0.000000473962204102")  # eighteen places
    at = datetime(2024, 12, 9, tzinfo=UTC)
    values = (at, rate, Decimal(1), "settled")
    assert rows.rows() == [("deribit", "BTC-PERPETUAL", "BTC", "inverse", *values)]


def test_as_many_rows_as_the_silent_cut_leaves_are_no_answer(upstream: Any, open_client: Any) -> None:
    upstream.serve(HISTORY, answered(hours(744)))
    with pytest.raises(Unparsable, match="may be cut"):
        list(FUNDING.fetch(open_client(), PART, DAY))
    upstream.answers.clear()
    upstream.serve(HISTORY, answered(hours(24)))
    assert len(list(FUNDING.fetch(open_client(), PART, DAY))) == 1
    asked = upstream.asked[-1].query
    assert (int(asked["start_timestamp"]), int(asked["end_timestamp"])) == (DAY.start_ms, DAY.end_ms - 1)


# ---- liquidations -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "direction", "closed"),
    [
        ("T", "sell", [("T", "long")]),
        ("T", "buy", [("T", "short")]),
        ("M", "buy", [("M", "long")]),
        ("M", "sell", [("M", "short")]),
        ("MT", "sell", [("M", "short"), ("T", "long")]),
    ],
)
def test_who_was_liquidated_decides_the_side(
    answer_of: Any, who: str, direction: str, closed: list[tuple[str, str]]
) -> None:
    body = page(trade(7, liquidation=who, direction=direction))
    rows = TRADES.parse(answer_of(body, TAPE_PART.context))
    assert rows.select("order_id", "side").rows() == [(f"BTC-PERPETUAL 7 {m}", side) for m, side in closed]


def test_the_amount_of_a_coin_margined_future_is_dollars(answer_of: Any) -> None:
    body = page(trade(7, liquidation="T", instrument_name="BTC-28MAR25"), trade(8))
    rows = TRADES.parse(answer_of(body, TAPE_PART.context))
    at = datetime(2024, 12, 9, tzinfo=UTC)
    order = (at, "BTC-28MAR25 7 T", "long", Decimal("4469.5"), "fill")
    usd = (Decimal(1120), "usd", Decimal(1), Decimal(1120))
    assert rows.rows() == [("deribit", "BTC-FUTURES", "BTC", *order, *usd)]


def test_a_tape_without_the_optional_field_holds_no_liquidation(answer_of: Any) -> None:
    assert TRADES.parse(answer_of(page(trade(1), trade(2)), TAPE_PART.context)).is_empty()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"liquidation": "X"}, "M, T or MT"),
        ({"liquidation": None}, "M, T or MT"),
        ({"direction": "zero"}, "buy or sell"),
        ({"instrument_name": "BTC_USDC-PERPETUAL"}, "coin-margined"),
        ({"instrument_name": "ETH-PERPETUAL"}, "coin-margined"),
        ({"amount": None}, "amount"),
        ({"trade_id": None}, "trade_id"),
    ],
)
def test_a_broken_trade_is_named(answer_of: Any, change: dict[str, Any], why: str) -> None:
    with pytest.raises(Unparsable, match=why):
        TRADES.parse(answer_of(page(trade(1, liquidation="T") | change), TAPE_PART.context))


def test_pages_that_share_a_millisecond_neither_lose_nor_double_a_trade(
    upstream: Any, open_client: Any
) -> None:
    def marked(number: int, at: int) -> dict[str, Any]:
        return trade(number, at, liquidation="T")

    upstream.serve(
        TAPE,
        page(marked(1, 5), marked(2, 9), more=True),
        page(marked(2, 9), marked(3, 9), marked(4, 12), more=True),
        page(marked(4, 12), marked(5, 12)),
    )
    answers = list(TRADES.fetch(open_client(), TAPE_PART, DAY))
    found = [
        i for a in answers for i in TRADES.parse(replace(a, context=TAPE_PART.context))["order_id"].to_list()
    ]
    assert found == [f"BTC-PERPETUAL {n} T" for n in range(1, 6)]
    asked = [int(a.query["start_timestamp"]) - DAY.start_ms for a in upstream.asked]
    assert asked == [0, 9, 12]
    assert {(a.query["currency"], a.query["kind"], a.query["sorting"]) for a in upstream.asked} == {
        ("BTC", "future", "asc")
    }


def test_a_page_of_one_millisecond_cannot_be_paged(upstream: Any, open_client: Any) -> None:
    upstream.serve(TAPE, page(trade(1), trade(2), more=True))
    with pytest.raises(Unparsable, match="share the moment"):
        list(TRADES.fetch(open_client(), TAPE_PART, DAY))


def test_old_trades_are_asked_for_at_the_host_of_the_history(upstream: Any, open_client: Any) -> None:
    upstream.serve(TAPE.replace("www", "history"), page())
    old = Window.of_days(date(2020, 3, 13), date(2020, 3, 13))
    assert len(list(TRADES.fetch(open_client(), TAPE_PART, old))) == 1


@settings(max_examples=60)
@given(data=st.data())
def test_no_damage_changes_numbers_silently(answer_of: Any, damage: Any, data: st.DataObject) -> None:
    bodies = (
        (FUNDING, answered(hours(3)), PERPETUAL, ()),
        # that the optional field is gone cannot be seen: such a tape is one without liquidations
        (
            TRADES,
            page(trade(1), trade(2, 3, liquidation="M"), trade(3, 5, liquidation="T")),
            TAPE_PART.context,
            ("liquidation", "has_more"),
        ),
    )
    for dataset, body, context, spared in bodies:
        good = dataset.parse(answer_of(body, context))
        try:
            damaged = data.draw(damage(body, lambda path, s=spared: bool(path) and path[-1] in s))
            rows = dataset.parse(answer_of(damaged, context))
        except Unparsable as error:
            assert error.reason
        else:
            assert set(rows.rows()) == set(good.rows())


def test_the_tape_is_read_from_yesterday_on_where_nobody_names_days(open_client: Any) -> None:
    parts = TRADES.parts(open_client(), ("ETH", "SOL"))
    assert [(p.name, p.markets, p.since) for p in parts] == [
        ("ETH futures", ("ETH-FUTURES",), date(2024, 12, 9))
    ]
    assert [p.name for p in FUNDING.parts(open_client(), ())] == ["BTC-PERPETUAL", "ETH-PERPETUAL"]


@pytest.mark.parametrize(
    ("status", "code", "raised", "requests"),
    [(400, -32602, Refused, 1), (429, 10028, Incomplete, 8), (200, 10028, Incomplete, 8)],
)
def test_an_error_has_its_own_name(
    upstream: Any, open_client: Any, status: int, code: int, raised: Any, requests: int
) -> None:
    upstream.serve(TAPE, {"jsonrpc": "2.0", "error": {"message": "said", "code": code}}, status=status)
    with pytest.raises(raised):
        list(TRADES.fetch(open_client(), TAPE_PART, DAY))
    assert len(upstream.asked) == requests


def test_a_cut_or_garbled_answer_is_asked_again(upstream: Any, open_client: Any, attempts: Any) -> None:
    upstream.serve(TAPE, b'{"jsonrpc":"2.0","resu', b"", "<html>busy</html>", [], page(trade(1)))
    assert len(list(TRADES.fetch(open_client(), TAPE_PART, DAY))) == 1
    assert attempts.verdicts == ["retry"] * 4 + ["ok"]
