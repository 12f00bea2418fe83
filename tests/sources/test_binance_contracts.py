"""What a coin-margined contract of Binance is worth: measured in the archive, and where that cannot be."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from archive_files import LISTING, VISION, listing, serve_file, zipped
from damaged import assert_fits
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import binance_contracts, instruments
from pipelines.sources.binance_contracts import face_over_span, face_usd
from pipelines.sources.contract import Cut, NotPublished, Unparsable, Window

(CONTRACTS,) = binance_contracts.DATASETS
BTC = "BTCUSD_PERP"
HEAD = "create_time,symbol,sum_open_interest,sum_open_interest_value,count_long_short_ratio"
BTC_STEM, ETH_STEM = (f"data/futures/cm/daily/metrics/{s}/{s}-metrics-" for s in (BTC, "ETHUSD_PERP"))
FIRST, LAST = date(2023, 6, 25), date(2024, 10, 14)
CONTEXT = {"asset": "BTC", "symbol": BTC, "day": "2024-10-14", "price": "62840.000000000000"}


def line(
    at: str, contracts: Any = "4800000.00000000", coins: str = "7651.20431180", symbol: str = BTC
) -> str:
    """7651.2 coins at 62,840 over 4.8 million contracts are 100.17 dollars a contract."""
    return f'{at},{symbol},{contracts},{coins},""'


def metrics(*lines: str, symbol: str = BTC, head: str = HEAD) -> bytes:
    told = lines or (line("2024-10-14 00:00:00"), line("2024-10-14 00:05:00", "4800123.00000000"))
    return zipped(f"{symbol}-metrics-2024-10-14.csv", "\n".join([head, *told]) + "\n")


def spot(day: date, opened: str, symbol: str = "BTCUSDT") -> bytes:
    """The spot bar of a day; the archive counts microseconds since 2025, which these days precede."""
    start = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
    figures = ("63100.5", "62010.25", "62900.75", "18000.25", start + 86_399_999, "1130000000.5", 9, 1, 2, 0)
    return zipped(f"{symbol}-1d-{day}.csv", ",".join(str(each) for each in (start, opened, *figures)) + "\n")


def serve_measured(upstream: Any, day: date, usd: int, asset: str = "BTC", opened: str = "62840.00") -> None:
    """The two files by which a contract of `usd` dollars is measured on a day, the spot price 0.3 % off."""
    symbol, bars = f"{asset}USD_PERP", f"{asset}USDT"
    coins = Decimal(usd) * 4_800_000 / Decimal(opened) * Decimal("1.003")
    packed = metrics(line(f"{day} 00:00:00", coins=f"{coins:.8f}", symbol=symbol), symbol=symbol)
    stem = f"data/futures/cm/daily/metrics/{symbol}/{symbol}-metrics-"
    serve_file(upstream, f"{stem}{day}.zip", packed)
    serve_file(upstream, f"data/spot/daily/klines/{bars}/1d/{bars}-1d-{day}.zip", spot(day, opened, bars))


def serve_listing(upstream: Any, *days: date, stem: str = BTC_STEM) -> None:
    upstream.serve(LISTING, listing([f"{stem}{day}.zip{end}" for day in days for end in ("", ".CHECKSUM")]))


def zips(upstream: Any) -> list[str]:
    return [a.path.removeprefix(f"{VISION}/") for a in upstream.asked if a.path.endswith(".zip")]


# ---- the power of ten that is next ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contracts", "coins", "price", "usd"),
    [
        ("5000000", "8000", "62500", 100),
        ("5000000", "8000", "61250", 100),  # two percent below, and above
        ("5000000", "8000", "63750", 100),
        ("700000", "2500", "2806.5", 10),
        ("31", "0.00031", "100000", 1),
        ("2000", "20", "100000", 1000),
    ],
)
def test_a_face_is_the_power_of_ten_that_the_quotient_is_next_to(
    contracts: str, coins: str, price: str, usd: int
) -> None:
    assert face_usd(Decimal(contracts), Decimal(coins), Decimal(price)) == usd


@pytest.mark.parametrize(
    ("coins", "why"),
    [
        ("7839", "97.98.* near no power of ten"),
        ("8161", "102.01.* near no power of ten"),
        ("4000", "50.0"),
        ("2640", "33.0"),
        ("24000", "300.0"),
        ("0", "nothing to measure"),
        ("-8000", "nothing to measure"),
    ],
)
def test_a_quotient_that_is_near_none_is_named(coins: str, why: str) -> None:
    with pytest.raises(Unparsable, match=why):
        face_usd(Decimal(5_000_000), Decimal(coins), Decimal(62_500))


@pytest.mark.parametrize(("contracts", "price"), [("0", "62500"), ("-1", "62500"), ("5000000", "0")])
def test_nothing_is_measured_by_nothing(contracts: str, price: str) -> None:
    with pytest.raises(Unparsable, match="nothing to measure"):
        face_usd(Decimal(contracts), Decimal(8000), Decimal(price))


@given(
    power=st.integers(-2, 5),
    off=st.decimals("-0.5", "0.5", places=4),
    contracts=st.integers(1, 10**9),
    price=st.decimals("0.01", "200000", places=2),
)
def test_no_face_but_the_true_one_or_none(power: int, off: Decimal, contracts: int, price: Decimal) -> None:
    """However far the spot price is from the contract's own, half or twice is never taken for another face."""
    true = Decimal(10) ** power
    coins = true * contracts / price * (1 + off)
    try:
        found = face_usd(Decimal(contracts), coins, price)
    except Unparsable as error:
        assert error.reason and abs(off) > Decimal("0.0199")
    else:
        assert found == true and abs(off) < Decimal("0.0201")


