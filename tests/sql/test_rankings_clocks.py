"""The largest 24 hours and the local day: from buckets of hours, from orders in hours that were watched."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from given_liquidations import RANKS, Row, warehouse_of
from sql_warehouse import Warehouse, at

WINDOWS = "facts.liquidation_window_days"


def buckets(
    first: str, last: str, hours: int, amounts: dict[str, float], venue: str = "binance", asset: str = "BTC"
) -> list[Row]:
    """Buckets of so many hours, each of 1 dollar but for `amounts`; 0 leaves a bucket out."""
    moment = at(first)
    rows: list[Row] = []
    while moment < at(last):
        text = moment.strftime("%Y-%m-%d %H:%M")
        if usd := amounts.get(text, 1):
            rows.append((text, venue, asset, usd, 0))
        moment += timedelta(hours=hours)
    return rows


@cache
def burst() -> Warehouse:
    """A wave over midnight: 100 in the last four hours of the 9th, 50 in the first four of the 10th."""
    wave: dict[str, float] = {"2024-12-09 20:00": 100, "2024-12-10 00:00": 50}
    warehouse = warehouse_of(buckets("2024-12-06", "2024-12-14", 4, wave), seconds=14400)
    warehouse.build(RANKS)
    return warehouse


def windows(warehouse: Warehouse, columns: str, where: str) -> list[tuple[Any, ...]]:
    return warehouse.rows(f"select day::text, {columns} from {WINDOWS} where {where} order by all")


class TestTrailing:
    WHERE = "clock = 'trailing_24h' and scope_kind = 'overall' and venue_set = 'all'"

    def test_a_wave_over_midnight_belongs_once_to_the_day_of_its_largest_bucket(self) -> None:
        found = windows(burst(), "total_usd::int, left(window_start::text, 16), coverage_status", self.WHERE)
        assert found == [
            ("2024-12-06", 6, "2024-12-06 00:00", "partial"),
            ("2024-12-07", 6, "2024-12-07 00:00", "complete"),
            ("2024-12-08", 6, "2024-12-08 00:00", "complete"),
            ("2024-12-09", 154, "2024-12-09 04:00", "complete"),
            ("2024-12-10", 55, "2024-12-10 00:00", "complete"),
            ("2024-12-11", 6, "2024-12-11 00:00", "complete"),
            ("2024-12-12", 6, "2024-12-12 00:00", "complete"),
            ("2024-12-13", 6, "2024-12-13 00:00", "partial"),
        ]

    def test_the_ranks_of_the_clocks_are_apart_and_show_the_bucket(self) -> None:
        rows = burst().rows(
            f"select clock, rank, day::text, amount_usd::int, bucket_seconds, left(window_start::text, 16) from {RANKS} "
            "where basis = 'measured' and scope = 'BTC' and side = 'long' and venue_set = 'all' and rank = 1 "
            "order by all"
        )
        assert rows == [
            ("local_day", 1, "2024-12-10", 154, 14400, "2024-12-09 16:00"),
            ("trailing_24h", 1, "2024-12-09", 154, 14400, "2024-12-09 04:00"),
            ("utc_day", 1, "2024-12-09", 105, None, None),
        ]

    def test_a_missing_bucket_makes_no_window_and_its_days_partial(self) -> None:
        rows = buckets("2024-12-06", "2024-12-14", 4, {"2024-12-09 08:00": 0})
        warehouse = warehouse_of(rows, seconds=14400)
        warehouse.build(WINDOWS)
        found = dict(windows(warehouse, "coverage_status", self.WHERE))
        assert found["2024-12-07"] == "complete"
        assert {d: s for d, s in found.items() if "2024-12-08" <= d <= "2024-12-10"} == {
            "2024-12-08": "partial",
            "2024-12-09": "partial",
            "2024-12-10": "partial",
        }
        assert found["2024-12-11"] == "complete"
        local = windows(warehouse, "coverage_status", self.WHERE.replace("trailing_24h", "local_day"))
        assert ("2024-12-09", "partial") in local
        assert ("2024-12-10", "complete") in local


class TestBuckets:
    def test_shorter_buckets_are_taken_where_every_series_of_the_scope_has_them(self) -> None:
        coarse = buckets("2024-12-06", "2024-12-14", 4, {})
        fine = buckets("2024-12-06", "2024-12-14", 1, {}, venue="gate", asset="ETH")
        warehouse = warehouse_of(coarse + fine, seconds={m: 14400 for m, v, *_ in coarse})
        # the same moments carry both lengths: those of gate are put right here
        warehouse.conn.execute(
            "update raw.liquidation_buckets set bucket_seconds = 3600 where venue = 'gate'"
        )
        warehouse.build(WINDOWS)
        rows = warehouse.rows(
            f"select scope, bucket_seconds, total_usd::int, venues, assets from {WINDOWS} where day = '2024-12-09' "
            "and clock = 'trailing_24h' and venue_set = 'all' order by all"
        )
        assert rows == [
            ("BTC", 14400, 6, 1, 1),
            ("ETH", 3600, 24, 1, 1),
            ("all", 14400, 30, 2, 2),
            ("binance", 14400, 6, 1, 1),
            ("gate", 3600, 24, 1, 1),
        ]

    def test_a_group_stands_back_where_its_member_is_told_and_daily_buckets_make_no_hours(self) -> None:
        rows = buckets("2024-12-08", "2024-12-10", 4, {})
        group = buckets("2024-12-08", "2024-12-10", 4, {"2024-12-08 00:00": 7}, venue="binance+okx")
        warehouse = warehouse_of(rows + group, seconds=14400)
        found = warehouse.built("facts.liquidation_hours", "venue, count(*)", "true group by venue")
        assert found == [("binance", 12)]
        daily = warehouse_of([("2024-12-08", "okx", "BTC", 1, 0)])
        assert daily.built("facts.liquidation_hours", "venue") == []


class TestOrders:
    def test_an_hour_that_was_watched_without_an_order_is_zero_and_one_that_was_not_is_absent(self) -> None:
        warehouse = Warehouse()
        warehouse.dataset("gate", "liquidation_orders")
        for day in ("2024-12-07", "2024-12-09"):
            end = (at(day) + timedelta(days=1)).date().isoformat()
            warehouse.window("gate_orders", day, end, part="usdt", markets=["BTC_USDT"])
        moments = ("2024-12-07 01:10", "2024-12-07 01:50", "2024-12-08 05:00", "2024-12-09 22:30")
        warehouse.raw(
            "liquidation_orders",
            "gate",
            [
                {
                    "venue": "gate",
                    "market": "BTC_USDT",
                    "asset": "BTC",
                    "liquidated_at": at(moment),
                    "order_id": str(n),
                    "side": "short" if n else "long",
                    "price": Decimal(1),
                    "price_kind": "fill",
                    "native_amount": Decimal(1),
                    "native_unit": "coin",
                    "usd": Decimal(10 + n),
                }
                for n, moment in enumerate(moments)
            ],
        )
        warehouse.build("facts.liquidation_hours")
        hours = warehouse.rows(
            "select bucket_start::date::text, count(*), sum(long_usd)::int, sum(short_usd)::int, bool_and(from_orders) "
            "from facts.liquidation_hours where bucket_seconds = 3600 group by all order by all"
        )
        assert hours == [("2024-12-07", 23, 10, 11, True), ("2024-12-09", 23, 0, 13, True)]
        coarse = warehouse.rows(
            "select left(min(bucket_start)::text, 16), count(*) from facts.liquidation_hours where bucket_seconds = 14400"
        )
        assert coarse == [("2024-12-07 04:00", 10)]


def test_nothing_comes_of_nothing() -> None:
    assert Warehouse().built(WINDOWS, "day") == []
