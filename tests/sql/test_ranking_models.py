"""The largest liquidation days: ties, partial days, what came before and after, since when days compare."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sql_warehouse import Warehouse, at

RANKING = "rankings.largest_liquidation_days"


def days(
    amounts: Mapping[str, float], venue: str = "okx", partial: Mapping[str, float] | None = None
) -> Warehouse:
    """A warehouse with one market; a partial day has one bucket of four hours."""
    warehouse = Warehouse()
    warehouse.dataset("coinalyze", "liquidation_buckets")
    warehouse.window("coinalyze_liquidations", "2020-01-01", "2024-12-31")
    for seconds, chosen in ((86400, amounts), (14400, partial or {})):
        warehouse.raw(
            "liquidation_buckets",
            "coinalyze",
            [
                {
                    "venue": venue,
                    "market": "m",
                    "asset": "BTC",
                    "bucket_start": at(day),
                    "bucket_seconds": seconds,
                    "long_usd": Decimal(str(usd)),
                    "short_usd": Decimal(0),
                }
                for day, usd in chosen.items()
            ],
        )
    return warehouse


def ranking(warehouse: Warehouse, columns: str) -> dict[str, Any]:
    rows = warehouse.built(RANKING, f"day::text, {columns}")
    return {day: rest[0] if len(rest) == 1 else tuple(rest) for day, *rest in rows}


def test_ties_share_the_lower_rank_and_the_percentile_counts_smaller_days() -> None:
    found = ranking(
        days({"2024-12-01": 10, "2024-12-02": 30, "2024-12-03": 20, "2024-12-04": 20, "2024-12-05": 5}),
        "rank, percentile, ranked_days, bound",
    )
    assert found == {
        "2024-12-02": (1, 100.0, 5, "exact"),
        "2024-12-03": (2, 50.0, 5, "exact"),
        "2024-12-04": (2, 50.0, 5, "exact"),
        "2024-12-01": (4, 25.0, 5, "exact"),
        "2024-12-05": (5, 0.0, 5, "exact"),
    }


def test_a_partial_day_holds_at_least_its_figure_and_is_not_ranked() -> None:
    found = ranking(
        days({"2024-12-01": 10, "2024-12-03": 20}, partial={"2024-12-02": 500}),
        "rank, total_usd::int, percentile, bound, coverage_status, ranked_days, previous_larger_day::text",
    )
    assert found["2024-12-02"] == (None, 500, None, "at_least", "partial", 2, None)
    assert found["2024-12-03"] == (1, 20, 100.0, "exact", "complete", 2, None)


def test_previous_and_next_larger_are_strict_and_days_between_that_are_not_complete_are_counted() -> None:
    amounts = {"2024-12-01": 50, "2024-12-02": 20, "2024-12-04": 10, "2024-12-06": 20, "2024-12-07": 60}
    found = ranking(
        days(amounts, partial={"2024-12-05": 1}),
        "previous_larger_day::text, previous_larger_usd::int, days_since_previous_larger, gap_days, next_larger_day::text",
    )
    assert found["2024-12-01"] == (None, None, None, 0, "2024-12-07")
    assert found["2024-12-02"] == ("2024-12-01", 50, 1, 0, "2024-12-07")
    assert found["2024-12-04"] == ("2024-12-02", 20, 2, 1, "2024-12-06")
    assert found["2024-12-06"] == ("2024-12-01", 50, 5, 2, "2024-12-07")
    assert found["2024-12-07"] == (None, None, None, 2, None)


def test_the_median_of_the_month_before_needs_twenty_complete_days_and_leaves_the_day_out() -> None:
    first = date(2024, 11, 1)
    amounts = {(first + timedelta(days=n)).isoformat(): float(n + 1) for n in range(40)}
    found = ranking(days(amounts), "ratio_to_30d_median")
    assert found["2024-11-20"] is None  # nineteen days before it
    assert found["2024-11-21"] == 2.0  # 21 over the median of 1..20
    assert found["2024-12-10"] == round(40 / 24.5, 4)  # 40 over the median of 10..39


def test_days_before_2020_are_not_ranked() -> None:
    assert list(ranking(days({"2019-12-31": 100, "2020-01-01": 1}), "rank").items()) == [("2020-01-01", 1)]


def test_days_compare_since_the_last_break_in_the_feeds_of_their_venues() -> None:
    dates = {"2021-03-31": 1, "2021-04-10": 1, "2021-09-30": 1, "2024-12-09": 1}
    since = "comparable_since::text"
    assert ranking(days(dates, venue="binance+bybit+okx"), since) == {
        "2021-03-31": "2021-03-31",
        "2021-04-10": "2021-05-01",
        "2021-09-30": "2021-10-01",
        "2024-12-09": "2021-10-01",
    }
    assert set(ranking(days(dates, venue="binance"), since).values()) == {"2021-03-31", "2021-05-01"}
    # an archive that ended is no break in how the days were collected, and OKX has no known break
    assert set(ranking(days(dates, venue="okx"), since).values()) == {"2021-03-31"}
