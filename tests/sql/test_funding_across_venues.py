"""Funding of an asset across venues: means, medians, quotes that are no settlements."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sql_warehouse import Warehouse, at, interest

NOW = at("2024-12-11 03:00")


class TestFunding:
    def settle(self, warehouse: Warehouse, source: str, hours: int, rate: str | None, **more: Any) -> None:
        """Settlements of 2024-12-08..10; without a rate those of the formula 0.00001 x (hour + 1)."""
        first = at("2024-12-08")
        moments = [first + timedelta(hours=hours * n) for n in range(72 // hours)]
        rows = [
            {
                "venue": source,
                "market": f"{source} BTCUSDT",
                "asset": "BTC",
                "margin": "linear",
                "settled_at": m + timedelta(milliseconds=88),
                "rate": Decimal(rate) if rate else Decimal("0.00001") * (m.hour + 1),
                "rate_kind": "settled",
            }
            | more
            for m in moments
        ]
        warehouse.raw("funding_rates", source, rows)

    def test_day_sums_of_the_formula_are_exact_for_each_interval(self) -> None:
        warehouse = Warehouse(now=NOW)
        for venue, hours in (("hyperliquid", 1), ("bitget", 8), ("htx", 4)):
            self.settle(warehouse, venue, hours, None)
        assert warehouse.built(
            "facts.funding_daily", "venue, settlements, rate_sum", "day = '2024-12-09'"
        ) == [
            ("bitget", 3, Decimal("0.00027")),
            ("htx", 6, Decimal("0.00066")),
            ("hyperliquid", 24, Decimal("0.003")),
        ]

    def test_the_day_on_which_the_interval_becomes_four_hours(self) -> None:
        warehouse = Warehouse(now=at("2024-07-05 03:00"))
        before = [at("2024-06-28") + timedelta(hours=8 * n) for n in range(10)]
        after = [at("2024-07-01 04:00") + timedelta(hours=4 * n) for n in range(17)]
        row = {
            "venue": "htx",
            "market": "ETH-USDT",
            "asset": "ETH",
            "margin": "linear",
            "rate_kind": "settled",
        }
        rows = [row | {"settled_at": m, "rate": Decimal("0.00001") * (m.hour + 1)} for m in before + after]
        warehouse.raw("funding_rates", "htx", rows)
        assert warehouse.built(
            "facts.funding_daily",
            "day::text, settlements, rate_sum",
            "day between '2024-06-30' and '2024-07-02'",
        ) == [
            ("2024-06-30", 3, Decimal("0.00027")),
            ("2024-07-01", 6, Decimal("0.00066")),
            ("2024-07-02", 6, Decimal("0.00066")),
        ]

    def test_venues_side_by_side_weighted_by_the_interest_that_is_known(self) -> None:
        warehouse = Warehouse(now=NOW)
        self.settle(warehouse, "binance", 8, "0.0001")
        self.settle(warehouse, "bybit", 8, "0.0004")
        self.settle(warehouse, "okx", 8, "0.0002")
        for venue, usd in (("binance", 300), ("bybit", 100)):
            warehouse.raw("open_interest", venue, [interest("2024-12-09", 1, usd, venue=venue)])
        assert warehouse.built(
            "facts.funding_assets_daily",
            "headline_venue, headline_rate_8h, weighted_rate_8h, weighted_rate_month, weighted_apr, weighted_venues, "
            "median_rate_8h, lowest_rate_8h, highest_rate_8h, venue_list",
            "day = '2024-12-09'",
        ) == [
            (
                "binance",
                0.0001,
                0.000175,
                0.01575,
                0.191625,
                2,
                0.0002,
                0.0001,
                0.0004,
                ["binance", "bybit", "okx"],
            )
        ]
        [(weighted, venues)] = warehouse.rows(
            "select weighted_rate_8h, weighted_venues from facts.funding_assets_daily where day = '2024-12-10'"
        )
        assert (weighted, venues) == (None, 0)

    def test_a_day_that_the_headline_venue_lacks_is_filled_from_no_other(self) -> None:
        warehouse = Warehouse(now=NOW)
        self.settle(warehouse, "bybit", 8, "0.0004")
        self.settle(warehouse, "binance", 8, "0.0001")
        warehouse.conn.execute(
            "delete from raw.funding_rates where venue = 'binance' and settled_at > '2024-12-10'"
        )
        rows = warehouse.built(
            "facts.funding_assets_daily",
            "day::text, headline_venue, headline_rate_8h, venues",
            "day >= '2024-12-09'",
        )
        assert rows == [("2024-12-09", "binance", 0.0001, 2), ("2024-12-10", "binance", None, 1)]

    def test_closes_of_a_chart_are_no_settlements(self) -> None:
        warehouse = Warehouse(now=NOW)
        self.settle(warehouse, "coinalyze", 8, "0.0001", rate_kind="bucket_close", venue="okx")
        warehouse.dataset("coinalyze", "funding_rates")
        assert warehouse.built("facts.funding_by_market_daily", "day") == []
        assert warehouse.built(
            "facts.funding_quotes_daily", "rate::double, buckets", "day = '2024-12-09'"
        ) == [(0.0001, 3)]
        assert warehouse.built(
            "facts.coverage_daily", "status", "source = 'coinalyze' and venue = 'okx' and day = '2024-12-09'"
        ) == [("complete",)]
