"""Kraken: 720 bars of which the last is running, under another name than was asked."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import kraken
from pipelines.sources.contract import Incomplete, Part, Refused, Unparsable, Window
from tests.sources.damaged import assert_fits, assert_outlives_faults, assert_same_or_named

PATH = "/api.kraken.com/0/public/OHLC"
CONTEXT = {"pair": "XBTUSD", "asset": "BTC"}
PART = Part("XBTUSD", ("XBTUSD",), CONTEXT)
WINDOW = Window.of_days(date(2024, 12, 8), date(2024, 12, 9))


def at(day):
    return int(datetime(2024, 12, day, tzinfo=UTC).timestamp())


def ohlc(*bars, name="XXBTZUSD", **more):
    return {"error": [], "result": {name: [list(b) for b in bars], "last": at(9)}, **more}


BARS = (
    (at(8), "99923.0", "101399.9", "98657.5", "101109.6", "100100.1", "1234.56789012", 40321),
    (at(9), "101109.7", "101215.9", "94150.1", "97276.4", "97600.2", "4321.00000001", 91022),
)
RUNNING = (at(10), "97276.4", "97500.0", "97000.0", "97400.0", "97300.0", "10.5", 100)
GOOD = ohlc(*BARS, RUNNING)


def test_the_last_bar_is_running_and_dropped(answer_of):
    frame = kraken.parse(answer_of(GOOD, CONTEXT))
    assert_fits("prices", frame, kraken.PRICE_KEY)
    assert [r[4].day for r in frame.iter_rows()] == [8, 9]
    assert frame.row(1)[6:] == (
        Decimal("101109.7"),
        Decimal("101215.9"),
        Decimal("94150.1"),
        Decimal("97276.4"),
        Decimal("4321.00000001"),
        None,
    )


def test_only_the_two_dollar_pairs(open_client):
    assert [p.name for p in kraken.parts(open_client(), ["ETH", "SOL"])] == ["ETHUSD"]
    assert [p.name for p in kraken.parts(open_client(), [])] == ["XBTUSD", "ETHUSD"]


def test_720_bars_are_all_there_is_so_older_days_are_never_asked():
    assert kraken.DATASETS[0].depth_days == 719


def test_an_answer_that_begins_too_late_is_not_whole(upstream, open_client):
    upstream.serve(PATH, GOOD)
    assert len(list(kraken.fetch(open_client(), PART, WINDOW))) == 1
    with pytest.raises(Incomplete, match="the bars begin 2024-12-08, asked since 2024-12-07"):
        list(kraken.fetch(open_client(), PART, Window.of_days(date(2024, 12, 7), date(2024, 12, 9))))


def test_the_key_is_another_name_but_not_any(answer_of):
    assert kraken.parse(answer_of(ohlc(*BARS, name="XBTUSD"), CONTEXT)).height == 2
    with pytest.raises(Unparsable, match="expected the bars of XBTUSD, found 'XETHZUSD'"):
        kraken.parse(answer_of(ohlc(*BARS, name="XETHZUSD"), CONTEXT))


def test_errors_inside_200(upstream, attempts, open_client):
    limited = json.dumps({"error": ["EGeneral:Too many requests"]}).encode()
    upstream.answers[PATH] = [(200, {}, limited), (200, {}, json.dumps(GOOD).encode())]
    assert len(list(kraken.fetch(open_client(), PART, WINDOW))) == 1
    assert attempts.verdicts == ["retry", "ok"]
    upstream.answers[PATH] = [(200, {}, b'{"error": ["EQuery:Unknown asset pair"]}')]
    with pytest.raises(Refused, match="Unknown asset pair"):
        list(kraken.fetch(open_client(), PART, WINDOW))


def test_passing_faults(upstream, attempts, open_client):
    client = open_client()
    assert_outlives_faults(
        upstream, attempts, PATH, json.dumps(GOOD).encode(), lambda: kraken.fetch(client, PART, WINDOW)
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_never_changes_a_price(damage, answer_of, data):
    unread = lambda p: (len(p) == 4 and p[-1] in (5, 7)) or p == ("error",)  # noqa: E731  vwap, count
    body = data.draw(damage(GOOD, unread))
    good = kraken.parse(answer_of(GOOD, CONTEXT))
    assert_same_or_named(body, kraken._whole, kraken.parse, lambda b: answer_of(b, CONTEXT), good)
