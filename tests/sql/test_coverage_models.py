"""What is there against what should be: each status, how an attempt heals another, what a gap is."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sql_warehouse import Warehouse, at

NOW = at("2024-12-11 03:00")


def bucket(venue: str, asset: str, day: str, usd: float = 1, **more: Any) -> dict[str, Any]:
    return {
        "venue": venue,
        "market": f"{asset}-{venue}",
        "asset": asset,
        "bucket_start": at(day),
        "bucket_seconds": 86400,
        "long_usd": Decimal(str(usd)),
        "short_usd": Decimal(0),
    } | more


def liquidations(*rows: dict[str, Any], source: str = "coinalyze", asked: bool = True) -> Warehouse:
    """A warehouse at NOW with one source of liquidations that was asked for its whole history."""
    warehouse = Warehouse(now=NOW)
    warehouse.dataset(source, "liquidation_buckets", earliest="2020-02-01")
    warehouse.raw("liquidation_buckets", source, rows)
    if asked:
        warehouse.window(f"{source}_liquidations", "2020-02-01", "2024-12-11")
    return warehouse


def coverage(
    warehouse: Warehouse, days: str = "2024-12", source: str = "coinalyze", venue: str = "all"
) -> dict[str, tuple[Any, ...]]:
    """By day: (status, assets present, expected, reason)."""
    rows = warehouse.built(
        "facts.coverage_daily",
        "day::text, status, assets_present, assets_expected, reason",
        f"source = '{source}' and venue = '{venue}' and day::text like '{days}%'",
    )
    return {day: tuple(rest) for day, *rest in rows}


def test_every_day_that_is_over_has_a_status_and_the_history_begins_with_the_first_figure() -> None:
    warehouse = liquidations(bucket("okx", "BTC", "2024-12-09"), bucket("okx", "BTC", "2024-12-10"))
    found = coverage(warehouse, days="")
    assert len(found) == (date(2024, 12, 11) - date(2020, 1, 1)).days
    assert found["2020-01-31"] == ("before_history", 0, 0, "nothing is served before 2020-02-01")
    assert found["2024-12-08"] == ("before_history", 0, 0, "the history of this source begins later")
    assert found["2024-12-09"] == found["2024-12-10"] == ("complete", 1, 1, None)
    assert "2024-12-11" not in found, "the day that is still forming appears in no fact"


def test_padding_is_no_figure() -> None:
    warehouse = liquidations(bucket("okx", "BTC", "2024-12-08", 0), bucket("okx", "BTC", "2024-12-10"))
    assert coverage(warehouse)["2024-12-08"][0] == "before_history"


def test_a_day_with_one_asset_of_seven_is_not_complete() -> None:
    assets = ["ADA", "BNB", "BTC", "DOGE", "ETH", "SOL", "XRP"]
    warehouse = liquidations(
        *(bucket("okx", asset, "2024-12-09") for asset in assets), bucket("okx", "BTC", "2024-12-10")
    )
    lacking = "without ADA, BNB, DOGE, ETH, SOL, XRP"
    for source, venue in (("coinalyze", "all"), ("coinalyze", "okx"), ("headline", "all")):
        found = coverage(warehouse, source=source, venue=venue)
        assert found["2024-12-09"] == ("complete", 7, 7, None)
        assert found["2024-12-10"] == ("partial", 1, 7, lacking)


def test_an_asset_is_expected_from_its_first_figure_on() -> None:
    warehouse = liquidations(
        bucket("okx", "BTC", "2024-12-08"),
        bucket("okx", "BTC", "2024-12-09"),
        bucket("okx", "SUI", "2024-12-09"),
        bucket("okx", "BTC", "2024-12-10"),
    )
    found = coverage(warehouse)
    assert [found[f"2024-12-{d}"][:3] for d in ("08", "09", "10")] == [
        ("complete", 1, 1),
        ("complete", 2, 2),
        ("partial", 1, 2),
    ]


def test_a_day_without_any_figure_after_the_first_is_missing() -> None:
    warehouse = liquidations(bucket("okx", "BTC", "2024-12-08"), bucket("okx", "BTC", "2024-12-10"))
    assert coverage(warehouse)["2024-12-09"] == ("missing", 0, 1, "asked for, no figure came")
    assert coverage(warehouse, source="headline")["2024-12-09"][0] == "missing"


def test_a_day_of_buckets_that_do_not_make_24_hours_is_partial() -> None:
    warehouse = liquidations(
        bucket("okx", "BTC", "2024-12-09"), bucket("okx", "BTC", "2024-12-10 04:00", bucket_seconds=14400)
    )
    assert coverage(warehouse)["2024-12-10"] == ("partial", 1, 1, "only part of BTC")


def test_a_venue_that_is_silent_makes_the_day_partial_for_the_source_and_missing_for_itself() -> None:
    warehouse = liquidations(
        bucket("binance", "BTC", "2024-12-09"),
        bucket("bybit+okx", "BTC", "2024-12-09"),
        bucket("binance", "BTC", "2024-12-10"),
    )
    assert coverage(warehouse)["2024-12-10"] == ("partial", 1, 1, "without bybit, okx")
    assert coverage(warehouse, venue="bybit+okx")["2024-12-10"][0] == "missing"
    assert coverage(warehouse, venue="binance")["2024-12-10"][0] == "complete"
    rows = warehouse.rows(
        "select venues_present, venues_expected from facts.coverage_daily "
        "where day = '2024-12-10' and source in ('coinalyze', 'headline') and venue = 'all'"
    )
    assert rows == [(1, 3), (1, 3)]


def test_a_quiet_market_is_no_gap_and_a_large_one_is() -> None:
    for usd, status in ((0.5, "complete"), (50, "partial")):
        warehouse = liquidations(
            *(
                bucket(venue, asset, f"2024-12-{day:02}", usd if (venue, asset) == ("okx", "SOL") else 100)
                for day in range(1, 11)
                for venue in ("binance", "okx")
                for asset in ("BTC", "SOL")
                if (venue, asset, day) != ("okx", "SOL", 9)
            )
        )
        assert coverage(warehouse)["2024-12-09"][:3] == (status, 2, 2)
        assert coverage(warehouse, source="headline")["2024-12-09"][0] == status
        assert coverage(warehouse, venue="okx")["2024-12-09"] == ("partial", 1, 2, "without SOL")


def test_a_delisted_asset_and_a_closed_venue_are_no_longer_expected() -> None:
    warehouse = Warehouse(now=at("2026-09-25 03:00"))
    warehouse.dataset("coinalyze", "liquidation_buckets")
    warehouse.window("coinalyze_liquidations", "2020-01-01", "2026-09-25")
    warehouse.raw(
        "liquidation_buckets",
        "coinalyze",
        [bucket("okx", "BTC", f"2026-09-2{n}") for n in (1, 2, 3, 4)]
        + [bucket("bitmex", "BTC", f"2026-09-2{n}") for n in (1,)],
    )
    found = coverage(warehouse, days="2026-09-2")
    assert [found[f"2026-09-2{n}"][0] for n in (1, 2, 3, 4)] == [
        "complete",
        "partial",
        "complete",
        "complete",
    ]


class TestAsking:
    def test_a_failed_window_is_missing_with_its_reason_until_a_complete_one_heals_it(self) -> None:
        warehouse = liquidations(bucket("okx", "BTC", "2024-12-08"), asked=False)
        warehouse.window("coinalyze_liquidations", "2020-02-01", "2024-12-09", markets=["BTC-okx"])
        failed: dict[str, Any] = {"verdict": "failed", "reason": "429 all night", "markets": ["BTC-okx"]}
        warehouse.window("coinalyze_liquidations", "2024-12-09", "2024-12-11", **failed)
        found = coverage(warehouse)
        assert found["2024-12-07"][0] == "before_history"
        assert found["2024-12-10"] == ("missing", 0, 1, "429 all night")
        assert coverage(warehouse, source="headline")["2024-12-10"] == ("missing", 0, 1, "429 all night")

        warehouse.window("coinalyze_liquidations", "2024-12-09", "2024-12-11", markets=["BTC-okx"])
        warehouse.raw(
            "liquidation_buckets", "coinalyze", [bucket("okx", "BTC", f"2024-12-{d}") for d in ("09", "10")]
        )
        found = coverage(warehouse)
        assert found["2024-12-09"] == found["2024-12-10"] == ("complete", 1, 1, None)

    def test_a_later_failure_does_not_undo_an_answer_that_was_asked_for_after_the_day(self) -> None:
        warehouse = liquidations(bucket("okx", "BTC", "2024-12-08"))
        warehouse.window(
            "coinalyze_liquidations",
            "2020-02-01",
            "2024-12-11",
            "failed",
            observed_at=NOW + timedelta(hours=1),
        )
        found = coverage(warehouse)
        assert found["2024-12-07"][0] == "before_history"
        assert found["2024-12-09"] == ("missing", 0, 1, "asked for, no figure came")

    def test_an_answer_that_came_before_the_day_had_ended_does_not_count(self) -> None:
        warehouse = liquidations(bucket("okx", "BTC", "2024-12-08"), asked=False)
        warehouse.window(
            "coinalyze_liquidations", "2020-02-01", "2024-12-11", observed_at=at("2024-12-10 12:00")
        )
        assert coverage(warehouse)["2024-12-09"][3] == "asked for, no figure came"
        assert coverage(warehouse)["2024-12-10"] == ("missing", 0, 1, "not asked for yet")

    def test_a_refused_route_or_key_is_unreachable(self) -> None:
        for verdict in ("unreachable", "key_rejected"):
            warehouse = liquidations(asked=False)
            warehouse.window("coinalyze_liquidations", "2020-02-01", "2024-12-11", verdict, reason="HTTP 451")
            found = coverage(warehouse, days="")
            assert found["2020-01-31"][0] == "before_history"
            assert found["2024-12-10"] == ("unreachable", 0, 0, "HTTP 451")

    def test_a_source_without_its_key_is_not_configured_on_every_day_without_rows(self) -> None:
        warehouse = Warehouse(now=NOW)
        warehouse.dataset("coinglass", "liquidation_buckets", state="not_configured", key_variable="A_KEY")
        warehouse.raw("liquidation_buckets", "coinglass", [bucket("okx", "BTC", "2024-12-09")])
        found = coverage(warehouse, source="coinglass")
        assert found["2024-12-09"][0] == "complete"
        assert found["2024-12-10"] == ("not_configured", 0, 1, "needs A_KEY")
        assert "2024-12-11" not in found

    def test_a_series_that_was_never_answered_keeps_the_day_from_being_complete(self) -> None:
        warehouse = liquidations(
            bucket("okx", "BTC", "2024-12-09"), bucket("okx", "BTC", "2024-12-10"), asked=False
        )
        warehouse.window("coinalyze_liquidations", "2020-02-01", "2024-12-11", markets=["BTC-okx"])
        reset: dict[str, Any] = {"part": "eth", "markets": ["ETH-okx"], "reason": "connection reset"}
        warehouse.window("coinalyze_liquidations", "2024-12-10", "2024-12-11", "failed", **reset)
        for source in ("coinalyze", "headline"):
            found = coverage(warehouse, source=source)
            assert found["2024-12-09"][0] == "complete"
            assert found["2024-12-10"] == ("partial", 1, 1, "1 series not answered: connection reset")

    def test_what_another_source_could_not_answer_does_not_touch_the_headline(self) -> None:
        warehouse = liquidations(bucket("okx", "BTC", "2024-12-10"))
        warehouse.dataset("coinglass", "liquidation_buckets")
        warehouse.window("coinglass_liquidations", "2024-12-10", "2024-12-11", "failed", reason="down")
        assert coverage(warehouse, source="headline")["2024-12-10"] == ("complete", 1, 1, None)
        assert coverage(warehouse, source="coinglass")["2024-12-10"] == ("missing", 0, 0, "down")

    def test_an_archive_without_the_file_is_an_answer(self) -> None:
        warehouse = liquidations(bucket("okx", "BTC", "2024-12-08"), asked=False)
        warehouse.window(
            "coinalyze_liquidations", "2020-02-01", "2024-12-09", "absent", reason="no such file"
        )
        warehouse.window(
            "coinalyze_liquidations", "2024-12-09", "2024-12-11", "absent", reason="no such file"
        )
        found = coverage(warehouse)
        assert found["2024-12-07"][0] == "before_history"
        assert found["2024-12-10"] == ("missing", 0, 1, "no such file")

    def test_of_two_datasets_of_a_source_the_better_state_counts(self) -> None:
        warehouse = Warehouse(now=NOW)
        for dataset in ("okx_archive_funding", "okx_funding"):
            warehouse.dataset("okx", "funding_rates", dataset=dataset, earliest="2023-01-01")
        warehouse.window("okx_archive_funding", "2023-01-01", "2024-12-01")
        warehouse.window("okx_funding", "2023-01-01", "2024-12-11", "unreachable", reason="HTTP 403")
        row = {"venue": "okx", "market": "m", "asset": "BTC", "margin": "linear", "rate_kind": "settled"}
        settlements = [
            row | {"settled_at": at(f"2024-06-0{d} {h:02}:00"), "rate": Decimal("0.0001")}
            for d in (1, 2, 3)
            for h in (0, 8, 16)
        ]
        warehouse.raw("funding_rates", "okx", settlements[:-1], dataset="okx_archive_funding")
        found = coverage(warehouse, days="2024", source="okx")
        assert found["2024-05-31"][0] == "before_history"
        assert found["2024-06-02"] == ("complete", 1, 1, None)
        assert found["2024-06-03"] == ("partial", 1, 1, "only part of BTC")
        assert found["2024-06-04"] == ("missing", 0, 1, "asked for, no figure came")
        assert found["2024-12-02"] == ("unreachable", 0, 1, "HTTP 403")


def test_etf_sessions_are_weekdays_and_a_holiday_lacks_nothing() -> None:
    warehouse = Warehouse(now=at("2024-12-31 15:00"), holidays=["2024-12-25"])
    warehouse.dataset("farside", "etf_flows", earliest="2024-01-11")
    warehouse.window("farside_etf_flows", "2024-01-11", "2024-12-31", observed_at=at("2024-12-31 03:00"))

    def flow(day: str, fund: str, usd: int | None) -> dict[str, Any]:
        when = date.fromisoformat(day)
        return {
            "market": "p",
            "asset": "BTC",
            "fund": fund,
            "session_date": when,
            "flow_usd": usd and Decimal(usd),
        }

    days = ["2024-12-23", "2024-12-24", "2024-12-26"]
    rows = [flow(day, fund, 5) for day in days for fund in ("IBIT", "GBTC")]
    rows += [flow("2024-12-25", fund, None) for fund in ("IBIT", "GBTC")]
    warehouse.raw(
        "etf_flows", "farside", [*rows, flow("2024-12-27", "IBIT", 5), flow("2024-12-27", "GBTC", None)]
    )
    found = coverage(warehouse, days="2024-12-2", source="farside") | coverage(
        warehouse, days="2024-12-3", source="farside"
    )
    assert {day: (status, reason) for day, (status, _, _, reason) in found.items()} == {
        "2024-12-20": ("before_history", "the history of this source begins later"),
        "2024-12-23": ("complete", None),
        "2024-12-24": ("complete", None),
        "2024-12-25": ("complete", "no session: US market holiday"),
        "2024-12-26": ("complete", None),
        "2024-12-27": ("partial", "only part of BTC"),
        "2024-12-30": ("pending", None),
    }


def test_a_chain_whose_point_was_nulled_is_not_there() -> None:
    warehouse = Warehouse(now=NOW)
    warehouse.dataset("defillama", "onchain_volume")
    warehouse.window("defillama_dex_volume", "2020-01-01", "2024-12-11")
    points = [
        ("2024-12-08", "all", 5),
        ("2024-12-08", "base", 1),
        ("2024-12-09", "all", 5),
        ("2024-12-09", "base", -1),
    ]
    warehouse.raw(
        "onchain_volume",
        "defillama",
        [
            {
                "market": chain,
                "chain": chain,
                "metric": "dex_volume_usd",
                "day": date.fromisoformat(day),
                "value": Decimal(value),
            }
            for day, chain, value in points
        ],
    )
    found = coverage(warehouse, source="defillama")
    assert found["2024-12-08"] == ("complete", 2, 2, None)
    assert found["2024-12-09"] == ("partial", 1, 2, "without base")
    assert found["2024-12-10"] == ("missing", 0, 2, "asked for, no figure came")
