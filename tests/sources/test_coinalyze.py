"""Coinalyze: its listing, its one long answer, and each trap that it is known for."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import coinalyze
from pipelines.sources.bodies import whole_list
from pipelines.sources.contract import (
    Incomplete,
    KeyRejected,
    Retry,
    SourceError,
    Unparsable,
    Unreachable,
    Window,
)
from pipelines.sources.upstream import Reply
from pipelines.storage.contracts import KINDS

KIND = KINDS["liquidation_buckets"]
KEY = "c0inalyze-key-of-nobody"
HOST = "/api.coinalyze.net/v1"
DEC_8, DEC_9, DEC_10 = (int(datetime(2024, 12, d, tzinfo=UTC).timestamp()) for d in (8, 9, 10))

EXCHANGES = [
    {"name": "Binance", "code": "A"},
    {"name": "OKX+Bybit", "code": "3"},
    {"name": "Gate.io", "code": "Y"},
]


def market(symbol, base, *, perpetual=True, **more):
    return {
        "symbol": symbol,
        "exchange": symbol.rsplit(".", 1)[1],
        "symbol_on_exchange": symbol.split("_")[0],
        "base_asset": base,
        "quote_asset": "USDT",
        "is_perpetual": perpetual,
        "margined": "STABLE",
        "expire_at": 0,
        "oi_lq_vol_denominated_in": "BASE_ASSET",
        **more,
    }


MARKETS = [
    market("ETHUSDT_PERP.A", "ETH"),
    market("BTCUSDT_PERP.A", "BTC"),
    market("BTCUSDT_PERP.3", "BTC"),
    market("BTCUSDT_250328.A", "BTC", perpetual=False, expire_at=1743148800000),
    market("1000PEPEUSDT_PERP.Y", "1000PEPE"),
]
CONTEXT = {"markets": {"BTCUSDT_PERP.A": ["binance", "BTC"], "BTCUSDT_PERP.3": ["bybit+okx", "BTC"]}}
GOOD = [
    {
        "symbol": "BTCUSDT_PERP.A",
        "history": [{"t": DEC_8, "l": 1234567.891, "s": 76.5}, {"t": DEC_9, "l": 60986857.91183, "s": 0}],
    },
    {"symbol": "BTCUSDT_PERP.3", "history": [{"t": DEC_9, "l": 57144419.8576, "s": 16011572.9083}]},
]
ROWS = [
    ("binance", "BTCUSDT_PERP.A", date(2024, 12, 8), Decimal("1234567.8910"), Decimal("76.5000")),
    ("binance", "BTCUSDT_PERP.A", date(2024, 12, 9), Decimal("60986857.9118"), Decimal("0.0000")),
    ("bybit+okx", "BTCUSDT_PERP.3", date(2024, 12, 9), Decimal("57144419.8576"), Decimal("16011572.9083")),
]


def rows_of(frame):
    return [(r[0], r[1], r[3].date(), r[5], r[6]) for r in frame.iter_rows()]


def listed(upstream, markets=MARKETS, exchanges=EXCHANGES):
    upstream.serve(f"{HOST}/exchanges", exchanges)
    upstream.serve(f"{HOST}/future-markets", markets)


def client_of(open_client):
    return open_client("coinalyze", "coinalyze_liquidations", COINALYZE_API_KEY=KEY)


# ---- parts ------------------------------------------------------------------------------------------


def test_parts_are_the_perpetuals_of_the_asked_assets(upstream, open_client):
    listed(upstream)
    parts = coinalyze.parts(client_of(open_client), ["BTC", "PEPE", "LTC"])
    assert [part.markets for part in parts] == [
        ("BTCUSDT_PERP.3", "BTCUSDT_PERP.A"),
        ("1000PEPEUSDT_PERP.Y",),
    ]
    assert parts[0].context == CONTEXT
    assert parts[1].context == {"markets": {"1000PEPEUSDT_PERP.Y": ["gate", "PEPE"]}}
    assert len(upstream.asked) == 2


def test_no_asset_named_is_all_of_them(upstream, open_client):
    listed(upstream)
    assert [p.name.split()[0] for p in coinalyze.parts(client_of(open_client), [])] == ["BTC", "ETH", "PEPE"]


def test_batches_of_twenty_and_a_new_listing_is_another_part(upstream, open_client):
    many = [market(f"BTC{n:03}_PERP.A", "BTC") for n in range(45)]
    listed(upstream, many)
    parts = coinalyze.parts(client_of(open_client), ["BTC"])
    assert [len(part.markets) for part in parts] == [20, 20, 5]
    upstream.answers.clear()
    listed(upstream, [*many, market("BTC999_PERP.A", "BTC")])
    again = coinalyze.parts(client_of(open_client), ["BTC"])  # the next run
    assert [part.name for part in again[:2]] == [part.name for part in parts[:2]]
    assert again[2].name != parts[2].name


def test_a_market_named_in_another_alphabet_does_not_cost_the_list(upstream, open_client):
    listed(upstream, [*MARKETS, market("币安人生USDT_PERP.A", "币安人生")])
    names = [p.name.split()[0] for p in coinalyze.parts(client_of(open_client), [])]
    assert names == ["BTC", "ETH", "PEPE"]


def test_doubled_rows_of_the_listing_are_one_market(upstream, open_client):
    listed(upstream, MARKETS + MARKETS[1:2], EXCHANGES + EXCHANGES[:1])
    assert coinalyze.parts(client_of(open_client), ["BTC"])[0].context == CONTEXT


@pytest.mark.parametrize(
    ("exchanges", "markets", "reason"),
    [
        ([], MARKETS, "exchanges is empty"),  # what a key in the wrong place gets, with HTTP 200
        (EXCHANGES, [], "future-markets is empty"),
        ([{"name": "Binance", "id": "A"}], MARKETS, "field 'code' is not there; found name, id"),
        ([*EXCHANGES, {"name": "Kraken", "code": "A"}], MARKETS, "'A' stands for binance and kraken"),
        (EXCHANGES, [market("BTCUSDT_PERP.Q", "BTC")], "exchange 'Q' is not among"),
        (
            EXCHANGES,
            [market("BTCUSDT_PERP.A", "BTC", perpetual="yes")],
            "expected true or false, found 'yes'",
        ),
        (EXCHANGES, [{"market": "BTCUSDT_PERP.A"}], "field 'is_perpetual' is not there; found market"),
        (EXCHANGES, ["BTCUSDT_PERP.A"], "expected objects"),
    ],
)
def test_a_listing_that_is_not_the_documented_one(upstream, open_client, exchanges, markets, reason):
    listed(upstream, markets, exchanges)
    with pytest.raises(Unparsable, match=reason):
        coinalyze.parts(client_of(open_client), ["BTC"])


# ---- fetch ------------------------------------------------------------------------------------------


def test_the_whole_window_in_one_question(upstream, attempts, open_client):
    listed(upstream)
    upstream.serve(f"{HOST}/liquidation-history", GOOD)
    client = client_of(open_client)
    [part] = coinalyze.parts(client, ["BTC"])
    window = Window.of_days(date(2020, 1, 1), date(2024, 12, 9))
    [answer] = coinalyze.fetch(client.bind(part.name, window, None, part.context), part, window)
    asked = upstream.asked[-1]
    assert asked.query == {
        "symbols": "BTCUSDT_PERP.3,BTCUSDT_PERP.A",
        "interval": "daily",
        "from": "1577836800",  # seconds: milliseconds get HTTP 200 and nothing
        "to": str(DEC_10 - 1),  # both ends are included
        "convert_to_usd": "true",
    }
    assert asked.headers["api_key"] == KEY and "authorization" not in asked.headers
    assert rows_of(coinalyze.parse(answer)) == ROWS
    assert KEY not in attempts.everything


def test_every_symbol_of_a_question_is_a_call(upstream, open_client):
    listed(upstream, [market(f"BTC{n:03}_PERP.A", "BTC") for n in range(40)])
    upstream.serve(f"{HOST}/liquidation-history", [])
    client = open_client(COINALYZE_API_KEY=KEY, FLOODMARK_RATE_SCALE=120)  # forty calls in half a second
    started = time.monotonic()
    for part in coinalyze.parts(client, ["BTC"]):
        list(coinalyze.fetch(client, part, Window.of_days(date(2024, 12, 9), date(2024, 12, 9))))
    assert time.monotonic() - started >= 0.5  # two questions of twenty after two of the listing


def test_a_cut_answer_and_a_full_minute_are_asked_again(upstream, attempts, open_client):
    cut = (200, {}, b'[{"symbol": "BTCUSDT_PERP.A", "history": [{"t": 17336')
    full = (429, {"Retry-After": "0.217"}, b'{"message": "Too Many Requests"}')
    error = (200, {}, b'{"message": "Internal error"}')
    upstream.answers[f"{HOST}/exchanges"] = [
        cut,
        full,
        error,
        (200, {}, b'[{"name": "Binance", "code": "A"}]'),
    ]
    upstream.serve(f"{HOST}/future-markets", MARKETS[:1])
    started = time.monotonic()
    assert coinalyze.parts(client_of(open_client), ["ETH"])
    assert attempts.verdicts == ["retry", "retry", "retry", "ok", "ok"]
    assert time.monotonic() - started >= 0.217


@pytest.mark.parametrize(("status", "error"), [(401, KeyRejected), (403, Unreachable), (451, Unreachable)])
def test_a_refusal_is_asked_once(upstream, open_client, status, error):
    upstream.serve(f"{HOST}/exchanges", {"message": "Invalid/Missing API key"}, status=status)
    with pytest.raises(error):
        coinalyze.parts(client_of(open_client), ["BTC"])
    assert len(upstream.asked) == 1


def test_an_object_where_a_list_belongs_is_never_no_data(upstream, open_client):
    upstream.serve(f"{HOST}/exchanges", {"message": "try later"})
    with pytest.raises(Incomplete, match="expected a list, found dict"):
        coinalyze.parts(client_of(open_client), ["BTC"])


# ---- parse ------------------------------------------------------------------------------------------


def test_parse_gives_the_columns_of_the_contract(answer_of):
    frame = coinalyze.parse(answer_of(GOOD, CONTEXT))
    assert frame.schema == KIND.columns and KIND.key == coinalyze.KEY
    KIND.schema.validate(frame)
    assert rows_of(frame) == ROWS
    assert set(frame["asset"]) == {"BTC"} and set(frame["bucket_seconds"]) == {86400}


def test_nothing_is_a_legitimate_answer_and_an_absent_day_stays_absent(answer_of):
    empty = coinalyze.parse(answer_of([], CONTEXT))
    assert empty.is_empty() and empty.schema == KIND.columns
    only = coinalyze.parse(answer_of([GOOD[1]], CONTEXT))
    assert rows_of(only) == ROWS[2:]


def test_the_running_day_is_left_out(answer_of):
    running = [
        {"symbol": "BTCUSDT_PERP.A", "history": [{"t": DEC_9, "l": 1, "s": 2}, {"t": DEC_10, "l": 3, "s": 4}]}
    ]
    assert coinalyze.parse(answer_of(running, CONTEXT))["bucket_start"].to_list() == [
        datetime(2024, 12, 9, tzinfo=UTC)
    ]


def one(**fields):
    return [{"symbol": "BTCUSDT_PERP.A", "history": [{"t": DEC_9, "l": 1, "s": 2} | fields]}]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (one(t=DEC_9 * 1000), "not a time in s"),
        (one(t=DEC_9 + 3600), "not the start of a UTC day"),
        (one(l=None), "BTCUSDT_PERP.A l: expected a number, found None"),
        (one(s="many"), "BTCUSDT_PERP.A s: expected a number, found 'many'"),
        (one(s=float("nan")), "expected a number"),
        (
            [{"symbol": "BTCUSDT_PERP.A", "history": [{"t": DEC_9, "long": 1, "s": 2}]}],
            "field 'l' .* found t, long, s",
        ),
        ([{"market": "BTCUSDT_PERP.A", "history": []}], "field 'symbol' is not there"),
        ([{"symbol": "BTCUSDT_PERP.A"}], "field 'history' is not there"),
        ([{"symbol": "BTCUSDT_PERP.A", "history": None}], "history: expected a list"),
        ([{"symbol": "DOGEUSDT_PERP.A", "history": []}], "'DOGEUSDT_PERP.A' was not asked for"),
        (one() + one(l=7), "two values for one key"),
    ],
)
def test_another_format_is_named(answer_of, body, reason):
    with pytest.raises(Unparsable, match=reason):
        coinalyze.parse(answer_of(body, CONTEXT))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_never_changes_a_number(damage, answer_of, data):
    body = data.draw(damage(GOOD))
    try:
        whole_list(Reply(200, {}, body))
        frame = coinalyze.parse(answer_of(body, CONTEXT))
    except (SourceError, Retry) as error:
        assert error.reason
    else:
        assert sorted(rows_of(frame)) == sorted(ROWS)


FOUR_HOURS = next(d for d in coinalyze.DATASETS if d.name == "coinalyze_liquidations_4h")


def test_buckets_of_four_hours_are_kept_as_such_and_the_forming_one_is_dropped(answer_of) -> None:
    start = int(datetime(2024, 12, 9, tzinfo=UTC).timestamp())
    history = [{"t": start + n * 14_400, "l": n + 1, "s": n} for n in range(7)]
    answer = answer_of(
        [{"symbol": "BTCUSDT_PERP.A", "history": history}],
        {"markets": {"BTCUSDT_PERP.A": ["binance", "BTC"]}},
    )
    rows = FOUR_HOURS.parse(answer)
    assert rows["bucket_seconds"].to_list() == [14_400] * 6
    assert [t.hour for t in rows["bucket_start"]] == [0, 4, 8, 12, 16, 20]
    assert [int(x) for x in rows["long_usd"]] == [1, 2, 3, 4, 5, 6]


def test_a_start_beside_the_grid_of_four_hours_is_an_error(answer_of) -> None:
    late = int(datetime(2024, 12, 9, 2, tzinfo=UTC).timestamp())
    answer = answer_of(
        [{"symbol": "BTCUSDT_PERP.A", "history": [{"t": late, "l": 1, "s": 1}]}],
        {"markets": {"BTCUSDT_PERP.A": ["binance", "BTC"]}},
    )
    with pytest.raises(Unparsable, match="not the start of a bucket of 14400 s"):
        FOUR_HOURS.parse(answer)
