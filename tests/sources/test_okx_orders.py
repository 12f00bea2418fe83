"""OKX's orders of the last day: what a contract is, sides that say "net", pages, and a feed that rolls."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import okx_orders, orders
from pipelines.sources.contract import Incomplete, Part, Refused, Unparsable, Window
from pipelines.storage.contracts import KINDS

(ORDERS,) = okx_orders.DATASETS
FEED = "/www.okx.com/api/v5/public/liquidation-orders"
INSTRUMENTS = "/www.okx.com/api/v5/public/instruments"
LINEAR = {"swap": "BTC-USDT-SWAP", "family": "BTC-USDT", "asset": "BTC", "margin": "linear", "face": "0.01"}
INVERSE = {"swap": "BTC-USD-SWAP", "family": "BTC-USD", "asset": "BTC", "margin": "inverse", "face": "100"}
PART = Part("BTC-USDT", ("BTC-USDT-SWAP",), LINEAR)
DAY = Window.of_days(date(2024, 12, 9), date(2024, 12, 9))
MIDNIGHT = "2024-12-10T00:00:00Z"  # the moment at which the feed holds just that day


def order(at: int, side: str = "sell", **more: Any) -> dict[str, Any]:
    row = {"bkLoss": "0", "bkPx": "50000.5", "ccy": "", "posSide": "long" if side == "sell" else "short"}
    return row | {"side": side, "sz": "13", "time": str(at), "ts": str(at)} | more


def feed(*details: Any, family: str = "BTC-USDT", **more: Any) -> dict[str, Any]:
    group = {"details": list(details), "instFamily": family, "instId": "", "instType": "SWAP", "uly": family}
    return {"code": "0", "msg": "", "data": [group | more] if details else []}


def times(count: int) -> list[int]:
    """So many moments, from the last one of the day backwards."""
    return [DAY.end_ms - 1 - 1000 * n for n in range(count)]


def test_the_dataset_keeps_the_contract_of_its_kind() -> None:
    assert KINDS[ORDERS.kind].key == orders.ORDER_KEY
    assert ORDERS.rolling and ORDERS.depth_days == 1  # asked up to now, for a day


def test_a_linear_order_is_contracts_times_value_times_price(answer_of: Any) -> None:
    rows = ORDERS.parse(answer_of(feed(order(DAY.start_ms)), LINEAR))
    at = datetime(2024, 12, 9, tzinfo=UTC)
    price = (Decimal("50000.5"), "bankruptcy")
    usd = (Decimal(13), "contract", Decimal("0.01"), Decimal("6500.065"))
    assert rows.rows() == [("okx", "BTC-USDT-SWAP", "BTC", at, "long 13 at 50000.5", "long", *price, *usd)]


def test_an_inverse_order_is_contracts_times_dollars(answer_of: Any) -> None:
    rows = ORDERS.parse(answer_of(feed(order(DAY.start_ms, "buy"), family="BTC-USD"), INVERSE))
    assert rows.select("side", "usd").rows() == [("short", Decimal(1300))]


def test_a_position_that_says_net_is_read_from_the_order(answer_of: Any) -> None:
    body = feed(order(DAY.start_ms, posSide="net"), order(DAY.start_ms, "buy", posSide="net"))
    assert ORDERS.parse(answer_of(body, LINEAR))["side"].to_list() == ["long", "short"]


def test_equal_orders_of_one_millisecond_are_two_events(answer_of: Any) -> None:
    at = DAY.start_ms
    rows = ORDERS.parse(answer_of(feed(order(at + 9), order(at), order(at), order(at - 9)), LINEAR))
    assert rows.height == 4
    assert rows["order_id"].n_unique() == 2


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"posSide": "short"}, "posSide"),
        ({"side": "close"}, "sell or buy"),
        ({"bkPx": ""}, "bkPx"),
        ({"sz": None}, "sz"),
        ({"ts": "1733702400"}, "not a time in ms"),
    ],
)
def test_a_broken_order_is_named(answer_of: Any, change: dict[str, Any], why: str) -> None:
    with pytest.raises(Unparsable, match=why):
        ORDERS.parse(answer_of(feed(order(DAY.start_ms) | change), LINEAR))


def test_rows_of_another_family_are_named_and_an_empty_name_is_not(answer_of: Any) -> None:
    for wrong in (
        feed(order(DAY.start_ms), family="ETH-USDT"),
        feed(order(DAY.start_ms), instId="ETH-USDT-SWAP"),
    ):
        with pytest.raises(Unparsable, match="asked for BTC-USDT"):
            ORDERS.parse(answer_of(wrong, LINEAR))
    assert ORDERS.parse(answer_of(feed(order(DAY.start_ms), instId="BTC-USDT-SWAP"), LINEAR)).height == 1


@settings(max_examples=60)
@given(data=st.data())
def test_no_damage_changes_numbers_silently(answer_of: Any, damage: Any, data: st.DataObject) -> None:
    body = feed(*(order(t, sz=str(n + 5)) for n, t in enumerate(times(3))))
    good = ORDERS.parse(answer_of(body, LINEAR))
    unused = ("bkLoss", "ccy", "time", "instId", "instType", "uly", "msg", "code")
    try:
        damaged = data.draw(damage(body, lambda path: bool(path) and path[-1] in unused))
        rows = ORDERS.parse(answer_of(damaged, LINEAR))
    except Unparsable as error:
        assert error.reason
    else:  # an order that stands there twice is another event, and says so
        assert set(rows.rows()) >= set(good.rows())
        assert all("#" in row[4] for row in set(rows.rows()) - set(good.rows()))


# ---- asking -----------------------------------------------------------------------------------------


def test_a_window_that_the_feed_no_longer_holds_whole_fails(upstream: Any, open_client: Any) -> None:
    """Three hours after midnight the first three hours of yesterday are gone: no day with few orders."""
    with pytest.raises(Incomplete, match="is cut off"):
        list(ORDERS.fetch(open_client(FLOODMARK_NOW="2024-12-10T03:00:00Z"), PART, DAY))
    assert upstream.asked == []


def test_pages_run_from_new_to_old_and_share_no_order(
    upstream: Any, open_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(okx_orders, "ROWS_A_PAGE", 3)
    a, b, c, d = times(4)
    upstream.serve(
        FEED, feed(order(a), order(b), order(c)), feed(order(c), order(c, "buy"), order(d)), feed()
    )
    answers = list(ORDERS.fetch(open_client(FLOODMARK_NOW=MIDNIGHT), PART, DAY))
    found = [r[3] for answer in answers for r in ORDERS.parse(replace(answer, context=LINEAR)).rows()]
    assert len(found) == 4 and len(set(found)) == 3  # the moment that `d` ended was asked for again
    assert [int(x.query["after"]) for x in upstream.asked] == [DAY.end_ms, c + 1, d + 1]
    assert {(x.query["instFamily"], x.query["state"], x.query["instType"]) for x in upstream.asked} == {
        ("BTC-USDT", "filled", "SWAP")
    }


def test_parts_say_what_a_contract_is(upstream: Any, open_client: Any) -> None:
    def instrument(family: str, value: str, currency: str, kind: str, times: str = "1") -> dict[str, Any]:
        row = {"instId": f"{family}-SWAP", "instFamily": family, "ctVal": value, "ctMult": times}
        return row | {"ctValCcy": currency, "ctType": kind, "state": "live"}

    rows = [
        instrument("BTC-USDT", "0.01", "BTC", "linear"),
        instrument("PEPE-USDT", "1000000", "PEPE", "linear", "10"),
        instrument("BTC-USD", "100", "USD", "inverse"),
        instrument("SOL-USD", "10", "USD", "inverse"),
        instrument("BTC-USDC", "0.0001", "BTC", "linear"),
    ]
    upstream.serve(INSTRUMENTS, {"code": "0", "msg": "", "data": rows})
    parts = ORDERS.parts(open_client(), ())
    assert [(p.name, p.markets[0], Decimal(p.context["face"])) for p in parts] == [
        ("BTC-USDT", "BTC-USDT-SWAP", Decimal("0.01")),
        ("PEPE-USDT", "PEPE-USDT-SWAP", Decimal(10_000_000)),
        ("BTC-USD", "BTC-USD-SWAP", Decimal(100)),
    ]
    for change in ({"ctValCcy": "USDT"}, {"ctType": "inverse"}):
        upstream.answers.clear()
        upstream.serve(INSTRUMENTS, {"code": "0", "msg": "", "data": [rows[0] | change]})
        with pytest.raises(Unparsable, match=next(iter(change))):
            ORDERS.parts(open_client(), ())


def test_an_error_inside_http_200_has_its_own_name(upstream: Any, open_client: Any, attempts: Any) -> None:
    upstream.serve(FEED, {"code": "50011", "msg": "Too Many Requests", "data": []})
    upstream.serve(FEED, b'{"code":"0","da', b"", {"code": "50015", "msg": "uly is required", "data": []})
    with pytest.raises(Refused, match="50015"):
        list(ORDERS.fetch(open_client(FLOODMARK_NOW=MIDNIGHT), PART, DAY))
    assert attempts.verdicts == ["retry"] * 3 + ["failed"]
