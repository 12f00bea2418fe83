"""Binance's archive of coin-margined liquidations: faces, doubled rows, states of one order, missing days."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from archive_files import LISTING, checksum, listing, serve_file, zipped
from hypothesis import given, settings
from hypothesis import strategies as st
from test_binance_contracts import serve_listing, serve_measured

from pipelines.sources import binance_snapshots, orders
from pipelines.sources.contract import Incomplete, NotPublished, Part, Unparsable, Window
from pipelines.storage.contracts import KINDS

(ORDERS,) = binance_snapshots.DATASETS
HEAD = (
    "time,side,order_type,time_in_force,original_quantity,price,average_price,order_status,"
    "last_fill_quantity,accumulated_fill_quantity"
)
CONTEXT = {"symbol": "BTCUSD_PERP", "asset": "BTC", "missing": ["2023-09-09"], "face": "100"}
PART = Part("BTCUSD_PERP", ("BTCUSD_PERP",), CONTEXT)
DAY = Window.of_days(date(2023, 6, 25), date(2023, 6, 25))
STEM = "data/futures/cm/daily/liquidationSnapshot/BTCUSD_PERP/BTCUSD_PERP-liquidationSnapshot-"
LINE = "1687656471926,BUY,LIMIT,IOC,7,30741.3,30631.6,FILLED,6,7"


def body(
    *lines: str, name: str = "BTCUSD_PERP-liquidationSnapshot-2023-06-25.csv", head: str = HEAD
) -> bytes:
    return zipped(name, "\n".join([head, *lines]) + "\n")


def test_the_dataset_keeps_the_contract_of_its_kind() -> None:
    assert KINDS[ORDERS.kind].key == orders.ORDER_KEY
    assert ORDERS.earliest == date(2023, 6, 25)


def test_contracts_are_worth_their_face_and_never_their_price(answer_of: Any) -> None:
    rows = ORDERS.parse(answer_of(body(LINE), CONTEXT))
    at = datetime(2023, 6, 25, 1, 27, 51, 926_000, tzinfo=UTC)
    price = (Decimal("30631.6"), "fill")
    usd = (Decimal(7), "contract", Decimal(100), Decimal(700))
    assert rows.rows() == [("binance", "BTCUSD_PERP", "BTC", at, "short 7 at 30741.3", "short", *price, *usd)]


def test_contracts_of_other_coins_are_ten_dollars(answer_of: Any) -> None:
    context = {"symbol": "ETHUSD_PERP", "asset": "ETH", "face": "10"}
    packed = body(LINE, name="ETHUSD_PERP-liquidationSnapshot-2023-06-25.csv")
    assert ORDERS.parse(answer_of(packed, context))["usd"].to_list() == [Decimal(70)]


def test_exact_duplicate_rows_are_one_order(answer_of: Any) -> None:
    rows = ORDERS.parse(answer_of(body(LINE, LINE, LINE.replace("BUY", "SELL")), CONTEXT))
    assert rows["side"].to_list() == ["short", "long"]


def test_several_rows_of_one_order_count_in_their_last_state(answer_of: Any) -> None:
    states = [
        "1687656473356,SELL,LIMIT,IOC,43,30756.6,30640.0,PARTIALLY_FILLED,12,12",
        "1687656473356,SELL,LIMIT,IOC,43,30756.6,30631.6,FILLED,31,43",
        "1687656473356,SELL,LIMIT,IOC,43,30756.6,30650.1,PARTIALLY_FILLED,5,5",
    ]
    rows = ORDERS.parse(answer_of(body(*states), CONTEXT))
    assert rows.select("native_amount", "price").rows() == [(Decimal(43), Decimal("30631.6"))]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (LINE.replace("BUY", "HOLD"), "sell or buy"),
        (LINE.replace("FILLED,6,7", "FILLED,6,8"), "accumulated_fill_quantity"),
        (LINE.replace("FILLED,6,7", "FILLED,6,6.5"), "whole number"),
        (LINE.replace("1687656471926", "1687656471"), "not a time in ms"),
        (LINE.replace("30631.6", ""), "average_price"),
        (LINE + ",9", "11 fields"),
    ],
)
def test_a_broken_line_is_named(answer_of: Any, line: str, why: str) -> None:
    with pytest.raises(Unparsable, match=why):
        ORDERS.parse(answer_of(body(line), CONTEXT))


def test_two_prices_for_one_state_are_a_contradiction(answer_of: Any) -> None:
    with pytest.raises(Unparsable, match="two prices"):
        ORDERS.parse(answer_of(body(LINE, LINE.replace("30631.6", "30631.7")), CONTEXT))


def test_a_renamed_column_is_named(answer_of: Any) -> None:
    with pytest.raises(Unparsable, match="accumulated_fill_quantity"):
        ORDERS.parse(answer_of(body(LINE, head=HEAD.replace("accumulated", "total")), CONTEXT))


@settings(max_examples=30)
@given(at=st.integers(0, 400), kind=st.sampled_from(("cut", "flip")))
def test_no_damage_of_the_file_changes_numbers_silently(answer_of: Any, at: int, kind: str) -> None:
    good = body(LINE, LINE.replace("BUY", "SELL"))
    at %= len(good)
    bad = good[:at] if kind == "cut" else good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :]
    try:
        rows = ORDERS.parse(answer_of(bad, CONTEXT))
    except Unparsable as error:
        assert error.reason
    else:
        assert rows.rows() == ORDERS.parse(answer_of(good, CONTEXT)).rows()


def test_parts_name_the_days_without_a_file(upstream: Any, open_client: Any) -> None:
    serve_listing(upstream, date(2024, 5, 31), date(2024, 6, 2), stem=STEM)
    upstream.serve(LISTING, listing())
    (part,) = ORDERS.parts(open_client(), ("BTC", "SOL"))
    assert (part.since, part.until, part.context["missing"]) == (
        date(2024, 5, 31),
        date(2024, 6, 2),
        ["2024-06-01"],
    )
    assert part.context["face"] == "100"  # no metrics between those days: what the venue documents


def test_the_dollars_a_contract_are_measured_over_the_days_of_its_files(
    upstream: Any, open_client: Any, answer_of: Any
) -> None:
    days = [date(2024, 5, 31), date(2024, 6, 2)]
    serve_listing(upstream, *days, stem=STEM)
    serve_listing(upstream, date(2024, 5, 30), *days, date(2024, 6, 3))  # those of the metrics
    serve_measured(upstream, days[0], 1000)
    serve_measured(upstream, days[1], 1000)
    (part,) = ORDERS.parts(open_client(), ("BTC",))
    assert part.context["face"] == "1000"
    assert ORDERS.parse(answer_of(body(LINE), part.context))["usd"].to_list() == [Decimal(7000)]


def test_a_face_that_changed_between_them_is_not_guessed(upstream: Any, open_client: Any) -> None:
    days = [date(2024, 5, 31), date(2024, 6, 2)]
    serve_listing(upstream, *days, stem=STEM)
    serve_listing(upstream, *days)
    serve_measured(upstream, days[0], 100)
    serve_measured(upstream, days[1], 10)
    with pytest.raises(Unparsable, match="the dollars a contract changed"):
        ORDERS.parts(open_client(), ("BTC",))


def test_a_day_that_the_listing_does_not_name_costs_no_request(upstream: Any, open_client: Any) -> None:
    gap = Window.of_days(date(2023, 9, 9), date(2023, 9, 9))
    with pytest.raises(NotPublished):
        list(ORDERS.fetch(open_client(), PART, gap))
    assert upstream.asked == []


def test_a_file_must_match_its_checksum(upstream: Any, open_client: Any) -> None:
    path = f"{STEM}2023-06-25.zip"
    serve_file(upstream, path, body(LINE))
    (answer,) = ORDERS.fetch(open_client(), PART, DAY)
    assert ORDERS.parse(replace(answer, context=CONTEXT)).height == 1
    upstream.answers.clear()
    serve_file(upstream, path, body(LINE), stated=b"another file")
    with pytest.raises(Incomplete, match="does not match its checksum"):
        list(ORDERS.fetch(open_client(), PART, DAY))
    assert checksum(body(LINE), "x.zip").endswith("x.zip\n")
