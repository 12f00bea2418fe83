"""The ranks of liquidation days by scope, side and venue set: given rows in, places out."""

from __future__ import annotations

from functools import cache

from given_liquidations import MEASURED, OVERALL, RANKS, Row, by_day, every_day, warehouse_of
from sql_warehouse import Warehouse


@cache
def two_assets() -> Warehouse:
    rows = [
        ("2024-12-01", "okx", "BTC", 8, 2),
        ("2024-12-01", "okx", "ETH", 1, 1),
        ("2024-12-02", "okx", "BTC", 2, 18),
        ("2024-12-02", "okx", "ETH", 5, 1),
        ("2024-12-03", "okx", "BTC", 6, 4),
        ("2024-12-03", "okx", "ETH", 1, 1),
    ]
    warehouse = warehouse_of(rows)
    warehouse.build(RANKS)
    return warehouse


class TestRanks:
    def test_each_side_has_an_order_of_its_own_and_ties_share_the_lower_rank(self) -> None:
        warehouse = two_assets()
        total = by_day(
            warehouse, "rank, percentile, ranked_days", f"{MEASURED} and {OVERALL} and side = 'total'"
        )
        assert total == {
            "2024-12-02": (1, 100.0, 3),
            "2024-12-01": (2, 0.0, 3),
            "2024-12-03": (2, 0.0, 3),
        }
        rows = warehouse.rows(
            f"select side, day::text from {RANKS} where {MEASURED} and {OVERALL} and rank = 1"
        )
        assert sorted(rows) == [("long", "2024-12-01"), ("short", "2024-12-02"), ("total", "2024-12-02")]

    def test_scopes_are_all_assets_one_asset_or_one_venue_with_their_shares(self) -> None:
        warehouse = two_assets()
        rows = warehouse.rows(
            f"select scope_kind, scope, side, amount_usd::int, share_of_total, long_share, assets from {RANKS} "
            f"where {MEASURED} and venue_set = 'all' and day = '2024-12-02' and side <> 'short' order by all"
        )
        assert rows == [
            ("asset", "BTC", "long", 2, round(2 / 26, 6), 0.1, 1),
            ("asset", "BTC", "total", 20, round(20 / 26, 6), 0.1, 1),
            ("asset", "ETH", "long", 5, round(5 / 26, 6), round(5 / 6, 6), 1),
            ("asset", "ETH", "total", 6, round(6 / 26, 6), round(5 / 6, 6), 1),
            ("overall", "all", "long", 7, round(7 / 26, 6), round(7 / 26, 6), 2),
            ("overall", "all", "total", 26, 1.0, round(7 / 26, 6), 2),
            ("venue", "okx", "long", 7, round(7 / 26, 6), round(7 / 26, 6), 2),
            ("venue", "okx", "total", 26, 1.0, round(7 / 26, 6), 2),
        ]

    def test_a_partial_day_has_no_rank_and_is_counted_where_it_holds_more(self) -> None:
        rows: list[Row] = [
            ("2024-12-01", "okx", "BTC", 10, 0),
            ("2024-12-02", "okx", "BTC", 500, 0),
            ("2024-12-03", "okx", "BTC", 20, 0),
        ]
        warehouse = warehouse_of(rows, seconds={"2024-12-02": 14400})
        warehouse.build("rankings.largest_since")
        where = f"{MEASURED} and {OVERALL} and side = 'total'"
        columns = "rank, bound, coverage_status, ranked_days, unranked_larger, gap_days, previous_larger_day"
        assert by_day(warehouse, columns, where) == {
            "2024-12-01": (2, "exact", "complete", 2, 1, 0, None),
            "2024-12-02": (None, "at_least", "partial", 2, 0, None, None),
            "2024-12-03": (1, "exact", "complete", 2, 1, 1, None),
        }
        said = by_day(warehouse, "statement", where, "rankings.largest_since")
        assert list(said) == ["2024-12-01", "2024-12-03"]  # what is not covered is not spoken of
        assert said["2024-12-03"].endswith("days without a rank that hold at least as much: 1")

    def test_the_nearest_larger_days_are_found_across_months_and_years(self) -> None:
        amounts = {
            "2022-03-31": 90, "2022-04-30": 50, "2023-01-15": 70, "2023-01-16": 60, "2023-01-17": 65,
            "2024-05-05": 60, "2024-05-06": 40, "2024-11-30": 95,
        }  # fmt: skip
        warehouse = warehouse_of([(day, "okx", "BTC", usd, 0) for day, usd in amounts.items()])
        warehouse.build(RANKS)
        where = f"{MEASURED} and {OVERALL} and side = 'total'"
        found = by_day(warehouse, "previous_larger_day::text, next_larger_day::text", where)
        assert found.keys() == amounts.keys()
        days = list(amounts)
        for day, (previous, following) in found.items():
            before = [d for d in days if d < day and amounts[d] > amounts[day]]
            after = [d for d in days if d > day and amounts[d] > amounts[day]]
            assert (previous, following) == (max(before, default=None), min(after, default=None)), day

    def test_an_asset_that_lacks_a_venue_of_weight_is_partial_while_another_asset_is_complete(self) -> None:
        rows = [
            (f"2024-12-0{n}", venue, asset, 100, 0)
            for n in (1, 2, 3)
            for venue in ("okx", "bybit")
            for asset in ("BTC", "ETH")
            if (n, venue, asset) != (2, "bybit", "ETH")
        ]
        warehouse = warehouse_of(rows)
        where = "venue_set = 'all' and side = 'total' and day = '2024-12-02'"
        rows_of_day = warehouse.built(RANKS, "scope, coverage_status", f"{MEASURED} and {where}")
        assert rows_of_day == [
            ("BTC", "complete"),
            ("ETH", "partial"),
            ("all", "partial"),
            ("bybit", "partial"),
            ("okx", "complete"),
        ]

    def test_the_headline_ranking_is_the_overall_total_of_all_venues(self) -> None:
        warehouse = warehouse_of(
            every_day("2021-03-20", 60, "binance", 100) + every_day("2021-04-05", 30, "bybit", 7)
        )
        warehouse.build(RANKS, "rankings.largest_liquidation_days")
        shared = (
            "day, rank, percentile, ranked_days, ratio_to_30d_median, previous_larger_day, gap_days, "
            "next_larger_day, comparable_since, coverage_status, bound"
        )
        here = f"select {shared} from {RANKS} where {MEASURED} and {OVERALL} and side = 'total'"
        headline = f"select {shared} from rankings.largest_liquidation_days"
        assert len(warehouse.rows(headline)) == 60
        assert warehouse.rows(f"({here}) except ({headline})") == []


