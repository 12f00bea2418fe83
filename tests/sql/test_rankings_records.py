"""Published ranks beside measured ones, records, and the tightest true "largest since"."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from given_liquidations import MEASURED, OVERALL, RANKS, Row, by_day, every_day, warehouse_of
from sql_warehouse import Warehouse

TABLES = (RANKS, "rankings.liquidation_records", "rankings.largest_since", "rankings.venue_set_flips")


@cache
def empty() -> Warehouse:
    warehouse = Warehouse()
    warehouse.build(*TABLES)
    return warehouse


class TestPublished:
    def test_published_days_are_ranked_by_themselves_and_flip_without_hyperliquid(self) -> None:
        rows = empty().rows(
            f"select venue_set, rank, day::text, round(amount_usd / 1e9, 2)::double, bound from {RANKS} "
            "where basis = 'published' and clock = 'utc_day' and scope_kind = 'overall' and side = 'total' "
            "and rank <= 3 order by all"
        )
        assert rows == [
            ("all", 1, "2025-10-10", 19.16, "exact"),
            ("all", 2, "2021-04-18", 9.94, "exact"),
            ("all", 3, "2021-05-19", 9.01, "exact"),
            ("centralised only", 1, "2021-04-18", 9.94, "exact"),
            ("centralised only", 2, "2021-05-19", 9.01, "exact"),
            ("centralised only", 3, "2025-10-10", 8.86, "about"),
        ]
        flips = empty().rows(
            "select rank_in_all, rank_in_set from rankings.venue_set_flips where day = '2025-10-10' "
            "and basis = 'published' and clock = 'utc_day'"
        )
        assert flips == [(1, 3)]

    def test_what_a_decentralised_venue_may_be_in_is_at_most_its_total_without_it(self) -> None:
        where = (
            "basis = 'published' and venue_set = 'centralised only' and clock = 'utc_day' "
            "and side = 'total' and day > '2025-01-01' and rank is null"
        )
        assert by_day(empty(), "bound", where) == {"2025-09-22": "at_most", "2026-01-31": "at_most"}

    def test_the_largest_snapshot_stands_and_the_article_is_no_evidence(self) -> None:
        rows = empty().rows(
            "select side, (amount_usd / 1e6)::int, previous_larger_day::text, days_since_previous_larger, "
            f"comparable_since::text from {RANKS} where basis = 'published' and clock = 'trailing_24h' "
            f"and day = '2024-12-09' and {OVERALL} order by all"
        )
        assert rows == [
            ("long", 1570, None, None, "2021-10-01"),
            ("total", 1750, "2021-12-04", 1101, "2021-10-01"),
        ]

    def test_a_day_list_is_a_floor_of_the_largest_24_hours(self) -> None:
        where = "basis = 'published' and clock = 'trailing_24h' and venue_set = 'all' and day = '2021-05-19'"
        found = by_day(empty(), "rank, (amount_usd / 1e6)::int, bound", where)
        assert found == {"2021-05-19": (None, 9010, "at_least")}

    def test_an_empty_warehouse_has_published_rows_only(self) -> None:
        for table in TABLES:
            assert {b for (b,) in empty().rows(f"select distinct basis from {table}")} <= {"published"}
        assert empty().rows("select * from rankings.liquidation_records") == []  # never thirty days


class TestRecords:
    @staticmethod
    @cache
    def warehouse() -> Warehouse:
        amounts = [5.0] * 30 + [5, 6, 6, 4, 9, 1]
        start = date(2024, 11, 1)
        rows: list[Row] = [
            ((start + timedelta(days=n)).isoformat(), "okx", "BTC", usd, 0) for n, usd in enumerate(amounts)
        ]
        warehouse = warehouse_of(rows + every_day("2024-11-01", 30, "okx", 1, asset="ETH"))
        warehouse.build("rankings.liquidation_records")
        return warehouse

    def test_the_first_thirty_days_set_the_bar_and_ties_are_no_record(self) -> None:
        rows = self.warehouse().rows(
            "select day::text, amount_usd::int, beaten_day::text, beaten_usd::int, stood_until::text, "
            "days_stood, covered_before from rankings.liquidation_records "
            f"where {MEASURED} and scope = 'BTC' and side = 'total' and venue_set = 'all' order by all"
        )
        assert rows == [
            ("2024-12-02", 6, "2024-11-01", 5, "2024-12-05", 3, 31),
            ("2024-12-05", 9, "2024-12-02", 6, None, None, 34),
        ]

    def test_no_record_is_set_within_the_first_thirty_covered_days(self) -> None:
        found = "select day from rankings.liquidation_records where scope = 'ETH'"
        assert self.warehouse().rows(found) == []


class TestLargestSince:
    @staticmethod
    @cache
    def warehouse() -> Warehouse:
        warehouse = warehouse_of(
            [
                ("2021-03-01", "binance", "BTC", 90, 0),
                ("2021-03-02", "binance", "BTC", 10, 0),
                ("2021-06-01", "binance", "BTC", 50, 0),
                ("2021-06-02", "binance", "BTC", 20, 0),
                ("2024-12-01", "okx", "ETH", 1, 0),
                ("2024-12-02", "okx", "ETH", 2, 0),
            ]
        )
        warehouse.build("rankings.largest_since")
        return warehouse

    def test_the_statement_names_the_last_larger_day_the_gaps_and_the_break(self) -> None:
        where = f"{MEASURED} and scope = 'BTC' and venue_set = 'all' and side = 'total'"
        among = "venues: 1, assets: 1, venue set all, UTC days"
        assert by_day(self.warehouse(), "statement", where, "rankings.largest_since") == {
            "2021-03-01": f"first covered day of liquidations of BTC, nothing before it to compare with, {among}",
            "2021-03-02": f"largest liquidations of BTC since 2021-03-01 (1 day), {among}",
            "2021-06-01": f"largest liquidations of BTC since 2021-03-01 (92 days), {among}; days in between "
            "that are not covered: 90, so among 1 covered days; collected in another way before: comparable "
            "since 2021-05-01",
            "2021-06-02": f"largest liquidations of BTC since 2021-06-01 (1 day), {among}",
        }

    def test_without_a_larger_day_the_statement_says_when_coverage_began(self) -> None:
        where = f"{MEASURED} and scope = 'ETH' and venue_set = 'all' and side = 'long' and day = '2024-12-02'"
        found = by_day(
            self.warehouse(), "since_day, covered_between, statement", where, "rankings.largest_since"
        )
        assert found["2024-12-02"] == (
            None,
            1,
            "largest long liquidations of ETH since coverage began on 2024-12-01, venues: 1, assets: 1, "
            "venue set all, UTC days",
        )
