"""From liquidation buckets to the headline: vintages, padding, groups beside members, sources beside each other."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sql_warehouse import Warehouse, at

DAY = "2024-12-09"


def bucket(
    venue: str, asset: str, day: str, long: float, short: float = 0, seconds: int = 86400, **more: Any
) -> dict[str, Any]:
    return {
        "venue": venue,
        "market": f"{asset}-{venue}",
        "asset": asset,
        "bucket_start": at(day),
        "bucket_seconds": seconds,
        "long_usd": Decimal(str(long)),
        "short_usd": Decimal(str(short)),
    } | more


def told(warehouse: Warehouse, source: str, *rows: dict[str, Any], **defaults: Any) -> None:
    warehouse.raw("liquidation_buckets", source, rows, **defaults)


def headline(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """(venue, asset, source, derived, long, short) of each venue and asset of DAY."""
    warehouse.build("facts.liquidations_daily")
    return warehouse.rows(
        "select venue, asset, source, is_derived, sum(amount_usd) filter (where side = 'long')::int, "
        "sum(amount_usd) filter (where side = 'short')::int from facts.liquidations_daily "
        f"where day = '{DAY}' group by all order by asset, venue"
    )


class TestInForce:
    def test_the_highest_vintage_stands_and_a_retracted_key_does_not_exist(self) -> None:
        warehouse = Warehouse()
        told(warehouse, "coinalyze", bucket("okx", "BTC", DAY, 5), bucket("okx", "ETH", DAY, 5))
        told(warehouse, "coinalyze", bucket("okx", "BTC", DAY, 7, 1), vintage=2)
        told(
            warehouse,
            "coinalyze",
            bucket("okx", "ETH", DAY, 0, long_usd=None, short_usd=None),
            vintage=2,
            retracted=True,
        )
        rows = warehouse.built("staging.liquidation_buckets", "asset, long_usd::int, short_usd::int, vintage")
        assert rows == [("BTC", 7, 1, 2)]

    def test_a_key_that_comes_back_after_a_retraction_exists_again(self) -> None:
        warehouse = Warehouse()
        told(warehouse, "coinalyze", bucket("okx", "BTC", DAY, 5))
        gone = bucket("okx", "BTC", DAY, 0, long_usd=None, short_usd=None)
        told(warehouse, "coinalyze", gone, vintage=2, retracted=True)
        told(warehouse, "coinalyze", bucket("okx", "BTC", DAY, 6), vintage=3)
        assert warehouse.built("staging.liquidation_buckets", "long_usd::int") == [(6,)]

    def test_a_bucket_that_two_datasets_of_a_source_tell_counts_once_and_the_newer_stands(self) -> None:
        warehouse = Warehouse()
        told(warehouse, "okx", bucket("okx", "BTC", DAY, 5), observed_at=at("2024-12-10"))
        told(warehouse, "okx", bucket("okx", "BTC", DAY, 6), dataset="okx_b", observed_at=at("2024-12-11"))
        assert warehouse.built("staging.liquidation_buckets", "dataset, long_usd::int") == [("okx_b", 6)]

    def test_a_group_is_the_same_in_whatever_order_its_members_come(self) -> None:
        warehouse = Warehouse()
        told(warehouse, "coinalyze", bucket("okx+bybit", "BTC", DAY, 5))
        assert warehouse.built("staging.liquidation_buckets", "venue") == [("bybit+okx",)]


class TestPadding:
    def test_zeros_before_the_first_and_after_the_last_figure_are_dropped_and_those_between_stay(
        self,
    ) -> None:
        warehouse = Warehouse()
        amounts = [0, 0, 3, 0, 0, 4, 0, 0]
        told(
            warehouse,
            "coinglass",
            *(bucket("binance", "BTC", f"2024-12-0{n + 1}", amount) for n, amount in enumerate(amounts)),
        )
        rows = warehouse.built("staging.liquidation_buckets", "bucket_start::date::text, long_usd::int")
        assert rows == [("2024-12-03", 3), ("2024-12-04", 0), ("2024-12-05", 0), ("2024-12-06", 4)]

    def test_the_ends_belong_to_a_series_of_one_source_asset_and_venue(self) -> None:
        warehouse = Warehouse()
        told(
            warehouse,
            "coinglass",
            bucket("binance", "BTC", "2024-12-01", 0),
            bucket("binance", "BTC", "2024-12-02", 0, 1),
            bucket("binance", "ETH", "2024-12-01", 1),
            bucket("okx", "BTC", "2024-12-01", 0),
            bucket("okx", "BTC", "2024-12-02", 0),
        )
        rows = warehouse.built("staging.liquidation_buckets", "venue, asset, bucket_start::date::text")
        assert rows == [("binance", "BTC", "2024-12-02"), ("binance", "ETH", "2024-12-01")]

    def test_padding_never_becomes_a_fact(self) -> None:
        warehouse = Warehouse()
        told(
            warehouse,
            "coinglass",
            bucket("binance", "BTC", "2020-03-12", 0),
            bucket("binance", "BTC", DAY, 1),
        )
        assert warehouse.built("facts.liquidation_totals_daily", "day::text") == [(DAY,)]


class TestDays:
    def test_shorter_buckets_add_up_to_the_utc_day(self) -> None:
        warehouse = Warehouse()
        hours = [bucket("binance", "BTC", f"{DAY} {h:02}:00", h + 1, seconds=14400) for h in range(0, 24, 4)]
        told(warehouse, "coinglass", *hours)
        rows = warehouse.built(
            "facts.liquidations_by_source_daily",
            "day::text, side, amount_usd::int, markets, buckets, is_whole_day",
        )
        assert rows == [(DAY, "long", 66, 1, 6, True), (DAY, "short", 0, 1, 6, True)]

    def test_a_day_with_a_bucket_missing_is_not_whole(self) -> None:
        warehouse = Warehouse()
        told(
            warehouse,
            "coinglass",
            *(bucket("binance", "BTC", f"{DAY} {h:02}:00", 1, seconds=14400) for h in (0, 4, 8, 16, 20)),
        )
        rows = warehouse.built("facts.liquidations_by_source_daily", "distinct is_whole_day, buckets")
        assert rows == [(False, 5)]

    def test_a_bucket_that_crosses_midnight_makes_no_whole_day(self) -> None:
        warehouse = Warehouse()
        told(warehouse, "coinglass", bucket("okx", "BTC", f"{DAY} 16:00", 1))
        assert warehouse.built("facts.liquidations_by_source_daily", "distinct is_whole_day") == [(False,)]

    def test_a_series_told_by_day_and_by_hours_counts_once(self) -> None:
        warehouse = Warehouse()
        told(
            warehouse,
            "coinglass",
            bucket("binance", "BTC", DAY, 60),
            *(bucket("binance", "BTC", f"{DAY} {h:02}:00", 10, seconds=14400) for h in range(0, 24, 4)),
        )
        rows = warehouse.built(
            "facts.liquidations_by_source_daily", "amount_usd::int, buckets", "side = 'long'"
        )
        assert rows == [(60, 1)]

    def test_markets_of_a_venue_add_up(self) -> None:
        warehouse = Warehouse()
        told(
            warehouse,
            "coinalyze",
            bucket("binance", "BTC", DAY, 1, market="BTCUSDT"),
            bucket("binance", "BTC", DAY, 2, market="BTCUSD"),
        )
        rows = warehouse.built(
            "facts.liquidations_by_source_daily", "amount_usd::int, markets", "side = 'long'"
        )
        assert rows == [(3, 2)]

    def test_the_forming_day_appears_in_no_fact(self) -> None:
        warehouse = Warehouse(now=at("2024-12-10 03:00"))
        told(warehouse, "coinalyze", bucket("okx", "BTC", DAY, 1), bucket("okx", "BTC", "2024-12-10", 1))
        assert warehouse.built("facts.liquidations_by_source_daily", "distinct day::text") == [(DAY,)]
        assert warehouse.built("facts.liquidation_totals_daily", "day::text") == [(DAY,)]


class TestGroups:
    def test_a_group_beside_a_member_becomes_the_member_and_a_derived_remainder(self) -> None:
        warehouse = Warehouse()
        told(
            warehouse,
            "coinglass",
            bucket("binance", "BTC", DAY, 60, 10),
            bucket("binance+bybit+okx", "BTC", DAY, 100, 30),
        )
        assert headline(warehouse) == [
            ("binance", "BTC", "coinglass", False, 60, 10),
            ("bybit+okx", "BTC", "coinglass", True, 40, 20),
        ]

    def test_a_remainder_of_nothing_is_a_row_of_true_zeros(self) -> None:
        warehouse = Warehouse()
        told(
            warehouse,
            "coinglass",
            bucket("binance", "SOL", DAY, 6, 1),
            bucket("binance+bybit+okx", "SOL", DAY, 6, 1),
        )
        assert headline(warehouse)[1] == ("bybit+okx", "SOL", "coinglass", True, 0, 0)

    def test_where_every_member_is_told_apart_the_group_goes(self) -> None:
        warehouse = Warehouse()
        told(
            warehouse,
            "coinglass",
            bucket("binance", "BTC", DAY, 60),
            bucket("bybit", "BTC", DAY, 30),
            bucket("okx", "BTC", DAY, 20),
            bucket("binance+bybit+okx", "BTC", DAY, 100),
        )
        assert [(r[0], r[3], r[4]) for r in headline(warehouse)] == [
            ("binance", False, 60),
            ("bybit", False, 30),
            ("okx", False, 20),
        ]

    @pytest.mark.parametrize("part", [(120, 10), (60, 31)])
    def test_a_negative_remainder_on_a_side_leaves_the_group_alone(self, part: tuple[int, int]) -> None:
        warehouse = Warehouse()
        told(
            warehouse,
            "coinglass",
            bucket("binance", "BTC", DAY, *part),
            bucket("binance+bybit+okx", "BTC", DAY, 100, 30),
        )
        assert headline(warehouse) == [("binance+bybit+okx", "BTC", "coinglass", False, 100, 30)]

    def test_a_part_that_covers_less_of_the_day_is_not_taken_from_the_group(self) -> None:
        warehouse = Warehouse()
        told(
            warehouse,
            "coinglass",
            bucket("binance", "BTC", f"{DAY} 04:00", 5, seconds=14400),
            bucket("binance+bybit+okx", "BTC", DAY, 100),
        )
        assert headline(warehouse) == [("binance+bybit+okx", "BTC", "coinglass", False, 100, 0)]

    def test_groups_inside_groups_split_from_the_inside(self) -> None:
        warehouse = Warehouse()
        told(
            warehouse,
            "coinglass",
            bucket("okx", "BTC", DAY, 10),
            bucket("bybit+okx", "BTC", DAY, 30),
            bucket("binance+bybit+okx", "BTC", DAY, 100),
        )
        assert [(r[0], r[3], r[4]) for r in headline(warehouse)] == [
            ("binance", True, 70),
            ("bybit", True, 20),
            ("okx", False, 10),
        ]

    def test_a_group_that_stands_alone_hides_everything_inside_it(self) -> None:
        warehouse = Warehouse()
        told(
            warehouse,
            "coinglass",
            bucket("okx", "BTC", DAY, 10),
            bucket("bybit+okx", "BTC", DAY, 130),
            bucket("binance+bybit+okx", "BTC", DAY, 100),
        )
        assert headline(warehouse) == [("binance+bybit+okx", "BTC", "coinglass", False, 100, 0)]

    def test_an_inner_group_that_stands_alone_is_still_taken_from_the_outer_one(self) -> None:
        warehouse = Warehouse()
        told(
            warehouse,
            "coinglass",
            bucket("okx", "BTC", DAY, 40),
            bucket("bybit+okx", "BTC", DAY, 30),
            bucket("binance+bybit+okx", "BTC", DAY, 100),
        )
        assert [(r[0], r[3], r[4]) for r in headline(warehouse)] == [
            ("binance", True, 70),
            ("bybit+okx", False, 30),
        ]

    def test_of_two_groups_that_cross_the_larger_stands(self) -> None:
        warehouse = Warehouse()
        told(
            warehouse,
            "coinglass",
            bucket("bybit+htx", "BTC", DAY, 50),
            bucket("binance+bybit+okx", "BTC", DAY, 100),
        )
        assert headline(warehouse) == [("binance+bybit+okx", "BTC", "coinglass", False, 100, 0)]

    def test_members_of_other_days_and_assets_do_not_matter(self) -> None:
        warehouse = Warehouse()
        told(
            warehouse,
            "coinglass",
            bucket("binance", "ETH", DAY, 60),
            bucket("binance", "BTC", "2024-12-08", 60),
            bucket("binance+bybit+okx", "BTC", DAY, 100),
        )
        assert [(r[0], r[1]) for r in headline(warehouse)] == [
            ("binance+bybit+okx", "BTC"),
            ("binance", "ETH"),
        ]


class TestSources:
    def test_with_two_sources_nothing_stands_twice(self) -> None:
        warehouse = Warehouse()
        told(
            warehouse,
            "coinalyze",
            bucket("binance", "BTC", DAY, 60, 10),
            bucket("bybit+okx", "BTC", DAY, 40, 20),
            bucket("binance+bybit+okx", "BNB", DAY, 7, 3),
        )
        told(
            warehouse,
            "coinglass",
            bucket("binance", "BTC", DAY, 62, 10),
            bucket("binance+bybit+okx", "BTC", DAY, 101, 30),
            bucket("binance+bybit+okx", "BNB", DAY, 8, 3),
        )
        assert headline(warehouse) == [
            ("binance+bybit+okx", "BNB", "coinalyze", False, 7, 3),
            ("binance", "BTC", "coinalyze", False, 60, 10),
            ("bybit+okx", "BTC", "coinalyze", False, 40, 20),
        ]
        rows = warehouse.built(
            "facts.liquidation_spread_daily",
            "asset, venue, side, other_source, headline_usd::int, other_usd::int, difference_usd::int, difference_pct",
        )
        assert rows == [
            ("BNB", "binance+bybit+okx", "long", "coinglass", 7, 8, 1, 14.2857),
            ("BNB", "binance+bybit+okx", "short", "coinglass", 3, 3, 0, 0),
            ("BTC", "binance", "long", "coinglass", 60, 62, 2, 3.3333),
            ("BTC", "binance", "short", "coinglass", 10, 10, 0, 0),
            ("BTC", "bybit+okx", "long", "coinglass", 40, 39, -1, -2.5),
            ("BTC", "bybit+okx", "short", "coinglass", 20, 20, 0, 0),
        ]

    def test_another_source_adds_only_venues_that_are_not_told_yet_even_in_a_group(self) -> None:
        warehouse = Warehouse()
        told(warehouse, "coinalyze", bucket("binance", "BTC", DAY, 60), bucket("bybit+okx", "BTC", DAY, 40))
        told(warehouse, "gate", bucket("gate", "BTC", DAY, 5))
        told(warehouse, "okx", bucket("okx", "BTC", DAY, 15))
        told(warehouse, "htx", bucket("gate+htx", "BTC", DAY, 9))
        assert [(r[0], r[2], r[4]) for r in headline(warehouse)] == [
            ("binance", "coinalyze", 60),
            ("bybit+okx", "coinalyze", 40),
            ("gate", "gate", 5),
        ]

    def test_the_next_source_speaks_for_an_asset_and_day_of_which_the_first_says_nothing(self) -> None:
        warehouse = Warehouse()
        told(
            warehouse,
            "coinalyze",
            bucket("binance", "BTC", DAY, 60),
            bucket("binance", "ETH", "2024-12-08", 1),
        )
        told(warehouse, "coinglass", bucket("binance", "ETH", DAY, 5), bucket("binance", "BTC", DAY, 61))
        assert [(r[1], r[2], r[4]) for r in headline(warehouse)] == [
            ("BTC", "coinalyze", 60),
            ("ETH", "coinglass", 5),
        ]

    def test_a_source_with_the_whole_day_comes_before_one_with_part_of_it(self) -> None:
        warehouse = Warehouse()
        told(warehouse, "coinalyze", bucket("binance", "BTC", f"{DAY} 04:00", 60, seconds=14400))
        told(warehouse, "coinglass", bucket("binance", "BTC", DAY, 90))
        assert [(r[2], r[4]) for r in headline(warehouse)] == [("coinglass", 90)]


def test_totals_add_the_venues_up_and_say_among_whom() -> None:
    warehouse = Warehouse()
    told(
        warehouse,
        "coinalyze",
        bucket("binance", "BTC", DAY, 60, 20),
        bucket("bybit+okx", "BTC", DAY, 15, 5),
        bucket("binance", "ETH", DAY, 0, 0),
        bucket("binance", "ETH", "2024-12-08", 1, 0),
        bucket("binance", "ETH", "2024-12-10", 1, 0),
    )
    told(warehouse, "gate", bucket("gate", "BTC", DAY, 0, 100))
    warehouse.dataset("coinalyze", "liquidation_buckets")
    rows = warehouse.built(
        "facts.liquidation_totals_daily",
        "total_usd::int, long_usd::int, short_usd::int, long_share, venues, assets, venue_list, asset_list, sources",
        f"day = '{DAY}'",
    )
    venues = ["binance", "bybit", "gate", "okx"]
    assert rows == [(200, 75, 125, 0.375, 4, 2, venues, ["BTC", "ETH"], ["coinalyze", "gate"])]