# ---- the line of midnight ------------------------------------------------------------------------------


def test_the_line_of_midnight_may_stand_there_twice_and_others_do_not_count(answer_of: Any) -> None:
    first, later = line("2024-10-14 00:00:00"), line("2024-10-14 00:05:00", "1.0")
    for lines in ((first, later), (first, first, later), (later, first, later, first)):
        found = binance_contracts.metrics_at_midnight(answer_of(metrics(*lines), {}), BTC)
        assert found is not None
        assert (found["sum_open_interest"], found["sum_open_interest_value"]) == (
            "4800000.00000000",
            "7651.20431180",
        )


def test_two_different_lines_of_midnight_are_a_contradiction(answer_of: Any) -> None:
    lines = [line("2024-10-14 00:00:00"), line("2024-10-14 00:00:00", "4800001.00000000")]
    with pytest.raises(Unparsable, match="two values for 00:00 UTC"):
        CONTRACTS.parse(answer_of(metrics(*lines), CONTEXT))


def test_a_file_without_midnight_measures_nothing(answer_of: Any) -> None:
    answer = answer_of(metrics(line("2024-10-14 00:05:00")), CONTEXT)
    assert binance_contracts.metrics_at_midnight(answer, BTC) is None
    with pytest.raises(Unparsable, match="no line of 00:00 UTC"):
        CONTRACTS.parse(answer)


