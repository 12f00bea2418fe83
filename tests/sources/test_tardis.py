"""Tardis: free days, gzip without a word, microseconds, units of nine exchanges, and the key."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import orders, tardis
from pipelines.sources.contract import (
    Cut,
    Incomplete,
    KeyRejected,
    NotPublished,
    Part,
    RateStopped,
    Unparsable,
    Unreachable,
    Window,
)
from pipelines.storage.contracts import KINDS

(ORDERS,) = tardis.DATASETS
HEAD = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount"
DAY = Window.of_days(date(2024, 12, 1), date(2024, 12, 1))
START_US = DAY.start_ms * 1000
PATH = "/datasets.tardis.dev/v1/bybit/liquidations/2024/12/01/PERPETUALS.csv.gz"
CONTEXT = {"exchange": "bybit", "symbols": ["BTCUSDT", "BTCUSD"]}
PART = Part("bybit 2024-12-01", ("bybit:BTCUSDT", "bybit:BTCUSD"), CONTEXT)


def line(symbol: str = "BTCUSDT", amount: str = "0.5", exchange: str = "bybit", **more: str) -> str:
    row = {"exchange": exchange, "symbol": symbol, "timestamp": str(START_US + 7)}
    row |= {"local_timestamp": str(START_US + 90), "id": "", "side": "sell", "price": "50000.5"}
    return ",".join((row | {"amount": amount} | more)[name] for name in HEAD.split(","))


def body(*lines: str, head: str = HEAD) -> bytes:
    return gzip.compress("\n".join([head, *lines, ""]).encode(), mtime=0)


def test_the_dataset_keeps_the_contract_of_its_kind() -> None:
    assert KINDS[ORDERS.kind].key == orders.ORDER_KEY
    assert ORDERS.cut is Cut.DAY and ORDERS.key is None  # the free days need none


def test_a_line_as_a_whole_with_its_microseconds(answer_of: Any) -> None:
    rows = ORDERS.parse(answer_of(body(line(id="a1")), CONTEXT))
    at = datetime(2024, 12, 1, 0, 0, 0, 7, tzinfo=UTC)
    price = (Decimal("50000.5"), "bankruptcy")
    usd = (Decimal("0.5"), "coin", Decimal(1), Decimal("25000.25"))
    assert rows.rows() == [("bybit", "bybit:BTCUSDT", "BTC", at, "a1", "long", *price, *usd)]


@pytest.mark.parametrize(
    ("exchange", "symbol", "venue", "asset", "usd_of_two"),
    [
        ("binance-futures", "ETHUSDT", "binance", "ETH", "100001"),
        ("binance-delivery", "BTCUSD_PERP", "binance", "BTC", "200"),
        ("binance-delivery", "ETHUSD_PERP", "binance", "ETH", "20"),
        ("bybit", "BTCUSD", "bybit", "BTC", "2"),
        ("okex-swap", "BTC-USDT-SWAP", "okx", "BTC", "1000.01"),
        ("okex-swap", "ETH-USD-SWAP", "okx", "ETH", "20"),
        ("deribit", "BTC-PERPETUAL", "deribit", "BTC", "2"),
        ("bitmex", "XBTUSD", "bitmex", "BTC", "2"),
        ("huobi-dm-swap", "BTC-USD", "htx", "BTC", "200"),
        ("huobi-dm-linear-swap", "ETH-USDT", "htx", "ETH", "1000.01"),
        ("gate-io-futures", "BTC_USDT", "gate", "BTC", "10.0001"),
    ],
)
def test_every_exchange_has_its_own_unit(
    answer_of: Any, exchange: str, symbol: str, venue: str, asset: str, usd_of_two: str
) -> None:
    packed = body(line(symbol, "2", exchange))
    rows = ORDERS.parse(answer_of(packed, {"exchange": exchange, "symbols": [symbol]}))
    assert rows.select("venue", "market", "asset", "usd").rows() == [
        (venue, f"{exchange}:{symbol}", asset, Decimal(usd_of_two))
    ]


def test_an_empty_id_is_made_of_the_order_itself_and_equal_lines_are_one(answer_of: Any) -> None:
    later = line(local_timestamp=str(START_US + 91))
    rows = ORDERS.parse(answer_of(body(line(), line(), later), CONTEXT))
    assert rows["order_id"].to_list() == [
        "long 0.5 at 50000.5, 00:00:00.000090",
        "long 0.5 at 50000.5, 00:00:00.000091",
    ]


def test_symbols_whose_unit_is_not_known_are_left_out(answer_of: Any) -> None:
    rows = ORDERS.parse(answer_of(body(line(), line("DOGEUSDT")), CONTEXT))
    assert rows["market"].to_list() == ["bybit:BTCUSDT"]


def test_a_header_alone_is_a_day_without_liquidations(answer_of: Any) -> None:
    assert ORDERS.parse(answer_of(body(), CONTEXT)).is_empty()


@pytest.mark.parametrize(
    ("packed", "why"),
    [
        (body(line(side="Sell!")), "sell or buy"),
        (body(line(price="")), "price"),
        (body(line(amount="-")), "amount"),
        (body(line(timestamp="1733011200000")), "not a time in us"),
        (body(line(exchange="okex-swap")), "asked for bybit"),
        (body(line(), head=HEAD.replace("amount", "size")), "amount"),
        (body(line() + ",1"), "9 fields"),
        (body(line())[:-9], "whole gzip"),
    ],
)
def test_a_broken_file_is_named(answer_of: Any, packed: bytes, why: str) -> None:
    with pytest.raises(Unparsable, match=why):
        ORDERS.parse(answer_of(packed, CONTEXT))


@settings(max_examples=30)
@given(at=st.integers(0, 300), kind=st.sampled_from(("cut", "flip")))
def test_no_damage_of_the_file_changes_numbers_silently(answer_of: Any, at: int, kind: str) -> None:
    good = body(line(), line(amount="0.7"))
    at %= len(good)
    bad = good[:at] if kind == "cut" else good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :]
    try:
        rows = ORDERS.parse(answer_of(bad, CONTEXT))
    except Unparsable as error:
        assert error.reason
    else:
        assert rows.rows() == ORDERS.parse(answer_of(good, CONTEXT)).rows()


# ---- asking -----------------------------------------------------------------------------------------


def test_without_a_key_only_first_days_of_months_that_are_over_are_asked_for(open_client: Any) -> None:
    span = Window.of_days(date(2024, 10, 15), date(2024, 12, 9))
    parts = ORDERS.parts(open_client().bind("*", span, None, {}), ("BTC",))
    days = {(p.since, p.until) for p in parts}
    assert days == {(date(2024, m, 1), date(2024, m, 1)) for m in (11, 12)}
    assert len(parts) == 2 * len(tardis.EXCHANGES)
    assert len({p.name for p in parts}) == len(parts)


def test_with_a_key_every_day_is_open(open_client: Any) -> None:
    parts = ORDERS.parts(open_client(TARDIS_API_KEY="sesame"), ("SOL",))
    assert [(p.name, p.markets, p.since) for p in parts] == [
        ("binance-futures", ("binance-futures:SOLUSDT",), None),
        ("bybit", ("bybit:SOLUSDT",), None),
    ]


def test_gzip_that_does_not_say_so_is_read_and_a_cut_one_asked_again(
    upstream: Any, open_client: Any, attempts: Any
) -> None:
    whole = body(line())
    upstream.serve(
        PATH, whole[: len(whole) * 2 // 3], b"", b"<html>busy</html>", gzip.compress(b"no", mtime=0), whole
    )
    (answer,) = ORDERS.fetch(open_client(), PART, DAY)
    assert ORDERS.parse(replace(answer, context=CONTEXT)).height == 1
    assert attempts.verdicts == ["retry"] * 4 + ["ok"]


def test_the_key_travels_in_a_header_and_is_never_kept(
    upstream: Any, open_client: Any, attempts: Any
) -> None:
    upstream.serve(PATH, "who is Bearer sesame-key?", status=400)
    with pytest.raises(Exception) as told:
        list(ORDERS.fetch(open_client(TARDIS_API_KEY="sesame-key"), PART, DAY))
    assert upstream.asked[0].headers["authorization"] == "Bearer sesame-key"
    assert "sesame" not in attempts.everything + str(told.value)
    upstream.answers.clear()
    upstream.serve(PATH, body())
    list(ORDERS.fetch(open_client(), PART, DAY))
    assert "authorization" not in upstream.asked[-1].headers


@pytest.mark.parametrize(
    ("status", "headers", "error", "requests"),
    [
        (401, {}, KeyRejected, 1),
        (403, {}, Unreachable, 1),
        (404, {}, NotPublished, 1),
        (429, {"Retry-After": "600"}, RateStopped, 1),
        (500, {}, Incomplete, 8),
    ],
)
def test_a_refusal_has_its_own_name(
    upstream: Any, open_client: Any, status: int, headers: dict[str, str], error: Any, requests: int
) -> None:
    upstream.serve(PATH, {"code": status, "message": "as it says"}, status=status, **headers)
    with pytest.raises(error):
        list(ORDERS.fetch(open_client(), PART, DAY))
    assert len(upstream.asked) == requests
