"""Coverage of what cannot be had: days an upstream no longer keeps, datasets that wait for a request."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sql_warehouse import Warehouse, at

NOW = at("2024-12-11 03:00")
KEPT = "the upstream keeps no more than 5 days"


def forgetful(*days: str, **more: Any) -> Warehouse:
    """A source that keeps five days, with open interest on the days named."""
    warehouse = Warehouse(now=NOW)
    warehouse.dataset("okx", "open_interest", depth_days=5, **more)
    warehouse.raw(
        "open_interest",
        "okx",
        [
            {
                "venue": "okx",
                "market": "BTC-USDT-SWAP",
                "asset": "BTC",
                "margin": "linear",
                "measured_at": at(day),
                "amount_usd": Decimal(1),
                "amount_coin": Decimal(1),
            }
            for day in days
        ],
    )
    return warehouse


def coverage(warehouse: Warehouse) -> dict[date, tuple[str, str | None]]:
    rows = warehouse.built("facts.coverage_daily", "day, status, reason", "source = 'okx' and venue = 'all'")
    return {day.isoformat()[5:]: (status, reason) for day, status, reason in rows if day.year == 2024}


def test_a_day_older_than_the_depth_at_the_newest_asking_is_before_history() -> None:
    warehouse = forgetful("2024-12-08", "2024-12-09", "2024-12-10")
    warehouse.window("okx_open_interest", "2024-12-07", "2024-12-11")
    found = coverage(warehouse)
    assert found["01-01"] == found["12-06"] == ("before_history", KEPT)
    assert found["12-07"] == ("before_history", "the history of this source begins later")
    assert found["12-08"] == ("complete", None)


def test_where_it_was_never_asked_the_depth_counts_from_now() -> None:
    found = coverage(forgetful())
    assert found["12-06"] == ("before_history", KEPT)
    assert found["12-07"] == found["12-10"] == ("missing", "not asked for yet")


def test_a_hole_that_the_upstream_forgot_after_it_had_served_earlier_days_is_missing() -> None:
    warehouse = forgetful("2024-11-01", "2024-12-08", "2024-12-09", "2024-12-10")
    warehouse.window("okx_open_interest", "2024-11-01", "2024-11-02", observed_at=at("2024-11-02 03:00"))
    warehouse.window("okx_open_interest", "2024-12-07", "2024-12-11")
    found = coverage(warehouse)
    assert found["10-31"] == ("before_history", KEPT)
    assert found["11-02"] == ("missing", f"not asked for in time: {KEPT}")


def test_a_failure_within_the_depth_stays_missing_with_its_reason() -> None:
    warehouse = forgetful("2024-12-08")
    failed: dict[str, Any] = {"reason": "HTTP 500", "observed_at": at("2024-11-02 03:00")}
    warehouse.window("okx_open_interest", "2024-11-01", "2024-11-02", "failed", **failed)
    warehouse.window("okx_open_interest", "2024-12-07", "2024-12-11")
    found = coverage(warehouse)
    assert (found["10-31"][0], found["11-01"]) == ("before_history", ("missing", "HTTP 500"))


def test_a_dataset_on_request_is_not_configured_and_says_how_to_ask_for_it() -> None:
    found = coverage(forgetful("2024-12-08", state="on_request"))
    asking = "on request: floodmark run --source okx_open_interest"
    assert found["12-07"] == found["12-10"] == ("not_configured", asking)
    assert found["12-06"] == ("before_history", KEPT), "no request brings it back"
    assert found["12-08"] == ("complete", None), "what is there counts, whoever asked for it"


def test_a_plain_dataset_of_the_source_speaks_before_one_on_request() -> None:
    warehouse = forgetful("2024-12-08", state="on_request")
    warehouse.dataset("okx", "open_interest", dataset="okx_snapshots", depth_days=5)
    assert coverage(warehouse)["12-10"] == ("missing", "not asked for yet")
