"""DefiLlama beside DEX volume: fees of all protocols, value locked per chain."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import defillama_extra
from pipelines.sources.bodies import whole_list
from pipelines.sources.contract import NotPublished, Part, Refused, Unparsable, Window
from pipelines.sources.defillama import KEY, whole_overview
from tests.sources.damaged import assert_fits, assert_outlives_faults, assert_same_or_named

HOST = "/api.llama.fi"
WINDOW = Window.of_days(date(2020, 1, 1), date(2024, 12, 9))
FEES_PART = Part("all", ("all",), {"chain": "all"})
ETHEREUM = {"chain": "ethereum", "name": "Ethereum"}


def at(*day):
    return int(datetime(*day, tzinfo=UTC).timestamp())


FEES = {"totalDataChart": [[at(2024, 12, 8), None], [at(2024, 12, 9), 31234567.89], [at(2024, 12, 10), 1]]}
TVL = [
    {"date": at(2024, 12, 8), "tvl": 70123456789.5},
    {"date": at(2024, 12, 9), "tvl": 0},
    {"date": at(2024, 12, 10), "tvl": 1},
]


def test_fees_of_a_day_null_kept_and_the_running_day_dropped(answer_of):
    frame = defillama_extra.parse_fees(answer_of(FEES, FEES_PART.context))
    assert_fits("onchain_volume", frame, KEY)
    assert [r[1:] for r in frame.iter_rows()] == [
        ("all", "fees_usd", date(2024, 12, 8), None),
        ("all", "fees_usd", date(2024, 12, 9), Decimal("31234567.89")),
    ]


def test_value_locked_at_midnight(answer_of):
    frame = defillama_extra.parse_tvl(answer_of(TVL, ETHEREUM))
    assert_fits("onchain_volume", frame, KEY)
    assert [r[1:] for r in frame.iter_rows()] == [
        ("ethereum", "tvl_usd", date(2024, 12, 8), Decimal("70123456789.5")),
        ("ethereum", "tvl_usd", date(2024, 12, 9), Decimal(0)),
    ]


def test_an_empty_history_is_an_answer(answer_of):
    assert defillama_extra.parse_tvl(answer_of([], ETHEREUM)).is_empty()
    assert defillama_extra.parse_fees(answer_of({"totalDataChart": []}, FEES_PART.context)).is_empty()


def test_the_form_with_other_double_count_rules_is_not_asked(upstream, open_client):
    upstream.serve(f"{HOST}/v2/chains", [{"name": "Ethereum", "tvl": 1}, {"name": "OP Mainnet", "tvl": 1}])
    upstream.serve(f"{HOST}/v2/historicalChainTvl", TVL)
    upstream.serve(f"{HOST}/v2/historicalChainTvl/OP%20Mainnet", TVL)
    parts = defillama_extra.tvl_parts(open_client(), [])
    assert [p.name for p in parts] == ["all", "ethereum", "optimism"]
    for part in (parts[0], parts[2]):
        assert len(list(defillama_extra.fetch_tvl(open_client(), part, WINDOW))) == 1
    assert [a.path for a in upstream.asked[1:]] == [
        f"{HOST}/v2/historicalChainTvl",
        f"{HOST}/v2/historicalChainTvl/OP%20Mainnet",
    ]


def test_what_is_not_free_any_more_is_absent_but_the_total_of_value_locked_is_not(upstream, open_client):
    with pytest.raises(NotPublished):
        list(defillama_extra.fetch_fees(open_client(), FEES_PART, WINDOW))
    assert upstream.asked[0].query["excludeTotalDataChartBreakdown"] == "true"
    with pytest.raises(NotPublished):
        list(defillama_extra.fetch_tvl(open_client(), Part("x", ("x",), ETHEREUM), WINDOW))
    total = Part("all", ("all",), {"chain": "all", "name": None})
    with pytest.raises(Refused, match="404 page not found"):
        list(defillama_extra.fetch_tvl(open_client(), total, WINDOW))


@pytest.mark.parametrize(
    ("parse", "body", "reason"),
    [
        (defillama_extra.parse_fees, {"chart": []}, "'totalDataChart' is not there"),
        (defillama_extra.parse_fees, {"totalDataChart": [[1]]}, "expected points of"),
        (defillama_extra.parse_tvl, {"tvl": []}, "expected a list"),
        (defillama_extra.parse_tvl, [{"date": "2024-12-09", "tvl": 1}], "expected a number"),
        (
            defillama_extra.parse_tvl,
            [{"date": at(2024, 12, 9), "totalLiquidityUSD": 1}],
            "'tvl' is not there",
        ),
        (defillama_extra.parse_tvl, [{"date": at(2024, 12, 9), "tvl": n} for n in (1, 2)], "two values"),
    ],
)
def test_another_format_is_named(answer_of, parse, body, reason):
    with pytest.raises(Unparsable, match=reason):
        parse(answer_of(body, ETHEREUM))


def test_passing_faults(upstream, attempts, open_client):
    client = open_client()
    assert_outlives_faults(
        upstream,
        attempts,
        f"{HOST}/overview/fees",
        json.dumps(FEES).encode(),
        lambda: defillama_extra.fetch_fees(client, FEES_PART, WINDOW),
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_never_changes_a_figure(damage, answer_of, data):
    """A null figure is documented: nothing is known of the day."""
    for good, whole, parse, spare in (
        (FEES, whole_overview, defillama_extra.parse_fees, lambda p: len(p) == 3 and p[2] == 1),
        (TVL, whole_list, defillama_extra.parse_tvl, lambda p: len(p) == 2 and p[1] == "tvl"),
    ):
        body = data.draw(damage(good, spare))
        frame = parse(answer_of(good, ETHEREUM))
        assert_same_or_named(body, whole, parse, lambda b: answer_of(b, ETHEREUM), frame)
