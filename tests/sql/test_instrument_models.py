"""What a contract is worth, since when, and whether the orders were counted with what their venue states."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sql_warehouse import Warehouse, at
from test_order_models import order

NOW = at("2024-12-11 03:00")


def terms(stated: str, size: str | None = "0.0001", vintage: int = 1, **more: Any) -> dict[str, Any]:
    """A statement of Gate's list about BTC_USDT; a size of None withdraws it."""
    about = {"asset": "BTC", "margin": "linear", "native_unit": "contract"}
    gone = {"retracted": True} if size is None else {"multiplier": Decimal(size), "stated_at": at(stated)}
    return (
        {"venue": "gate", "market": "usdt", "instrument": "BTC_USDT", "vintage": vintage}
        | (about if size else {})
        | {"observed_at": at(stated)}
        | gone
        | more
    )


def warehouse(*statements: dict[str, Any], orders: tuple[dict[str, Any], ...] = ()) -> Warehouse:
    made = Warehouse(now=NOW)
    made.raw("instruments", "gate", statements)
    made.raw("liquidation_orders", "gate", orders)
    return made


def test_terms_stand_until_others_are_stated_or_the_contract_is_gone() -> None:
    made = warehouse(
        terms("2024-12-01 06:00", "0.0001"),
        terms("2024-12-05 06:00", "0.001", 2),
        terms("2024-12-08 06:00", None, 3),
        terms("2024-12-01 06:00", "0.01", instrument="ETH_USDT", asset="ETH", listed_at=at("2019-07-01")),
    )
    columns = "instrument, multiplier::text, valid_from::text, valid_to::text, listed_at::date::text"
    assert made.built("facts.instruments", columns) == [
        ("BTC_USDT", "0.000100000000", "2024-12-01 06:00:00+00", "2024-12-05 06:00:00+00", None),
        ("BTC_USDT", "0.001000000000", "2024-12-05 06:00:00+00", "2024-12-08 06:00:00+00", None),
        ("ETH_USDT", "0.010000000000", "2024-12-01 06:00:00+00", None, "2019-07-01"),
    ]


@pytest.mark.parametrize(
    ("statements", "when", "verdict", "stated"),
    [
        ([terms("2024-12-01")], "2024-12-09", "stated", "0.0001"),
        ([terms("2024-12-10")], "2024-12-09", "assumed", "0.0001"),
        ([terms("2024-12-01"), terms("2024-12-05", None, 2)], "2024-12-09", "assumed", "0.0001"),
        ([terms("2024-12-01", "0.001")], "2024-12-09", "contradicted", "0.001"),
        ([terms("2024-12-10", "0.001")], "2024-12-09", "contradicted", "0.001"),
        ([terms("2024-12-01", "0.001"), terms("2024-12-05", "0.0001", 2)], "2024-12-09", "stated", "0.0001"),
        (
            [terms("2024-12-01", "0.0001"), terms("2024-12-05", "0.001", 2)],
            "2024-12-09",
            "contradicted",
            "0.001",
        ),
        ([], "2024-12-09", "unstated", None),
    ],
)
def test_orders_are_held_against_what_the_venue_states(
    statements: list[dict[str, Any]], when: str, verdict: str, stated: str | None
) -> None:
    made = warehouse(*statements, orders=(order(f"{when} 12:00", 7), order(f"{when} 13:00", 5)))
    columns = "instrument, orders, amount_usd::int, terms, stated_multiplier"
    assert made.built("facts.order_terms", columns) == [
        ("BTC_USDT", 2, 12, verdict, None if stated is None else Decimal(stated))
    ]


def test_a_change_in_the_midst_of_the_orders_contradicts_them() -> None:
    made = warehouse(
        terms("2024-12-01"),
        terms("2024-12-09 12:00", "0.001", 2),
        orders=(order("2024-12-09 11:00", 7), order("2024-12-09 13:00", 5)),
    )
    assert made.built("facts.order_terms", "terms, stated_multiplier, stated_from::text") == [
        ("contradicted", Decimal("0.001"), "2024-12-09 12:00:00+00")
    ]


def test_coins_and_dollars_need_no_statement_and_recordings_are_held_against_the_venue_itself() -> None:
    coins = {"venue": "dydx", "market": "BTC-USD", "native_unit": "coin", "multiplier": Decimal(1)}
    recorded = {"market": "gate-io-futures:BTC_USDT", "order_id": "recorded"}
    made = warehouse(
        terms("2024-12-01"),
        orders=(order("2024-12-09", 7, **coins), order("2024-12-09", 5, **recorded)),
    )
    assert made.built("facts.order_terms", "venue, instrument, terms") == [
        ("dydx", "BTC-USD", "plain"),
        ("gate", "BTC_USDT", "stated"),
    ]


def test_a_contradiction_is_a_warning_and_holds_nothing_back() -> None:
    made = warehouse(terms("2024-12-01", "0.001"), orders=(order("2024-12-09", 7),))
    told = next(m for m in made.build("facts.order_terms").models if m.name == "facts.order_terms")
    check = next(c for c in told.checks if c.name == "no_terms_are_contradicted")
    assert (check.failing_rows, check.severity, told.blocks) == (1, "warn", False)
