"""Gate's hours and funding: units, depth, the missing `to`, two-sided interest, and broken answers."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import gate
from pipelines.sources.contract import Part, Refused, Unparsable, Window
from pipelines.storage.contracts import KINDS

CONTRACTS, STATS, INTEREST, FUNDING = gate.DATASETS
HOST = "/api.gateio.ws/api/v4/futures"
CONTEXT = {"settle": "usdt", "contract": "ETH_USDT", "asset": "ETH", "margin": "linear", "multiplier": "0.01"}
INVERSE = {"settle": "btc", "contract": "BTC_USD", "asset": "BTC", "margin": "inverse", "multiplier": "1"}
PART = Part("ETH_USDT", ("ETH_USDT",), CONTEXT)
WINDOW = Window.of_days(date(2024, 12, 8), date(2024, 12, 9))
START = WINDOW.start_ms // 1000


def hour(at: int, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"time": at, "lsr_taker": 1.1, "lsr_account": 0.9, "mark_price": 2500.5}
    row |= {"long_liq_size": 120, "long_liq_amount": 1.2, "long_liq_usd": 3000.60015}
    row |= {"short_liq_size": 0, "short_liq_amount": 0, "short_liq_usd": 0}
    row |= {"open_interest": 400000, "open_interest_usd": 10002000.0, "top_lsr_account": 1, "top_lsr_size": 1}
    return row | more


def hours(first: int, count: int) -> list[dict[str, Any]]:
    return [hour(first + 3600 * n) for n in range(count)]


def contract(name: str, multiplier: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "quanto_multiplier": multiplier, "funding_interval": 28800} | more


def test_the_datasets_keep_the_contracts_of_their_kinds() -> None:
    for dataset, key in (
        (STATS, gate.BUCKET_KEY),
        (INTEREST, gate.INTEREST_KEY),
        (FUNDING, gate.FUNDING_KEY),
    ):
        assert KINDS[dataset.kind].key == key
    assert STATS.depth_days == INTEREST.depth_days == 179


def test_hours_are_usd_as_stated(answer_of: Any) -> None:
    rows = STATS.parse(answer_of([hour(START)], CONTEXT))
    at = datetime(2024, 12, 8, tzinfo=UTC)
    assert rows.rows() == [("gate", "ETH_USDT", "ETH", at, 3600, Decimal("3000.6002"), Decimal(0))]


def test_older_answers_with_numbers_as_text_are_read_the_same(answer_of: Any) -> None:
    worded = {k: str(v) for k, v in hour(START).items()}
    assert (
        STATS.parse(answer_of([worded], CONTEXT)).rows()
        == STATS.parse(answer_of([hour(START)], CONTEXT)).rows()
    )


def test_an_hour_that_has_not_ended_is_left_out(answer_of: Any) -> None:
    now = int(datetime(2024, 12, 10, 3, tzinfo=UTC).timestamp())
    rows = STATS.parse(answer_of([hour(now - 3600), hour(now)], CONTEXT))
    assert rows["bucket_start"].to_list() == [datetime(2024, 12, 10, 2, tzinfo=UTC)]


def test_a_row_that_is_no_hour_is_named_since_day_rows_are_not_aligned_for_sure(answer_of: Any) -> None:
    with pytest.raises(Unparsable, match="not the start of an hour"):
        STATS.parse(answer_of([hour(START + 1800)], CONTEXT))


def test_open_interest_is_two_sided_and_halved_and_taken_at_midnight(answer_of: Any) -> None:
    rows = INTEREST.parse(answer_of(hours(START, 3), CONTEXT))
    assert rows.select("measured_at", "margin", "amount_coin", "amount_usd").rows() == [
        (datetime(2024, 12, 8, tzinfo=UTC), "linear", Decimal(2000), Decimal(5001000))
    ]


def test_an_inverse_contract_is_one_dollar(answer_of: Any) -> None:
    body = [hour(START, open_interest=5_000_000, open_interest_usd=5_000_000, mark_price=50000)]
    rows = INTEREST.parse(answer_of(body, INVERSE))
    assert rows.select("amount_coin", "amount_usd").rows() == [(Decimal(50), Decimal(2_500_000))]


def test_funding_times_are_seconds_and_rates_fractions(answer_of: Any) -> None:
    rows = FUNDING.parse(answer_of([{"t": START, "r": "-0.000125"}], CONTEXT))
    at = datetime(2024, 12, 8, tzinfo=UTC)
    assert rows.rows() == [("gate", "ETH_USDT", "ETH", "linear", at, Decimal("-0.000125"), None, "settled")]
    with pytest.raises(Unparsable, match="not a time in s"):
        FUNDING.parse(answer_of([{"t": START * 1000, "r": "0.0001"}], CONTEXT))


@settings(max_examples=40)
@given(data=st.data())
def test_no_damage_changes_numbers_silently(answer_of: Any, damage: Any, data: st.DataObject) -> None:
    funding = [{"t": START + 28800 * n, "r": f"0.000{n}1"} for n in range(3)]
    for dataset, body in ((STATS, hours(START, 3)), (INTEREST, hours(START, 2)), (FUNDING, funding)):
        good = dataset.parse(answer_of(body, CONTEXT))
        try:
            rows = dataset.parse(answer_of(data.draw(damage(body)), CONTEXT))
        except Unparsable as error:
            assert error.reason
        else:
            assert set(rows.rows()) == set(good.rows())


def test_one_value_for_an_hour_or_none(answer_of: Any) -> None:
    with pytest.raises(Unparsable, match="two values"):
        STATS.parse(answer_of([hour(START), hour(START, long_liq_usd=1)], CONTEXT))


# ---- asking -----------------------------------------------------------------------------------------


def test_contracts_of_both_settles_with_what_they_are_worth(upstream: Any, open_client: Any) -> None:
    linear = [contract("BTC_USDT", "0.0001"), contract("ETH_USDT", "0.01"), contract("XRP_USDT", "10")]
    inverse = [contract("BTC_USD", "0"), contract("ETH_USD", "0.000001")]
    upstream.serve(f"{HOST}/usdt/contracts", linear)
    upstream.serve(f"{HOST}/btc/contracts", inverse)
    parts = STATS.parts(open_client(), ("BTC", "ETH"))
    found = [(p.name, p.context["settle"], p.context["margin"], p.context["multiplier"]) for p in parts]
    assert found == [
        ("BTC_USDT", "usdt", "linear", "0.0001"),
        ("ETH_USDT", "usdt", "linear", "0.01"),
        ("BTC_USD", "btc", "inverse", "1"),
    ]


def test_a_linear_contract_without_a_multiplier_is_named(upstream: Any, open_client: Any) -> None:
    upstream.serve(f"{HOST}/usdt/contracts", [contract("BTC_USDT", "0")])
    with pytest.raises(Unparsable, match="coins a contract"):
        STATS.parts(open_client(), ())


def test_statistics_have_no_end_so_pages_go_on_until_the_window_is_full(
    upstream: Any, open_client: Any
) -> None:
    upstream.serve(f"{HOST}/usdt/contract_stats", hours(START, 20), hours(START + 20 * 3600, 28))
    answers = list(STATS.fetch(open_client(), PART, WINDOW))
    assert [(a.query["from"], a.query["limit"], a.query["interval"]) for a in upstream.asked] == [
        (str(START), "48", "1h"),
        (str(START + 20 * 3600), "28", "1h"),
    ]
    found = {t for a in answers for t in STATS.parse(replace(a, context=CONTEXT))["bucket_start"]}
    assert len(found) == 48


def test_statistics_that_stop_early_or_turn_in_a_circle(upstream: Any, open_client: Any) -> None:
    upstream.serve(f"{HOST}/usdt/contract_stats", hours(START, 5), [])
    assert len(list(STATS.fetch(open_client(), PART, WINDOW))) == 2
    upstream.answers.clear()
    upstream.serve(f"{HOST}/usdt/contract_stats", hours(START, 5))
    with pytest.raises(Unparsable, match="older than the asked"):
        list(STATS.fetch(open_client(), PART, WINDOW))


def test_more_than_180_days_is_refused_with_its_own_words(upstream: Any, open_client: Any) -> None:
    error = {"label": "INVALID_PARAM_VALUE", "message": "from time exceeds 180-day limit"}
    upstream.serve(f"{HOST}/usdt/contract_stats", error, status=400)
    with pytest.raises(Refused, match="180-day limit"):
        list(STATS.fetch(open_client(), PART, WINDOW))
    assert len(upstream.asked) == 1


def test_funding_pages_go_back_by_seconds(upstream: Any, open_client: Any, attempts: Any) -> None:
    times = [START + 28800 * n for n in range(6)]
    pages = [[{"t": t, "r": "0.0001"} for t in reversed(times[n : n + 2])] for n in (4, 2, 0)]
    upstream.serve(f"{HOST}/usdt/funding_rate", b'[{"t": 17', "<html>busy</html>", {"label": "x"}, b"")
    upstream.serve(f"{HOST}/usdt/funding_rate", *pages)
    answers = list(FUNDING.fetch(open_client(), PART, WINDOW))
    rows = [t for a in answers for t in FUNDING.parse(replace(a, context=CONTEXT))["settled_at"]]
    assert len(set(rows)) == 6
    assert attempts.verdicts == ["retry"] * 4 + ["ok"] * 3
    asked = [int(a.query["to"]) for a in upstream.asked[4:]]
    assert asked == [WINDOW.end_ms // 1000 - 1, times[4] - 1, times[2] - 1]


def test_a_rate_answer_is_waited_for(upstream: Any, open_client: Any, attempts: Any) -> None:
    busy = {"label": "TOO_MANY_REQUESTS", "message": "Request Rate limit Exceeded"}
    upstream.serve(f"{HOST}/usdt/funding_rate", copy.deepcopy(busy), status=429)
    upstream.serve(f"{HOST}/usdt/funding_rate", [])
    list(FUNDING.fetch(open_client(), PART, WINDOW))
    assert attempts.verdicts == ["retry", "ok"]
