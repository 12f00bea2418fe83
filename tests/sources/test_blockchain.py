"""Blockchain.com: one long chart, and never a thinned one."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import blockchain
from pipelines.sources.contract import Part, Unparsable, Window
from tests.sources.damaged import assert_fits, assert_outlives_faults, assert_same_or_named

PATH = "/api.blockchain.info/charts/estimated-transaction-volume-usd"
WINDOW = Window.of_days(date(2020, 1, 1), date(2024, 12, 9))
PART = Part(blockchain.CHART, (blockchain.CHART,))


def at(day):
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def chart(points, **more):
    return {
        "status": "ok",
        "name": "Estimated Transaction Value (USD)",
        "unit": "USD",
        "period": "day",
        "description": "",
        "values": [{"x": at(day), "y": usd} for day, usd in points],
        **more,
    }


POINTS = [(date(2024, 12, 7), 0.0), (date(2024, 12, 8), 8123456789.12), (date(2024, 12, 9), 12000000001)]
GOOD = chart([*POINTS, (date(2024, 12, 10), 5.0)])


def test_the_days_of_the_chain_without_the_running_one(answer_of):
    frame = blockchain.parse(answer_of(GOOD, {}))
    assert_fits("onchain_volume", frame, blockchain.KEY)
    assert [(r[3], r[4]) for r in frame.iter_rows()] == [
        (date(2024, 12, 7), Decimal(0)),
        (date(2024, 12, 8), Decimal("8123456789.12")),
        (date(2024, 12, 9), Decimal(12000000001)),
    ]
    assert frame.row(0)[:3] == (blockchain.CHART, "bitcoin", "transfer_volume_usd")


def test_the_whole_chart_is_asked_unsampled(upstream, attempts, open_client):
    client = open_client()
    assert_outlives_faults(
        upstream, attempts, PATH, json.dumps(GOOD).encode(), lambda: blockchain.fetch(client, PART, WINDOW)
    )
    assert upstream.asked[0].query == {"timespan": "all", "format": "json", "sampled": "false"}
    assert blockchain.parts(client, ["SOL"]) == [PART]


def test_a_sampled_answer_is_refused(answer_of):
    every_other = [(date(2024, 1, 1) + timedelta(days=2 * n), 1.0) for n in range(100)]
    with pytest.raises(Unparsable, match="the answer was sampled"):
        blockchain.parse(answer_of(chart(every_other), {}))
    daily = [(date(2024, 1, 1) + timedelta(days=n), 1.0) for n in range(100) if n not in (3, 40)]
    assert blockchain.parse(answer_of(chart(daily), {})).height == 98


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (chart([]), "values: expected points"),
        (chart(POINTS, unit="BTC"), "unit: expected 'USD', found 'BTC'"),
        (chart(POINTS, period="week"), "period: expected 'day'"),
        (chart([*POINTS, (POINTS[0][0], 1.5)]), "two values for one key"),
        (chart(POINTS, values=[{"x": at(POINTS[0][0]) * 1000, "y": 1}]), "not a time in s"),
        (chart(POINTS, values=[{"x": at(POINTS[0][0]) + 60, "y": 1}]), "not the start of a UTC day"),
        (chart([(POINTS[0][0], None)]), "expected a number"),
    ],
)
def test_another_format_is_named(answer_of, body, reason):
    with pytest.raises(Unparsable, match=reason):
        blockchain.parse(answer_of(body, {}))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_never_changes_a_volume(damage, answer_of, data):
    body = data.draw(damage(GOOD, lambda path: path in (("name",), ("description",))))
    good = blockchain.parse(answer_of(GOOD, {}))
    assert_same_or_named(body, blockchain._whole, blockchain.parse, lambda b: answer_of(b, {}), good)
