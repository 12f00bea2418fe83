"""Episodes of extreme days, named events, and what the market did around them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from given_liquidations import Row, warehouse_of
from sql_warehouse import Warehouse, at

EVENTS, CONTEXT = "rankings.events", "rankings.event_context"
FIRST = date(2024, 8, 1)
EXTREMES = {"2024-08-06": 5000, "2024-10-01": 6000, "2024-10-03": 9000, "2024-10-06": 7000}


@cache
def given() -> Warehouse:
    """153 days to the end of 2024 of 100 to 252 dollars with four extreme ones; 2024-10-02 is told in part."""
    days = [(FIRST + timedelta(days=n)).isoformat() for n in range(152)]
    rows: list[Row] = [(day, "binance", "BTC", EXTREMES.get(day, 100 + n), 10) for n, day in enumerate(days)]
    warehouse = warehouse_of(rows, seconds={"2024-10-02": 14400})
    warehouse.raw(
        "prices",
        "binance",
        [
            {
                "venue": "binance",
                "market": "BTCUSDT",
                "asset": "BTC",
                "quote": "USDT",
                "bucket_start": at(day),
                "bucket_seconds": 86400,
                "open": Decimal(100),
                "high": Decimal(120),
                "low": Decimal(90),
                "close": Decimal(100 + n),
            }
            for n, day in enumerate(days[60:70])
        ],
    )
    warehouse.raw(
        "option_volatility",
        "deribit",
        [
            {
                "venue": "deribit",
                "market": "BTC-DVOL",
                "asset": "BTC",
                "measure": "dvol_close",
                "measured_at": at("2024-10-03"),
                "value": Decimal("61.5"),
            }
        ],
    )
    warehouse.raw(
        "futures_basis",
        "deribit",
        [
            {
                "venue": "deribit",
                "market": market,
                "asset": "BTC",
                "measured_at": at("2024-10-03 20:00"),
                "expires_at": at("2024-10-03 20:00") + timedelta(days=days_left),
                "future_price": Decimal(price),
                "index_price": Decimal(100),
            }
            for market, days_left, price in (("BTC-SOON", 10, 101), ("BTC-QUARTER", 73, 102))
        ],
    )
    warehouse.build(CONTEXT)
    return warehouse


class TestEpisodes:
    def test_extreme_days_at_most_two_apart_are_one_episode_and_three_apart_are_two(self) -> None:
        rows = given().rows(
            f"select event, peak_day::text, end_day::text, days, extreme_days, peak_rank, has_gap from {EVENTS} "
            "where kind = 'episode' order by all"
        )
        assert rows == [
            ("2024-08-06", "2024-08-06", "2024-08-06", 1, 1, 4, False),
            ("2024-10-01", "2024-10-03", "2024-10-03", 3, 2, 1, True),
            ("2024-10-06", "2024-10-06", "2024-10-06", 1, 1, 2, False),
        ]

    def test_the_bar_is_the_98th_percentile_of_the_complete_days_and_itself_above_it(self) -> None:
        rows = given().rows(
            "select rank, percentile, ranked_days from rankings.largest_liquidation_days where rank in (4, 5) order by 1"
        )
        assert rows == [(4, 98.0, 151), (5, 97.3333, 151)]  # the fourth is in an episode, the fifth in none

    def test_totals_hold_the_days_below_the_bar_too(self) -> None:
        rows = given().rows(
            f"select total_usd::int, long_usd::int, short_usd::int, peak_usd::int from {EVENTS} "
            "where event = '2024-10-01'"
        )
        told_in_part = 100 + (date(2024, 10, 2) - FIRST).days
        assert rows == [(6010 + 9010 + told_in_part + 10, 15000 + told_in_part, 30, 9010)]


class TestNamedEvents:
    def test_an_event_within_a_day_belongs_to_the_episode_and_others_stand_alone(self) -> None:
        rows = given().rows(
            f"select event, kind, start_day::text, named_events, names is not null from {EVENTS} "
            "where '85' in named_events or event = 'etf-btc' or event = '2024-10-06' order by all"
        )
        assert rows == [
            ("2024-08-06", "episode", "2024-08-06", ["85"], True),
            ("2024-10-06", "episode", "2024-10-06", [], False),
            ("etf-btc", "named", "2024-01-11", ["etf-btc"], True),
        ]

    def test_published_figures_stand_beside_and_fill_nothing(self) -> None:
        rows = given().rows(
            f"select event, total_usd, (published_usd / 1e9)::double, published_clock, has_gap from {EVENTS} "
            "where event in ('519', '312') order by all"
        )
        assert rows == [("312", None, None, None, True), ("519", None, 9.01, "utc_day", True)]

    def test_an_event_that_has_not_happened_yet_is_absent(self) -> None:
        assert given().rows(f"select event from {EVENTS} where '1010' in named_events") == []


class TestContext:
    def test_fifteen_days_around_the_peak_with_what_is_known_of_each(self) -> None:
        rows = given().rows(
            f"select offset_days, day::text, liquidations_usd::int, btc_close_usd::int, dvol_btc, basis_btc, "
            f"basis_btc_market, etf_btc_usd, dex_all_usd from {CONTEXT} "
            "where event = '2024-10-01' and offset_days between -1 and 1 order by all"
        )
        day_of = (date(2024, 10, 2) - FIRST).days
        assert rows == [
            (-1, "2024-10-02", 110 + day_of, 102, None, None, None, None, None),
            (0, "2024-10-03", 9010, 103, Decimal("61.5"), 0.1, "deribit BTC-QUARTER", None, None),
            (1, "2024-10-04", 112 + day_of, 104, None, None, None, None, None),
        ]
        span = given().rows(
            f"select min(offset_days), max(offset_days), count(*) from {CONTEXT} where event = '2024-10-01'"
        )
        assert span == [(-7, 7, 15)]

    def test_days_that_have_not_ended_are_absent(self) -> None:
        rows = given().rows(f"select count(*) from {CONTEXT} where day > '2024-12-30'")
        assert rows == [(0,)]


def test_an_empty_warehouse_knows_named_events_and_no_measured_figure() -> None:
    empty = Warehouse()
    empty.build(CONTEXT)
    assert empty.rows(f"select count(*) from {EVENTS} where kind <> 'named' or total_usd is not null") == [
        (0,)
    ]
    assert empty.rows(f"select count(*) from {CONTEXT} where liquidations_usd is not null") == [(0,)]
