"""Binance's spot day bars over REST and from the archive, over a loopback and broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from archive_files import LISTING, listing, serve_file, zipped
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources import binance
from pipelines.sources.contract import Answer, Cut, NotPublished, Part, Refused, Unparsable, Window
from pipelines.storage.contracts import KINDS

KLINES = binance.DATASETS[1]
REST = "/data-api.binance.vision"
DAYS = [datetime(2024, 12, d, tzinfo=UTC) for d in (7, 8, 9)]
DECEMBER = Window.of_days(date(2024, 12, 7), date(2024, 12, 9))
BTC_BARS = Part("BTCUSDT", ("BTCUSDT",), {"symbol": "BTCUSDT", "asset": "BTC"})
BLOCKED = {"code": 0, "msg": "Service unavailable from a restricted location."}


def bar(day: datetime, close: str = "97276.47", per_second: int = 1000) -> list[Any]:
    start = int(day.timestamp()) * per_second
    end = start + 86_400 * per_second - 1
    return [
        start,
        "101109.6",
        "101215.93",
        "94150.05",
        close,
        "53949.11595",
        end,
        "5283626995.8162",
        9,
        "1",
        "2",
        "0",
    ]


def test_the_dataset_keeps_the_contract_of_its_kind() -> None:
    assert KINDS[KLINES.kind].key == binance.PRICE_KEY
    assert (KLINES.cut, KLINES.days_per_window) == (Cut.DAYS, 1000)


def of_rest(answer_of: Any, bars: Any) -> Answer:
    answer: Answer = answer_of(bars, dict(BTC_BARS.context))
    return answer


def test_bars_over_rest_are_exact_and_the_running_day_is_left_out(answer_of: Any) -> None:
    today = bar(datetime(2024, 12, 10, tzinfo=UTC), "1")
    rows = KLINES.parse(of_rest(answer_of, [*map(bar, DAYS), today])).rows(named=True)
    assert [r["bucket_start"] for r in rows] == DAYS
    assert rows[-1] | {"bucket_start": None} == {
        "venue": "binance",
        "market": "BTCUSDT",
        "asset": "BTC",
        "quote": "USDT",
        "bucket_start": None,
        "bucket_seconds": 86_400,
        "open": Decimal("101109.6"),
        "high": Decimal("101215.93"),
        "low": Decimal("94150.05"),
        "close": Decimal("97276.47"),
        "base_volume": Decimal("53949.11595"),
        "quote_volume": Decimal("5283626995.8162"),
    }


def test_files_in_milliseconds_and_microseconds_with_or_without_header_are_the_same_bars(
    answer_of: Any,
) -> None:
    good = KLINES.parse(of_rest(answer_of, list(map(bar, DAYS))))
    header = ",".join(binance.KLINE_FIELDS) + "\n"
    for per_second, head in ((1000, ""), (1000, header), (1_000_000, ""), (1_000_000, header)):
        text = head + "".join(",".join(map(str, bar(d, per_second=per_second))) + "\n" for d in DAYS)
        answer = of_rest(answer_of, zipped("BTCUSDT-1d-2024-12.csv", text))
        assert KLINES.parse(replace(answer, url="https://data.binance.vision/x.zip")).equals(good)


@pytest.mark.parametrize(
    ("bars", "why"),
    [
        ([bar(DAYS[0])[:-1]], "12 fields"),
        ([[*bar(DAYS[0])[:4], None, *bar(DAYS[0])[5:]]], "close"),
        ([bar(datetime(2024, 12, 7, 8, tzinfo=UTC))], "UTC day"),
        ([[*bar(DAYS[0])[:6], bar(DAYS[1])[6], *bar(DAYS[0])[7:]]], "UTC day"),
        ([bar(DAYS[0]), bar(DAYS[0], "97000")], "two values"),
        ({"code": -1003, "msg": "Too many requests"}, "expected a list"),
        (b"", "empty"),
    ],
)
def test_broken_bars_are_named(answer_of: Any, bars: Any, why: str) -> None:
    with pytest.raises(Unparsable, match=why):
        KLINES.parse(of_rest(answer_of, bars))


@given(data=st.data())
def test_no_damage_to_bars_changes_numbers_silently(answer_of: Any, data: st.DataObject) -> None:
    bars = list(map(bar, DAYS))
    good = KLINES.parse(of_rest(answer_of, bars))
    row, column = data.draw(st.integers(0, 2)), data.draw(st.integers(0, 11))
    kind = data.draw(st.sampled_from(("drop", "alter", "double", "more")))
    if kind == "drop":
        del bars[row][column]
    elif kind == "alter":
        bars[row][column] = data.draw(st.sampled_from((None, True, "", "x", [], {}, 1e300, "nan")))
    elif kind == "double":
        bars.insert(data.draw(st.integers(0, 3)), list(bars[row]))
    else:
        bars[row].insert(column, "7")
    try:
        assert set(KLINES.parse(of_rest(answer_of, bars)).rows()) == set(good.rows())
    except Unparsable as error:
        assert error.reason


def test_bars_are_one_request_a_window(upstream: Any, open_client: Any) -> None:
    upstream.serve(f"{REST}/api/v3/ping", {})
    upstream.serve(f"{REST}/api/v3/klines", list(map(bar, DAYS)))
    client = open_client()
    (part,) = KLINES.parts(client, ("BTC",))
    (answer,) = KLINES.fetch(client.bind(part.name, DECEMBER, None, part.context), part, DECEMBER)
    assert KLINES.parse(answer).height == 3
    assert upstream.asked[-1].query == {
        "symbol": "BTCUSDT",
        "interval": "1d",
        "startTime": str(DECEMBER.start_ms),
        "endTime": str(DECEMBER.end_ms - 1),
        "limit": "1000",
    }


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"code": -1121, "msg": "Invalid symbol."}, NotPublished),
        (400, {"code": -1120, "msg": "Invalid interval."}, Refused),
        (200, {"code": -1000, "msg": "An unknown error occurred."}, Refused),
    ],
)
def test_what_rest_refuses_has_a_name(
    upstream: Any, open_client: Any, status: int, body: Any, error: Any
) -> None:
    upstream.serve(f"{REST}/api/v3/klines", body, status=status)
    with pytest.raises(error, match=body["msg"]):
        list(KLINES.fetch(open_client(), BTC_BARS, DECEMBER))
    assert len(upstream.asked) == 1


def test_a_cut_body_and_a_rate_answer_are_asked_again(upstream: Any, open_client: Any, attempts: Any) -> None:
    path = f"{REST}/api/v3/klines"
    upstream.serve(path, b"[[173", b"<html>502</html>", b"")
    upstream.serve(path, {"code": -1003, "msg": "Too many requests"}, status=429, Retry_After="0.1")
    upstream.serve(path, [])
    (answer,) = KLINES.fetch(open_client(), BTC_BARS, DECEMBER)
    assert KLINES.parse(replace(answer, context=BTC_BARS.context)).is_empty()
    assert attempts.verdicts == ["retry"] * 4 + ["ok"]


def serve_bar_archive(upstream: Any, last: int) -> None:
    """November as a month, December up to a day as daily files."""
    stem = {span: f"data/spot/{span}/klines/BTCUSDT/1d/BTCUSDT-1d-" for span in ("monthly", "daily")}
    days = [datetime(2024, 12, d, tzinfo=UTC) for d in range(1, last + 1)]
    upstream.serve(
        LISTING,
        listing([f"{stem['monthly']}2024-11.zip"]),
        listing([f"{stem['daily']}{d:%Y-%m-%d}.zip" for d in days]),
    )
    month = "".join(",".join(map(str, bar(datetime(2024, 11, d, tzinfo=UTC)))) + "\n" for d in range(1, 31))
    serve_file(upstream, f"{stem['monthly']}2024-11.zip", zipped("BTCUSDT-1d-2024-11.csv", month))
    for day in days:
        text = ",".join(map(str, bar(day))) + "\n"
        serve_file(
            upstream, f"{stem['daily']}{day:%Y-%m-%d}.zip", zipped(f"BTCUSDT-1d-{day:%Y-%m-%d}.csv", text)
        )


def test_where_rest_is_blocked_the_archive_answers_as_far_as_it_goes(upstream: Any, open_client: Any) -> None:
    upstream.serve(f"{REST}/api/v3/ping", BLOCKED, status=451)
    serve_bar_archive(upstream, last=8)
    client = open_client()
    (part,) = KLINES.parts(client, ("BTC",))
    assert (part.since, part.until) == (date(2024, 11, 1), date(2024, 12, 8))
    assert upstream.asked[-1].query["start-after"].endswith("BTCUSDT-1d-2024-11-99")

    window = Window.of_days(date(2024, 11, 20), date(2024, 12, 8))
    answers = list(KLINES.fetch(client.bind(part.name, window, None, part.context), part, window))
    days = {d for a in answers for d in KLINES.parse(a)["bucket_start"].dt.date()}
    assert len(answers) == 9
    assert {date(2024, 11, 30), date(2024, 12, 1), date(2024, 12, 8)} < days
    assert not any(a.path.endswith("/api/v3/klines") for a in upstream.asked)


def test_where_rest_fails_in_the_middle_of_a_run_the_archive_answers(upstream: Any, open_client: Any) -> None:
    upstream.serve(f"{REST}/api/v3/klines", BLOCKED, status=451)
    serve_bar_archive(upstream, last=9)
    client = open_client().bind("BTCUSDT", DECEMBER, None, BTC_BARS.context)
    answers = list(KLINES.fetch(client, BTC_BARS, DECEMBER))
    assert [KLINES.parse(a)["bucket_start"].to_list() for a in answers] == [[d] for d in DAYS]


def test_a_day_that_the_archive_does_not_have_yet_is_not_passed_over(upstream: Any, open_client: Any) -> None:
    upstream.serve(f"{REST}/api/v3/klines", BLOCKED, status=451)
    serve_bar_archive(upstream, last=8)
    with pytest.raises(NotPublished, match="2024-12-08"):
        list(KLINES.fetch(open_client(), BTC_BARS, DECEMBER))
