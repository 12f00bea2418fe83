"""SoSoValue: totals from two APIs with two spellings, a key in a header, and answers that reach back."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import sosovalue
from pipelines.sources.contract import Incomplete, KeyRejected, Part, Refused, Unparsable, Window
from tests.sources.damaged import assert_fits, assert_outlives_faults, assert_same_or_named

KEY = "s0so-key-of-nobody"
CHART = "/api.sosovalue.xyz/openapi/v2/etf/historicalInflowChart"
SUMMARY = "/openapi.sosovalue.com/openapi/v1/etfs/summary-history"
WINDOW = Window.of_days(date(2024, 11, 13), date(2024, 12, 9))
CONTEXT = {"asset": "BTC", "market": "us-btc-spot"}
PART = Part("BTC", ("us-btc-spot",), CONTEXT)
DAYS = {"2024-12-09": 483600000, "2024-12-06": 376600000.5, "2024-11-14": -400670000}


def chart(days=DAYS, **more):
    rows = [
        {"date": d, "totalNetInflow": v, "totalValueTraded": None, "totalNetAssets": 1.5, "cumNetInflow": 3}
        for d, v in days.items()
    ]
    return {"code": 0, "message": "", "data": rows, **more}


def summary(days=DAYS):
    return [
        {"date": d, "total_net_inflow": v, "total_value_traded": None, "cum_net_inflow": 3}
        for d, v in days.items()
    ]


GOOD = chart()
ROWS = [
    (date(2024, 11, 14), Decimal("-400670000.0000")),
    (date(2024, 12, 6), Decimal("376600000.5000")),
    (date(2024, 12, 9), Decimal("483600000.0000")),
]


def rows_of(frame):
    return sorted((r[3], r[4]) for r in frame.iter_rows())


def client_of(open_client):
    return open_client("sosovalue", "sosovalue_etf_flows", SOSOVALUE_API_KEY=KEY)


def test_totals_in_usd_under_both_spellings(answer_of):
    frame = sosovalue.parse_chart(answer_of(GOOD, CONTEXT))
    assert_fits("etf_flows", frame, sosovalue.KEY)
    assert rows_of(frame) == ROWS
    assert set(frame["fund"]) == {"TOTAL"} and set(frame["asset"]) == {"BTC"}
    newer = {"asset": "BTC", "market": "BTC US"}
    for body in (summary(), {"code": 0, "message": "", "data": summary()}):  # with and without an envelope
        assert rows_of(sosovalue.parse_summary(answer_of(body, newer))) == ROWS


def test_the_spellings_are_not_mixed_up(answer_of):
    with pytest.raises(Unparsable, match="'total_net_inflow' is not there; found date, totalNetInflow"):
        sosovalue.parse_summary(answer_of(GOOD, CONTEXT))


def test_a_session_without_a_total_is_null_and_not_zero(answer_of):
    assert rows_of(sosovalue.parse_chart(answer_of(chart({"2024-12-09": None}), CONTEXT))) == [
        (date(2024, 12, 9), None)
    ]


def test_the_question_is_posted_with_the_key_in_a_header(upstream, attempts, open_client):
    upstream.serve(CHART, GOOD)
    client = client_of(open_client).bind(PART.name, WINDOW, None, PART.context)
    [answer] = sosovalue.fetch_chart(client, PART, WINDOW)
    asked = upstream.asked[0]
    assert (asked.method, json.loads(asked.body)) == ("POST", {"type": "us-btc-spot"})
    assert asked.headers["x-soso-api-key"] == KEY and KEY not in attempts.everything
    assert rows_of(sosovalue.parse_chart(answer)) == ROWS


def test_the_newer_api_is_asked_for_its_window(upstream, open_client):
    upstream.serve(SUMMARY, summary())
    part = sosovalue.summary_parts(client_of(open_client), [])[0]
    list(sosovalue.fetch_summary(client_of(open_client), part, WINDOW))
    assert upstream.asked[0].query == {
        "symbol": "BTC",
        "country_code": "US",
        "start_date": "2024-11-13",
        "end_date": "2024-12-09",
        "limit": "300",
    }


def test_300_sessions_are_all_there_is_so_older_ones_are_never_asked(upstream, open_client):
    """What is out of the answer's reach must not look as if it had been taken back."""
    assert [d.depth_days for d in sosovalue.DATASETS] == [400, 28]
    upstream.serve(CHART, GOOD)
    longer = Window.of_days(date(2024, 10, 1), date(2024, 12, 9))
    with pytest.raises(Incomplete, match="the sessions begin 2024-11-14, asked since 2024-10-01"):
        list(sosovalue.fetch_chart(client_of(open_client), PART, longer))


def test_an_empty_list_is_an_answer_for_solana_only(upstream, open_client):
    upstream.serve(CHART, chart({}))
    client = client_of(open_client)
    solana = Part("SOL", ("us-sol-spot",), {"asset": "SOL", "market": "us-sol-spot"})
    bound = client.bind("SOL", WINDOW, None, solana.context)
    [answer] = sosovalue.fetch_chart(bound, solana, WINDOW)
    assert sosovalue.parse_chart(answer).is_empty()
    with pytest.raises(Incomplete, match="begin nowhere"):
        list(sosovalue.fetch_chart(client, PART, WINDOW))


def test_errors_inside_200(upstream, attempts, open_client):
    client = client_of(open_client)
    upstream.serve(CHART, {"code": 40001, "message": "Invalid API key", "data": None})
    with pytest.raises(KeyRejected, match="code 40001: Invalid API key"):
        list(sosovalue.fetch_chart(client, PART, WINDOW))
    upstream.answers[CHART] = [
        (429, {"Retry-After": "0"}, b'{"code": 42901, "message": "Too many requests", "data": null}'),
        (200, {}, b'{"code": "50000", "message": "Internal server error", "data": null}'),
        (200, {}, b'{"code": 40000, "message": "Invalid parameter: type", "data": null}'),
    ]
    with pytest.raises(Refused, match="code 40000: Invalid parameter"):
        list(sosovalue.fetch_chart(client, PART, WINDOW))
    assert attempts.verdicts == ["key_rejected", "retry", "retry", "failed"]


def test_passing_faults(upstream, attempts, open_client):
    client = client_of(open_client)
    good = json.dumps(GOOD).encode()
    assert_outlives_faults(
        upstream, attempts, CHART, good, lambda: sosovalue.fetch_chart(client, PART, WINDOW)
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_never_changes_a_flow(damage, answer_of, data):
    unread = ("message", "totalValueTraded", "totalNetAssets", "cumNetInflow", "code")
    # a null flow is documented: the session has no total yet; so is a bare list, which may be empty
    spare = lambda p: not p or p[-1] in (*unread, "totalNetInflow")  # noqa: E731
    body = data.draw(damage(GOOD, spare))
    good = sosovalue.parse_chart(answer_of(GOOD, CONTEXT))
    assert_same_or_named(body, sosovalue._whole, sosovalue.parse_chart, lambda b: answer_of(b, CONTEXT), good)


def test_a_flow_that_was_renamed_is_named(answer_of):
    body = chart()
    body["data"][0]["netInflow"] = body["data"][0].pop("totalNetInflow")
    with pytest.raises(Unparsable, match="field 'totalNetInflow' is not there"):
        sosovalue.parse_chart(answer_of(body, CONTEXT))
