"""Binance's archive of settled funding: listings, checksums, files, and what can be broken about them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from archive_files import LISTING, VISION, checksum, listing, serve_file, zipped
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources import binance, binance_archive
from pipelines.sources.contract import Cut, Incomplete, NotPublished, Part, Unparsable, Unreachable, Window
from pipelines.storage.contracts import KINDS

FUNDING = binance.DATASETS[0]
HEADER = "calc_time,funding_interval_hours,last_funding_rate\n"
NOVEMBER = Window.of_days(date(2024, 11, 1), date(2024, 11, 30))
# 2024-11-01 00:00, 08:00 and 16:00 UTC, with the jitter that the archive has
SETTLEMENTS = "1730419200011,8,0.00012345\n1730448000000,8,-0.00006700\n1730476800002,4,0.00010000\n"
BTC = {"family": "um", "symbol": "BTCUSDT", "asset": "BTC", "margin": "linear", "months": ["2024-11"]}
BTC_PART = Part("BTCUSDT", ("BTCUSDT",), BTC)
FUNDING_FILE = "data/futures/um/monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2024-11.zip"


def funding_zip(text: str = HEADER + SETTLEMENTS, symbol: str = "BTCUSDT") -> bytes:
    return zipped(f"{symbol}-fundingRate-2024-11.csv", text)


def test_the_dataset_keeps_the_contract_of_its_kind() -> None:
    assert KINDS[FUNDING.kind].key == binance.FUNDING_KEY
    assert (FUNDING.cut, FUNDING.tail_days, FUNDING.workers) == (Cut.MONTH, 0, 4)


@pytest.mark.parametrize("header", [HEADER, ""])
def test_settlements_keep_their_milliseconds_and_their_own_interval(answer_of: Any, header: str) -> None:
    rows = binance.parse_funding(answer_of(funding_zip(header + SETTLEMENTS), BTC)).rows(named=True)
    assert [r["settled_at"].microsecond for r in rows] == [11000, 0, 2000]
    assert [r["rate"] for r in rows] == [Decimal("0.00012345"), Decimal("-0.000067"), Decimal("0.0001")]
    assert [r["interval_hours"] for r in rows] == [8, 8, 4]
    assert {(r["venue"], r["market"], r["asset"], r["margin"], r["rate_kind"]) for r in rows} == {
        ("binance", "BTCUSDT", "BTC", "linear", "settled")
    }


def test_a_row_that_comes_twice_counts_once_and_two_values_for_one_time_are_refused(answer_of: Any) -> None:
    once = binance.parse_funding(answer_of(funding_zip(), BTC))
    last = SETTLEMENTS.splitlines()[-1] + "\n"
    assert binance.parse_funding(answer_of(funding_zip(HEADER + SETTLEMENTS + last), BTC)).equals(once)
    with pytest.raises(Unparsable, match="two values"):
        other = last.replace("0.0001", "0.0002")
        binance.parse_funding(answer_of(funding_zip(HEADER + SETTLEMENTS + other), BTC))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (funding_zip(HEADER.replace("last_funding_rate", "rate") + SETTLEMENTS), "last_funding_rate"),
        (funding_zip(HEADER + SETTLEMENTS.replace(",8,", ",,")), "funding_interval_hours"),
        (funding_zip(HEADER + SETTLEMENTS.replace(",8,", ",480,")), "funding_interval_hours"),
        (funding_zip(HEADER + SETTLEMENTS.replace("0.00012345", "null")), "last_funding_rate"),
        (funding_zip(HEADER + SETTLEMENTS + "1730505600000,8\n"), "row 4 has 2 fields"),
        (funding_zip(SETTLEMENTS.replace("1730419200011", "1730419200")), "calc_time"),
        (funding_zip(symbol="ETHUSDT"), "BTCUSDT"),
        (zipped("BTCUSDT-a.csv", SETTLEMENTS, "BTCUSDT-b.csv"), "one csv"),
        (funding_zip()[:-30], "zip"),
        (b"<html>no</html>", "zip"),
    ],
)
def test_a_broken_funding_file_is_named(answer_of: Any, body: bytes, why: str) -> None:
    with pytest.raises(Unparsable, match=why):
        binance.parse_funding(answer_of(body, BTC))


@given(data=st.data())
def test_no_damage_to_a_funding_file_changes_numbers_silently(answer_of: Any, data: st.DataObject) -> None:
    good = binance.parse_funding(answer_of(funding_zip(), BTC))
    lines = [line.split(",") for line in (HEADER + SETTLEMENTS).splitlines()]
    row = data.draw(st.integers(0, len(lines) - 1))
    column = data.draw(st.integers(0, 2))
    kind = data.draw(st.sampled_from(("drop", "rename", "alter", "double", "cut")))
    if kind == "drop":
        del lines[row][column]
    elif kind == "rename":
        lines[0][column] += "_v2"
    elif kind == "alter":
        lines[row][column] = data.draw(st.sampled_from(("", "null", "true", "1e400", "nan", "x")))
    elif kind == "double":
        lines.insert(data.draw(st.integers(1, len(lines))), list(lines[max(row, 1)]))
    body = funding_zip("".join(",".join(line) + "\n" for line in lines))
    if kind == "cut":
        body = body[: data.draw(st.integers(0, len(body) - 1))]
    try:
        assert set(binance.parse_funding(answer_of(body, BTC)).rows()) == set(good.rows())
    except Unparsable as error:
        assert error.reason


def test_parts_come_from_the_listing_over_all_its_pages(upstream: Any, open_client: Any) -> None:
    um, cm = (
        "data/futures/um/monthly/fundingRate/",
        "data/futures/cm/monthly/fundingRate/BTCUSD_PERP/BTCUSD_PERP",
    )
    symbols = ["BTCUSDT", "BTCUSDT_240628", "1000PEPEUSDT", "ETHUSDT", "BTCBUSD"]
    stem, pepe = f"{um}BTCUSDT/BTCUSDT-fundingRate-", f"{um}1000PEPEUSDT/1000PEPEUSDT-fundingRate-"
    upstream.serve(
        LISTING,
        listing(folders=[f"{um}{s}/" for s in symbols]),
        listing([f"{pepe}2024-11.zip"]),
        listing([f"{stem}2024-10.zip", f"{stem}2024-10.zip.CHECKSUM"], more="next+page="),
        listing([f"{stem}2024-11.zip", f"{stem}2024-11.zip.CHECKSUM"]),
        listing([f"{cm}-fundingRate-2023-01.zip"]),
    )
    parts = FUNDING.parts(open_client(), ("BTC", "PEPE", "NOPE"))
    assert [(p.name, p.context["asset"], p.context["margin"], p.since) for p in parts] == [
        ("1000PEPEUSDT", "PEPE", "linear", date(2024, 11, 1)),
        ("BTCUSDT", "BTC", "linear", date(2024, 10, 1)),
        ("BTCUSD_PERP", "BTC", "inverse", date(2023, 1, 1)),
    ]
    assert parts[1].context["months"] == ["2024-10", "2024-11"]
    assert upstream.asked[3].query["continuation-token"] == "next+page="
    assert "ETHUSDT" not in "".join(a.query["prefix"] for a in upstream.asked)


def test_a_listing_without_keys_or_without_its_next_page_is_refused(upstream: Any, open_client: Any) -> None:
    stem = "data/spot/monthly/klines/BTCUSDT/1d/BTCUSDT-1d-"
    upstream.serve(
        LISTING,
        listing([f"{stem}2024-11.zip"]).replace("Key>", "Name>"),
        listing(more="x").replace("NextContinuationToken", "Token"),
    )
    with pytest.raises(Unparsable, match="Key"):
        binance_archive.periods(open_client(), stem)
    with pytest.raises(Unparsable, match="NextContinuationToken"):
        binance_archive.periods(open_client(), stem)


def test_a_cut_listing_is_asked_again(upstream: Any, open_client: Any, attempts: Any) -> None:
    stem = "data/spot/monthly/klines/BTCUSDT/1d/BTCUSDT-1d-"
    whole = listing([f"{stem}2024-11.zip"])
    upstream.serve(LISTING, whole[:-9], "<html></html>", "", whole)
    assert binance_archive.periods(open_client(), stem) == ["2024-11"]
    assert attempts.verdicts == ["retry", "retry", "retry", "ok"]


def test_a_month_is_two_requests_and_a_month_that_is_not_listed_is_none(
    upstream: Any, open_client: Any
) -> None:
    serve_file(upstream, FUNDING_FILE, funding_zip())
    client = open_client().bind("BTCUSDT", NOVEMBER, None, BTC)
    (answer,) = FUNDING.fetch(client, BTC_PART, NOVEMBER)
    assert FUNDING.parse(answer).height == 3
    assert answer.url == f"https://data.binance.vision/{FUNDING_FILE}"
    with pytest.raises(NotPublished, match="2024-10"):
        list(FUNDING.fetch(client, BTC_PART, Window.of_days(date(2024, 10, 1), date(2024, 10, 31))))
    assert len(upstream.asked) == 2


def test_a_file_that_does_not_match_its_checksum_is_asked_again_and_then_given_up(
    upstream: Any, open_client: Any, attempts: Any
) -> None:
    good = funding_zip()
    upstream.serve(
        f"{VISION}/{FUNDING_FILE}.CHECKSUM", "half a line", checksum(good, FUNDING_FILE.rsplit("/", 1)[-1])
    )
    upstream.serve(
        f"{VISION}/{FUNDING_FILE}", good[:-40], b"", b"<html>502</html>", funding_zip(SETTLEMENTS), good
    )
    (answer,) = FUNDING.fetch(open_client(), BTC_PART, NOVEMBER)
    assert answer.body == good
    assert attempts.verdicts == ["retry", "ok", "retry", "retry", "retry", "retry", "ok"]

    upstream.answers.clear()
    serve_file(upstream, FUNDING_FILE, funding_zip(SETTLEMENTS), stated=good)
    with pytest.raises(Incomplete, match="checksum"):
        list(FUNDING.fetch(open_client(), BTC_PART, NOVEMBER))


def test_a_listed_file_that_is_gone_is_absent_and_a_refusal_by_route_is_unreachable(
    upstream: Any, open_client: Any
) -> None:
    with pytest.raises(NotPublished):
        list(FUNDING.fetch(open_client(), BTC_PART, NOVEMBER))
    upstream.serve(f"{VISION}/{FUNDING_FILE}.CHECKSUM", "<html>403</html>", status=403)
    with pytest.raises(Unreachable):
        list(FUNDING.fetch(open_client(), BTC_PART, NOVEMBER))
