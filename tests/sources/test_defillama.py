"""DefiLlama: chains by name, one long chart each, null and negative points as they came."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import defillama
from pipelines.sources.contract import (
    Incomplete,
    NotPublished,
    Part,
    Refused,
    Retry,
    SourceError,
    Unparsable,
    Window,
)
from pipelines.sources.upstream import Reply
from pipelines.storage.contracts import KINDS

KIND = KINDS["onchain_volume"]
HOST = "/api.llama.fi/overview/dexs"
WINDOW = Window.of_days(date(2020, 1, 1), date(2024, 12, 9))


def at(*day):
    return int(datetime(*day, tzinfo=UTC).timestamp())


def overview(chart, chain=None, chains=("Ethereum", "Others"), **more):
    return {
        "totalDataChart": chart,
        "totalDataChartBreakdown": [],
        "breakdown24h": None,
        "chain": chain,
        "allChains": list(chains),
        "total24h": 0,
        "change_1d": None,
        "protocols": [{"name": "Uniswap", "slug": "uniswap", "chains": ["Ethereum"], "total24h": 0}],
        **more,
    }


CHART = [
    [at(2020, 7, 15), None],
    [at(2020, 9, 20), -1234567.89],
    [at(2024, 12, 8), 13019449785.258064],
    [at(2024, 12, 9), 7],
]
GOOD = overview(CHART)
ROWS = [
    (date(2020, 7, 15), None),
    (date(2020, 9, 20), Decimal("-1234567.89")),
    (date(2024, 12, 8), Decimal("13019449785.258064")),
    (date(2024, 12, 9), Decimal(7)),
]
ALL = {"chain": "all", "name": None}


def rows_of(frame):
    return [(r[3], r[4]) for r in frame.iter_rows()]


def client_of(open_client):
    return open_client("defillama", "defillama_dex_volume")


# ---- parts and fetch --------------------------------------------------------------------------------


def test_few_chains_are_all_asked(upstream, open_client):
    upstream.serve(HOST, overview([]))
    parts = defillama.parts(client_of(open_client), ["BTC"])
    assert [part.name for part in parts] == ["all", "ethereum", "others"]
    assert parts[1].markets == ("ethereum",) and parts[1].context == {"chain": "ethereum", "name": "Ethereum"}
    assert upstream.asked[0].query == {
        "excludeTotalDataChart": "true",
        "excludeTotalDataChartBreakdown": "true",
    }


def test_of_many_chains_the_largest_that_are_named(upstream, open_client):
    many = ["Ethereum", "OP Mainnet", "Solana", *(f"Chain {n}" for n in range(30))]
    upstream.serve(HOST, overview([], chains=many))
    parts = defillama.parts(client_of(open_client), [])
    assert [part.context["name"] for part in parts] == [None, "Ethereum", "Solana", "OP Mainnet"]
    assert parts[3].markets == ("optimism",)  # renamed upstream, one series here
    assert len(defillama.CHAINS) <= 12


@pytest.mark.parametrize("chains", [None, "Ethereum", ["Ethereum", None], [""], [1]])
def test_a_list_of_chains_that_is_none(upstream, open_client, chains):
    upstream.serve(HOST, {**overview([]), "allChains": chains})
    with pytest.raises(Unparsable, match="allChains: expected a list of names"):
        defillama.parts(client_of(open_client), [])


def test_the_chart_is_asked_for_and_the_breakdown_is_not(upstream, open_client):
    upstream.serve(f"{HOST}/OP%20Mainnet", overview(CHART, "OP Mainnet"))
    client = client_of(open_client)
    part = Part("optimism", ("optimism",), {"chain": "optimism", "name": "OP Mainnet"})
    [answer] = defillama.fetch(client.bind(part.name, WINDOW, None, part.context), part, WINDOW)
    assert upstream.asked[0].query == {
        "excludeTotalDataChart": "false",
        "excludeTotalDataChartBreakdown": "true",
    }
    frame = defillama.parse(answer)
    assert set(frame["chain"]) == {"optimism"} and rows_of(frame) == ROWS


def test_a_chain_that_is_gone_is_an_answer_but_the_total_is_not(upstream, open_client):
    client = client_of(open_client)
    with pytest.raises(NotPublished):
        list(defillama.fetch(client, Part("x", ("x",), {"chain": "x", "name": "X"}), WINDOW))
    with pytest.raises(Refused, match="404 page not found"):
        list(defillama.fetch(client, Part("all", ("all",), ALL), WINDOW))


def test_passing_faults_are_asked_again(upstream, attempts, open_client):
    upstream.answers[HOST] = [
        (200, {}, b'{"totalDataChart": [[15'),
        (429, {"Retry-After": "0.1"}, b'{"message": "Too many requests"}'),
        (200, {}, b"[]"),
        (200, {}, b"<html>"),
        (200, {}, b'{"allChains": ["Ethereum"]}'),
    ]
    assert len(defillama.parts(client_of(open_client), [])) == 2
    assert attempts.verdicts == ["retry"] * 4 + ["ok"]


def test_it_gives_up_by_name(upstream, open_client):
    upstream.serve(HOST, b"null")
    with pytest.raises(Incomplete, match="expected a JSON object, found 'null'"):
        defillama.parts(client_of(open_client), [])


# ---- parse ------------------------------------------------------------------------------------------


def test_the_columns_of_the_contract_null_and_negative_kept(answer_of):
    frame = defillama.parse(answer_of(GOOD, ALL))
    assert frame.schema == KIND.columns and KIND.key == defillama.KEY
    KIND.schema.validate(frame)
    assert rows_of(frame) == ROWS
    assert set(frame["chain"]) == set(frame["market"]) == {"all"} and set(frame["metric"]) == {
        "dex_volume_usd"
    }


def test_the_running_day_is_left_out(answer_of):
    assert rows_of(defillama.parse(answer_of(overview([*CHART, [at(2024, 12, 10), 5]]), ALL))) == ROWS


def test_seconds_may_be_text(answer_of):
    as_text = [[str(seconds), usd] for seconds, usd in CHART]
    assert rows_of(defillama.parse(answer_of(overview(as_text), ALL))) == ROWS


def test_an_empty_chart_of_a_chain_is_an_answer_and_of_all_chains_it_is_not(answer_of):
    chain = {"chain": "ethereum", "name": "Ethereum"}
    assert defillama.parse(answer_of(overview([], "Ethereum"), chain)).is_empty()
    with pytest.raises(Unparsable, match="totalDataChart is empty"):
        defillama.parse(answer_of(overview([]), ALL))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"dataChart": CHART, "allChains": []}, "field 'totalDataChart' is not there; found dataChart"),
        (overview(None), "totalDataChart: expected a list"),
        (overview([[at(2024, 12, 9)]]), "expected points of"),
        (overview([{"date": at(2024, 12, 9), "value": 1}]), "expected points of"),
        (overview([[at(2024, 12, 9) * 1000, 1]]), "not a time in s"),
        (overview([[at(2024, 12, 9, 8), 1]]), "not the start of a UTC day"),
        (overview([[at(2024, 12, 9), {"Uniswap": 1}]]), "expected a number"),
        (overview([[at(2024, 12, 9), 1], [at(2024, 12, 9), 2]]), "two values for one key"),
        (overview(CHART, "Solana"), "the answer is about chain 'Solana'"),
    ],
)
def test_another_format_is_named(answer_of, body, reason):
    with pytest.raises(Unparsable, match=reason):
        defillama.parse(answer_of(body, ALL))


def point_value(path):
    """A null point is documented: it says that the upstream has no figure for the day."""
    return len(path) == 3 and path[0] == "totalDataChart" and path[2] == 1


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_never_changes_a_volume(damage, answer_of, data):
    body = data.draw(damage(GOOD, point_value))
    try:
        defillama.whole_overview(Reply(200, {}, body))
        frame = defillama.parse(answer_of(body, ALL))
    except (SourceError, Retry) as error:
        assert error.reason
    else:
        assert len(frame) == len(ROWS) and set(rows_of(frame)) == set(ROWS)
