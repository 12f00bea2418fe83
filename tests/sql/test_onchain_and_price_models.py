"""DEX volume by day and week, daily prices, and the table that puts the market side by side."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sql_warehouse import Warehouse, at


def point(day: str, value: float | None, chain: str = "all", **more: Any) -> dict[str, Any]:
    return {
        "market": chain,
        "chain": chain,
        "metric": "dex_volume_usd",
        "day": date.fromisoformat(day),
        "value": None if value is None else Decimal(str(value)),
    } | more


def bar(venue: str, asset: str, day: str, close: float, quote: str = "USDT", **more: Any) -> dict[str, Any]:
    price = Decimal(str(close))
    return {
        "venue": venue,
        "market": f"{asset}{quote}",
        "asset": asset,
        "quote": quote,
        "bucket_start": at(day),
        "bucket_seconds": 86400,
        "open": price,
        "high": price * 2,
        "low": price / 2,
        "close": price,
        "base_volume": Decimal(10),
        "quote_volume": None,
    } | more


class TestOnchainVolume:
    def test_negative_and_null_points_are_no_volume_and_say_why(self) -> None:
        warehouse = Warehouse()
        warehouse.raw(
            "onchain_volume",
            "defillama",
            [
                point("2024-12-01", 5),
                point("2024-12-02", -3),
                point("2024-12-03", None),
                point("2024-12-04", 0),
            ],
        )
        rows = warehouse.built(
            "facts.onchain_volume_daily", "day::text, volume_usd::int, is_nulled, null_reason, source"
        )
        assert rows == [
            ("2024-12-01", 5, False, None, "defillama"),
            ("2024-12-02", None, True, "the upstream has a negative value", "defillama"),
            ("2024-12-03", None, True, "the upstream has no value", "defillama"),
            ("2024-12-04", 0, False, None, "defillama"),
        ]

    def test_a_week_needs_seven_days_with_a_volume(self) -> None:
        warehouse = Warehouse()
        days = [date(2024, 11, 1) + timedelta(days=n) for n in range(22)]
        warehouse.raw(
            "onchain_volume",
            "defillama",
            [
                point(d.isoformat(), -1 if n == 20 else 10 if n < 7 else 15)
                for n, d in enumerate(days)
                if n != 15  # an absent day stays absent
            ],
        )
        rows = warehouse.built(
            "facts.onchain_volume_daily",
            "day::text, trailing_7d_usd::int, week_change",
            "day <= '2024-11-22'",
        )
        weeks = {day: (total, change) for day, total, change in rows}
        assert weeks["2024-11-06"] == (None, None)
        assert weeks["2024-11-07"] == (70, None)
        assert weeks["2024-11-14"] == (105, 0.5)
        assert weeks["2024-11-15"] == (105, round(105 / 75 - 1, 6))
        assert "2024-11-16" not in weeks
        assert [weeks[f"2024-11-{n}"] for n in (17, 20, 22)] == [(None, None)] * 3

    def test_the_restated_point_stands_and_chains_stay_apart(self) -> None:
        warehouse = Warehouse()
        warehouse.raw(
            "onchain_volume", "defillama", [point("2024-12-01", 5), point("2024-12-01", 2, "ethereum")]
        )
        warehouse.raw("onchain_volume", "defillama", [point("2024-12-01", 6)], vintage=2)
        assert warehouse.built("facts.onchain_volume_daily", "chain, volume_usd::int") == [
            ("all", 6),
            ("ethereum", 2),
        ]

    def test_other_metrics_are_no_dex_volume_and_the_forming_day_is_no_day(self) -> None:
        warehouse = Warehouse(now=at("2024-12-02 03:00"))
        warehouse.raw(
            "onchain_volume",
            "defillama",
            [point("2024-12-01", 5, metric="fees_usd"), point("2024-12-02", 5)],
        )
        assert warehouse.built("facts.onchain_volume_daily", "day") == []


class TestPrices:
    def test_binance_speaks_first_and_coinbase_where_it_is_silent(self) -> None:
        warehouse = Warehouse()
        warehouse.raw(
            "prices", "coinbase", [bar("coinbase", "BTC", f"2024-12-0{n}", 102, "USD") for n in (1, 2)]
        )
        warehouse.raw(
            "prices", "binance", [bar("binance", "BTC", "2024-12-01", 100, quote_volume=Decimal(7))]
        )
        rows = warehouse.built(
            "facts.prices_daily",
            "day::text, close_usd::int, high_usd::int, low_usd::int, volume_usd::int, quote, venue, source",
        )
        assert rows == [
            ("2024-12-01", 100, 200, 50, 7, "USDT", "binance", "binance"),
            ("2024-12-02", 102, 204, 51, 1020, "USD", "coinbase", "coinbase"),
        ]

    def test_only_bars_of_a_utc_day_count(self) -> None:
        warehouse = Warehouse(now=at("2024-12-03 03:00"))
        warehouse.raw(
            "prices",
            "binance",
            [
                bar("binance", "BTC", "2024-12-01", 1, bucket_seconds=3600),
                bar("binance", "ETH", "2024-12-01 16:00", 1),
                bar("binance", "SOL", "2024-12-03", 1),
                bar("binance", "ADA", "2024-12-02", 1),
            ],
        )
        assert warehouse.built("facts.prices_daily", "asset") == [("ADA",)]

    def test_small_prices_keep_their_places(self) -> None:
        warehouse = Warehouse()
        warehouse.raw("prices", "binance", [bar("binance", "PEPE", "2024-12-01", 0.00001234)])
        assert warehouse.built("facts.prices_daily", "close_usd") == [(Decimal("0.000012340000"),)]


class TestMarket:
    def test_a_row_a_day_from_2020_to_yesterday_and_null_where_nothing_is_known(self) -> None:
        warehouse = Warehouse(now=at("2024-12-11 15:00"))
        warehouse.raw(
            "prices",
            "binance",
            [
                bar("binance", "BTC", "2024-12-08", 100),
                bar("binance", "BTC", "2024-12-09", 90),
                bar("binance", "ETH", "2024-12-09", 4),
            ],
        )
        warehouse.raw("onchain_volume", "defillama", [point("2024-12-09", 9), point("2024-12-09", 1, "base")])
        warehouse.raw(
            "etf_flows",
            "farside",
            [
                {
                    "market": "p",
                    "asset": "BTC",
                    "fund": "IBIT",
                    "session_date": date(2024, 12, 9),
                    "flow_usd": Decimal(3),
                }
            ],
        )
        warehouse.raw(
            "funding_rates",
            "binance",
            [
                {
                    "venue": "binance",
                    "market": "BTCUSDT",
                    "asset": "BTC",
                    "margin": "linear",
                    "settled_at": at(f"2024-12-09 {hour:02}:00"),
                    "rate": Decimal("0.0001"),
                    "rate_kind": "settled",
                }
                for hour in (0, 8, 16)
            ],
        )
        warehouse.dataset("coinalyze", "liquidation_buckets")
        warehouse.window("coinalyze_liquidations", "2020-01-01", "2024-12-11")
        warehouse.raw(
            "liquidation_buckets",
            "coinalyze",
            [
                {
                    "venue": "okx",
                    "market": "m",
                    "asset": "BTC",
                    "bucket_start": at("2024-12-09"),
                    "bucket_seconds": 86400,
                    "long_usd": Decimal(5),
                    "short_usd": Decimal(2),
                }
            ],
        )
        rows = warehouse.built(
            "facts.market_daily",
            "day::text, liquidations_usd::int, liquidations_long_usd::int, liquidation_coverage, btc_close_usd::int, "
            "btc_return, eth_close_usd::int, eth_return, etf_btc_usd::int, etf_btc_status, etf_eth_usd, "
            "dex_volume_usd::int, funding_btc_rate_8h, funding_eth_rate_8h",
            "day >= '2024-12-07'",
        )
        assert rows == [
            ("2024-12-07", None, None, "before_history", *[None] * 10),
            ("2024-12-08", None, None, "before_history", 100, *[None] * 9),
            ("2024-12-09", 7, 5, "complete", 90, -0.1, 4, None, 3, "reported", None, 9, 0.0001, None),
            (
                "2024-12-10",
                None,
                None,
                "missing",
                None,
                None,
                None,
                None,
                None,
                "pending",
                None,
                None,
                None,
                None,
            ),
        ]
        [(first, last, count)] = warehouse.rows("select min(day), max(day), count(*) from facts.market_daily")
        assert (first, last, count) == (date(2020, 1, 1), date(2024, 12, 10), (last - first).days + 1)
