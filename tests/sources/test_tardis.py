"""Tardis: free days, gzip without a word, microseconds, the key, and units from nine venues' own lists."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from archive_files import LISTING, listing
from hypothesis import given, settings
from hypothesis import strategies as st
from test_binance_contracts import serve_listing, serve_measured

from pipelines.sources import orders, tardis
from pipelines.sources.contract import (
    Cut,
    Incomplete,
    KeyRejected,
    NotPublished,
    Part,
    RateStopped,
    Refused,
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
UNITS = {"BTCUSDT": ["BTC", "coin", "linear", "1"], "BTCUSD": ["BTC", "usd", "inverse", "1"]}
CONTEXT = {"exchange": "bybit", "units": UNITS}
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


V4, HBDM = "/api.gateio.ws/api/v4/futures", "/api.hbdm.com"
SWAPS = "/www.okx.com/api/v5/public/instruments"
LINEAR, INVERSE = f"{HBDM}/linear-swap-api/v1/swap_contract_info", f"{HBDM}/swap-api/v1/swap_contract_info"


def serve_lists(upstream: Any, gate_btc: str = "0.0001") -> None:
    """The lists of Gate, HTX and OKX, and an archive of Binance in which nothing can be measured."""

    def swap(coin: str, quote: str, value: str, currency: str) -> dict[str, str]:
        row = {"instId": f"{coin}-{quote}-SWAP", "instFamily": f"{coin}-{quote}", "ctVal": value}
        kind = "inverse" if quote == "USD" else "linear"
        return row | {"ctMult": "1", "ctValCcy": currency, "ctType": kind, "listTime": "1573557408000"}

    def faces(*rows: tuple[str, Any]) -> dict[str, Any]:
        return {"status": "ok", "data": [{"contract_code": c, "contract_size": size} for c, size in rows]}

    swaps = [swap("BTC", "USDT", "0.01", "BTC"), swap("ETH", "USD", "10", "USD")]
    upstream.serve(SWAPS, {"code": "0", "msg": "", "data": [*swaps, swap("SOL", "USDT", "1", "SOL")]})
    upstream.serve(LINEAR, faces(("BTC-USDT", 0.001), ("ETH-USDT", 0.01), ("SOL-USDT", 1)))
    upstream.serve(INVERSE, faces(("BTC-USD", 100), ("ETH-USD", 10)))
    sizes = (("BTC_USDT", gate_btc), ("ETH_USDT", "0.01"), ("币安人生_USDT", "10"))
    upstream.serve(f"{V4}/usdt/contracts", [{"name": n, "quanto_multiplier": size} for n, size in sizes])
    upstream.serve(LISTING, listing())


def contexts(client: Any, *assets: str) -> dict[str, dict[str, Any]]:
    """The context of the first part of every exchange."""
    told = client.bind("*", DAY, None, {})
    return {part.context["exchange"]: part.context for part in ORDERS.parts(told, assets)}


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
    upstream: Any,
    open_client: Any,
    answer_of: Any,
    exchange: str,
    symbol: str,
    venue: str,
    asset: str,
    usd_of_two: str,
) -> None:
    serve_lists(upstream)
    context = contexts(open_client(), "BTC", "ETH")[exchange]
    rows = ORDERS.parse(answer_of(body(line(symbol, "2", exchange)), context))
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


def test_symbols_that_no_list_explains_are_left_out(upstream: Any, open_client: Any, answer_of: Any) -> None:
    rows = ORDERS.parse(answer_of(body(line(), line("DOGEUSDT")), CONTEXT))
    assert rows["market"].to_list() == ["bybit:BTCUSDT"]
    serve_lists(upstream)
    gate = contexts(open_client(), "BTC", "ETH", "SOL")["gate-io-futures"]
    lines = (line(symbol, "1", "gate-io-futures") for symbol in ("SOL_USDT", "BTC_USDT", "币安人生_USDT"))
    rows = ORDERS.parse(answer_of(body(*lines), gate))
    assert rows["market"].to_list() == ["gate-io-futures:BTC_USDT"]


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


def test_without_a_key_only_first_days_of_months_that_are_over_are_asked_for(
    upstream: Any, open_client: Any
) -> None:
    serve_lists(upstream)
    span = Window.of_days(date(2024, 10, 15), date(2024, 12, 9))
    parts = ORDERS.parts(open_client().bind("*", span, None, {}), ("BTC",))
    days = {(p.since, p.until) for p in parts}
    assert days == {(date(2024, m, 1), date(2024, m, 1)) for m in (11, 12)}
    assert len(parts) == 2 * len(tardis.EXCHANGES)
    assert len({p.name for p in parts}) == len(parts)


def test_a_span_without_a_free_day_asks_nobody_for_units(upstream: Any, open_client: Any) -> None:
    span = Window.of_days(date(2024, 12, 2), date(2024, 12, 9))
    assert ORDERS.parts(open_client().bind("*", span, None, {}), ("BTC",)) == []
    assert upstream.asked == []


def test_with_a_key_every_day_is_open(upstream: Any, open_client: Any) -> None:
    """Gate lists no SOL here, and what is paid in coins is asked for two of them: no part for those."""
    serve_lists(upstream)
    parts = ORDERS.parts(open_client(TARDIS_API_KEY="sesame"), ("SOL",))
    assert [(p.name, p.markets, p.since) for p in parts] == [
        ("binance-futures", ("binance-futures:SOLUSDT",), None),
        ("bybit", ("bybit:SOLUSDT",), None),
        ("okex-swap", ("okex-swap:SOL-USDT-SWAP",), None),
        ("huobi-dm-linear-swap", ("huobi-dm-linear-swap:SOL-USDT",), None),
    ]


# ---- what a unit is, as the venues say it ------------------------------------------------------------


def test_units_are_what_the_lists_say_now_and_none_is_typed_in(
    upstream: Any, open_client: Any, answer_of: Any
) -> None:
    serve_lists(upstream, gate_btc="0.0007")
    upstream.answers.pop(LISTING)
    serve_listing(upstream, date(2024, 12, 9))
    serve_measured(upstream, date(2024, 12, 9), 1000)
    found = contexts(open_client(), "BTC")
    assert found["gate-io-futures"]["units"] == {"BTC_USDT": ["BTC", "contract", "linear", "0.0007"]}
    assert found["binance-delivery"]["units"] == {"BTCUSD_PERP": ["BTC", "contract", "inverse", "1000"]}
    packed = body(line("BTC_USDT", "2", "gate-io-futures"))
    rows = ORDERS.parse(answer_of(packed, found["gate-io-futures"]))
    assert rows.select("native_unit", "multiplier", "usd").rows() == [
        ("contract", Decimal("0.0007"), Decimal("70.0007"))
    ]


def test_a_list_is_asked_once_for_all_days(upstream: Any, open_client: Any) -> None:
    serve_lists(upstream)
    span = Window.of_days(date(2024, 1, 1), date(2024, 12, 9))
    parts = ORDERS.parts(open_client().bind("*", span, None, {}), ("BTC",))
    assert len({p.since for p in parts}) == 12
    lists = [a.path for a in upstream.asked if a.path != LISTING]
    assert sorted(lists) == sorted({SWAPS, LINEAR, INVERSE, f"{V4}/usdt/contracts"})


@pytest.mark.parametrize(
    ("path", "venue", "exchanges"),
    [
        (SWAPS, "okx", {"okex-swap"}),
        (LINEAR, "htx", {"huobi-dm-linear-swap"}),
        (INVERSE, "htx", {"huobi-dm-swap"}),
        (f"{V4}/usdt/contracts", "gate", {"gate-io-futures"}),
        (LISTING, "binance", {"binance-delivery"}),
    ],
)
def test_a_venue_whose_list_is_down_fails_alone_and_says_why(
    upstream: Any, open_client: Any, path: str, venue: str, exchanges: set[str]
) -> None:
    serve_lists(upstream)
    upstream.answers[path] = [(451, {}, b"not from here")]
    upstream.serve(PATH, body(line()))
    span = Window.of_days(date(2024, 11, 1), date(2024, 12, 9))
    client = open_client().bind("*", span, None, {})
    parts = ORDERS.parts(client, ("BTC", "ETH"))
    assert len(parts) == 2 * len(tardis.EXCHANGES)
    failing = [p for p in parts if not p.context["units"]]
    assert {p.context["exchange"] for p in failing} == exchanges and len(failing) == 2
    asked = len(upstream.asked)
    for part in failing:
        with pytest.raises(Refused, match=f"what a contract of {venue} is worth cannot be had: HTTP 451"):
            list(ORDERS.fetch(client, part, Window.of_days(part.since, part.until)))
    assert len(upstream.asked) == asked  # a file whose amounts mean nothing is not asked for
    (bybit,) = (p for p in parts if p.name == "bybit 2024-12-01")
    (answer,) = ORDERS.fetch(client, bybit, DAY)
    assert ORDERS.parse(replace(answer, context=bybit.context)).height == 1


def test_a_list_in_another_format_is_as_good_as_none(upstream: Any, open_client: Any) -> None:
    serve_lists(upstream, gate_btc="none")
    found = contexts(open_client(), "BTC")
    assert "BTC_USDT quanto_multiplier" in found["gate-io-futures"]["unlisted"]
    assert [name for name, context in found.items() if "unlisted" in context] == ["gate-io-futures"]


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