@pytest.mark.parametrize(
    ("packed", "why"),
    [
        (metrics(line("2024-10-14 00:00:00", symbol="ETHUSD_PERP")), "asked for BTCUSD_PERP, found 'ETHUSD"),
        (metrics(line("1728864000000")), "create_time: expected yyyy-mm-dd"),
        (metrics(line("2024-10-14 00:00:00", "")), "sum_open_interest: expected a number"),
        (metrics(line("2024-10-14 00:00:00", coins="null")), "sum_open_interest_value: expected a number"),
        (metrics(line("2024-10-14 00:00:00", "0.00000000")), "nothing to measure"),
        (metrics(line("2024-10-14 00:00:00", coins="480000000.0")), "near no power of ten"),  # dollars in it
        (metrics(head=HEAD.replace("_value", "_usd")), "sum_open_interest_value"),
        (metrics(line("2024-10-14 00:00:00") + ",1"), "6 fields"),
        (metrics(symbol="ETHUSD_PERP"), "BTCUSD_PERP"),
        (metrics()[:-20], "zip"),
    ],
)
def test_a_broken_file_is_named(answer_of: Any, packed: bytes, why: str) -> None:
    with pytest.raises(Unparsable, match=why):
        CONTRACTS.parse(answer_of(packed, CONTEXT))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_damage_of_a_file_invents_or_changes_a_face(answer_of: Any, data: st.DataObject) -> None:
    good = CONTRACTS.parse(answer_of(metrics(), CONTEXT))
    lines = [HEAD, line("2024-10-14 00:00:00"), line("2024-10-14 00:05:00", "4800123.00000000")]
    cells = [each.split(",") for each in lines]
    row, column = data.draw(st.integers(0, 2)), data.draw(st.integers(0, 4))
    kind = data.draw(st.sampled_from(("drop", "rename", "alter", "double", "cut", "flip")))
    if kind == "drop":
        del cells[row][column]
    elif kind == "rename":
        cells[0][column] += "_v2"
    elif kind == "alter":
        cells[row][column] = data.draw(st.sampled_from(("", "null", "true", "1e400", "inf", "-1", "0")))
    elif kind == "double":
        cells.insert(data.draw(st.integers(1, 3)), list(cells[max(row, 1)]))
    head, *rest = (",".join(each) for each in cells)
    packed = metrics(*rest, head=head)
    if kind in ("cut", "flip"):
        at = data.draw(st.integers(0, len(packed) - 1))
        packed = packed[:at] + (bytes([packed[at] ^ 0xFF]) + packed[at + 1 :] if kind == "flip" else b"")
    try:
        found = CONTRACTS.parse(answer_of(packed, CONTEXT))
    except Unparsable as error:
        assert error.reason
    else:
        assert found.equals(good)


# ---- a span of days ------------------------------------------------------------------------------------


def test_the_first_and_the_last_day_with_a_file_are_asked_and_none_between(
    upstream: Any, open_client: Any
) -> None:
    days = [FIRST - timedelta(days=1), *(FIRST + timedelta(days=n) for n in range(5)), LAST]
    serve_listing(upstream, *days)
    last = days[5]
    for day in (FIRST, last):
        serve_measured(upstream, day, 100)
    assert face_over_span(open_client(), "BTC", FIRST, last + timedelta(days=30)) == "100"
    assert sorted(zips(upstream)) == sorted(
        path.format(day)
        for day in (FIRST, last)
        for path in (BTC_STEM + "{}.zip", "data/spot/daily/klines/BTCUSDT/1d/BTCUSDT-1d-{}.zip")
    )


def test_a_span_of_one_day_is_measured_once(upstream: Any, open_client: Any) -> None:
    serve_listing(upstream, LAST, stem=ETH_STEM)
    serve_measured(upstream, LAST, 10, "ETH", "2630.5")
    assert face_over_span(open_client(), "ETH", LAST, LAST) == "10"
    assert len(zips(upstream)) == 2


def test_a_face_that_is_not_the_documented_one_counts_as_measured(upstream: Any, open_client: Any) -> None:
    serve_listing(upstream, FIRST, LAST)
    for day in (FIRST, LAST):
        serve_measured(upstream, day, 1000)
    assert face_over_span(open_client(), "BTC", FIRST, LAST) == "1000"


def test_a_face_that_changed_within_the_span_is_named_with_its_days(upstream: Any, open_client: Any) -> None:
    serve_listing(upstream, FIRST, LAST)
    serve_measured(upstream, FIRST, 100)
    serve_measured(upstream, LAST, 10)
    with pytest.raises(Unparsable, match=r"changed \(100 on 2023-06-25, 10 on 2024-10-14\)"):
        face_over_span(open_client(), "BTC", FIRST, LAST)


def test_without_a_file_the_face_is_what_the_venue_documents(upstream: Any, open_client: Any) -> None:
    serve_listing(upstream, FIRST - timedelta(days=1), LAST + timedelta(days=1))
    for asset, usd in (("BTC", "100"), ("ETH", "10")):
        assert face_over_span(open_client(), asset, FIRST, LAST) == usd
        upstream.answers.clear()
        upstream.serve(LISTING, listing())
    assert zips(upstream) == []


