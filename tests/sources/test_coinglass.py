"""CoinGlass: venue lists, padding, errors inside HTTP 200, and funds that have not reported."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.runs.plan import plan_part
from pipelines.sources import coinglass
from pipelines.sources.contract import (
    Incomplete,
    KeyRejected,
    RateStopped,
    Refused,
    Retry,
    SourceError,
    Unparsable,
    Unreachable,
    Window,
)
from pipelines.sources.upstream import Reply
from pipelines.storage.contracts import KINDS

BUCKETS, FLOWS = KINDS["liquidation_buckets"], KINDS["etf_flows"]
KEY = "c0inglass-key-of-nobody"
HOST = "/open-api-v4.coinglass.com"
HISTORY = f"{HOST}/api/futures/liquidation/aggregated-history"
URL = "https://open-api-v4.coinglass.com/api/futures/liquidation/aggregated-history?symbol=BTC&exchange_list="
WINDOW = Window.of_days(date(2024, 12, 7), date(2024, 12, 9))


def ms(*day):
    return int(datetime(*day, tzinfo=UTC).timestamp() * 1000)


def bucket(day, long_usd, short_usd):
    return {
        "time": ms(2024, 12, day),
        "aggregated_long_liquidation_usd": long_usd,
        "aggregated_short_liquidation_usd": short_usd,
    }


def envelope(data, **more):
    return {"code": "0", "msg": "success", "data": data, **more}


GOOD = envelope(
    [bucket(7, 0.0, 0.0), bucket(8, "5345708.23191", "12.5"), bucket(9, 118131277.77, 30769468.47)]
)
ROWS = [
    (date(2024, 12, 7), Decimal(0), Decimal(0)),
    (date(2024, 12, 8), Decimal("5345708.2319"), Decimal("12.5")),
    (date(2024, 12, 9), Decimal("118131277.77"), Decimal("30769468.47")),
]

ETF_GOOD = envelope(
    [
        {
            "timestamp": ms(2024, 12, 6),
            "flow_usd": 376000000,
            "price_usd": 99740.84,
            "etf_flows": [
                {"etf_ticker": "IBIT", "flow_usd": 257000000},
                {"etf_ticker": "BTC", "flow_usd": -1500000.5},
                {"etf_ticker": "FBTC", "flow_usd": 120500000.5},
            ],
        },
        {
            "timestamp": ms(2024, 12, 9),
            "flow_usd": -3,
            "price_usd": 97276.47,
            "etf_flows": [
                {"etf_ticker": "IBIT"},
                {"etf_ticker": "BTC", "flow_usd": "-3"},
                {"etf_ticker": "FBTC"},
            ],
        },
    ]
)
ETF_ROWS = [
    ("TOTAL", date(2024, 12, 6), Decimal(376000000)),
    ("IBIT", date(2024, 12, 6), Decimal(257000000)),
    ("BTC", date(2024, 12, 6), Decimal("-1500000.5")),
    ("FBTC", date(2024, 12, 6), Decimal("120500000.5")),
    ("TOTAL", date(2024, 12, 9), Decimal(-3)),
    ("IBIT", date(2024, 12, 9), None),
    ("BTC", date(2024, 12, 9), Decimal(-3)),
    ("FBTC", date(2024, 12, 9), None),
]


def rows_of(frame):
    return [(r[3].date(), r[5], r[6]) for r in frame.iter_rows()]


def flows_of(frame):
    return [r[2:] for r in frame.iter_rows()]


def client_of(open_client):
    return open_client("coinglass", "coinglass_liquidations", COINGLASS_API_KEY=KEY)


def fetch_btc(client, window=WINDOW):
    [part] = coinglass.liquidation_parts(client, ["BTC"])
    return list(
        coinglass.fetch_liquidations(client.bind(part.name, window, None, part.context), part, window)
    )


# ---- liquidations -----------------------------------------------------------------------------------


def test_a_part_holds_the_venue_lists_of_one_asset(open_client):
    parts = coinglass.liquidation_parts(client_of(open_client), ["BTC", "ETH", "BTC"])
    assert [part.name for part in parts] == ["BTC", "ETH"]
    assert parts[0].markets == ("BTC@binance+bybit+okx", "BTC@binance", "BTC@okx", "BTC@bybit")


def test_the_sum_first_then_its_members(upstream, attempts, open_client):
    upstream.serve(HISTORY, GOOD, GOOD, envelope([]), envelope([]))
    answers = fetch_btc(client_of(open_client))
    assert [asked.query["exchange_list"] for asked in upstream.asked] == list(coinglass.EXCHANGE_LISTS)
    assert upstream.asked[0].query == {
        "symbol": "BTC",
        "exchange_list": "Binance,OKX,Bybit",
        "interval": "1d",
        "limit": "1000",
        "start_time": str(ms(2024, 12, 7)),
        "end_time": str(ms(2024, 12, 10) - 1),
    }
    assert upstream.asked[0].headers["cg-api-key"] == KEY and KEY not in attempts.everything
    frames = [coinglass.parse_liquidations(answer) for answer in answers]
    assert [frame["market"].unique().to_list() for frame in frames] == [
        ["BTC@binance+bybit+okx"],
        ["BTC@binance"],
        [],
        [],
    ]
    assert rows_of(frames[0]) == ROWS


def test_an_asset_that_is_not_there_costs_one_question(upstream, open_client):
    upstream.serve(HISTORY, envelope([]))
    assert len(fetch_btc(client_of(open_client))) == len(upstream.asked) == 1


def test_more_days_than_rows_are_never_asked(open_client):
    with pytest.raises(ValueError, match="cut it silently"):
        fetch_btc(client_of(open_client), Window.of_days(date(2020, 1, 1), date(2024, 12, 9)))


def test_the_columns_of_the_contract_and_padding_as_it_came(answer_of):
    frame = coinglass.parse_liquidations(answer_of(GOOD, {"asset": "BTC"}, URL + "Binance,OKX,Bybit"))
    assert frame.schema == BUCKETS.columns and BUCKETS.key == coinglass.LIQUIDATION_KEY
    BUCKETS.schema.validate(frame)
    assert set(frame["venue"]) == {"binance+bybit+okx"} and set(frame["asset"]) == {"BTC"}
    assert rows_of(frame) == ROWS  # zeros of a dead feed are told from padding in staging


def test_the_running_day_is_left_out(answer_of):
    running = envelope([bucket(9, 1, 2), bucket(10, 3, 4)])
    assert rows_of(coinglass.parse_liquidations(answer_of(running, {"asset": "BTC"}, URL + "Binance"))) == [
        (date(2024, 12, 9), Decimal(1), Decimal(2))
    ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (envelope([{"time": ms(2024, 12, 9), "long": 1}]), "'aggregated_long_liquidation_usd' is not there"),
        (envelope([bucket(9, None, 2)]), "expected a number, found None"),
        (envelope([bucket(9, 1, "-")]), "expected a number, found '-'"),
        (envelope([{**bucket(9, 1, 2), "time": 1733702400}]), "not a time in ms"),
        (envelope([{**bucket(9, 1, 2), "time": ms(2024, 12, 9, 4)}]), "not the start of a UTC day"),
        (envelope(None), "data: expected a list, found NoneType"),
        ({"code": "0", "msg": "success", "rows": []}, "field 'data' is not there; found code, msg, rows"),
        (envelope([bucket(9, 1, 2), bucket(9, 1, 3)]), "two values for one key"),
    ],
)
def test_another_format_is_named(answer_of, body, reason):
    with pytest.raises(Unparsable, match=reason):
        coinglass.parse_liquidations(answer_of(body, {"asset": "BTC"}, URL + "Binance"))


# ---- errors inside HTTP 200 -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words", "error"),
    [
        ("401", "API key missing.", KeyRejected),
        (401, "API key missing.", KeyRejected),
        ("400", "The requested interval is not available for your current API plan.", KeyRejected),
        ("400", "Required parameter symbol is missing.", Refused),
        ("404", "Not Found", Refused),
        ("422", "unprocessable", Refused),
        ("50001", "something new", Refused),
    ],
)
def test_the_code_counts_and_not_the_status(upstream, open_client, code, words, error):
    upstream.serve(HISTORY, {"code": code, "msg": words})
    with pytest.raises(error, match=words):
        fetch_btc(client_of(open_client))
    assert len(upstream.asked) == 1


@pytest.mark.parametrize("status", [200, 429])
def test_the_rate_answer_is_waited_for(upstream, attempts, open_client, status):
    busy = (status, {"Retry-After": "0.2"}, b'{"code": "429", "msg": "Too Many Requests"}')
    upstream.answers[HISTORY] = [busy, (200, {}, b'{"code": "0", "data": []}')]
    fetch_btc(client_of(open_client))
    assert attempts.verdicts == ["retry", "ok"]
    assert "Too Many Requests" in attempts.rows[0].error


def test_a_rate_answer_past_the_cap_stops_the_source(upstream, open_client):
    upstream.serve(HISTORY, {"code": "429", "msg": "quota"}, Retry_After="86400")
    with pytest.raises(RateStopped):
        fetch_btc(client_of(open_client))


def test_passing_faults_are_asked_again(upstream, attempts, open_client):
    upstream.answers[HISTORY] = [
        (200, {}, b'{"code": "0", "msg": "success", "data": [{"time": 17'),
        (200, {}, b""),
        (200, {}, b"<html>502</html>"),
        (200, {}, b"[]"),
        (200, {}, b'{"code": "500", "msg": "Server Error"}'),
        (500, {}, b'{"code": "500", "msg": "Server Error"}'),
        (200, {}, b'{"code": "0", "data": []}'),
    ]
    fetch_btc(client_of(open_client))
    assert attempts.verdicts == ["retry"] * 6 + ["ok"]


def test_it_gives_up_by_name(upstream, open_client):
    upstream.serve(HISTORY, b'{"code": "0", "data": [')
    with pytest.raises(Incomplete, match="not whole JSON"):
        fetch_btc(client_of(open_client))


def test_a_closed_route_is_not_a_wrong_key(upstream, open_client):
    upstream.serve(HISTORY, "<html>403 Forbidden</html>", status=403)
    with pytest.raises(Unreachable):
        fetch_btc(client_of(open_client))


# ---- ETF flows --------------------------------------------------------------------------------------


def test_the_three_lists_whatever_is_asked(upstream, open_client):
    client = client_of(open_client)
    parts = coinglass.etf_parts(client, ["DOGE"])
    assert [(part.name, part.markets, part.since) for part in parts] == [
        ("BTC", ("btc",), date(2024, 1, 11)),
        ("ETH", ("eth",), date(2024, 7, 23)),
        ("SOL", ("sol",), date(2025, 10, 28)),
    ]
    for part, name in zip(parts, ("bitcoin", "ethereum", "solana"), strict=True):
        upstream.serve(f"{HOST}/api/etf/{name}/flow-history", ETF_GOOD)
        [answer] = coinglass.fetch_etf_flows(client.bind(part.name, WINDOW, None, part.context), part, WINDOW)
        frame = coinglass.parse_etf_flows(answer)
        assert upstream.asked[-1].path == f"{HOST}/api/etf/{name}/flow-history"
        assert flows_of(frame) == ETF_ROWS and set(frame["asset"]) == {part.name}


def test_no_list_is_asked_for_before_its_first_fund():
    [dataset] = [d for d in coinglass.DATASETS if d.name == "coinglass_etf_flows"]
    asked = {
        now: [p.name for p in coinglass.etf_parts(None, []) if plan_part(dataset, p, None, [], now)]
        for now in (datetime(2024, 12, 31, 3, tzinfo=UTC), datetime(2025, 10, 29, 3, tzinfo=UTC))
    }
    assert list(asked.values()) == [["BTC", "ETH"], ["BTC", "ETH", "SOL"]]


def test_a_solana_fund_that_came_later_is_not_on_the_rows_before(answer_of):
    days = [
        {
            "timestamp": ms(2025, 10, 28),
            "flow_usd": 69500000,
            "etf_flows": [{"etf_ticker": "BSOL", "flow_usd": 69500000}],
        },
        {
            "timestamp": ms(2025, 10, 29),
            "flow_usd": 48000000,
            "etf_flows": [{"etf_ticker": "GSOL", "flow_usd": 1400000}, {"etf_ticker": "BSOL"}],
        },
    ]
    frame = coinglass.parse_etf_flows(answer_of(envelope(days), {"asset": "SOL"}))
    assert flows_of(frame) == [
        ("TOTAL", date(2025, 10, 28), Decimal(69500000)),
        ("BSOL", date(2025, 10, 28), Decimal(69500000)),
        ("TOTAL", date(2025, 10, 29), Decimal(48000000)),
        ("GSOL", date(2025, 10, 29), Decimal(1400000)),
        ("BSOL", date(2025, 10, 29), None),
    ]


def test_a_fund_without_a_flow_is_null_and_never_zero(answer_of):
    frame = coinglass.parse_etf_flows(answer_of(ETF_GOOD, {"asset": "BTC"}))
    assert frame.schema == FLOWS.columns and FLOWS.key == coinglass.ETF_KEY
    FLOWS.schema.validate(frame)
    assert flows_of(frame) == ETF_ROWS
    assert set(frame["market"]) == {"btc"} and set(frame["asset"]) == {"BTC"}


def test_the_renamed_ether_fund_is_one_series(answer_of):
    days = [
        {"timestamp": ms(2025, 8, 29), "flow_usd": 1, "etf_flows": [{"etf_ticker": "CETH", "flow_usd": 1}]},
        {"timestamp": ms(2025, 9, 2), "flow_usd": 2, "etf_flows": [{"etf_ticker": "TETH", "flow_usd": 2}]},
    ]
    frame = coinglass.parse_etf_flows(answer_of(envelope(days), {"asset": "ETH"}))
    assert flows_of(frame)[1::2] == [
        ("TETH", date(2025, 8, 29), Decimal(1)),
        ("TETH", date(2025, 9, 2), Decimal(2)),
    ]


def etf_row(**fields):
    row = {"timestamp": ms(2024, 12, 9), "flow_usd": 1, "etf_flows": [{"etf_ticker": "IBIT", "flow_usd": 1}]}
    return envelope([{k: v for k, v in (row | fields).items() if v != "gone"}])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            etf_row(flow_usd="gone", change_usd=1),
            "field 'flow_usd' is not there; found timestamp, etf_flows, change_usd",
        ),
        (etf_row(flow_usd=None), "expected a number, found None"),
        (etf_row(etf_flows="gone", flows=[]), "field 'etf_flows' is not there"),
        (
            etf_row(etf_flows=[{"etf_ticker": "IBIT", "change_usd": 1}]),
            "field 'flow_usd' is not there; found etf_tick",
        ),
        (etf_row(etf_flows=[{"ticker": "IBIT", "flow_usd": 1}]), "field 'etf_ticker' is not there"),
        (
            etf_row(etf_flows=[{"etf_ticker": "IBIT", "flow_usd": None}]),
            "IBIT flow_usd: expected a number, found None",
        ),
        (etf_row(etf_flows=[{"etf_ticker": "", "flow_usd": 1}]), "expected the ticker of a fund"),
        (etf_row(etf_flows={"IBIT": 1}), "etf_flows: expected a list, found dict"),
    ],
)
def test_another_etf_format_is_named(answer_of, body, reason):
    with pytest.raises(Unparsable, match=reason):
        coinglass.parse_etf_flows(answer_of(body, {"asset": "BTC"}))


# ---- damage -----------------------------------------------------------------------------------------


def fund_flow(path):
    """A fund without `flow_usd` has not reported: the upstream documents its absence."""
    return len(path) > 3 and path[2] == "etf_flows" and path[-1] == "flow_usd"


def read(damaged, parse, answer):
    reply = Reply(200, {}, damaged)
    coinglass.refusal(reply)
    coinglass.whole_envelope(reply)
    return parse(answer)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_never_changes_a_liquidation(damage, answer_of, data):
    body = data.draw(damage(GOOD))
    try:
        frame = read(body, coinglass.parse_liquidations, answer_of(body, {"asset": "BTC"}, URL + "Binance"))
    except (SourceError, Retry) as error:
        assert error.reason
    else:
        assert sorted(rows_of(frame)) == sorted(ROWS)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_never_changes_a_flow(damage, answer_of, data):
    body = data.draw(damage(ETF_GOOD, fund_flow))
    try:
        frame = read(body, coinglass.parse_etf_flows, answer_of(body, {"asset": "BTC"}))
    except (SourceError, Retry) as error:
        assert error.reason
    else:
        assert len(frame) == len(ETF_ROWS) and set(flows_of(frame)) == set(ETF_ROWS)
