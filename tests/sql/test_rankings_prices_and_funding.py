"""Funding against its year, falls of price, months that closed higher."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from statistics import mean, stdev
from typing import Any

from sql_warehouse import Warehouse, at

EXTREMES = "rankings.funding_extremes"
FALLS = "rankings.drawdown_days"
MONTHS = "rankings.monthly_seasonality"
RATES = [0.0001 + 0.000001 * (n % 7) for n in range(200)]
CLOSES = {"2020-12": 100, "2021-01": 110, "2021-12": 50, "2022-01": 60, "2022-12": 70, "2023-01": 65}


class TestFundingExtremes:
    @staticmethod
    @cache
    def warehouse() -> Warehouse:
        """200 days on one venue, of which the 191st has two settlements of three; 10 days on another."""
        warehouse = Warehouse()
        first = at("2024-03-01")
        days = [("binance", n, rate) for n, rate in enumerate(RATES)]
        days += [("bybit", n, 0.0001) for n in range(10)]
        warehouse.raw(
            "funding_rates",
            "binance",
            [
                {
                    "venue": venue,
                    "market": "BTCUSDT",
                    "asset": "BTC",
                    "margin": "linear",
                    "settled_at": first + timedelta(days=n, hours=hour),
                    "rate": Decimal(str(round(rate * (9 if n == 199 else 1), 12))),
                    "interval_hours": Decimal(8),
                    "rate_kind": "settled",
                }
                for venue, n, rate in days
                for hour in (0, 8, 16)
                if (n, hour) != (190, 8)
            ],
        )
        warehouse.build(EXTREMES)
        return warehouse

    def test_a_day_is_held_against_the_whole_days_before_it_without_itself(self) -> None:
        rows = self.warehouse().rows(
            f"select day::text, days_before, percentile, rank_high, z_score from {EXTREMES} "
            "order by day desc limit 1"
        )
        before = [rate for n, rate in enumerate(RATES[:199]) if n != 190]
        assert rows[0][:4] == ("2024-09-16", len(before), 100.0, 1)
        assert abs(rows[0][4] - (RATES[199] * 9 - mean(before)) / stdev(before)) < 1e-3

    def test_fewer_than_180_days_before_and_partial_days_have_no_row(self) -> None:
        rows = self.warehouse().rows(
            f"select venue, min(days_before), bool_or(day = '2024-09-07') from {EXTREMES} group by venue"
        )
        assert rows == [("binance", 180, False)]

    def test_the_percentile_counts_lower_days_only(self) -> None:
        found = self.warehouse().rows(
            f"select e.percentile, (select count(*) from facts.funding_daily f where f.rate_8h < e.rate_8h "
            f"and f.venue = e.venue and f.day < e.day and f.day >= e.day - 365) * 100 / e.days_before from {EXTREMES} e"
        )
        assert found
        assert all(abs(said - counted) < 1e-3 for said, counted in found)


def bars(
    warehouse: Warehouse, rows: dict[str, tuple[float, float, float, float]], asset: str = "BTC"
) -> None:
    warehouse.raw(
        "prices",
        "binance",
        [
            {
                "venue": "binance",
                "market": f"{asset}USDT",
                "asset": asset,
                "quote": "USDT",
                "bucket_start": at(day),
                "bucket_seconds": 86400,
                **{k: Decimal(str(v)) for k, v in zip(("open", "high", "low", "close"), bar, strict=True)},
            }
            for day, bar in rows.items()
        ],
    )


class TestDrawdowns:
    def test_four_definitions_stand_beside_one_another(self) -> None:
        warehouse = Warehouse()
        bars(
            warehouse,
            {
                "2024-12-01": (100, 200, 90, 160),
                "2024-12-02": (160, 160, 120, 120),
                "2024-12-04": (120, 150, 75, 100),
                "2024-12-05": (100, 100, 50, 50),
            },
        )
        rows = warehouse.built(
            FALLS,
            "day::text, rank, high_low, open_low, close_change, from_peak, peak_day::text, percentile, "
            "previous_deeper_day::text",
        )
        assert rows == [
            ("2024-12-01", 1, -0.55, -0.1, None, -0.2, "2024-12-01", 100.0, None),
            ("2024-12-02", 4, -0.25, -0.25, -0.25, -0.4, "2024-12-01", 0.0, "2024-12-01"),
            ("2024-12-04", 2, -0.5, -0.375, None, -0.5, "2024-12-01", 33.3333, "2024-12-01"),
            ("2024-12-05", 2, -0.5, -0.5, -0.5, -0.75, "2024-12-01", 33.3333, "2024-12-01"),
        ]

    def test_nothing_comes_of_nothing(self) -> None:
        empty = Warehouse()
        empty.build(FALLS, EXTREMES, MONTHS)
        for table in (FALLS, EXTREMES, MONTHS):
            assert empty.rows(f"select * from {table}") == []


class TestSeasonality:
    @staticmethod
    def month_end(month: str) -> date:
        year, number = map(int, month.split("-"))
        return date(year + number // 12, number % 12 + 1, 1) - timedelta(days=1)

    def build(self, now: str, closes: Mapping[str, float], source: str) -> Warehouse:
        warehouse = Warehouse(at(now))
        days = {self.month_end(month): close for month, close in closes.items()}
        if source == "binance":
            bars(warehouse, {d.isoformat(): (c, c, c, c) for d, c in days.items()})
        else:
            common: dict[str, Any] = {
                "market": "btc PriceUSD",
                "chain": "bitcoin",
                "metric": "price_close_usd",
            }
            rows = [common | {"day": d, "value": Decimal(str(c))} for d, c in days.items()]
            warehouse.raw("onchain_volume", "coinmetrics", rows)
        warehouse.build(MONTHS)
        return warehouse

    def test_exactly_the_last_complete_years_count_and_the_running_one_never(self) -> None:
        closes = CLOSES | {"2023-12": 60, "2024-01": 90}
        for now, years in (("2024-12-31 23:00", (2021, 2023)), ("2025-01-01 03:00", (2021, 2024))):
            rows = self.build(now, closes, "coinmetrics").rows(
                f"select years, from_year, to_year, up_months, up_share from {MONTHS} "
                "where asset = 'BTC' and month = 1 order by years desc limit 1"
            )
            count = years[1] - years[0] + 1
            ups = 2 if count == 3 else 3
            assert rows == [(count, *years, ups, round(ups / count, 6))]

    def test_a_hole_ends_the_years_that_can_be_counted(self) -> None:
        closes = {m: c for m, c in CLOSES.items() if m != "2022-01"} | {"2023-12": 60, "2024-01": 90}
        rows = self.build("2025-01-01 03:00", closes, "binance").rows(
            f"select years, from_year, up_months, sources from {MONTHS} where month = 1 order by years"
        )
        assert rows == [(1, 2024, 1, ["binance"]), (2, 2023, 1, ["binance"])]
