"""ETF flows by New York session: reported, partial, holiday, pending, missing; funds that come and go; sources."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sql_warehouse import Warehouse, at

HOLIDAY = "2024-12-25"
TOTALS = "facts.etf_flow_totals_daily"


def flow(day: str, fund: str, million: float | None, asset: str = "BTC", **more: Any) -> dict[str, Any]:
    usd = None if million is None else Decimal(str(million)) * 1_000_000
    return {
        "market": "all-data",
        "asset": asset,
        "fund": fund,
        "session_date": date.fromisoformat(day),
        "flow_usd": usd,
    } | more


def told(warehouse: Warehouse, source: str, *rows: dict[str, Any], **defaults: Any) -> None:
    warehouse.raw("etf_flows", source, rows, **defaults)


def totals(warehouse: Warehouse, columns: str = "(total_usd / 1e6)::int, status") -> list[tuple[Any, ...]]:
    warehouse.build(TOTALS)
    return warehouse.rows(f"select session_date::text, {columns} from {TOTALS} order by asset, session_date")


def test_the_total_is_recomputed_and_the_printed_one_stands_beside_it() -> None:
    warehouse = Warehouse(now=at("2024-12-11 03:00"))
    told(
        warehouse,
        "farside",
        flow("2024-12-09", "IBIT", 400),
        flow("2024-12-09", "GBTC", -100),
        flow("2024-12-09", "TOTAL", 301),
        flow("2024-12-10", "IBIT", 0),
        flow("2024-12-10", "GBTC", 0),
        flow("2024-12-10", "TOTAL", 0),
    )
    columns = (
        "(total_usd / 1e6)::int, status, funds_reported, funds_expected, (printed_total_usd / 1e6)::int, "
        "(printed_difference_usd / 1e6)::int, (cumulative_usd / 1e6)::int, source"
    )
    assert totals(warehouse, columns) == [
        ("2024-12-09", 300, "reported", 2, 2, 301, 1, 300, "farside"),
        ("2024-12-10", 0, "reported", 2, 2, 0, 0, 300, "farside"),
    ]


def test_a_session_is_partial_until_the_last_fund_reports() -> None:
    warehouse = Warehouse(now=at("2024-12-11 03:00"))
    told(warehouse, "farside", flow("2024-12-09", "IBIT", 400), flow("2024-12-09", "GBTC", -100))
    told(
        warehouse,
        "farside",
        flow("2024-12-10", "IBIT", None),
        flow("2024-12-10", "GBTC", -50),
        flow("2024-12-10", "TOTAL", -50),
        observed_at=at("2024-12-11 01:00"),
    )
    columns = "(total_usd / 1e6)::int, status, funds_reported, funds_expected, cumulative_gaps, vintages"
    assert totals(warehouse, columns)[1] == ("2024-12-10", -50, "partial", 1, 2, 1, 1)
    assert warehouse.built(
        "facts.etf_flows_daily", "fund, (flow_usd / 1e6)::int, status", "session_date = '2024-12-10'"
    ) == [
        ("GBTC", -50, "reported"),
        ("IBIT", None, "pending"),
    ]
    assert warehouse.built("rankings.largest_etf_flow_days", "session_date::text") == [("2024-12-09",)]

    told(
        warehouse,
        "farside",
        flow("2024-12-10", "IBIT", 70),
        flow("2024-12-10", "TOTAL", 20),
        vintage=2,
        observed_at=at("2024-12-11 02:00"),
    )
    columns += ", first_observed_at = timestamptz '2024-12-11 01:00:00+00'"
    assert totals(warehouse, columns)[1] == ("2024-12-10", 20, "reported", 2, 2, 0, 2, True)


def test_holidays_pending_and_missing_sessions_are_null_and_never_zero() -> None:
    warehouse = Warehouse(now=at("2024-12-31 15:00"), holidays=[HOLIDAY])
    for day in ("2024-12-23", "2024-12-24", "2024-12-27"):
        told(warehouse, "farside", flow(day, "IBIT", 10), flow(day, "TOTAL", 10))
    # a holiday and a day not yet reported look alike upstream: dashes and a total of 0.0
    for day in (HOLIDAY, "2024-12-30", "2024-12-31"):
        told(warehouse, "farside", flow(day, "IBIT", None), flow(day, "TOTAL", 0))
    columns = "(total_usd / 1e6)::int, status, printed_total_usd, (cumulative_usd / 1e6)::int, cumulative_gaps, source"
    assert totals(warehouse, columns) == [
        ("2024-12-23", 10, "reported", Decimal(10_000_000), 10, 0, "farside"),
        ("2024-12-24", 10, "reported", Decimal(10_000_000), 20, 0, "farside"),
        (HOLIDAY, None, "holiday", None, 20, 0, None),
        ("2024-12-26", None, "missing", None, None, 1, None),
        ("2024-12-27", 10, "reported", Decimal(10_000_000), 30, 1, "farside"),
        ("2024-12-30", None, "pending", None, None, 2, None),
    ]
    assert warehouse.built(
        "facts.etf_flows_daily", "session_date::text, flow_usd, status", "flow_usd is null"
    ) == [
        (HOLIDAY, None, "holiday"),
        ("2024-12-26", None, "missing"),
        ("2024-12-30", None, "pending"),
    ]


def test_a_session_appears_once_its_utc_day_has_ended() -> None:
    for now, newest in (("2024-12-10 23:59", "2024-12-09"), ("2024-12-11 00:00", "2024-12-10")):
        warehouse = Warehouse(now=at(now))
        told(warehouse, "farside", flow("2024-12-09", "IBIT", 400))
        assert totals(warehouse)[-1][0] == newest


def test_a_fund_is_expected_from_its_first_figure_on() -> None:
    warehouse = Warehouse(now=at("2024-12-11 03:00"))
    told(
        warehouse,
        "farside",
        flow("2024-12-09", "IBIT", 400),
        flow("2024-12-09", "NEWX", None),
        flow("2024-12-10", "IBIT", 10),
        flow("2024-12-10", "NEWX", 5),
    )
    assert totals(warehouse, "status, funds_expected") == [
        ("2024-12-09", "reported", 1),
        ("2024-12-10", "reported", 2),
    ]
    assert warehouse.built("facts.etf_flows_daily", "session_date::text, fund") == [
        ("2024-12-09", "IBIT"),
        ("2024-12-10", "IBIT"),
        ("2024-12-10", "NEWX"),
    ]


def test_a_fund_that_has_been_silent_for_ten_sessions_is_closed_after_its_last_figure() -> None:
    for sessions, status in ((9, "partial"), (10, "reported")):
        warehouse = Warehouse(now=at("2024-12-31 03:00"))
        days = [
            d
            for (d,) in warehouse.rows(
                "select session_date::text from meta.us_sessions where session_date >= '2024-12-02' order by 1"
            )
        ]
        told(
            warehouse, "farside", *(flow(d, "IBIT", 1) for d in days[: sessions + 1]), flow(days[0], "OLD", 1)
        )
        assert totals(warehouse, "status")[1] == (days[1], status)


def test_one_source_speaks_for_a_session_with_funds_before_totals_and_whole_before_partial() -> None:
    warehouse = Warehouse(now=at("2024-12-13 03:00"))
    for source, day, ibit, gbtc in (
        ("farside", "2024-12-09", 400, -100),
        ("coinglass", "2024-12-09", 405, -100),
        ("farside", "2024-12-10", None, -50),
        ("coinglass", "2024-12-10", 70, -50),
        ("farside", "2024-12-11", None, -5),
        ("coinglass", "2024-12-11", None, -6),
    ):
        told(warehouse, source, flow(day, "IBIT", ibit), flow(day, "GBTC", gbtc))
    for day in ("2024-12-09", "2024-12-10", "2024-12-11", "2024-12-12"):
        told(warehouse, "sosovalue", flow(day, "TOTAL", 1))
    assert totals(warehouse, "(total_usd / 1e6)::int, status, source, funds_expected") == [
        ("2024-12-09", 300, "reported", "farside", 2),
        ("2024-12-10", 20, "reported", "coinglass", 2),
        ("2024-12-11", -5, "partial", "farside", 2),
        ("2024-12-12", 1, "reported", "sosovalue", None),
    ]
    rows = warehouse.built(
        "facts.etf_flows_daily",
        "session_date::text, fund, (flow_usd / 1e6)::int, source",
        "session_date <= '2024-12-10'",
    )
    assert rows == [
        ("2024-12-09", "GBTC", -100, "farside"),
        ("2024-12-09", "IBIT", 400, "farside"),
        ("2024-12-10", "GBTC", -50, "coinglass"),
        ("2024-12-10", "IBIT", 70, "coinglass"),
    ]


def test_a_figure_on_one_page_beats_a_dash_on_another_and_the_newer_figure_the_older() -> None:
    warehouse = Warehouse(now=at("2024-12-11 03:00"))
    told(warehouse, "farside", flow("2024-12-09", "IBIT", 400, market="btc"), observed_at=at("2024-12-10"))
    told(warehouse, "farside", flow("2024-12-09", "IBIT", None), observed_at=at("2024-12-10 02:00"))
    assert totals(warehouse)[0] == ("2024-12-09", 400, "reported")
    told(warehouse, "farside", flow("2024-12-09", "IBIT", 401), vintage=2, observed_at=at("2024-12-10 05:00"))
    assert totals(warehouse)[0] == ("2024-12-09", 401, "reported")


def test_each_asset_begins_with_its_own_first_session() -> None:
    warehouse = Warehouse(now=at("2024-12-11 03:00"))
    told(warehouse, "farside", flow("2024-12-09", "IBIT", 400), flow("2024-12-10", "ETHA", 5, asset="ETH"))
    told(warehouse, "farside", flow("2024-12-10", "IBIT", 1), flow("2024-12-09", "ETHA", None, asset="ETH"))
    assert totals(warehouse, "asset, status") == [
        ("2024-12-09", "BTC", "reported"),
        ("2024-12-10", "BTC", "reported"),
        ("2024-12-10", "ETH", "reported"),
    ]


def test_solana_funds_of_two_sources_with_a_fund_that_came_later() -> None:
    warehouse = Warehouse(now=at("2026-09-12 03:00"), holidays=["2026-09-07"])
    table: dict[str, tuple[float | None, ...]] = {
        "2026-09-04": (10, 2, None, 12),
        "2026-09-07": (None, None, None, 0),  # Labor Day
        "2026-09-08": (-3, 1, None, -2),
        "2026-09-09": (5, 0, 16.3, 21.3),  # the first day of MSOL
        "2026-09-10": (1, None, 2, 3),
        "2026-09-11": (4, None, None, 4),
    }
    for day, flows in table.items():
        for fund, million in zip(("BSOL", "GSOL", "MSOL", "TOTAL"), flows, strict=True):
            told(warehouse, "farside", flow(day, fund, million, asset="SOL", market="sol"))
    # the other source goes further back than the page of the last weeks, knows no MSOL, and is whole sooner
    for day, bsol, gsol in (
        ("2026-09-02", 7, 1),
        ("2026-09-03", 8, None),
        ("2026-09-08", -4, 1),
        ("2026-09-09", 5, 0),
        ("2026-09-10", 1, 1),
    ):
        told(warehouse, "coinglass", flow(day, "BSOL", bsol, asset="SOL", market="sol"))
        told(warehouse, "coinglass", flow(day, "GSOL", gsol, asset="SOL", market="sol"))
    columns = (
        "asset, (total_usd / 1e5)::int, status, source, funds_reported, funds_expected, cumulative_gaps, "
        "(cumulative_usd / 1e5)::int"
    )
    assert totals(warehouse, columns) == [
        ("2026-09-02", "SOL", 80, "reported", "coinglass", 2, 2, 0, 80),
        ("2026-09-03", "SOL", 80, "partial", "coinglass", 1, 2, 1, 160),
        ("2026-09-04", "SOL", 120, "reported", "farside", 2, 2, 1, 280),
        ("2026-09-07", "SOL", None, "holiday", None, 0, 0, 1, 280),
        ("2026-09-08", "SOL", -20, "reported", "farside", 2, 2, 1, 260),
        ("2026-09-09", "SOL", 213, "reported", "farside", 3, 3, 1, 473),
        ("2026-09-10", "SOL", 20, "reported", "coinglass", 2, 2, 1, 493),
        ("2026-09-11", "SOL", 40, "partial", "farside", 1, 3, 2, 533),
    ]
    assert warehouse.built(
        "facts.etf_flows_daily",
        "session_date::text, fund, (flow_usd / 1e5)::int, status, source",
        "session_date >= '2026-09-08' and (fund = 'MSOL' or session_date = '2026-09-11')",
    ) == [
        ("2026-09-09", "MSOL", 163, "reported", "farside"),
        ("2026-09-11", "BSOL", 40, "reported", "farside"),
        ("2026-09-11", "GSOL", None, "pending", "farside"),
        ("2026-09-11", "MSOL", None, "pending", "farside"),
    ]


def test_flow_days_are_ranked_by_asset_and_direction_and_ties_share_the_lower_rank() -> None:
    warehouse = Warehouse(now=at("2024-12-16 03:00"))
    flows = {"2024-12-09": 50, "2024-12-10": -20, "2024-12-11": 90, "2024-12-12": 50, "2024-12-13": 0}
    told(warehouse, "farside", *(flow(day, "IBIT", million) for day, million in flows.items()))
    rows = warehouse.built(
        "rankings.largest_etf_flow_days",
        "direction, rank, session_date::text, weekday, percentile, ranked_sessions",
    )
    assert rows == [
        ("in", 1, "2024-12-11", "Wednesday", 100.0, 3),
        ("in", 2, "2024-12-09", "Monday", 0.0, 3),
        ("in", 2, "2024-12-12", "Thursday", 0.0, 3),
        ("out", 1, "2024-12-10", "Tuesday", None, 1),
    ]
