"""Weeks and streaks of ETF flows, weeks of on-chain volume: what counts as whole, and what ends a run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from sql_warehouse import Warehouse, at

WEEKS, STREAKS, CHAINS = (
    "rankings.etf_flow_weeks",
    "rankings.etf_flow_streaks",
    "rankings.onchain_volume_weeks",
)


def etf(
    flows: Mapping[str, float | None], holidays: tuple[str, ...] = (), now: str = "2024-12-21"
) -> Warehouse:
    """One fund with a flow a session, in millions; None has not been reported; holidays are all dashes."""
    warehouse = Warehouse(at(now), holidays=holidays)
    warehouse.dataset("farside", "etf_flows")
    warehouse.window("farside_etf_flows", "2024-01-01", now)
    warehouse.raw(
        "etf_flows",
        "farside",
        [
            {
                "market": "btc",
                "asset": "BTC",
                "fund": "IBIT",
                "session_date": date.fromisoformat(day),
                "flow_usd": None if usd is None else Decimal(str(usd)) * 1_000_000,
            }
            for day, usd in (dict(flows) | dict.fromkeys(holidays)).items()
        ],
    )
    warehouse.build(WEEKS, STREAKS)
    return warehouse


def weekdays(first: str, *flows: float | None) -> dict[str, float | None]:
    days = (date.fromisoformat(first) + timedelta(days=n) for n in range(100))
    return dict(zip((d.isoformat() for d in days if d.weekday() < 5), flows, strict=False))


@cache
def december() -> Warehouse:
    flows = weekdays("2024-12-02", 5, 5, 5, -1, 1) | weekdays("2024-12-09", 3, 0, 2, 2, 2)
    flows |= {"2024-11-25": 4, "2024-11-26": 4, "2024-11-27": 4, "2024-11-29": 3}  # the 28th is a holiday
    flows |= weekdays("2024-12-16", -3, -4, None, -5, 1)
    return etf(flows, holidays=("2024-11-28",))


class TestEtfWeeks:
    def test_weeks_of_reported_sessions_and_holidays_are_ranked_and_ties_share_a_rank(self) -> None:
        rows = december().rows(
            f"select week_start::text, rank, (total_usd / 1e6)::int, direction, sessions, holidays, status, "
            f"percentile, ranked_weeks, was_record from {WEEKS} order by all"
        )
        assert rows == [
            ("2024-11-25", 1, 15, "in", 4, 1, "complete", 50.0, 3, True),
            ("2024-12-02", 1, 15, "in", 5, 0, "complete", 50.0, 3, False),
            ("2024-12-09", 3, 9, "in", 5, 0, "complete", 0.0, 3, False),
            ("2024-12-16", None, -11, "out", 4, 0, "partial", None, None, None),
        ]

    def test_the_largest_session_is_taken_in_the_direction_of_the_week(self) -> None:
        rows = december().rows(
            f"select week_start::text, (largest_session_usd / 1e6)::int, previous_larger_week::text from {WEEKS} "
            "order by all"
        )
        assert rows == [
            ("2024-11-25", 4, None),
            ("2024-12-02", 5, None),
            ("2024-12-09", 3, "2024-12-02"),
            ("2024-12-16", -5, None),
        ]

    def test_the_week_in_which_an_asset_begins_is_not_whole(self) -> None:
        rows = etf({"2024-12-05": 7, "2024-12-06": 8}).rows(f"select status, rank, sessions from {WEEKS}")
        assert rows == [("partial", None, 2)]


class TestStreaks:
    def test_a_streak_skips_holidays_and_ends_at_another_sign_a_zero_or_an_unreported_session(self) -> None:
        rows = december().rows(
            f"select direction, first_session::text, last_session::text, sessions, (total_usd / 1e6)::int, "
            f"ended_by, began_after from {STREAKS} order by first_session"
        )
        assert rows == [
            ("in", "2024-11-25", "2024-12-04", 7, 30, "sign", None),
            ("out", "2024-12-05", "2024-12-05", 1, -1, "sign", "sign"),
            ("in", "2024-12-06", "2024-12-09", 2, 4, "zero", "sign"),
            ("in", "2024-12-11", "2024-12-13", 3, 6, "sign", "zero"),
            ("out", "2024-12-16", "2024-12-17", 2, -7, "missing", "sign"),
            ("out", "2024-12-19", "2024-12-19", 1, -5, "sign", "missing"),
            ("in", "2024-12-20", "2024-12-20", 1, 1, None, "sign"),
        ]

    def test_streaks_are_ranked_by_length_and_by_flow(self) -> None:
        rows = december().rows(
            f"select first_session::text, rank_by_sessions, rank_by_total from {STREAKS} where direction = 'out' "
            "order by all"
        )
        assert rows == [("2024-12-05", 2, 3), ("2024-12-16", 1, 1), ("2024-12-19", 2, 2)]

    def test_nothing_comes_of_nothing(self) -> None:
        empty = Warehouse()
        empty.build(WEEKS, STREAKS, CHAINS)
        for table in (WEEKS, STREAKS, CHAINS):
            assert empty.rows(f"select * from {table}") == []


class TestOnchainWeeks:
    @staticmethod
    @cache
    def warehouse() -> Warehouse:
        """Three weeks from a Monday; base begins in the third, ethereum has a null day in the second."""
        warehouse = Warehouse()
        first = date(2024, 12, 2)
        rows = [("ethereum", n, 10.0 if n != 9 else None) for n in range(21)]
        rows += [("solana", n, 20.0 + n // 7) for n in range(21)]
        rows += [("base", n, 5.0) for n in range(14, 21)]
        rows += [("all", n, 50.0) for n in range(20)]
        warehouse.raw(
            "onchain_volume",
            "defillama",
            [
                {
                    "market": chain,
                    "chain": chain,
                    "metric": "dex_volume_usd",
                    "day": first + timedelta(days=n),
                    "value": None if usd is None else Decimal(str(usd)),
                }
                for chain, n, usd in rows
            ],
        )
        warehouse.build(CHAINS)
        return warehouse

    def test_a_week_needs_seven_volumes(self) -> None:
        rows = self.warehouse().rows(
            f"select chain_set, week_start::text, volume_usd::int, rank, percentile, was_record, week_change "
            f"from {CHAINS} where chain_set in ('ethereum', 'solana', 'all') order by all"
        )
        assert rows == [
            ("all", "2024-12-02", 350, 1, 0.0, True, None),
            ("all", "2024-12-09", 350, 1, 0.0, False, 0.0),
            ("ethereum", "2024-12-02", 70, 1, 0.0, True, None),
            ("ethereum", "2024-12-16", 70, 1, 0.0, False, None),
            ("solana", "2024-12-02", 140, 3, 0.0, True, None),
            ("solana", "2024-12-09", 147, 2, 50.0, True, 0.05),
            ("solana", "2024-12-16", 154, 1, 100.0, True, 0.047619),
        ]

    def test_a_set_says_how_many_of_its_chains_are_in_it_and_drops_a_week_that_lacks_one(self) -> None:
        rows = self.warehouse().rows(
            f"select week_start::text, volume_usd::int, chains, chains_in_set, share_of_all from {CHAINS} "
            "where chain_set = 'ethereum+arbitrum+base+polygon' order by all"
        )
        assert rows == [("2024-12-02", 70, 1, 4, 0.2), ("2024-12-16", 105, 2, 4, None)]
