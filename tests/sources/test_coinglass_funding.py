"""CoinGlass funding weighted by open interest: percent as text, the close of a day, errors inside 200."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import coinglass, coinglass_funding
from pipelines.sources.contract import KeyRejected, Part, Unparsable, Window
from tests.sources.damaged import assert_fits, assert_outlives_faults, assert_same_or_named

KEY = "c0inglass-key-of-nobody"
PATH = "/open-api-v4.coinglass.com/api/futures/funding-rate/oi-weight-history"
WINDOW = Window.of_days(date(2024, 12, 8), date(2024, 12, 9))
CONTEXT = {"asset": "BTC"}
PART = Part("BTC", ("BTC@oi-weighted",), CONTEXT)


def row(day, close="0.012372"):
    at = int(datetime(2024, 12, day, tzinfo=UTC).timestamp() * 1000)
    return {"time": at, "open": "0.01", "high": "0.02", "low": "-0.01", "close": close}


GOOD = {"code": "0", "msg": "success", "data": [row(8, "-0.0031"), row(9), row(10)]}


def test_percent_becomes_a_fraction_and_the_running_day_is_left_out(answer_of):
    frame = coinglass_funding.parse(answer_of(GOOD, CONTEXT))
    assert_fits("funding_rates", frame, coinglass_funding.KEY)
    assert [(r[4].day, r[5]) for r in frame.iter_rows()] == [
        (8, Decimal("-0.000031")),
        (9, Decimal("0.00012372")),
    ]
    assert set(frame["venue"]) == {"all"} and set(frame["rate_kind"]) == {"bucket_close"}


def test_the_key_travels_in_a_header_and_the_window_fits_the_limit(upstream, attempts, open_client):
    client = open_client("coinglass", "coinglass_oi_weighted_funding", COINGLASS_API_KEY=KEY)
    good = json.dumps(GOOD).encode()
    assert_outlives_faults(
        upstream, attempts, PATH, good, lambda: coinglass_funding.fetch(client, PART, WINDOW)
    )
    assert upstream.asked[0].headers["cg-api-key"] == KEY and KEY not in attempts.everything
    assert upstream.asked[0].query["limit"] == "1000"
    with pytest.raises(ValueError, match="cut silently"):
        list(coinglass_funding.fetch(client, PART, Window.of_days(date(2020, 1, 1), date(2024, 12, 9))))


def test_a_missing_key_is_200_with_code_401(upstream, open_client):
    upstream.serve(PATH, {"code": "401", "msg": "API key missing."})
    with pytest.raises(KeyRejected, match="401"):
        list(coinglass_funding.fetch(open_client(), PART, WINDOW))


def test_the_assets_are_those_of_coinglass(open_client):
    assert [p.name for p in coinglass_funding.parts(open_client(), ["ETH", "PEPE", "BTC"])] == ["BTC", "ETH"]
    assert len(coinglass_funding.parts(open_client(), [])) == len(coinglass.ASSETS)


def test_another_format_is_named(answer_of):
    for changed, reason in (
        ({"close": None}, "close: expected a number"),
        ({"close": ""}, "close: expected a number"),
        ({"time": 1733702400}, "not a time in ms"),
    ):
        with pytest.raises(Unparsable, match=reason):
            coinglass_funding.parse(answer_of({"code": "0", "data": [{**row(9), **changed}]}, CONTEXT))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_never_changes_a_rate(damage, answer_of, data):
    unread = ("msg", "code", "open", "high", "low")
    body = data.draw(damage(GOOD, lambda path: bool(path) and path[-1] in unread))
    good = coinglass_funding.parse(answer_of(GOOD, CONTEXT))
    whole, parse = coinglass.whole_envelope, coinglass_funding.parse
    assert_same_or_named(body, whole, parse, lambda b: answer_of(b, CONTEXT), good)
