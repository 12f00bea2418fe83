"""HTX open interest: both sides halved, units by margin, midnight of four-hour rows, a page by number of rows."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import htx_interest
from pipelines.sources.contract import Incomplete, NotPublished, Part, Refused, Unparsable, Window
from tests.sources.damaged import assert_fits, assert_outlives_faults, assert_same_or_named

LINEAR_PATH = "/api.hbdm.com/linear-swap-api/v1/swap_his_open_interest"
INVERSE_PATH = "/api.hbdm.com/swap-api/v1/swap_his_open_interest"
LINEAR = {"contract": "BTC-USDT", "asset": "BTC", "margin": "linear", "face": "0.001"}
INVERSE = {"contract": "BTC-USD", "asset": "BTC", "margin": "inverse", "face": "100"}
PART = Part("BTC-USDT", ("BTC-USDT",), LINEAR, since=date(2020, 10, 21))
COIN_PART = Part("BTC-USD", ("BTC-USD",), INVERSE)
WINDOW = Window.of_days(date(2024, 12, 8), date(2024, 12, 9))
MIDNIGHT = datetime(2024, 12, 9, tzinfo=UTC)
NOW = datetime(2024, 12, 10, 3, tzinfo=UTC)  # of the clients and the answers
FOUR_HOURS = timedelta(hours=4)
(DATASET,) = htx_interest.DATASETS


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def linear(at: datetime, **more: Any) -> dict[str, Any]:
    row = {"volume": "8311.2460000000000000", "amount_type": "2", "ts": str(ms(at))}
    return row | {"value": "811204417.5020000000000000"} | more


def inverse(at: datetime, **more: Any) -> dict[str, Any]:
    return {"volume": 5151.0, "amount_type": 1, "ts": ms(at)} | more


def told(*rows: dict[str, Any], contract: str = "BTC-USDT") -> dict[str, Any]:
    data = {"symbol": "BTC", "tick": list(rows), "contract_code": contract}
    return {"status": "ok", "data": data, "ts": str(ms(NOW))}


GOOD = told(*(linear(MIDNIGHT + n * FOUR_HOURS) for n in (1, 0, -1, -6)))
GOOD_INVERSE = told(*(inverse(MIDNIGHT + n * FOUR_HOURS) for n in (1, 0, -1, -6)), contract="BTC-USD")


def back(rows: int, newest: datetime = datetime(2024, 12, 10, tzinfo=UTC)) -> dict[str, Any]:
    return told(*(linear(newest - n * FOUR_HOURS) for n in range(rows)))


# ---- what the rows say ------------------------------------------------------------------------------


def test_both_sides_are_counted_so_linear_coins_and_dollars_are_halved(answer_of: Any) -> None:
    frame = htx_interest.parse(answer_of(told(linear(MIDNIGHT)), LINEAR))
    assert_fits("open_interest", frame, htx_interest.KEY)
    amounts = Decimal("4155.623"), Decimal("405602208.751")
    assert frame.rows() == [("htx", "BTC-USDT", "BTC", "linear", MIDNIGHT, *amounts)]


def test_inverse_contracts_are_counted_and_worth_their_face(answer_of: Any) -> None:
    frame = htx_interest.parse(answer_of(told(inverse(MIDNIGHT), contract="BTC-USD"), INVERSE))
    assert_fits("open_interest", frame, htx_interest.KEY)
    assert frame.rows() == [("htx", "BTC-USD", "BTC", "inverse", MIDNIGHT, None, Decimal(257_550))]


def test_midnight_utc_is_kept_and_the_other_rows_are_not(answer_of: Any) -> None:
    for body, context in ((GOOD, LINEAR), (GOOD_INVERSE, INVERSE)):
        frame = htx_interest.parse(answer_of(body, context))
        assert frame["measured_at"].to_list() == [MIDNIGHT, MIDNIGHT - timedelta(days=1)]


def test_midnight_counts_once_its_four_hours_are_over(answer_of: Any) -> None:
    """Read at 03:00: a stamp that is a start would belong to hours that still run."""
    running = told(linear(MIDNIGHT + timedelta(days=1)), linear(MIDNIGHT))
    assert htx_interest.parse(answer_of(running, LINEAR))["measured_at"].to_list() == [MIDNIGHT]
    ahead = told(linear(MIDNIGHT + timedelta(days=2)))
    assert htx_interest.parse(answer_of(ahead, LINEAR)).is_empty()


def test_coins_of_a_contract_on_a_thousand_coins_are_not_guessed(answer_of: Any) -> None:
    context = LINEAR | {"contract": "1000PEPE-USDT", "asset": "PEPE"}
    frame = htx_interest.parse(answer_of(told(linear(MIDNIGHT), contract="1000PEPE-USDT"), context))
    assert frame.select("amount_coin", "amount_usd").rows() == [(None, Decimal("405602208.751"))]


def test_nothing_at_all_is_an_answer_and_no_open_interest_is_zero(answer_of: Any) -> None:
    assert htx_interest.parse(answer_of(told(), LINEAR)).is_empty()
    zero = htx_interest.parse(answer_of(told(linear(MIDNIGHT, volume="0", value="0")), LINEAR))
    assert zero.select("amount_coin", "amount_usd").rows() == [(Decimal(0), Decimal(0))]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (told(contract="BTC-USD"), "contract_code: asked for BTC-USDT, found 'BTC-USD'"),
        (told(linear(MIDNIGHT, amount_type="1")), "amount_type: asked for 2 of BTC-USDT, found 1"),
        (told(linear(MIDNIGHT, amount_type=None)), "amount_type: expected a number"),
        (told(linear(MIDNIGHT, volume=None)), "volume: expected a number"),
        (told(linear(MIDNIGHT, value="")), "value: expected a number"),
        (told(inverse(MIDNIGHT, amount_type=2)), "'value' is not there"),
        (told(linear(MIDNIGHT, ts="1733702400")), "ts: 1733702400 is not a time in ms"),
        (told(linear(MIDNIGHT + timedelta(hours=2))), "is not on the grid of four hours"),
        (told(linear(MIDNIGHT), linear(MIDNIGHT, volume="1")), "two values for one key"),
        ({"status": "ok", "data": {"contract_code": "BTC-USDT", "tick": {}}}, "data.tick: expected a list"),
        ({"status": "ok", "data": [linear(MIDNIGHT)]}, "data: expected an object, found list"),
        ({"status": "ok", "data": {"tick": []}}, "'contract_code' is not there"),
    ],
)
def test_another_format_is_named(answer_of: Any, body: Any, reason: str) -> None:
    with pytest.raises(Unparsable, match=reason):
        htx_interest.parse(answer_of(body, LINEAR))


def test_inverse_rows_in_coins_are_not_taken_for_contracts(answer_of: Any) -> None:
    body = told(inverse(MIDNIGHT, amount_type=2), contract="BTC-USD")
    with pytest.raises(Unparsable, match="amount_type: asked for 1 of BTC-USD, found 2"):
        htx_interest.parse(answer_of(body, INVERSE))


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_damage_never_changes_an_amount(damage: Any, answer_of: Any, data: st.DataObject) -> None:
    body, context = data.draw(st.sampled_from([(GOOD, LINEAR), (GOOD_INVERSE, INVERSE)]))
    good = htx_interest.parse(answer_of(body, context))
    assert_same_or_named(
        data.draw(damage(body)),
        htx_interest._whole,
        htx_interest.parse,
        lambda raw: answer_of(raw, context),
        good,
    )


@given(st.decimals(0, 10**12, places=8), st.decimals(0, 10**12, places=8))
def test_halves_are_exact(answer_of: Any, volume: Decimal, value: Decimal) -> None:
    body = told(linear(MIDNIGHT, volume=f"{volume:f}", value=f"{value:f}"))
    ((coins, usd),) = htx_interest.parse(answer_of(body, LINEAR)).select("amount_coin", "amount_usd").rows()
    assert (coins + coins, usd + usd) == (volume, value)


# ---- how it is asked --------------------------------------------------------------------------------


def test_as_many_rows_are_asked_as_reach_the_window_in_the_unit_of_the_margin(
    upstream: Any, open_client: Any
) -> None:
    upstream.serve(LINEAR_PATH, GOOD)
    upstream.serve(INVERSE_PATH, GOOD_INVERSE)
    month = Window.of_days(date(2024, 11, 9), date(2024, 12, 9))
    for part, window in ((PART, WINDOW), (COIN_PART, WINDOW), (PART, month)):
        assert len(list(htx_interest.fetch(open_client(), part, window))) == 1
    common = {"period": "4hour", "size": "14"}  # 2024-12-10 03:00 or 04:00 back to 12-08 00:00
    assert upstream.asked[0].query == {"contract_code": "BTC-USDT", "amount_type": "2", **common}
    assert upstream.asked[1].query == {"contract_code": "BTC-USD", "amount_type": "1", **common}
    assert upstream.asked[2].query["size"] == "188"


def test_the_deepest_window_fits_into_one_page_at_every_hour_of_the_day(
    upstream: Any, open_client: Any
) -> None:
    upstream.serve(LINEAR_PATH, told())
    assert DATASET.days_per_window == DATASET.depth_days == 32
    window = Window.of_days(date(2024, 11, 9), date(2024, 12, 9))  # as planned on 2024-12-10
    for clock in ("2024-12-10T00:00:00Z", "2024-12-10T23:59:59Z", "2024-12-11T00:10:00Z"):
        list(htx_interest.fetch(open_client(FLOODMARK_NOW=clock), PART, window))
    assert [int(asked.query["size"]) for asked in upstream.asked] == [188, 193, 194]
    assert int(upstream.asked[-1].query["size"]) <= htx_interest.MOST_ROWS


def test_a_full_page_that_does_not_reach_the_window_fails_by_name(upstream: Any, open_client: Any) -> None:
    month_and_more = Window.of_days(date(2024, 11, 1), date(2024, 12, 9))
    upstream.serve(LINEAR_PATH, back(200))
    for part in (PART, Part("BTC-USDT", ("BTC-USDT",), LINEAR)):  # created long ago, or nobody knows when
        with pytest.raises(Incomplete, match="200 rows begin 2024-11-06 20:00 UTC, asked since 2024-11-01"):
            list(htx_interest.fetch(open_client(), part, month_and_more))
    assert {asked.query["size"] for asked in upstream.asked} == {"200"}
    young = Part("BTC-USDT", ("BTC-USDT",), LINEAR, since=date(2024, 11, 7))
    assert len(list(htx_interest.fetch(open_client(), young, month_and_more))) == 1


def test_a_page_that_reaches_the_window_is_whole_whichever_end_the_stamp_is(
    upstream: Any, open_client: Any
) -> None:
    for newest in (NOW.replace(hour=0), NOW.replace(hour=4)):  # start or end of the running four hours
        upstream.answers.clear()
        upstream.serve(LINEAR_PATH, back(14, newest))
        (answer,) = htx_interest.fetch(open_client(), PART, WINDOW)
        found = htx_interest.parse(replace(answer, context=LINEAR))["measured_at"].to_list()
        assert found == [MIDNIGHT, WINDOW.start]
    assert {asked.query["size"] for asked in upstream.asked} == {"14"}


def test_fewer_rows_than_asked_are_all_there_is(upstream: Any, open_client: Any) -> None:
    upstream.serve(LINEAR_PATH, back(3), told())
    for _ in range(2):
        assert len(list(htx_interest.fetch(open_client(), PART, WINDOW))) == 1


def test_errors_inside_200_and_passing_faults(upstream: Any, attempts: Any, open_client: Any) -> None:
    client = open_client()
    good = json.dumps(GOOD).encode()
    assert_outlives_faults(
        upstream, attempts, LINEAR_PATH, good, lambda: htx_interest.fetch(client, PART, WINDOW)
    )
    for code, raised in ((1013, NotPublished), (1067, Refused)):
        upstream.answers.clear()
        upstream.serve(LINEAR_PATH, {"status": "error", "err_code": code, "err_msg": "as it says", "ts": 1})
        with pytest.raises(raised, match=f"code {code}: as it says"):
            list(htx_interest.fetch(client, PART, WINDOW))


def test_parts_are_the_contracts_of_both_margins(upstream: Any, open_client: Any) -> None:
    for api, contracts in (
        ("linear-swap-api", {"BTC-USDT": 0.001, "BTC-USDT-241227": 0.001, "XRP-USDT": 10}),
        ("swap-api", {"BTC-USD": 100.0, "ETH-USD": 10}),
    ):
        listed = [
            {"contract_code": name, "contract_size": size, "create_date": "20201021"}
            for name, size in contracts.items()
        ]
        where = f"/api.hbdm.com/{api}/v1/swap_contract_info"
        upstream.serve(where, {"status": "ok", "data": listed, "ts": 1})
    parts = DATASET.parts(open_client(), ("BTC",))
    assert [(p.name, p.context, p.since) for p in parts] == [
        ("BTC-USDT", LINEAR, date(2020, 10, 21)),
        ("BTC-USD", INVERSE, date(2020, 10, 21)),
    ]
    assert len(DATASET.parts(open_client(), ())) == 4
