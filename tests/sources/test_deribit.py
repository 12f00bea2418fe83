"""Deribit: DVOL pages by continuation, futures and their index from one summary."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import deribit
from pipelines.sources.contract import Part, Refused, Unparsable, Window
from tests.sources.damaged import assert_fits, assert_outlives_faults, assert_same_or_named

HOST = "/www.deribit.com/api/v2/public"
WINDOW = Window.of_days(date(2024, 12, 1), date(2024, 12, 9))
PART = Part("BTC", ("BTC-DVOL",), {"asset": "BTC"})


def ms(*day):
    return int(datetime(*day, tzinfo=UTC).timestamp() * 1000)


def wrap(result):
    return {"jsonrpc": "2.0", "result": result, "usIn": 1, "usOut": 2, "usDiff": 1, "testnet": False}


def index(*points, continuation=None):
    return wrap({"data": [list(p) for p in points], "continuation": continuation})


GOOD = index((ms(2024, 12, 8), 57.1, 60.2, 56.4, 58.8), (ms(2024, 12, 9), 58.8, 61.05, 58.01, 59.74))
RUNNING = (ms(2024, 12, 10), 59.74, 59.9, 59.7, 59.8)


def test_the_close_of_a_day_stands_at_the_days_start(answer_of):
    frame = deribit.parse_dvol(answer_of(GOOD, {"asset": "BTC"}))
    assert_fits("option_volatility", frame, deribit.VOLATILITY_KEY)
    closes = {r[4]: r[5] for r in frame.iter_rows() if r[3] == "dvol_close"}
    assert closes == {
        datetime(2024, 12, 8, tzinfo=UTC): Decimal("58.8"),
        datetime(2024, 12, 9, tzinfo=UTC): Decimal("59.74"),
    }
    assert set(frame["measure"]) == {"dvol_open", "dvol_high", "dvol_low", "dvol_close"}


def test_the_running_day_is_served_and_dropped(answer_of):
    body = index(*GOOD["result"]["data"], RUNNING)
    assert deribit.parse_dvol(answer_of(body, {"asset": "BTC"})).height == 8


def test_pages_go_on_at_the_continuation(upstream, open_client):
    newest, older = GOOD["result"]["data"][1:], GOOD["result"]["data"][:1]
    upstream.serve(
        f"{HOST}/get_volatility_index_data",
        index(*newest, continuation=ms(2024, 12, 8)),
        index(*older),
    )
    client = open_client("deribit", "deribit_dvol").bind("BTC", WINDOW, None, PART.context)
    answers = list(deribit.fetch_dvol(client, PART, WINDOW))
    assert [int(a.query["end_timestamp"]) for a in upstream.asked] == [WINDOW.end_ms - 1, ms(2024, 12, 8)]
    assert {a.query["resolution"] for a in upstream.asked} == {"1D"}
    assert sum(deribit.parse_dvol(a).height for a in answers) == 8


def test_a_continuation_that_does_not_go_back_is_an_error(upstream, open_client):
    upstream.serve(f"{HOST}/get_volatility_index_data", index(RUNNING, continuation=WINDOW.end_ms))
    with pytest.raises(Unparsable, match="continuation"):
        list(deribit.fetch_dvol(open_client(), PART, WINDOW))


def test_an_empty_index_is_an_answer(answer_of):
    assert deribit.parse_dvol(answer_of(index(), {"asset": "ETH"})).is_empty()


def test_faults_and_the_rate_error_10028(upstream, attempts, open_client):
    path, client = f"{HOST}/get_volatility_index_data", open_client()
    assert_outlives_faults(
        upstream, attempts, path, json.dumps(GOOD).encode(), lambda: deribit.fetch_dvol(client, PART, WINDOW)
    )
    limited = {"jsonrpc": "2.0", "error": {"message": "too_many_requests", "code": 10028}}
    upstream.answers[path] = [(429, {}, json.dumps(limited).encode()), (200, {}, json.dumps(GOOD).encode())]
    assert len(list(deribit.fetch_dvol(client, PART, WINDOW))) == 1
    upstream.answers[path] = [
        (400, {}, b'{"error": {"message": "Invalid params", "data": {"param": "currency"}, "code": -32602}}')
    ]
    with pytest.raises(Refused, match="-32602: Invalid params"):
        list(deribit.fetch_dvol(client, PART, WINDOW))


# ---- futures ----------------------------------------------------------------------------------------

NOW = ms(2024, 12, 10, 2)
EXPIRES = ms(2025, 3, 28, 8)
CONTEXT = {"asset": "BTC", "expiries": {"BTC-PERPETUAL": None, "BTC-28MAR25": EXPIRES}}


def future(name, mark, settles):
    return {
        "instrument_name": name,
        "mark_price": mark,
        "estimated_delivery_price": settles,
        "creation_timestamp": NOW,
        "open_interest": 10,
        "bid_price": None,
    }


SUMMARY = wrap([future("BTC-PERPETUAL", 97300.5, 97276.47), future("BTC-28MAR25", 100120.0, 97276.47)])


def test_each_future_against_the_index_of_the_same_moment(answer_of):
    frame = deribit.parse_basis(answer_of(SUMMARY, CONTEXT))
    assert_fits("futures_basis", frame, deribit.BASIS_KEY)
    at, expires = datetime(2024, 12, 10, 2, tzinfo=UTC), datetime(2025, 3, 28, 8, tzinfo=UTC)
    assert [r[1:] for r in frame.iter_rows()] == [
        ("BTC-PERPETUAL", "BTC", at, None, Decimal("97300.5"), Decimal("97276.47")),
        ("BTC-28MAR25", "BTC", at, expires, Decimal("100120"), Decimal("97276.47")),
    ]


def test_the_index_is_the_perpetuals_not_the_average_of_an_expiring_future(answer_of):
    body = wrap([SUMMARY["result"][0], future("BTC-28MAR25", 100120.0, 96000.0)])
    assert set(deribit.parse_basis(answer_of(body, CONTEXT))["index_price"]) == {Decimal("97276.47")}


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (SUMMARY["result"][1:], "BTC-PERPETUAL is not there"),
        ([*SUMMARY["result"], future("BTC-26DEC25", 1, 1)], "'BTC-26DEC25' was not listed"),
        ([*SUMMARY["result"], future("BTC-PERPETUAL", 1, 1)], "two values for BTC-PERPETUAL"),
    ],
)
def test_a_summary_of_another_kind_is_named(answer_of, rows, reason):
    with pytest.raises(Unparsable, match=reason):
        deribit.parse_basis(answer_of(wrap(rows), CONTEXT))


def test_the_listing_gives_expiries_and_only_the_asked_coins_are_asked(upstream, open_client):
    def instrument(name, period, expires):
        return {"instrument_name": name, "settlement_period": period, "expiration_timestamp": expires}

    upstream.serve(
        f"{HOST}/get_instruments",
        wrap(
            [
                instrument("BTC-PERPETUAL", "perpetual", 32503708800000),
                instrument("BTC-28MAR25", "month", EXPIRES),
                instrument("BTC_USDC-PERPETUAL", "perpetual", 32503708800000),
            ]
        ),
    )
    [part] = deribit.basis_parts(open_client(), ["BTC", "SOL"])
    assert part.context == CONTEXT and part.markets == ("BTC-PERPETUAL", "BTC-28MAR25")
    assert len(upstream.asked) == 1


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_never_changes_a_figure(damage, answer_of, data):
    unread = {"usIn", "usOut", "usDiff", "testnet", "jsonrpc", "bid_price", "open_interest"}
    spare = lambda path: bool(path) and path[-1] in unread  # noqa: E731
    body = data.draw(damage(GOOD, spare))
    assert_same_or_named(
        body,
        deribit._whole_index,
        deribit.parse_dvol,
        lambda b: answer_of(b, {"asset": "BTC"}),
        deribit.parse_dvol(answer_of(GOOD, {"asset": "BTC"})),
    )
    body = data.draw(damage(SUMMARY, spare))
    assert_same_or_named(
        body,
        deribit.whole_list,
        deribit.parse_basis,
        lambda b: answer_of(b, CONTEXT),
        deribit.parse_basis(answer_of(SUMMARY, CONTEXT)),
    )
