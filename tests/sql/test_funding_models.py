"""Funding by day: intervals read from the settlements, whole and partial days, one market per venue and asset."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sql_warehouse import Warehouse, at

BY_MARKET = "facts.funding_by_market_daily"


def settled(when: datetime, rate: float | str = "0.0001", **more: Any) -> dict[str, Any]:
    return {
        "venue": "binance",
        "market": "BTCUSDT",
        "asset": "BTC",
        "margin": "linear",
        "settled_at": when,
        "rate": Decimal(str(rate)),
        "interval_hours": None,
        "rate_kind": "settled",
    } | more


def every(hours: float, first: str, last: str) -> list[datetime]:
    """The moments from first to last, both included."""
    count = int((at(last) - at(first)).total_seconds() / 3600 / hours)
    return [at(first) + timedelta(hours=n * hours) for n in range(count + 1)]


def days(moments: Iterable[datetime], **more: Any) -> dict[str, tuple[Any, ...]]:
    """By day: (settlements, expected, interval, sum in units of 0.0001, status) of settlements at these moments."""
    warehouse = Warehouse()
    warehouse.raw("funding_rates", "binance", [settled(m, **more) for m in moments])
    rows = warehouse.built(
        BY_MARKET,
        "day::text, settlements, settlements_expected, interval_hours::int, (rate_sum * 10000)::int, status",
    )
    return {day: tuple(rest) for day, *rest in rows}


def test_a_plain_day_of_three_settlements() -> None:
    warehouse = Warehouse()
    warehouse.raw(
        "funding_rates", "binance", [settled(m) for m in every(8, "2024-12-01", "2024-12-03 16:00")]
    )
    rows = warehouse.built(
        BY_MARKET, "rate_sum, rate_8h, rate_month, apr, status, source", "day = '2024-12-02'"
    )
    assert rows == [(Decimal("0.0003"), 0.0001, 0.009, 0.1095, "complete", "binance")]


def test_an_hourly_day_per_eight_hours() -> None:
    warehouse = Warehouse()
    rows = [settled(m, "0.00001") for m in every(1, "2024-12-01", "2024-12-02 23:00")]
    warehouse.raw("funding_rates", "hyperliquid", [r | {"venue": "hyperliquid"} for r in rows])
    assert warehouse.built(
        BY_MARKET, "settlements, interval_hours, rate_sum, rate_8h", "day = '2024-12-02'"
    ) == [(24, 1, Decimal("0.00024"), 0.00008)]


def test_the_first_and_last_day_of_a_series_are_partial_where_settlements_lack() -> None:
    assert days(every(8, "2024-12-01 16:00", "2024-12-03 08:00")) == {
        "2024-12-01": (1, 3, 8, None, "partial"),
        "2024-12-02": (3, 3, 8, 3, "complete"),
        "2024-12-03": (2, 3, 8, None, "partial"),
    }


def test_an_interval_that_changes_from_eight_hours_to_four() -> None:
    moments = every(8, "2024-12-01", "2024-12-04") + every(4, "2024-12-04 04:00", "2024-12-07 20:00")
    found = days(moments)
    assert found["2024-12-03"] == (3, 3, 8, 3, "complete")
    assert found["2024-12-04"] == (6, 6, 4, 6, "complete")
    assert found["2024-12-05"] == (6, 6, 4, 6, "complete")


def test_an_interval_that_changes_in_the_middle_of_a_day_either_way() -> None:
    shorter = every(8, "2024-12-01", "2024-12-04 08:00") + every(4, "2024-12-04 12:00", "2024-12-07 20:00")
    assert days(shorter)["2024-12-04"] == (5, 5, 4, 5, "complete")
    longer = every(4, "2024-12-01", "2024-12-04 08:00") + every(8, "2024-12-04 16:00", "2024-12-08 16:00")
    assert days(longer)["2024-12-04"] == (4, 4, 8, 4, "complete")


def test_the_mean_rate_weighs_each_settlement_by_its_own_interval() -> None:
    warehouse = Warehouse()
    before, after = every(8, "2024-12-01", "2024-12-04"), every(4, "2024-12-04 04:00", "2024-12-07 20:00")
    warehouse.raw(
        "funding_rates",
        "binance",
        [settled(m, "0.0002") for m in before] + [settled(m, "0.0001") for m in after],
    )
    assert warehouse.built(BY_MARKET, "rate_8h", "day = '2024-12-04'") == [(0.0002,)]


def test_a_late_settlement_belongs_to_its_day_and_breaks_nothing() -> None:
    moments = every(8, "2024-12-01", "2024-12-07 16:00")
    moments[moments.index(at("2024-12-04 16:00"))] = at("2024-12-04 18:00")
    assert set(days(moments).values()) == {(3, 3, 8, 3, "complete")}


def test_a_missing_settlement_makes_its_day_partial_and_no_other() -> None:
    moments = every(8, "2024-12-01", "2024-12-07 16:00")
    moments.remove(at("2024-12-04 16:00"))
    moments.remove(at("2024-12-05 00:00"))
    found = days(moments)
    partial = {day for day, (*_, status) in found.items() if status == "partial"}
    assert partial == {"2024-12-04", "2024-12-05"}
    assert found["2024-12-04"] == found["2024-12-05"] == (2, 3, 8, None, "partial")


def test_an_extra_settlement_is_part_of_the_sum_and_does_not_thin_the_mean() -> None:
    warehouse = Warehouse()
    moments = every(8, "2024-12-01", "2024-12-07 16:00")
    rows = [settled(m) for m in moments] + [settled(at("2024-12-04 03:00"), 0)]
    warehouse.raw("funding_rates", "htx", [r | {"venue": "htx"} for r in rows])
    assert warehouse.built(
        BY_MARKET, "settlements, settlements_expected, rate_sum, rate_8h", "day = '2024-12-04'"
    ) == [(4, 3, Decimal("0.0003"), 0.0001)]


def test_a_hole_of_days_leaves_no_rows_and_partial_edges() -> None:
    moments = every(1, "2024-12-01", "2024-12-03 05:00") + every(1, "2024-12-06 20:00", "2024-12-07 23:00")
    found = days(moments)
    assert set(found) == {"2024-12-01", "2024-12-02", "2024-12-03", "2024-12-06", "2024-12-07"}
    assert found["2024-12-03"] == (6, 24, 1, None, "partial")
    assert found["2024-12-06"] == (4, 24, 1, None, "partial")
    assert found["2024-12-07"] == (24, 24, 1, 24, "complete")


def test_the_stated_interval_wins_over_the_one_read_from_the_gaps() -> None:
    found = days(every(8, "2024-12-01", "2024-12-03 16:00"), interval_hours=Decimal(4))
    assert found["2024-12-02"] == (3, 6, 4, None, "partial")


def test_a_single_settlement_has_no_interval_and_makes_no_day() -> None:
    assert days([at("2024-12-02 08:00")]) == {"2024-12-02": (1, None, None, None, "partial")}


def test_two_datasets_that_tell_the_same_settlements_count_once() -> None:
    warehouse = Warehouse()
    moments = every(8, "2024-12-01", "2024-12-03 16:00")
    rows = [settled(m) | {"venue": "okx", "market": "BTC-USDT-SWAP"} for m in moments]
    warehouse.raw("funding_rates", "okx", rows, dataset="okx_archive_funding")
    late = [r | {"settled_at": r["settled_at"] + timedelta(milliseconds=11)} for r in rows]
    early = [r | {"settled_at": r["settled_at"] - timedelta(milliseconds=11)} for r in rows]
    warehouse.raw("funding_rates", "okx", late[:4] + early[4:], dataset="okx_funding")
    assert warehouse.built(BY_MARKET, "settlements, rate_sum", "day = '2024-12-02'") == [
        (3, Decimal("0.0003"))
    ]


def test_only_settled_rates_count_and_restated_ones_once() -> None:
    warehouse = Warehouse()
    moments = every(8, "2024-12-01", "2024-12-03 16:00")
    warehouse.raw("funding_rates", "binance", [settled(m) for m in moments])
    warehouse.raw("funding_rates", "binance", [settled(at("2024-12-02 08:00"), "0.0005")], vintage=2)
    warehouse.raw(
        "funding_rates", "coinalyze", [settled(m, 9, rate_kind="bucket_close") for m in moments[:0]]
    )
    warehouse.raw("funding_rates", "binance", [settled(at("2024-12-02"), "0.01", rate_kind="bucket_close")])
    assert warehouse.built(BY_MARKET, "settlements, rate_sum", "day = '2024-12-02'") == [
        (3, Decimal("0.0007"))
    ]


def test_the_forming_day_has_no_funding() -> None:
    warehouse = Warehouse(now=at("2024-12-03 12:00"))
    warehouse.raw(
        "funding_rates", "binance", [settled(m) for m in every(8, "2024-12-01", "2024-12-03 08:00")]
    )
    assert warehouse.built(BY_MARKET, "max(day)::text") == [("2024-12-02",)]


def test_one_market_speaks_for_a_venue_and_asset_and_each_venue_for_itself() -> None:
    warehouse = Warehouse()
    moments = every(8, "2024-12-01", "2024-12-02 16:00")
    for market, margin, rate in (
        ("BTCUSD_PERP", "inverse", "0.0003"),
        ("BTCUSDC", "linear", "0.0002"),
        ("BTCUSDT", "linear", "0.0001"),
    ):
        warehouse.raw(
            "funding_rates", "binance", [settled(m, rate, market=market, margin=margin) for m in moments[:4]]
        )
    inverse = {"venue": "deribit", "market": "BTC-PERPETUAL", "margin": "inverse"}
    warehouse.raw("funding_rates", "deribit", [settled(m, "0.0004", **inverse) for m in moments])
    rows = warehouse.built("facts.funding_daily", "venue, market, margin, day::text, rate_8h")
    assert rows == [
        ("binance", "BTCUSDT", "linear", "2024-12-01", 0.0001),
        ("binance", "BTCUSDT", "linear", "2024-12-02", None),
        ("deribit", "BTC-PERPETUAL", "inverse", "2024-12-01", 0.0004),
        ("deribit", "BTC-PERPETUAL", "inverse", "2024-12-02", 0.0004),
    ]


@settings(max_examples=15, deadline=None)
@given(
    hours=st.sampled_from([1, 2, 4, 8]),
    jitter=st.integers(min_value=-20, max_value=20),
    lost=st.sets(st.integers(min_value=0, max_value=23), max_size=2),
)
def test_a_day_is_complete_exactly_when_no_settlement_of_it_is_lost(
    hours: int, jitter: int, lost: set[int]
) -> None:
    per_day = 24 // hours
    moments = every(hours, "2024-12-01", "2024-12-09 23:00")
    gone = {at("2024-12-05") + timedelta(hours=hours * n) for n in lost if n < per_day}
    found = days(m + timedelta(milliseconds=jitter) for m in moments if m not in gone)
    for day, (count, expected, interval, total, status) in found.items():
        assert (expected, interval) == (per_day, hours)
        whole = day != "2024-12-05" or not gone
        assert (status, total) == (("complete", per_day) if whole else ("partial", None))
        assert count == per_day - (0 if whole else len(gone))