def test_a_day_whose_bar_or_midnight_is_missing_measures_nothing(upstream: Any, open_client: Any) -> None:
    serve_listing(upstream, FIRST, LAST)
    serve_measured(upstream, LAST, 100)  # of the first day there are metrics, but no bar yet
    assert face_over_span(open_client(), "BTC", FIRST, LAST) == "100"
    serve_measured(upstream, FIRST, 10)
    late = metrics(line(f"{FIRST} 00:05:00"))
    for end in (".zip", ".zip.CHECKSUM"):
        del upstream.answers[f"{VISION}/{BTC_STEM}{FIRST}{end}"]
    serve_file(upstream, f"{BTC_STEM}{FIRST}.zip", late)
    assert face_over_span(open_client(), "BTC", FIRST, LAST) == "100"


def test_a_price_of_another_day_is_not_taken(upstream: Any, open_client: Any) -> None:
    serve_listing(upstream, LAST)
    serve_measured(upstream, LAST, 100)
    path = f"data/spot/daily/klines/BTCUSDT/1d/BTCUSDT-1d-{LAST}.zip"
    for end in ("", ".CHECKSUM"):
        del upstream.answers[f"{VISION}/{path}{end}"]
    serve_file(upstream, path, spot(LAST - timedelta(days=1), "62840.00"))
    with pytest.raises(Unparsable, match="the bar of 2024-10-14 is not in its own file"):
        face_over_span(open_client(), "BTC", LAST, LAST)


# ---- the dataset -----------------------------------------------------------------------------------------


def test_a_measurement_is_stated_at_midnight_of_its_day(answer_of: Any) -> None:
    frame = CONTRACTS.parse(answer_of(metrics(), CONTEXT))
    assert_fits("instruments", frame, instruments.KEY)
    at = datetime(2024, 10, 14, tzinfo=UTC)
    assert frame.rows() == [("binance", BTC, BTC, "BTC", "inverse", "contract", Decimal(100), at, None)]


def test_parts_are_the_first_and_the_last_day_of_each_contract(upstream: Any, open_client: Any) -> None:
    serve_listing(upstream, FIRST, FIRST + timedelta(days=1), LAST)
    serve_listing(upstream, LAST, stem=ETH_STEM)
    serve_measured(upstream, FIRST, 100, opened="30531.10")
    serve_measured(upstream, LAST, 100)
    serve_measured(upstream, LAST, 10, "ETH", "2630.5")
    parts = CONTRACTS.parts(open_client(), ())
    assert [(p.name, p.markets, p.since, p.until, Decimal(p.context["price"])) for p in parts] == [
        ("BTCUSD_PERP 2023-06-25", (BTC,), FIRST, FIRST, Decimal("30531.1")),
        ("BTCUSD_PERP 2024-10-14", (BTC,), LAST, LAST, Decimal(62840)),
        ("ETHUSD_PERP 2024-10-14", ("ETHUSD_PERP",), LAST, LAST, Decimal("2630.5")),
    ]
    assert CONTRACTS.cut is Cut.DAY and len({p.name for p in parts}) == len(parts)
    for part in parts:
        window = Window.of_days(part.since, part.until)
        (answer,) = CONTRACTS.fetch(open_client().bind(part.name, window, None, part.context), part, window)
        (row,) = CONTRACTS.parse(answer).rows(named=True)
        assert (row["asset"], row["multiplier"]) == (
            part.context["asset"],
            100 if row["asset"] == "BTC" else 10,
        )


def test_only_the_asked_contracts_and_only_their_own_day(upstream: Any, open_client: Any) -> None:
    serve_listing(upstream, LAST)
    serve_measured(upstream, LAST, 100)
    assert CONTRACTS.parts(open_client(), ("SOL",)) == [] and upstream.asked == []
    (part,) = CONTRACTS.parts(open_client(), ("BTC", "SOL"))
    before = len(upstream.asked)
    with pytest.raises(NotPublished, match="nothing is measured on"):
        list(CONTRACTS.fetch(open_client(), part, Window.of_days(FIRST, FIRST)))
    assert len(upstream.asked) == before
