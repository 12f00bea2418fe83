"""Gate's orders: the order counts and not the position, hours in halves, equal orders, broken answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import gate_orders, orders
from pipelines.sources.contract import Part, Unparsable, Window
from pipelines.storage.contracts import KINDS

(ORDERS,) = gate_orders.DATASETS
HOST = "/api.gateio.ws/api/v4/futures"
LISTED = {
    "BTC_USDT": {"asset": "BTC", "margin": "linear", "multiplier": "0.0001"},
    "ETH_USDT": {"asset": "ETH", "margin": "linear", "multiplier": "0.01"},
}
CONTEXT = {"settle": "usdt", "contracts": LISTED}
PART = Part("usdt", tuple(LISTED), CONTEXT)
DAY = Window.of_days(date(2024, 12, 9), date(2024, 12, 9))
START = DAY.start_ms // 1000
AT = datetime(2024, 12, 9, tzinfo=UTC)


def order(at: int = START, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"time": at, "contract": "BTC_USDT", "size": 600, "order_size": -40}
    return row | {"order_price": "49500", "fill_price": "50000", "left": 0} | more


def test_the_dataset_keeps_the_contract_of_its_kind() -> None:
    assert KINDS[ORDERS.kind].key == orders.ORDER_KEY
    assert (ORDERS.depth_days, ORDERS.days_per_window) == (90, 1)


def test_the_order_counts_and_not_the_position_that_is_repeated(answer_of: Any) -> None:
    """A long of 600 is closed in two steps; `size` says 600 both times."""
    rows = ORDERS.parse(answer_of([order(order_size=-40), order(order_size=-60, left=-10)], CONTEXT))
    assert rows.select("side", "native_amount", "usd").rows() == [
        ("long", Decimal(40), Decimal(200)),
        ("long", Decimal(50), Decimal(250)),
    ]


def test_a_row_as_a_whole(answer_of: Any) -> None:
    rows = ORDERS.parse(
        answer_of([order(contract="ETH_USDT", size=-7, order_size=7, fill_price="2500.5")], CONTEXT)
    )
    assert rows.rows() == [
        (
            "gate",
            "ETH_USDT",
            "ETH",
            AT,
            "short 7 at 2500.5 of 7",
            "short",
            Decimal("2500.5"),
            "fill",
            Decimal(7),
            "contract",
            Decimal("0.01"),
            Decimal("175.035"),
        )
    ]


def test_a_contract_of_settle_btc_is_one_dollar_whatever_its_multiplier_says(answer_of: Any) -> None:
    listed = {"BTC_USD": {"asset": "BTC", "margin": "inverse", "multiplier": "1"}}
    rows = ORDERS.parse(answer_of([order(contract="BTC_USD")], {"settle": "btc", "contracts": listed}))
    assert rows["usd"].to_list() == [Decimal(40)]


def test_what_the_order_left_open_was_not_liquidated_whatever_its_sign(answer_of: Any) -> None:
    for left in (-15, 15, "15"):
        rows = ORDERS.parse(answer_of([order(left=left)], CONTEXT))
        assert rows["native_amount"].to_list() == [Decimal(25)]


def test_equal_orders_of_one_second_are_two_events(answer_of: Any) -> None:
    rows = ORDERS.parse(answer_of([order(START + 9), order(), order(), order(START - 9)], CONTEXT))
    assert rows.height == 4
    assert rows.filter(rows["liquidated_at"] == AT)["order_id"].to_list() == [
        "long 40 at 50000 of 600",
        "long 40 at 50000 of 600 #2",
    ]


def test_an_end_that_was_sent_twice_is_no_second_liquidation(answer_of: Any) -> None:
    page = [order(START + 30 - n, order_size=-n - 1) for n in range(5)]
    assert ORDERS.parse(answer_of(page + page[-3:], CONTEXT)).rows() == (
        ORDERS.parse(answer_of(page, CONTEXT)).rows()
    )


def test_the_rest_of_the_market_is_left_out(answer_of: Any) -> None:
    rows = ORDERS.parse(answer_of([order(), order(contract="PEPE_USDT")], CONTEXT))
    assert rows["market"].to_list() == ["BTC_USDT"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"order_size": 40}, "does not close"),
        ({"order_size": 0}, "does not close"),
        ({"left": -41}, "left"),
        ({"fill_price": ""}, "fill_price"),
        ({"fill_price": None}, "fill_price"),
        ({"time": START * 1000}, "not a time in s"),
        ({"contract": None}, "contract"),
    ],
)
def test_a_broken_order_is_named(answer_of: Any, change: dict[str, Any], why: str) -> None:
    with pytest.raises(Unparsable, match=why):
        ORDERS.parse(answer_of([order(**change)], CONTEXT))


@pytest.mark.parametrize("field", ["order_size", "size", "left", "fill_price", "time", "contract"])
def test_an_order_without_a_field_is_named(answer_of: Any, field: str) -> None:
    row = order()
    del row[field]
    with pytest.raises(Unparsable, match=field):
        ORDERS.parse(answer_of([row], CONTEXT))


@settings(max_examples=60)
@given(data=st.data())
def test_no_damage_changes_numbers_silently(answer_of: Any, damage: Any, data: st.DataObject) -> None:
    body = [order(START + 7 * n, order_size=-10 - n) for n in range(3)]
    good = ORDERS.parse(answer_of(body, CONTEXT))
    unused = ("order_price",)
    try:
        damaged = data.draw(damage(body, lambda path: bool(path) and path[-1] in unused))
        rows = ORDERS.parse(answer_of(damaged, CONTEXT))
    except Unparsable as error:
        assert error.reason
    else:  # an order that stands there twice is another event, and says so
        assert set(rows.rows()) >= set(good.rows())
        assert all("#" in row[4] for row in set(rows.rows()) - set(good.rows()))


def test_a_day_is_24_hours_to_their_last_second(upstream: Any, open_client: Any) -> None:
    upstream.serve(f"{HOST}/usdt/liq_orders", [])
    assert len(list(ORDERS.fetch(open_client(), PART, DAY))) == 24
    asked = [(int(a.query["from"]), int(a.query["to"])) for a in upstream.asked]
    assert asked == [(START + 3600 * n, START + 3600 * n + 3599) for n in range(24)]
    assert {a.query.get("contract") for a in upstream.asked} == {None}


def test_a_full_page_may_be_cut_so_its_hour_is_asked_in_halves(
    upstream: Any, open_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate_orders, "ROWS_A_PAGE", 4)
    full = [order(START + n) for n in range(4)]
    halves = [[order(START + 5)], [order(START + 1900, contract="ETH_USDT")]]
    upstream.serve(f"{HOST}/usdt/liq_orders", full, *halves, [])
    answers = list(ORDERS.fetch(open_client(), PART, DAY))
    assert len(answers) == 25  # the full page is not one of them
    found = [row for a in answers for row in ORDERS.parse(replace(a, context=CONTEXT)).rows()]
    assert [row[1] for row in found] == ["BTC_USDT", "ETH_USDT"]
    asked = [(int(a.query["from"]) - START, int(a.query["to"]) - START) for a in upstream.asked[:3]]
    assert asked == [(0, 3599), (0, 1799), (1800, 3599)]


def test_a_second_that_is_full_cannot_be_read(
    upstream: Any, open_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate_orders, "ROWS_A_PAGE", 2)
    upstream.serve(f"{HOST}/usdt/liq_orders", [order(), order()])
    with pytest.raises(Unparsable, match="in the second"):
        list(ORDERS.fetch(open_client(), PART, DAY))


def test_parts_say_since_when_and_what_a_contract_is(upstream: Any, open_client: Any) -> None:
    upstream.serve(f"{HOST}/usdt/contracts", [{"name": "BTC_USDT", "quanto_multiplier": "0.0001"}])
    upstream.serve(f"{HOST}/btc/contracts", [{"name": "BTC_USD", "quanto_multiplier": "0"}])
    ever = open_client().bind("*", Window.of_days(date(2020, 1, 1), date(2024, 12, 9)), None, {})
    parts = ORDERS.parts(ever, ("BTC",))
    assert [(p.name, p.markets, p.since) for p in parts] == [
        ("usdt", ("BTC_USDT",), date(2024, 12, 7)),
        ("btc", ("BTC_USD",), date(2024, 12, 7)),
    ]
    assert parts[0].context["contracts"]["BTC_USDT"]["multiplier"] == "0.0001"
