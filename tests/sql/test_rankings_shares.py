"""Shares of venues and assets, and the largest orders: parts that make a whole, and the rest that has a row."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

from given_liquidations import warehouse_of
from sql_warehouse import Warehouse, at

VENUES, ASSETS = "rankings.venue_share_daily", "rankings.asset_share_daily"


@cache
def given() -> Warehouse:
    warehouse = warehouse_of(
        [
            ("2024-12-01", "binance", "BTC", 30, 10),
            ("2024-12-01", "binance", "SOL", 20, 0),
            ("2024-12-01", "okx", "DOGE", 10, 10),
            ("2024-12-01", "okx", "NEWCOIN", 20, 0),
            ("2024-12-02", "binance", "BTC", 0, 0),
            ("2024-12-03", "binance", "BTC", 5, 0),
            ("2024-12-03", "binance+okx", "ETH", 3, 0),
        ]
    )
    warehouse.build(VENUES, ASSETS)
    return warehouse


def shares(table: str, part: str, where: str) -> list[tuple[Any, ...]]:
    return given().rows(
        f"select {part}, amount_usd::double, share from {table} where {where} order by amount_usd desc, {part}"
    )


class TestMeasured:
    def test_venues_make_up_the_day_and_the_unallocated_is_a_row(self) -> None:
        assert shares(VENUES, "venue", "day = '2024-12-01'") == [
            ("binance", 60.0, 0.6),
            ("okx", 40.0, 0.4),
            ("unallocated", 0.0, 0.0),
        ]

    def test_a_group_is_a_part_by_itself(self) -> None:
        found = shares(VENUES, "venue", "day = '2024-12-03' and basis = 'measured'")
        assert found == [("binance", 5.0, 0.625), ("binance+okx", 3.0, 0.375), ("unallocated", 0.0, 0.0)]

    def test_assets_are_majors_groups_and_the_rest(self) -> None:
        assert shares(ASSETS, "part", "day = '2024-12-01'") == [
            ("BTC", 40.0, 0.4),
            ("large", 20.0, 0.2),
            ("meme", 20.0, 0.2),
            ("other assets", 20.0, 0.2),
            ("unallocated", 0.0, 0.0),
        ]

    def test_a_day_of_zeros_has_parts_and_no_shares(self) -> None:
        found = shares(VENUES, "venue", "day = '2024-12-02'")
        assert found == [("binance", 0.0, None), ("unallocated", 0.0, None)]

    def test_parts_always_add_up_to_the_whole(self) -> None:
        for table in (VENUES, ASSETS):
            broken = (
                f"select day from {table} group by basis, clock, day, snapshot "
                "having sum(amount_usd) <> any_value(total_usd)"
            )
            assert given().rows(broken) == []


class TestPublished:
    def test_parts_of_a_snapshot_are_of_its_own_total_and_leave_a_remainder(self) -> None:
        where = "basis = 'published' and day = '2024-12-09' and snapshot = 'S1'"
        assert shares(VENUES, "venue", where) == [
            ("binance", 740e6, 0.435294),
            ("okx", 422e6, 0.248235),
            ("bybit", 369e6, 0.217059),
            ("unallocated", 169e6, 0.099412),
        ]
        assert shares(ASSETS, "part", where) == [
            ("unallocated", 711e6, 0.418235),
            ('small caps (the tile "Others")', 564e6, 0.331765),
            ("ETH", 243e6, 0.142941),
            ("BTC", 182e6, 0.107059),
        ]

    def test_hyperliquid_was_more_than_half_of_the_largest_day(self) -> None:
        found = shares(VENUES, "venue", "day = '2025-10-10'")
        assert found == [("hyperliquid", 10.3e9, 0.537578), ("unallocated", 8.86e9, 0.462422)]


def order(venue: str, moment: str, usd: float, order_id: str, **more: Any) -> dict[str, Any]:
    return {
        "venue": venue,
        "market": "BTC_USDT",
        "asset": "BTC",
        "liquidated_at": at(moment),
        "order_id": order_id,
        "side": "long",
        "price": Decimal(1),
        "price_kind": "fill",
        "native_amount": Decimal(1),
        "native_unit": "coin",
        "usd": Decimal(str(usd)),
    } | more


def test_the_largest_orders_name_the_sampling_of_their_feed_and_ties_share_a_rank() -> None:
    warehouse = Warehouse()
    warehouse.raw(
        "liquidation_orders",
        "gate",
        [
            order("gate", "2024-12-01 01:00", 7, "a"),
            order("gate", "2024-12-01 01:00", 7, "b"),
            order("gate", "2024-12-01 02:00", 9, "c", side="short"),
            order("gate", "2024-12-01 03:00", 0, "d"),
        ],
    )
    warehouse.raw(
        "liquidation_orders",
        "okx",
        [order("okx", "2024-12-02", 8, "e", price_kind="bankruptcy")],
    )
    # another source that recorded the same order of gate: it happened once
    warehouse.raw("liquidation_orders", "tardis", [order("gate", "2024-12-01 02:00", 9, "x", side="short")])
    rows = warehouse.built(
        "rankings.largest_orders",
        "rank, rank_in_venue, venue, amount_usd::int, side, order_number, sampling, is_census, venues_ranked",
        "basis = 'measured'",
    )
    assert rows == [
        (1, 1, "gate", 9, "short", 1, "every order", True, 2),
        (2, 1, "okx", 8, "long", 1, "at most one order per contract and second", False, 2),
        (3, 2, "gate", 7, "long", 2, "every order", True, 2),
        (3, 2, "gate", 7, "long", 3, "every order", True, 2),
    ]
    published = warehouse.rows(
        "select rank, venue, market, amount_usd::int, sampling from rankings.largest_orders where basis = 'published'"
    )
    assert published == [
        (1, "binance", "ETHUSDT", 19_690_000, "one order per symbol and second since April 2021")
    ]
