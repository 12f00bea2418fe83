"""OKX open interest: hourly rows, of which midnight UTC is kept, in windows that fit into one answer."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import okx_interest
from pipelines.sources.contract import Part, Refused, Unparsable, Window
from tests.sources.damaged import assert_fits, assert_outlives_faults, assert_same_or_named

PATH = "/www.okx.com/api/v5/rubik/stat/contracts/open-interest-history"
WINDOW = Window.of_days(date(2024, 12, 6), date(2024, 12, 9))
CONTEXT = {"swap": "BTC-USDT-SWAP", "asset": "BTC", "margin": "linear"}
PART = Part("BTC-USDT-SWAP", ("BTC-USDT-SWAP",), CONTEXT)
MIDNIGHT = datetime(2024, 12, 9, tzinfo=UTC)


def row(at, coins="28006.5419"):
    return [str(int(at.timestamp() * 1000)), "2800654.19", coins, "2724412345.6789"]


HOUR = timedelta(hours=1)
GOOD = {"code": "0", "msg": "", "data": [row(MIDNIGHT + HOUR), row(MIDNIGHT), row(MIDNIGHT - 8 * HOUR)]}


def test_midnight_utc_is_kept_and_not_that_of_utc_plus_8(answer_of):
    frame = okx_interest.parse(answer_of(GOOD, CONTEXT))
    assert_fits("open_interest", frame, okx_interest.KEY)
    assert frame.rows() == [
        ("okx", "BTC-USDT-SWAP", "BTC", "linear", MIDNIGHT, Decimal("28006.5419"), Decimal("2724412345.6789"))
    ]


def test_hours_are_asked_with_both_ends_and_fit_into_one_answer(upstream, attempts, open_client):
    client = open_client()
    good = json.dumps(GOOD).encode()
    assert_outlives_faults(upstream, attempts, PATH, good, lambda: okx_interest.fetch(client, PART, WINDOW))
    asked = upstream.asked[0].query
    assert (asked["period"], asked["limit"]) == ("1H", "100")
    assert (asked["begin"], asked["end"]) == (str(WINDOW.start_ms - 1), str(WINDOW.end_ms))
    with pytest.raises(ValueError, match="more than 100 hours"):
        list(okx_interest.fetch(client, PART, Window.of_days(date(2024, 12, 5), date(2024, 12, 9))))
    [dataset] = okx_interest.DATASETS
    assert dataset.days_per_window * 24 < 100 and dataset.depth_days == 29


def test_an_illegal_range_inside_200_is_refused(upstream, open_client):
    upstream.serve(PATH, {"code": "50030", "data": [], "msg": "Illegal time range"})
    with pytest.raises(Refused, match="code 50030: Illegal time range"):
        list(okx_interest.fetch(open_client(), PART, WINDOW))


def test_an_empty_list_is_an_answer(answer_of):
    assert okx_interest.parse(answer_of({"code": "0", "data": []}, CONTEXT)).is_empty()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ([row(MIDNIGHT)[:3]], "a row is ts, contracts, coins, usd"),
        ([row(MIDNIGHT, None)], "coins: expected a number"),
        ([row(MIDNIGHT), row(MIDNIGHT, "1")], "two values for one key"),
        ([["1733702400", "1", "1", "1"]], "not a time in ms"),
        ({}, "data: expected a list"),
    ],
)
def test_another_format_is_named(answer_of, data, reason):
    with pytest.raises(Unparsable, match=reason):
        okx_interest.parse(answer_of({"code": "0", "data": data}, CONTEXT))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_never_changes_an_amount(damage, answer_of, data):
    body = data.draw(damage(GOOD, lambda path: path in (("msg",), ("code",))))
    good = okx_interest.parse(answer_of(GOOD, CONTEXT))
    assert_same_or_named(body, okx_interest._whole, okx_interest.parse, lambda b: answer_of(b, CONTEXT), good)
