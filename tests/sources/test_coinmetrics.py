"""Coin Metrics: what is free by the catalogue, pages by links, text numbers, and no figure where there is none."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import coinmetrics
from pipelines.sources.contract import Part, Refused, Unparsable, Window
from tests.sources.damaged import assert_fits, assert_outlives_faults, assert_same_or_named

HOST = "/community-api.coinmetrics.io/v4"
SERIES = f"{HOST}/timeseries/asset-metrics"
WINDOW = Window.of_days(date(2020, 1, 1), date(2024, 12, 9))
METRICS = {"AdrActCnt": "active_addresses_count", "TxCnt": "transactions_count"}
CONTEXT = {"asset": "btc", "metrics": METRICS}
PART = Part("btc", ("btc AdrActCnt", "btc TxCnt"), CONTEXT)


def row(day, **figures):
    return {"asset": "btc", "time": f"{day}T00:00:00.000000000Z", **figures}


DATA = [
    row("2024-12-08", AdrActCnt="712345", TxCnt=None),
    row("2024-12-09", AdrActCnt="915304", TxCnt="401234"),
]
GOOD = {"data": DATA}
ROWS = [
    ("btc AdrActCnt", "active_addresses_count", date(2024, 12, 8), Decimal(712345)),
    ("btc AdrActCnt", "active_addresses_count", date(2024, 12, 9), Decimal(915304)),
    ("btc TxCnt", "transactions_count", date(2024, 12, 9), Decimal(401234)),
]


def rows_of(frame):
    return sorted((r[0], r[2], r[3], r[4]) for r in frame.iter_rows())


def test_values_are_text_and_a_null_is_no_row_and_no_zero(answer_of):
    frame = coinmetrics.parse(answer_of(GOOD, CONTEXT))
    assert_fits("onchain_volume", frame, coinmetrics.KEY)
    assert rows_of(frame) == ROWS and set(frame["chain"]) == {"bitcoin"}


def test_status_fields_are_not_strangers_but_a_renamed_metric_is(answer_of):
    body = {"data": [{**DATA[1], "TxCnt-status": "flash", "TxCnt-status-time": "2024-12-10T01:00:00Z"}]}
    assert len(rows_of(coinmetrics.parse(answer_of(body, CONTEXT)))) == 2
    with pytest.raises(Unparsable, match="unknown field 'TxCount'"):
        coinmetrics.parse(answer_of({"data": [row("2024-12-09", AdrActCnt="1", TxCount="2")]}, CONTEXT))


def test_the_running_day_is_left_out(answer_of):
    body = {"data": [*DATA, row("2024-12-10", AdrActCnt="5", TxCnt="6")]}
    assert rows_of(coinmetrics.parse(answer_of(body, CONTEXT))) == ROWS


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"asset": "eth"}, "asset: asked for btc, found 'eth'"),
        ({"time": "2024-12-09T05:00:00.000000000Z"}, "is not the start of a UTC day"),
        ({"time": "yesterday"}, "expected a date"),
        ({"TxCnt": "many"}, "TxCnt 2024-12-09: expected a number"),
        ({"TxCnt": True}, "expected a number"),
    ],
)
def test_another_format_is_named(answer_of, changed, reason):
    with pytest.raises(Unparsable, match=reason):
        coinmetrics.parse(answer_of({"data": [{**DATA[1], **changed}]}, CONTEXT))


def free(metric, last="2024-12-09"):
    stamp = f"{last}T00:00:00.000000000Z"
    return {"metric": metric, "frequencies": [{"frequency": "1d", "min_time": stamp, "max_time": stamp}]}


def test_only_what_the_catalogue_offers_now_is_asked(upstream, open_client):
    """A metric that is not free fails a whole request, and one that ended in 2019 has nothing for us."""
    upstream.serve(
        f"{HOST}/catalog-v2/asset-metrics",
        {
            "data": [
                {
                    "asset": "btc",
                    "metrics": [free("AdrActCnt"), free("TxCnt", "2019-10-31"), free("FeeTotNtv")],
                },
                {
                    "asset": "btc",
                    "metrics": [free("AdrActCnt"), free("TxCnt", "2019-10-31"), free("FeeTotNtv")],
                },
                {"asset": "eth", "metrics": []},
            ]
        },
    )
    activity, _ = coinmetrics.DATASETS
    [part] = activity.parts(open_client(), ["DOGE"])  # one, though it is told twice
    assert part.name == "btc" and part.markets == ("btc AdrActCnt",)
    assert part.context == {"asset": "btc", "metrics": {"AdrActCnt": "active_addresses_count"}}
    upstream.answers.clear()
    upstream.serve(f"{HOST}/catalog-v2/asset-metrics", {"data": []})
    with pytest.raises(Unparsable, match="catalogue: none of"):
        activity.parts(open_client(), [])


def test_pages_go_on_at_the_link_through_the_mirror(upstream, open_client):
    link = "https://community-api.coinmetrics.io/v4/timeseries/asset-metrics?assets=btc&next_page_token=0.1"
    upstream.serve(
        SERIES, {"data": DATA[:1], "next_page_token": "0.1", "next_page_url": link}, {"data": DATA[1:]}
    )
    answers = list(coinmetrics.fetch(open_client(), PART, WINDOW))
    first, second = (asked.query for asked in upstream.asked)
    assert (first["page_size"], first["paging_from"]) == ("10000", "start")
    assert (first["start_time"], first["end_time"]) == ("2020-01-01", "2024-12-09")
    assert first["ignore_forbidden_errors"] == first["ignore_unsupported_errors"] == "true"
    assert second["next_page_token"] == "0.1"
    assert [len(json.loads(answer.body)["data"]) for answer in answers] == [1, 1]


def test_a_link_elsewhere_or_back_is_not_followed(upstream, open_client):
    for link in ("https://elsewhere.example/v4", 7):
        upstream.answers.clear()
        upstream.serve(SERIES, {"data": DATA, "next_page_url": link})
        with pytest.raises(Unparsable, match="next_page_url"):
            list(coinmetrics.fetch(open_client(), PART, WINDOW))
    upstream.answers.clear()
    upstream.serve(SERIES, {"data": DATA, "next_page_url": f"https:/{SERIES}?a=1"})
    with pytest.raises(Unparsable, match="next_page_url"):
        list(coinmetrics.fetch(open_client(), PART, WINDOW))


def test_403_is_about_the_metric_and_not_about_the_route(upstream, open_client):
    told = {"error": {"type": "forbidden", "message": "Requested metric 'TxTfrValAdjUSD' is not available"}}
    upstream.serve(SERIES, told, status=403)
    with pytest.raises(Refused, match="forbidden: Requested metric 'TxTfrValAdjUSD'"):
        list(coinmetrics.fetch(open_client(), PART, WINDOW))


def test_passing_faults(upstream, attempts, open_client):
    client = open_client()
    assert_outlives_faults(
        upstream, attempts, SERIES, json.dumps(GOOD).encode(), lambda: coinmetrics.fetch(client, PART, WINDOW)
    )


def figure(path):
    """A metric that is absent or null on a row is documented: no figure that day."""
    return bool(path) and path[-1] in METRICS


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_never_changes_a_figure(damage, answer_of, data):
    body = data.draw(damage(GOOD, figure))
    good = coinmetrics.parse(answer_of(GOOD, CONTEXT))
    assert_same_or_named(body, coinmetrics._whole, coinmetrics.parse, lambda b: answer_of(b, CONTEXT), good)