class TestVenueSets:
    def test_the_largest_day_flips_with_the_venue_set_and_says_so(self) -> None:
        rows = [
            ("2024-12-01", "binance", "BTC", 50, 0),
            ("2024-12-01", "hyperliquid", "BTC", 1, 0),
            ("2024-12-02", "binance", "BTC", 30, 0),
            ("2024-12-02", "hyperliquid", "BTC", 40, 0),
            # none of which touches the days of BTC
            ("2024-12-01", "dydx", "ETH", 1, 0),
            ("2024-12-01", "binance+okx", "ETH", 1, 0),
            ("2024-12-01", "gate+hyperliquid", "ETH", 1, 0),
            ("2024-12-01", "newvenue", "ETH", 1, 0),
        ]
        warehouse = warehouse_of(rows)
        warehouse.build("rankings.venue_set_flips")
        top = warehouse.rows(
            f"select venue_set, day::text, amount_usd::int from {RANKS} "
            f"where {MEASURED} and scope = 'BTC' and side = 'total' and rank = 1 order by all"
        )
        assert top == [("all", "2024-12-02", 70), ("centralised only", "2024-12-01", 50)]
        flips = warehouse.rows(
            "select day::text, rank_in_all, rank_in_set, compared_days, statement from rankings.venue_set_flips "
            "where basis = 'measured' and scope = 'BTC' and venue_set = 'centralised only' order by all"
        )
        assert [flip[:4] for flip in flips] == [("2024-12-01", 2, 1, 2), ("2024-12-02", 1, 2, 2)]
        assert flips[1][4] == (
            "2024-12-02 of BTC is number 1 among all venues, but number 2 in the venue set centralised only "
            "(measured, 2 days that both cover)"
        )
        # a group is centralised where each of its members is known to be
        members = warehouse.rows(
            "select venue from facts.venue_set_members where venue_set = 'centralised only' order by venue"
        )
        assert members == [("binance",), ("binance+okx",)]

    def test_a_constant_set_leaves_out_a_venue_that_appears_later_and_ranks_nothing_before_its_date(
        self,
    ) -> None:
        rows = every_day("2020-12-20", 112, "okx", 10) + every_day("2021-03-01", 41, "gate", 1000)
        warehouse = warehouse_of(rows, now="2021-04-11")
        warehouse.build(RANKS)
        where = "scope_kind = 'overall' and side = 'total' and venue_set = 'constant since 2021-01-01'"
        found = by_day(warehouse, "amount_usd::int", f"{MEASURED} and {where}")
        assert (min(found), max(found), len(found)) == ("2021-01-01", "2021-04-10", 100)
        assert found["2021-04-10"] == 10 + 111
        members = warehouse.rows(
            "select venue, covered_days, days from facts.venue_set_members where since is not null order by all"
        )
        assert members == [("okx", 100, 100)]

    def test_a_venue_covers_a_constant_set_with_95_days_of_100_and_not_with_94(self) -> None:
        whole = every_day("2020-12-01", 131, "okx", 10)
        rows = whole + every_day("2020-12-01", 126, "gate", 10) + every_day("2020-12-01", 125, "htx", 10)
        members = warehouse_of(rows, now="2021-04-11").built(
            "facts.venue_set_members", "venue, covered_days", "since is not null"
        )
        assert members == [("gate", 95), ("okx", 100)]

    def test_venues_that_were_ever_added_up_together_are_taken_as_a_whole(self) -> None:
        together = every_day("2021-01-01", 50, "bybit+okx", 10)
        apart = every_day("2021-02-20", 50, "bybit", 5) + every_day("2021-02-20", 50, "okx", 5)
        members = warehouse_of(together + apart, now="2021-04-11").built(
            "facts.venue_set_members", "venue, covered_days", "since is not null"
        )
        assert members == [("bybit", 100), ("bybit+okx", 100), ("okx", 100)]
        broken = warehouse_of(together + apart[:50], now="2021-04-11").built(
            "facts.venue_set_members", "venue", "since is not null"
        )
        assert broken == []
