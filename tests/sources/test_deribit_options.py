"""Deribit options: the skew that was put into an artificial chain comes out of it, and nothing is invented."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import black76, deribit, deribit_options
from pipelines.sources.contract import Cut, Part, SourceError, Unparsable, Window
from tests.sources.damaged import assert_fits, assert_outlives_faults

NOW = datetime(2024, 12, 10, 2, tzinfo=UTC)
CONTEXT = {"asset": "BTC"}
PUT, CALL, ATM = 62.0, 57.0, 55.0  # IV of the 25-delta put, the 25-delta call, the 50-delta call
MONTHS = deribit_options.MONTHS


def expiry_name(expires):
    return f"{expires.day}{MONTHS[expires.month - 1]}{expires:%y}"


def smile(x):
    """IV by the delta of the call: straight between the three pillars, so that reading it is exact."""
    return ATM + (PUT - ATM) * (x - 0.5) / 0.25 if x >= 0.5 else ATM + (CALL - ATM) * (0.5 - x) / 0.25


def strike_of(forward, x, iv, days):
    """The strike at which a call of this volatility has delta x."""
    low, high = forward / 20, forward * 20
    for _ in range(200):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if black76.delta(forward, middle, iv, days, True) > x else (low, middle)
    return middle


def chain(days_to=(15, 45), lift=(0.0, 0.0), drop=(), told=NOW, forward=100_000.0):
    """A chain of a few expiries; `lift` raises the whole smile of an expiry, `drop` leaves fields out."""
    rows = []
    for wish, more in zip(days_to, lift, strict=True):
        expires = (told + timedelta(days=wish)).replace(hour=8, minute=0)
        days = (expires - told).total_seconds() / 86_400
        for x in [n / 40 for n in range(4, 37)]:
            iv = smile(x) + more
            strike = round(strike_of(forward, x, iv, days))
            for call in (True, False):
                row = {
                    "instrument_name": f"BTC-{expiry_name(expires)}-{strike}-{'C' if call else 'P'}",
                    "underlying_price": forward,
                    "mark_price": round(black76.price(forward, strike, iv, days, call) / forward, 8),
                    "mark_iv": iv,
                    "open_interest": 4.0 if call else 3.0,
                    "creation_timestamp": int(told.timestamp() * 1000),
                    "bid_price": None,
                }
                rows.append({name: value for name, value in row.items() if name not in drop})
    return {"jsonrpc": "2.0", "result": rows}


def measures(answer_of, body):
    frame = deribit_options.parse(answer_of(body, CONTEXT))
    return {row[3]: float(row[5]) for row in frame.iter_rows()}


def test_the_skew_that_went_in_comes_out(answer_of):
    frame = deribit_options.parse(answer_of(chain(), CONTEXT))
    assert_fits("option_volatility", frame, deribit.VOLATILITY_KEY)
    assert set(frame["measured_at"]) == {NOW} and set(frame["market"]) == {"BTC-OPTIONS"}
    found = measures(answer_of, chain())
    assert found["skew_25d_30d"] == pytest.approx(PUT - CALL, abs=0.02)
    assert found["risk_reversal_25d_30d"] == -found["skew_25d_30d"]
    assert found["atm_30d"] == pytest.approx(ATM, abs=0.02)
    assert found["skew_25d_20241225"] == pytest.approx(PUT - CALL, abs=0.02)
    assert found["put_call_open_interest_ratio"] == 0.75


def test_the_two_ways_to_thirty_days_have_names_of_their_own(answer_of):
    """The near expiry is 10 points higher: the leg in variance leans to the longer term."""
    found = measures(answer_of, chain(lift=(10.0, 0.0)))
    near, far = 15.25, 45.25  # from 02:00 to 08:00 UTC
    weight = (30 - near) / (far - near)
    assert found["atm_30d"] == pytest.approx(65 + (55 - 65) * weight, abs=0.03)
    variance = 65**2 * near + (55**2 * far - 65**2 * near) * weight
    assert found["atm_30d_variance"] == pytest.approx(math.sqrt(variance / 30), abs=0.03)
    assert found["skew_25d_30d_variance"] != found["skew_25d_30d"]


def test_a_chain_without_mark_iv_is_inverted_from_its_prices(answer_of):
    stated, inverted = measures(answer_of, chain()), measures(answer_of, chain(drop=("mark_iv",)))
    assert stated.keys() == inverted.keys()
    assert all(inverted[name] == pytest.approx(stated[name], abs=0.01) for name in stated)


def test_a_price_without_a_volatility_is_left_out_and_is_no_zero(answer_of):
    body = chain(drop=("mark_iv",))
    for row in body["result"]:
        if row["instrument_name"].endswith("-P"):
            row["mark_price"] = 0.0
    found = measures(answer_of, body)
    assert "skew_25d_30d" not in found and found["atm_30d"] == pytest.approx(ATM, abs=0.03)
    assert "put_call_open_interest_ratio" in found


def test_one_expiry_says_nothing_of_thirty_days(answer_of):
    found = measures(answer_of, chain(days_to=(45,), lift=(0.0,)))
    assert "skew_25d_30d" not in found and "skew_25d_20250124" in found


def test_an_expired_chain_has_no_term(answer_of):
    body = chain()
    for row in body["result"]:
        row["creation_timestamp"] += 60 * 86_400_000
    assert measures(answer_of, body) == {}


def test_each_row_has_its_own_moment_where_a_chain_was_collected(answer_of):
    body = chain()
    body["result"][0]["creation_timestamp"] += 162_000
    frame = deribit_options.parse(answer_of(body, CONTEXT))
    assert set(frame["measured_at"]) == {NOW + timedelta(seconds=162)}


def test_an_empty_chain_is_an_answer(answer_of):
    assert deribit_options.parse(answer_of({"result": []}, CONTEXT)).is_empty()


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("instrument_name", "BTC-25DEC24-x-C", "is not the name of an option"),
        ("instrument_name", "ETH-25DEC24-4000-C", "is not the name of an option on BTC"),
        ("instrument_name", "BTC-31FEB25-4000-C", "no expiry that is a date"),
        ("underlying_price", 0, "must be positive"),
        ("underlying_price", None, "underlying_price: expected a number"),
        ("mark_iv", "n/a", "mark_iv: expected a number"),
        ("open_interest", None, "open_interest: expected a number"),
    ],
)
def test_another_format_is_named(answer_of, field, value, reason):
    body = chain()
    body["result"][0][field] = value
    with pytest.raises(Unparsable, match=reason):
        deribit_options.parse(answer_of(body, CONTEXT))


def test_one_question_a_coin_and_passing_faults(upstream, attempts, open_client):
    window = Window(NOW.replace(hour=0), NOW.replace(hour=0) + timedelta(days=1))
    [part] = deribit_options.parts(open_client(), ["BTC", "DOGE"])
    assert part == Part("BTC", ("BTC-OPTIONS",), CONTEXT)
    path = "/www.deribit.com/api/v2/public/get_book_summary_by_currency"
    assert_outlives_faults(
        upstream,
        attempts,
        path,
        json.dumps(chain()).encode(),
        lambda: deribit_options.fetch(open_client(), part, window),
    )
    assert upstream.asked[0].query == {"currency": "BTC", "kind": "option"}


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_damage_never_moves_the_skew(damage, answer_of, data):
    """A volatility that was taken away is inverted from the price: the same to a hundredth of a point."""
    good = chain(days_to=(15, 45))
    body = data.draw(damage(good, lambda path: bool(path) and path[-1] in ("bid_price", "jsonrpc")))
    try:
        found = measures(answer_of, body)
    except SourceError as error:
        assert error.reason
    else:
        expected = measures(answer_of, good)
        assert found.keys() == expected.keys()
        assert all(found[name] == pytest.approx(expected[name], abs=0.01) for name in expected)


def test_figures_are_rounded_to_the_same_bits(answer_of):
    frame = deribit_options.parse(answer_of(chain(), CONTEXT))
    assert all(value == value.quantize(Decimal("0.000001")) for value in frame["value"])


def test_there_is_no_history_so_the_past_is_never_asked():
    basis = next(d for d in deribit.DATASETS if d.name == "deribit_futures_basis")
    assert {d.cut for d in (*deribit_options.DATASETS, basis)} == {Cut.SNAPSHOT}
