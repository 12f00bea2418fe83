"""Binance beside archive funding and bars: basis, recent funding, and open interest from metrics files."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import binance_context
from pipelines.sources.bodies import whole_list
from pipelines.sources.contract import NotPublished, Part, RateStopped, Unparsable, Unreachable, Window
from tests.sources.archive_files import LISTING, listing, serve_file, zipped
from tests.sources.damaged import assert_fits, assert_outlives_faults, assert_same_or_named
from tests.sources.test_binance_contracts import serve_listing, serve_measured

HOST = "/fapi.binance.com"
BASIS, FUNDING = f"{HOST}/futures/data/basis", f"{HOST}/fapi/v1/fundingRate"
WINDOW = Window.of_days(date(2024, 11, 11), date(2024, 12, 9))
CONTEXT = {"symbol": "BTCUSDT", "asset": "BTC"}
PART = Part("BTCUSDT", ("BTCUSDT",), CONTEXT)


def ms(*day):
    return int(datetime(*day, tzinfo=UTC).timestamp() * 1000)


def basis(*end, future="97349.1", index="97276.47000000"):
    return {
        "pair": "BTCUSDT",
        "contractType": "PERPETUAL",
        "indexPrice": index,
        "futuresPrice": future,
        "basis": "72.63000000",
        "basisRate": "0.0007",
        "annualizedBasisRate": "",
        "timestamp": ms(*end),
    }


GOOD = [basis(2024, 12, 9, future="101209.5", index="101149.25"), basis(2024, 12, 10)]


# ---- basis ------------------------------------------------------------------------------------------


def test_a_row_is_stamped_at_the_end_of_its_day(answer_of):
    """The row of 2024-12-10 00:00 holds the closes of 2024-12-09."""
    frame = binance_context.parse_basis(answer_of(GOOD, CONTEXT))
    assert_fits("futures_basis", frame, binance_context.BASIS_KEY)
    assert frame.row(1) == (
        "binance",
        "BTCUSDT",
        "BTC",
        datetime(2024, 12, 10, tzinfo=UTC),
        None,
        Decimal("97349.1"),
        Decimal("97276.47"),
    )
    assert frame["future_price"][1] - frame["index_price"][1] == Decimal("72.63")


def test_an_empty_annualised_rate_is_not_read_as_a_number(answer_of):
    assert binance_context.parse_basis(answer_of([basis(2024, 12, 9)], CONTEXT)).height == 1


def test_a_period_that_has_not_ended_is_dropped(answer_of):
    assert binance_context.parse_basis(answer_of([*GOOD, basis(2024, 12, 11)], CONTEXT)).height == 2


def test_another_contract_is_named(answer_of):
    with pytest.raises(Unparsable, match="asked for BTCUSDT PERPETUAL, found 'BTCUSDT' 'CURRENT_QUARTER'"):
        binance_context.parse_basis(answer_of([{**GOOD[0], "contractType": "CURRENT_QUARTER"}], CONTEXT))


def test_basis_keeps_thirty_days_so_older_ones_are_never_asked(upstream, attempts, open_client):
    assert binance_context.DATASETS[0].depth_days < 30
    client = open_client()
    good = json.dumps(GOOD).encode()
    assert_outlives_faults(
        upstream, attempts, BASIS, good, lambda: binance_context.fetch_basis(client, PART, WINDOW)
    )
    assert upstream.asked[0].query["startTime"] == str(WINDOW.start_ms)


def test_451_is_unreachable_and_not_empty_and_418_rests(upstream, open_client):
    told = b'{"code": 0, "msg": "Service unavailable from a restricted location"}'
    upstream.answers[BASIS] = [
        (451, {}, told),
        (418, {"Retry-After": "120"}, b'{"code": -1003, "msg": "banned"}'),
    ]
    with pytest.raises(Unreachable, match="451"):
        list(binance_context.fetch_basis(open_client(), PART, WINDOW))
    with pytest.raises(RateStopped):
        list(binance_context.fetch_basis(open_client(), PART, WINDOW))


def test_perpetuals_are_named_by_the_archive(upstream, open_client):
    """fapi may be out of reach, and 1000PEPE has to be found from PEPE."""
    folder = "data/futures/um/monthly/fundingRate/"
    names = ("1000PEPEUSDT", "BTCUSDC", "BTCUSDT", "BTCUSDT_250328", "ETHUSDT", "币安人生USDT")
    upstream.serve(LISTING, listing(folders=[f"{folder}{n}/" for n in names]))
    parts = binance_context.linear_parts(open_client(), ["BTC", "PEPE", "LTC"])
    assert [(p.name, p.context["asset"]) for p in parts] == [("1000PEPEUSDT", "PEPE"), ("BTCUSDT", "BTC")]
    every = binance_context.linear_parts(open_client(), [])  # a name in another alphabet costs only itself
    assert [p.name for p in every] == ["1000PEPEUSDT", "BTCUSDT", "ETHUSDT"]


# ---- funding ----------------------------------------------------------------------------------------


def settlement(at, rate="0.00010000"):
    return {"symbol": "BTCUSDT", "fundingTime": at, "fundingRate": rate, "markPrice": ""}


SETTLED = [settlement(ms(2024, 12, 9, 8) + 11, "-0.00012359"), settlement(ms(2024, 12, 9, 16), "0.00028110")]


def test_settlements_with_an_empty_mark_price(answer_of):
    body = [*SETTLED, settlement(ms(2024, 12, 10, 8))]
    frame = binance_context.parse_funding(answer_of(body, CONTEXT))
    assert_fits("funding_rates", frame, binance_context.binance.FUNDING_KEY)
    assert frame["rate"].to_list() == [Decimal("-0.00012359"), Decimal("0.0002811")]
    assert set(frame["rate_kind"]) == {"settled"} and frame["interval_hours"].null_count() == 2


def test_pages_of_a_thousand_go_forward(upstream, open_client):
    first = [settlement(WINDOW.start_ms + n * 3_600_000 // 2) for n in range(1000)]
    upstream.serve(FUNDING, first, SETTLED)
    assert len(list(binance_context.fetch_funding(open_client(), PART, WINDOW))) == 2
    starts = [int(a.query["startTime"]) for a in upstream.asked]
    assert starts == [WINDOW.start_ms, first[-1]["fundingTime"] + 1]


def test_a_symbol_that_is_not_listed_is_absent(upstream, open_client):
    upstream.serve(FUNDING, {"code": -1121, "msg": "Invalid symbol."}, status=400)
    with pytest.raises(NotPublished):
        list(binance_context.fetch_funding(open_client(), PART, WINDOW))


# ---- open interest ----------------------------------------------------------------------------------

DAY = Window.of_days(date(2024, 12, 9), date(2024, 12, 9))
HEADER = "create_time,symbol,sum_open_interest,sum_open_interest_value,count_toptrader_long_short_ratio"
UM = {"family": "um", "symbol": "BTCUSDT", "asset": "BTC"}


def metrics(symbol="BTCUSDT", *lines):
    lines = lines or (
        f'2024-12-09 00:00:00,{symbol},90123.45600000,8767890123.45678901,""',
        f'2024-12-09 12:00:00,{symbol},90200.00000000,8770000000.00000000,""',
        f'2024-12-09 12:00:00,{symbol},90200.00000000,8770000000.00000000,""',
    )
    return zipped(f"{symbol}-metrics-2024-12-09.csv", "\n".join([HEADER, *lines]) + "\n")


def test_the_row_of_midnight_with_empty_ratios_and_doubled_rows(answer_of):
    frame = binance_context.parse_metrics(answer_of(metrics(), UM))
    assert_fits("open_interest", frame, binance_context.OPEN_INTEREST_KEY)
    [row] = frame.rows()
    assert row[3:] == (
        "linear",
        datetime(2024, 12, 9, tzinfo=UTC),
        Decimal("90123.456"),
        Decimal("8767890123.45678901"),
    )


def test_coin_margined_metrics_count_contracts_and_coins(answer_of):
    line = "2024-12-09 00:00:00,BTCUSD_PERP,5578700.00000000,18265.00911826,"
    context = {**UM, "family": "cm", "symbol": "BTCUSD_PERP", "face": "100"}
    [row] = binance_context.parse_metrics(answer_of(metrics("BTCUSD_PERP", line), context)).rows()
    assert row[3] == "inverse" and row[5:] == (Decimal("18265.00911826"), Decimal("557870000"))
    line = line.replace("BTC", "ETH")
    context = {**context, "symbol": "ETHUSD_PERP", "asset": "ETH", "face": "10"}
    [row] = binance_context.parse_metrics(answer_of(metrics("ETHUSD_PERP", line), context)).rows()
    assert row[6] == Decimal("55787000")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2024-12-09 00:00:00,ETHUSDT,1,2,", "asked for BTCUSDT, found 'ETHUSDT'"),
        ("1733702400000,BTCUSDT,1,2,", "create_time: expected yyyy-mm-dd"),
        ("2024-12-09 00:00:00,BTCUSDT,,2,", "sum_open_interest: expected a number"),
        ("2024-12-09 00:00:00,BTCUSDT,1,2", "row 1 has 4 fields, expected 5"),
    ],
)
def test_another_format_is_named(answer_of, line, reason):
    with pytest.raises(Unparsable, match=reason):
        binance_context.parse_metrics(answer_of(metrics("BTCUSDT", line), UM))


def test_two_different_rows_of_midnight_are_a_contradiction(answer_of):
    lines = [f"2024-12-09 00:00:00,BTCUSDT,{n},2," for n in (1, 3)]
    with pytest.raises(Unparsable, match="two values for 00:00 UTC"):
        binance_context.parse_metrics(answer_of(metrics("BTCUSDT", *lines), UM))


STEM = "data/futures/um/daily/metrics/BTCUSDT/BTCUSDT-metrics-"


def test_every_file_is_verified_and_a_hole_in_the_archive_is_absent(upstream, attempts, open_client):
    serve_listing(upstream, date(2024, 12, 7), date(2024, 12, 9), stem=STEM)
    upstream.serve(LISTING, listing())
    client = open_client()
    [part] = binance_context.metrics_parts(client, ["BTC"])
    assert part.context == UM
    assert (part.since, part.until) == (date(2024, 12, 7), date(2024, 12, 9))
    body = metrics()
    serve_file(upstream, f"{STEM}2024-12-09.zip", body)
    [answer] = binance_context.fetch_metrics(client, part, DAY)
    assert answer.body == body and attempts.verdicts[-2:] == ["ok", "ok"]
    hole = Window.of_days(date(2024, 12, 8), date(2024, 12, 8))
    with pytest.raises(NotPublished):
        list(binance_context.fetch_metrics(client, part, hole))
    assert attempts.verdicts[-1] == "absent"


@pytest.mark.parametrize(
    ("first", "begins"),
    [
        (date(2023, 11, 6), "2023-11-06"),  # 400 days that were named are wanted whole
        (date(2023, 11, 5), "2024-11-10"),  # a longer stretch is all there is: its last 30 days
        (date(2020, 9, 1), "2024-11-10"),
        (date(2024, 12, 9), "2024-12-09"),
        (None, "2024-11-10"),
    ],
)
def test_days_that_are_named_are_read_whole_and_all_of_them_in_the_last_month(
    upstream, open_client, first, begins
):
    upstream.serve(LISTING, listing())
    client = open_client()
    if first:
        client = client.bind("*", Window.of_days(first, date(2024, 12, 9)), None, {})
    assert binance_context.metrics_parts(client, ["ETH"]) == []
    [asked] = upstream.asked
    assert asked.query["start-after"] == f"{STEM.replace('BTC', 'ETH')}{begins}"  # `.zip` sorts after it


def test_coin_margined_contracts_are_worth_what_their_own_days_measure(upstream, open_client):
    days = date(2024, 12, 1), date(2024, 12, 9)
    upstream.serve(LISTING, listing())
    serve_listing(upstream, *days)  # for the part, and once more for the face
    for day in days:
        serve_measured(upstream, day, 1000)
    [part] = binance_context.metrics_parts(open_client(), ["BTC"])
    cm = {"family": "cm", "symbol": "BTCUSD_PERP", "asset": "BTC", "face": "1000"}
    assert (part.context, part.since, part.until) == (cm, *days)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_never_changes_a_figure(damage, answer_of, data):
    unread = ("basis", "basisRate", "annualizedBasisRate", "markPrice")
    for good, parse in ((GOOD, binance_context.parse_basis), (SETTLED, binance_context.parse_funding)):
        body = data.draw(damage(good, lambda path: bool(path) and path[-1] in unread))
        frame = parse(answer_of(good, CONTEXT))
        assert_same_or_named(body, whole_list, parse, lambda b: answer_of(b, CONTEXT), frame)
