"""Liquidation orders by day: what was watched, what is a true zero, and how orders stand beside buckets."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sql_warehouse import Warehouse, at

NOW = at("2024-12-11 03:00")
ORDERS = "gate_orders"
EPOCH = date(1970, 1, 1)


def order(when: str | datetime, usd: float | Decimal, side: str = "long", **more: Any) -> dict[str, Any]:
    moment = at(when) if isinstance(when, str) else when
    return {
        "venue": "gate",
        "market": "BTC_USDT",
        "asset": "BTC",
        "liquidated_at": moment,
        "order_id": f"{moment.isoformat()} {side} {usd}",
        "side": side,
        "price": Decimal(50000),
        "price_kind": "fill",
        "native_amount": Decimal(1),
        "native_unit": "contract",
        "multiplier": Decimal("0.0001"),
        "usd": Decimal(str(usd)),
    } | more


def bucket(when: str, usd: float, seconds: int = 3600, **more: Any) -> dict[str, Any]:
    return {
        "venue": "gate",
        "market": "BTC_USDT",
        "asset": "BTC",
        "bucket_start": at(when),
        "bucket_seconds": seconds,
        "long_usd": Decimal(str(usd)),
        "short_usd": Decimal(0),
    } | more


def watched(*windows: tuple[str, str], markets: tuple[str, ...] = ("BTC_USDT",), **more: Any) -> Warehouse:
    """A warehouse at NOW in which the orders of Gate were asked for in these windows."""
    warehouse = Warehouse(now=NOW)
    warehouse.dataset("gate", "liquidation_orders")
    for start, end in windows:
        warehouse.window(ORDERS, start, end, markets=list(markets), **more)
    return warehouse


def days(warehouse: Warehouse, where: str = "true") -> list[tuple[Any, ...]]:
    return warehouse.built(
        "facts.liquidation_order_days",
        "day::text, asset, side, amount_usd::int, orders, largest_order_usd::int, is_whole_day",
        where,
    )


def test_orders_add_up_by_venue_asset_and_side() -> None:
    warehouse = watched(("2024-12-01", "2024-12-11"))
    warehouse.raw(
        "liquidation_orders",
        "gate",
        [
            order("2024-12-09 00:00", 5),
            order("2024-12-09 12:00", 7),
            order("2024-12-09 23:59:59.999", 2, "short"),
            order("2024-12-09 12:00", 3, market="BTC_USD"),
            order("2024-12-10 00:00", 11),
        ],
    )
    assert days(warehouse, "day = '2024-12-09'") == [
        ("2024-12-09", "BTC", "long", 15, 3, 7, False),  # BTC_USD was not watched
        ("2024-12-09", "BTC", "short", 2, 1, 2, False),
    ]
    assert days(warehouse, "day = '2024-12-10'")[0] == ("2024-12-10", "BTC", "long", 11, 1, 11, True)


def test_equal_orders_of_one_moment_both_happened() -> None:
    warehouse = watched(("2024-12-01", "2024-12-11"))
    rows = [order("2024-12-09 12:00", 7, order_id=name) for name in ("a", "b")]
    warehouse.raw("liquidation_orders", "gate", rows)
    assert days(warehouse)[0][3:5] == (14, 2)


def test_a_watched_day_without_an_order_is_zero_and_an_unwatched_one_is_nothing() -> None:
    warehouse = watched(("2024-12-05", "2024-12-08"), ("2024-12-09", "2024-12-11"))
    warehouse.raw("liquidation_orders", "gate", [order("2024-12-06", 1), order("2024-12-10", 2)])
    found = [(day, usd, whole) for day, _, side, usd, _, _, whole in days(warehouse) if side == "long"]
    assert found == [
        ("2024-12-06", 1, True),
        ("2024-12-07", 0, True),
        ("2024-12-09", 0, True),
        ("2024-12-10", 2, True),
    ]  # nothing before the first order, nothing on the day that nobody watched


def test_nights_of_a_rolling_feed_make_whole_days_where_they_touch() -> None:
    """The last 24 hours, asked at 06:00: the first day was watched from 06:00 on, the night of the 9th failed."""
    warehouse = watched()
    for day, verdict in (("08", "complete"), ("09", "complete"), ("10", "failed"), ("11", "complete")):
        end = at(f"2024-12-{day} 06:00") if day < "11" else NOW
        start = (end - timedelta(days=1)).strftime("%Y-%m-%d %H:%M")
        warehouse.window(
            ORDERS, start, end.strftime("%Y-%m-%d %H:%M"), verdict, markets=["BTC_USDT"], observed_at=end
        )
    warehouse.raw("liquidation_orders", "gate", [order(f"2024-12-{d:02} 12:00", d) for d in (7, 8, 9, 10)])
    found = {day: whole for day, *_, whole in days(warehouse)}
    assert found == {"2024-12-07": False, "2024-12-08": True, "2024-12-09": False, "2024-12-10": False}
    rows = warehouse.built(
        "facts.coverage_daily",
        "day::text, status, reason",
        "source = 'gate' and venue = 'all' and day >= '2024-12-07'",
    )
    assert [status for _, status, _ in rows] == ["partial", "complete", "partial", "partial"]
    assert rows[0][2] == "only part of BTC"


def test_a_file_that_the_archive_does_not_have_is_no_zero() -> None:
    warehouse = watched(("2024-12-05", "2024-12-07"), ("2024-12-08", "2024-12-11"))
    warehouse.window(ORDERS, "2024-12-07", "2024-12-08", "absent", markets=["BTC_USDT"], reason="404")
    warehouse.raw("liquidation_orders", "gate", [order("2024-12-05", 1), order("2024-12-10", 2)])
    assert "2024-12-07" not in {row[0] for row in days(warehouse)}


def test_the_forming_day_is_no_day() -> None:
    warehouse = watched(("2024-12-09", "2024-12-12"))
    warehouse.raw("liquidation_orders", "gate", [order("2024-12-10", 1), order("2024-12-11 01:00", 9)])
    assert {row[0] for row in days(warehouse)} == {"2024-12-10"}
    assert warehouse.built("facts.largest_order_daily", "day::text", "venue = 'all'") == [("2024-12-10",)]


def test_the_day_formula_of_the_replay_server_is_met_to_the_unit() -> None:
    """48 orders a day of (i + 1) x w units, even ones long: 576 w long and 600 w short."""
    warehouse = watched(("2024-12-01", "2024-12-11"))
    for day in (date(2024, 12, 8), date(2024, 12, 9)):
        k = (day - EPOCH).days
        midnight = datetime.combine(day, datetime.min.time(), tzinfo=UTC)
        rows = [
            order(
                midnight + timedelta(milliseconds=(24 if i == 25 else i) * 86_399_999 // 47),
                Decimal((i + 1) * (1 + k % 7) * 5),
                ("long", "short")[i % 2],
                order_id=str(i),
            )
            for i in range(48)
        ]
        warehouse.raw("liquidation_orders", "gate", rows)
    assert days(warehouse) == [
        ("2024-12-08", "BTC", "long", 576 * 4 * 5, 24, 47 * 4 * 5, True),
        ("2024-12-08", "BTC", "short", 600 * 4 * 5, 24, 48 * 4 * 5, True),
        ("2024-12-09", "BTC", "long", 2880 * 5, 24, 47 * 5 * 5, True),
        ("2024-12-09", "BTC", "short", 3000 * 5, 24, 48 * 5 * 5, True),
    ]


class TestBesideBuckets:
    def by_source(self, warehouse: Warehouse) -> list[tuple[Any, ...]]:
        return warehouse.built(
            "facts.liquidations_by_source_daily",
            "day::text, source, feed, amount_usd::int, buckets, orders, is_whole_day",
            "side = 'long'",
        )

    def test_buckets_and_orders_of_one_source_tell_a_venue_once(self) -> None:
        warehouse = watched(("2024-12-01", "2024-12-11"))
        hours = [bucket(f"2024-12-09 {h:02}:00", 1) for h in range(24)]
        warehouse.raw("liquidation_buckets", "gate", hours)
        warehouse.raw(
            "liquidation_orders", "gate", [order("2024-12-09 12:00", 30), order("2024-12-10 12:00", 7)]
        )
        assert self.by_source(warehouse) == [
            ("2024-12-09", "gate", "buckets", 24, 24, None, True),
            ("2024-12-10", "gate", "orders", 7, None, 1, True),
        ]

    def test_a_whole_day_of_orders_stands_before_some_hours_of_buckets(self) -> None:
        warehouse = watched(("2024-12-01", "2024-12-11"))
        warehouse.raw("liquidation_buckets", "gate", [bucket(f"2024-12-09 {h:02}:00", 1) for h in (22, 23)])
        warehouse.raw("liquidation_orders", "gate", [order("2024-12-09 12:00", 30)])
        assert self.by_source(warehouse) == [("2024-12-09", "gate", "orders", 30, None, 1, True)]

    def test_own_orders_stand_beside_a_vendor_with_the_spread_and_double_nothing(self) -> None:
        warehouse = watched(("2024-12-01", "2024-12-11"))
        warehouse.raw("liquidation_orders", "gate", [order("2024-12-09 12:00", 30)])
        vendor = [
            bucket("2024-12-09", usd, 86400, venue=venue, market=venue)
            for venue, usd in (("gate", 20), ("binance", 100))
        ]
        warehouse.raw("liquidation_buckets", "coinalyze", vendor)
        assert warehouse.built(
            "facts.liquidations_daily", "venue, amount_usd::int, source", "side = 'long'"
        ) == [("binance", 100, "coinalyze"), ("gate", 20, "coinalyze")]
        assert warehouse.built(
            "facts.liquidation_spread_daily",
            "venue, headline_usd::int, other_source, other_usd::int",
            "side = 'long'",
        ) == [("gate", 20, "gate", 30)]

    def test_a_venue_that_no_vendor_tells_is_added_by_its_own_orders(self) -> None:
        warehouse = watched(("2024-12-01", "2024-12-11"))
        warehouse.raw("liquidation_orders", "gate", [order("2024-12-09 12:00", 30)])
        warehouse.raw(
            "liquidation_buckets", "coinalyze", [bucket("2024-12-09", 100, 86400, venue="binance+bybit")]
        )
        assert warehouse.built("facts.liquidation_totals_daily", "total_usd::int, venue_list, sources") == [
            (130, ["binance", "bybit", "gate"], ["coinalyze", "gate"])
        ]

    def test_samples_and_parts_of_venues_stay_beside_the_headline(self) -> None:
        warehouse = Warehouse(now=NOW)
        for source in ("tardis", "deribit", "dydx", "binance"):
            warehouse.raw("liquidation_orders", source, [order("2024-12-09 12:00", 30, venue=source)])
        assert len(warehouse.built("facts.liquidations_by_source_daily", "source", "side = 'long'")) == 4
        assert warehouse.built("facts.liquidations_daily", "venue") == []


def test_the_largest_order_of_each_venue_and_of_all() -> None:
    warehouse = Warehouse(now=NOW)
    warehouse.raw(
        "liquidation_orders",
        "gate",
        [
            order("2024-12-09 12:00", 30),
            order("2024-12-09 13:00", 50, "short", asset="ETH", market="ETH_USDT"),
            order("2024-12-09 14:00", 50, "long"),  # as large, later
        ],
    )
    warehouse.raw("liquidation_orders", "htx", [order("2024-12-09 09:00", 80, venue="htx")])
    rows = warehouse.built(
        "facts.largest_order_daily",
        "venue, order_venue, amount_usd::int, asset, side, liquidated_at::text, orders, venues, source",
    )
    assert rows == [
        ("all", "htx", 80, "BTC", "long", "2024-12-09 09:00:00+00", 4, 2, "htx"),
        ("gate", "gate", 50, "ETH", "short", "2024-12-09 13:00:00+00", 3, 2, "gate"),
        ("htx", "htx", 80, "BTC", "long", "2024-12-09 09:00:00+00", 1, 2, "htx"),
    ]


def test_hours_are_utc_hours_whatever_the_zone_of_the_session() -> None:
    warehouse = watched(("2024-12-01", "2024-12-11"))
    warehouse.raw("liquidation_orders", "gate", [order("2024-12-09 00:10", 1), order("2024-12-09 23:50", 2)])
    warehouse.conn.execute("set TimeZone = 'Asia/Kolkata'")
    warehouse.build("facts.liquidation_order_days")
    assert warehouse.rows(
        "select (hour_start at time zone 'UTC')::text, orders from staging.liquidation_order_hours order by all"
    ) == [("2024-12-09 00:00:00", 1), ("2024-12-09 23:00:00", 1)]
    assert warehouse.rows("select distinct day::text from facts.liquidation_order_days") == [("2024-12-09",)]
