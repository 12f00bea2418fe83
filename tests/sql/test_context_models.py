"""Open interest, basis, option volatility, funding across venues, drawdowns, chain sets and chain activity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sql_warehouse import Warehouse, at, interest

NOW = at("2024-12-11 03:00")


def price(
    day: str, open_: float, close: float, high: float | None = None, low: float | None = None
) -> dict[str, Any]:
    return {
        "venue": "binance",
        "market": "BTCUSDT",
        "asset": "BTC",
        "quote": "USDT",
        "bucket_start": at(day),
        "bucket_seconds": 86400,
        "open": Decimal(str(open_)),
        "high": Decimal(str(high or max(open_, close))),
        "low": Decimal(str(low or min(open_, close))),
        "close": Decimal(str(close)),
    }


class TestOpenInterest:
    COLUMNS = (
        "day::text, margin, open_interest_usd::int, open_interest_coin::int, is_usd_derived, markets, source"
    )

    def test_midnight_opens_its_day_and_else_the_last_of_the_day_stands(self) -> None:
        warehouse = Warehouse(now=NOW)
        warehouse.raw(
            "open_interest",
            "bybit",
            [
                interest("2024-12-09 00:00:00.400", 10, 500),
                interest("2024-12-09 08:00", 99, 999),
                interest("2024-12-10 08:00", 11, 550),
                interest("2024-12-10 16:00", 12, 600),
                interest("2024-12-11", 13, 650),
            ],
        )
        assert warehouse.built("facts.open_interest_daily", self.COLUMNS) == [
            ("2024-12-09", "linear", 500, 10, False, 1, "bybit"),
            ("2024-12-10", "linear", 600, 12, False, 1, "bybit"),
        ]

    def test_contracts_add_up_by_margin_and_one_unknown_leaves_the_sum_unknown(self) -> None:
        warehouse = Warehouse(now=NOW)
        warehouse.raw(
            "open_interest",
            "okx",
            [
                interest("2024-12-09", 10, 500, venue="okx"),
                interest("2024-12-09", None, 70, venue="okx", market="BTCUSDC"),
                interest("2024-12-09", None, 30, venue="okx", market="BTCUSD", margin="inverse"),
            ],
        )
        assert warehouse.built("facts.open_interest_daily", self.COLUMNS) == [
            ("2024-12-09", "inverse", 30, None, False, 1, "okx"),
            ("2024-12-09", "linear", 570, None, False, 2, "okx"),
        ]

    def test_coins_alone_are_dollars_at_the_price_of_their_moment_and_without_one_unknown(self) -> None:
        warehouse = Warehouse(now=NOW)
        warehouse.raw("prices", "binance", [price("2024-12-08", 90, 100), price("2024-12-09", 100, 120)])
        rows = [("2024-12-08 16:00", 10), ("2024-12-09", 10), ("2024-12-10", 10)]
        warehouse.raw("open_interest", "bybit", [interest(when, coin, None) for when, coin in rows])
        assert warehouse.built(
            "facts.open_interest_daily", "open_interest_usd::int, is_usd_derived, open_interest_coin::int"
        ) == [(1000, True, 10), (1000, True, 10), (None, False, 10)]

    def test_one_source_speaks_for_a_venue_so_that_no_contract_stands_twice(self) -> None:
        warehouse = Warehouse(now=NOW)
        warehouse.raw("open_interest", "bybit", [interest("2024-12-09", 10, 500)])
        vendor = [
            interest(day, None, 900, market="BTCUSDT.6", margin="all") for day in ("2024-12-09", "2024-12-10")
        ]
        warehouse.raw("open_interest", "coinalyze", vendor)
        assert warehouse.built("facts.open_interest_daily", self.COLUMNS) == [
            ("2024-12-09", "linear", 500, 10, False, 1, "bybit"),
            ("2024-12-10", "all", 900, None, False, 1, "coinalyze"),
        ]

    def test_a_contract_that_is_missing_on_a_day_shows(self) -> None:
        warehouse = Warehouse(now=NOW)
        rows = [interest(f"2024-12-0{d}", 1, 5) for d in (7, 8, 9)]
        rows += [interest(f"2024-12-0{d}", 1, 5, market="BTCPERP") for d in (7, 9)]
        warehouse.raw("open_interest", "bybit", rows)
        assert warehouse.built("facts.open_interest_daily", "day::text, markets, markets_expected") == [
            ("2024-12-07", 2, 2),
            ("2024-12-08", 1, 2),
            ("2024-12-09", 2, 2),
        ]


class TestBasisAndVolatility:
    def basis(
        self, when: str, future: str, index: str, expires: str | None = None, **more: Any
    ) -> dict[str, Any]:
        return {
            "venue": "deribit",
            "market": "BTC-28MAR25" if expires else "BTC-PERPETUAL",
            "asset": "BTC",
            "measured_at": at(when),
            "expires_at": expires and at(expires),
            "future_price": Decimal(future),
            "index_price": Decimal(index),
        } | more

    def test_the_premium_of_a_dated_future_is_annualised_and_that_of_a_perpetual_is_not(self) -> None:
        warehouse = Warehouse(now=at("2025-01-02 03:00"))
        dated = self.basis("2025-01-01 08:00", "102356.164384", "100000", "2025-03-28 08:00")
        perpetual = self.basis("2025-01-01 08:00", "100072.63", "100000")
        warehouse.raw("futures_basis", "deribit", [dated, perpetual])
        assert warehouse.built(
            "facts.futures_basis_daily",
            "day::text, market, tenor_days, basis_usd::decimal(9, 2), premium, round(annualised_premium, 6)",
        ) == [
            ("2024-12-31", "BTC-28MAR25", 86.0, Decimal("2356.16"), 0.0235616438, 0.1),
            ("2024-12-31", "BTC-PERPETUAL", None, Decimal("72.63"), 0.0007263, None),
        ]

    def test_what_is_asked_at_night_closes_the_day_before(self) -> None:
        """A row stamped with the end of its day, a snapshot of the night, one of the evening: the nearest stands."""
        warehouse = Warehouse(now=NOW)
        moments = [
            "2024-12-09 00:00",
            "2024-12-10 06:00",
            "2024-12-10 03:00",
            "2024-12-10 23:00",
            "2024-12-11 03:00",
        ]
        rows = [self.basis(when, str(101 + n), "100") for n, when in enumerate(moments)]
        warehouse.raw("futures_basis", "deribit", rows)
        assert warehouse.built(
            "facts.futures_basis_daily", "day::text, measured_at::text, basis_usd::int"
        ) == [
            ("2024-12-08", "2024-12-09 00:00:00+00", 1),
            ("2024-12-09", "2024-12-10 03:00:00+00", 3),
            ("2024-12-10", "2024-12-10 23:00:00+00", 4),
        ]

    def test_bars_of_the_index_keep_their_day_and_a_missing_value_is_no_row(self) -> None:
        warehouse = Warehouse(now=NOW)

        def measure(name: str, when: str, value: str | None) -> dict[str, Any]:
            chain = "BTC-DVOL" if name.startswith("dvol") else "BTC-OPTIONS"
            common = {"venue": "deribit", "market": chain, "asset": "BTC", "measure": name}
            return common | {"measured_at": at(when), "value": value and Decimal(value)}

        warehouse.raw(
            "option_volatility",
            "deribit",
            [
                measure("dvol_close", "2024-12-09", "59.74"),
                measure("dvol_close", "2024-12-11", "61"),
                measure("skew_25d_30d", "2024-12-10 03:00", "4"),
                measure("atm_30d", "2024-12-10 03:00", None),
            ],
        )
        warehouse.dataset("deribit", "option_volatility")
        columns = "day::text, measure, value::decimal(9, 2)::text"
        assert warehouse.built("facts.option_volatility_daily", columns) == [
            ("2024-12-09", "dvol_close", "59.74"),
            ("2024-12-09", "skew_25d_30d", "4.00"),
        ]
        assert warehouse.built(
            "facts.market_daily",
            "dvol_btc::decimal(9, 2)::text, skew_btc::int, skew_eth",
            "day = '2024-12-09'",
        ) == [("59.74", 4, None)]
        assert warehouse.built(
            "facts.coverage_daily",
            "kind, status, assets_present, assets_expected, venues_present",
            "source = 'deribit' and venue = 'all' and day = '2024-12-09'",
        ) == [("option_volatility", "complete", 2, 2, 1)]


def test_a_source_that_shows_the_present_only_has_no_history_and_a_night_can_be_missed() -> None:
    warehouse = Warehouse(now=NOW)
    warehouse.dataset("deribit", "futures_basis", cut="snapshot")
    row = {
        "venue": "deribit",
        "market": "BTC-PERPETUAL",
        "asset": "BTC",
        "future_price": 101,
        "index_price": 100,
    }
    for night, verdict in (("08", "complete"), ("10", "unreachable"), ("11", "complete")):
        start = f"2024-12-{night} 03:00"
        warehouse.window(
            "deribit_basis", start, f"{start}:01", verdict, observed_at=at(start), reason="HTTP 403"
        )
        if verdict == "complete":
            warehouse.raw("futures_basis", "deribit", [row | {"measured_at": at(start)}])
    rows = warehouse.built(
        "facts.coverage_daily", "day::text, status, reason", "venue = 'all' and day >= '2024-12-06'"
    )
    assert rows == [
        ("2024-12-06", "before_history", "shows the present only, and was not asked before"),
        ("2024-12-07", "complete", None),
        ("2024-12-08", "missing", "not asked that night"),
        ("2024-12-09", "unreachable", "HTTP 403"),
        ("2024-12-10", "complete", None),
    ]


class TestDrawdown:
    def test_highs_drops_and_returns(self) -> None:
        warehouse = Warehouse(now=NOW)
        warehouse.raw(
            "prices",
            "binance",
            [
                price("2024-12-06", 90, 100, high=100, low=80),
                price("2024-12-07", 100, 90, high=100, low=90),
                price("2024-12-08", 90, 110, high=120, low=90),
                price("2024-12-10", 110, 60, high=110, low=55),
            ],
        )
        assert warehouse.built(
            "facts.price_drawdown_daily",
            "day::text, all_time_high_usd::int, all_time_high_day::text, drawdown, intraday_drop, open_to_low, day_return",
        ) == [
            ("2024-12-06", 100, "2024-12-06", 0.0, -0.2, -0.111111, None),
            ("2024-12-07", 100, "2024-12-06", -0.1, -0.1, -0.1, -0.1),
            ("2024-12-08", 120, "2024-12-08", -0.083333, -0.25, 0.0, 0.222222),
            ("2024-12-10", 120, "2024-12-08", -0.5, -0.5, -0.5, None),
        ]
        assert warehouse.rows("select distinct high_365d_usd from facts.price_drawdown_daily") == [(None,)]

    def test_the_high_of_a_year_forgets_what_is_older(self) -> None:
        warehouse = Warehouse(now=NOW)
        days = [date(2023, 12, 1) + timedelta(days=n) for n in range(370)]
        rows = [price(d.isoformat(), 50, 50, high=200 if n == 1 else 100) for n, d in enumerate(days)]
        warehouse.raw("prices", "binance", rows)
        found = dict(
            warehouse.built(
                "facts.price_drawdown_daily",
                "day, (high_365d_usd::int, all_time_high_usd::int, drawdown_365d)",
            )
        )
        assert found[days[363]] == (None, 200, None)
        assert found[days[364]] == found[days[365]] == (200, 200, -0.75)
        assert found[days[366]] == (100, 200, -0.5)


class TestChains:
    def points(
        self,
        warehouse: Warehouse,
        values: Mapping[str, Sequence[float | None]],
        metric: str = "dex_volume_usd",
    ) -> None:
        """Points of the days up to 2024-12-10; None is a day without a point."""
        rows = [
            {
                "market": chain,
                "chain": chain,
                "metric": metric,
                "day": date(2024, 12, 11) - timedelta(days=len(series) - n),
                "value": Decimal(str(value)),
            }
            for chain, series in values.items()
            for n, value in enumerate(series)
            if value is not None
        ]
        warehouse.raw("onchain_volume", "defillama", rows)

    def test_a_set_adds_its_members_and_ranks_against_the_chains_outside(self) -> None:
        warehouse = Warehouse(now=NOW)
        self.points(
            warehouse,
            {
                "all": [100.0] * 14,
                "ethereum": [20.0] * 7 + [30.0] * 7,
                "solana": [40.0] * 14,
                "base": [5.0] * 14,
                "arbitrum": [5.0] * 14,
                "polygon": [4.0] * 3,  # begins three days ago
            },
        )
        rows = warehouse.built(
            "facts.chain_set_volume_daily",
            "chain_set, volume_usd::int, trailing_7d_usd::int, week_change, share, rank, rank_7d, ranked_chains",
            "day = '2024-12-10' and chain_set in ('ethereum', 'solana', 'ethereum+arbitrum+base+polygon', 'all')",
        )
        assert rows == [
            ("all", 100, 700, 0.0, 1.0, None, None, 0),
            ("ethereum", 30, 210, 0.5, 0.3, 2, 2, 5),
            ("ethereum+arbitrum+base+polygon", 44, 292, round(292 / 210 - 1, 6), 0.44, 1, 1, 5),
            ("solana", 40, 280, 0.0, 0.4, 1, 1, 5),
        ]

    def test_a_member_without_a_point_leaves_the_set_without_a_volume_and_is_named(self) -> None:
        warehouse = Warehouse(now=NOW)
        self.points(
            warehouse,
            {c: [1.0] * 3 for c in ("ethereum", "base", "arbitrum")} | {"polygon": [1.0, None, 1.0]},
        )
        rows = warehouse.built(
            "facts.chain_set_volume_daily",
            "day::text, volume_usd::int, members_missing, trailing_7d_usd",
            "chain_set = 'ethereum+arbitrum+base+polygon'",
        )
        assert rows == [
            ("2024-12-08", 4, [], None),
            ("2024-12-09", None, ["polygon"], None),
            ("2024-12-10", 4, [], None),
        ]
        assert warehouse.rows(  # optimism was never loaded
            "select count(*) from facts.chain_set_volume_daily where chain_set like '%optimism%'"
        ) == [(0,)]

    def test_other_measures_are_kept_apart_from_volume(self) -> None:
        warehouse = Warehouse(now=NOW)
        self.points(warehouse, {"bitcoin": [5.0, -1.0]}, "transfer_volume_usd")
        self.points(warehouse, {"bitcoin": [7.0]}, "active_addresses_count")
        self.points(warehouse, {"all": [9.0]})
        assert warehouse.built(
            "facts.onchain_activity_daily", "day::text, chain, metric, value::int, null_reason"
        ) == [
            ("2024-12-09", "bitcoin", "transfer_volume_usd", 5, None),
            ("2024-12-10", "bitcoin", "active_addresses_count", 7, None),
            ("2024-12-10", "bitcoin", "transfer_volume_usd", None, "the upstream has a negative value"),
        ]
        assert warehouse.built("facts.onchain_volume_daily", "chain") == [("all",)]


def test_the_market_table_adds_up_single_venues_only() -> None:
    warehouse = Warehouse(now=NOW)
    for venue, usd in (("bybit", 100), ("okx", 50), ("bybit+okx", 150)):
        warehouse.raw(
            "open_interest", "coinalyze", [interest("2024-12-09", None, usd, venue=venue, margin="all")]
        )
    assert warehouse.built(
        "facts.market_daily",
        "open_interest_btc_usd::int, open_interest_eth_usd, open_interest_venues",
        "day = '2024-12-09'",
    ) == [(150, None, 2)]
