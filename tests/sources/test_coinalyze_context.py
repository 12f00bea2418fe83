"""Coinalyze funding and open interest: percent, closes of a day, and the cost of every symbol."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import coinalyze, coinalyze_context
from pipelines.sources.bodies import whole_list
from pipelines.sources.contract import KeyRejected, Part, Unparsable, Window
from tests.sources.damaged import assert_fits, assert_outlives_faults, assert_same_or_named

KEY = "c0inalyze-key-of-nobody"
HOST = "/api.coinalyze.net/v1"
FUNDING, OPEN_INTEREST = coinalyze_context.DATASETS
WINDOW = Window.of_days(date(2020, 1, 1), date(2024, 12, 9))
CONTEXT = {
    "markets": {"BTCUSDT_PERP.A": ["binance", "BTC"], "BTCUSD_PERP.A": ["binance", "BTC"]},
    "margins": {"BTCUSDT_PERP.A": "linear", "BTCUSD_PERP.A": "inverse"},
}
PART = Part("BTC", tuple(CONTEXT["markets"]), CONTEXT)


def at(day):
    return int(datetime(2024, 12, day, tzinfo=UTC).timestamp())


def series(symbol, *points):
    names = ("t", "o", "h", "l", "c")
    return {"symbol": symbol, "history": [dict(zip(names, point, strict=True)) for point in points]}


GOOD = [
    series("BTCUSDT_PERP.A", (at(8), 0.01, 0.0131, 0.01, 0.0131), (at(9), 0.0131, 0.0131, -0.002, -0.002)),
    series("BTCUSD_PERP.A", (at(9), 0.01, 0.01, 0.01, 0.01)),
]


def test_percent_becomes_a_fraction_and_the_close_is_no_sum_of_the_day(answer_of):
    frame = FUNDING.parse(answer_of(GOOD, CONTEXT))
    assert_fits("funding_rates", frame, coinalyze_context.FUNDING_KEY)
    assert [(r[1], r[3], r[4].day, r[5]) for r in frame.iter_rows()] == [
        ("BTCUSDT_PERP.A", "linear", 8, Decimal("0.000131")),
        ("BTCUSDT_PERP.A", "linear", 9, Decimal("-0.00002")),
        ("BTCUSD_PERP.A", "inverse", 9, Decimal("0.0001")),
    ]
    assert set(frame["rate_kind"]) == {"bucket_close"} and frame["interval_hours"].null_count() == 3


def test_open_interest_is_the_level_at_the_end_of_its_day(answer_of):
    body = [series("BTCUSDT_PERP.A", (at(9), 1, 60293027773.5, 1, 60293027773.5))]
    frame = OPEN_INTEREST.parse(answer_of(body, CONTEXT))
    assert_fits("open_interest", frame, coinalyze_context.OPEN_INTEREST_KEY)
    assert frame.rows() == [
        (
            "binance",
            "BTCUSDT_PERP.A",
            "BTC",
            "all",
            datetime(2024, 12, 10, tzinfo=UTC),
            None,
            Decimal("60293027773.5"),
        )
    ]


def test_the_running_day_is_left_out(answer_of):
    body = [series("BTCUSDT_PERP.A", (at(9), 1, 1, 1, 1), (at(10), 1, 1, 1, 1))]
    assert (
        FUNDING.parse(answer_of(body, CONTEXT)).height
        == OPEN_INTEREST.parse(answer_of(body, CONTEXT)).height
        == 1
    )


def test_a_window_of_levels_is_asked_one_day_earlier_in_dollars(upstream, attempts, open_client):
    for path in ("funding-rate-history", "open-interest-history"):
        upstream.serve(f"{HOST}/{path}", [])
    client = open_client("coinalyze", "coinalyze_funding", COINALYZE_API_KEY=KEY)
    for dataset in (FUNDING, OPEN_INTEREST):
        list(dataset.fetch(client, PART, WINDOW))
    rates, levels = (asked.query for asked in upstream.asked)
    day = 86_400
    start = int(WINDOW.start.timestamp())
    assert (int(rates["from"]), int(rates["to"])) == (start, at(10) - 1)
    assert (int(levels["from"]), int(levels["to"])) == (start - day, at(9) - 1)
    assert levels["convert_to_usd"] == "true" and rates["symbols"] == "BTCUSDT_PERP.A,BTCUSD_PERP.A"
    assert upstream.asked[0].headers["api_key"] == KEY and KEY not in attempts.everything


def listed(symbol, base, margined="STABLE"):
    return {
        "symbol": symbol,
        "exchange": "A",
        "base_asset": base,
        "is_perpetual": True,
        "margined": margined,
    }


def test_only_the_largest_coins_are_worth_a_call_a_symbol(upstream, open_client):
    upstream.serve(f"{HOST}/exchanges", [{"name": "Binance", "code": "A"}])
    markets = [
        listed("BTCUSDT_PERP.A", "BTC"),
        listed("BTCUSD_PERP.A", "BTC", "COIN"),
        listed("WIF_PERP.A", "WIF"),
    ]
    upstream.serve(f"{HOST}/future-markets", markets)
    client = open_client("coinalyze", "coinalyze_funding", COINALYZE_API_KEY=KEY)
    [part] = coinalyze_context.parts(client, ["BTC", "WIF"])
    assert part.context == CONTEXT
    assert coinalyze_context.parts(client, ["WIF"]) == []
    assert len(upstream.asked) == 2  # markets and their margins stand on one list, asked once a run
    upstream.answers[f"{HOST}/future-markets"] = [
        (200, {}, json.dumps([listed("BTC_PERP.A", "BTC", "USD")]).encode())
    ]
    client = open_client("coinalyze", "coinalyze_funding", COINALYZE_API_KEY=KEY)  # the next run
    with pytest.raises(Unparsable, match="margined: expected STABLE or COIN, found 'USD'"):
        coinalyze_context.parts(client, ["BTC"])


def test_datasets_of_one_run_share_the_listing_and_its_failure(upstream, open_client):
    upstream.serve(f"{HOST}/exchanges", {"message": "Invalid/Missing API key"}, status=401)
    client = open_client("coinalyze", "coinalyze_funding", COINALYZE_API_KEY=KEY)
    for ask in (coinalyze.parts, coinalyze_context.parts, coinalyze.parts):
        with pytest.raises(KeyRejected):
            ask(client, ["BTC"])
    assert len(upstream.asked) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ([series("ETHUSDT_PERP.A")], "'ETHUSDT_PERP.A' was not asked for"),
        ([{"symbol": "BTCUSDT_PERP.A", "history": [{"t": at(9), "close": 1}]}], "field 'c' is not there"),
        ([series("BTCUSDT_PERP.A", (at(9) * 1000, 1, 1, 1, 1))], "not a time in s"),
        ([series("BTCUSDT_PERP.A", (at(9), 1, 1, 1, None))], "expected a number"),
        ([series("BTCUSDT_PERP.A", (at(9), 1, 1, 1, 1), (at(9), 1, 2, 1, 2))], "two values for one key"),
    ],
)
def test_another_format_is_named(answer_of, body, reason):
    with pytest.raises(Unparsable, match=reason):
        FUNDING.parse(answer_of(body, CONTEXT))


def test_passing_faults_and_a_rejected_key(upstream, attempts, open_client):
    path = f"{HOST}/funding-rate-history"
    client = open_client("coinalyze", "coinalyze_funding", COINALYZE_API_KEY=KEY)
    good = json.dumps(GOOD).encode()
    assert_outlives_faults(upstream, attempts, path, good, lambda: FUNDING.fetch(client, PART, WINDOW))
    upstream.answers[path] = [(401, {}, b'{"message": "Invalid/Missing API key"}')]
    with pytest.raises(KeyRejected):
        list(FUNDING.fetch(client, PART, WINDOW))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_never_changes_a_rate(damage, answer_of, data):
    body = data.draw(damage(GOOD, lambda path: len(path) == 4 and path[-1] in ("o", "h", "l")))
    good = FUNDING.parse(answer_of(GOOD, CONTEXT))
    assert_same_or_named(body, whole_list, FUNDING.parse, lambda b: answer_of(b, CONTEXT), good)
