"""Deribit open interest: dollars of inverse futures out of the summary, and nothing else of it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import deribit, deribit_interest
from pipelines.sources.contract import Cut, Unparsable
from tests.sources.damaged import assert_fits, assert_same_or_named

(INTEREST,) = deribit_interest.DATASETS
AT = datetime(2024, 12, 10, 2, tzinfo=UTC)
CONTEXT = {"asset": "BTC", "expiries": {"BTC-PERPETUAL": None, "BTC-28MAR25": 1743148800000}}


def future(name: str, usd: Any, **more: Any) -> dict[str, Any]:
    row = {"instrument_name": name, "open_interest": usd, "creation_timestamp": int(AT.timestamp() * 1000)}
    return (
        row | {"mark_price": 97300.5, "estimated_delivery_price": 97276.47, "volume_usd": 661040250.0} | more
    )


def summary(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "result": list(rows), "usIn": 1, "usOut": 2, "usDiff": 1, "testnet": False}


GOOD = summary(future("BTC-PERPETUAL", 9978911260), future("BTC-28MAR25", 1200500.0))


def test_a_snapshot_of_dollars_at_its_own_moment(answer_of: Any) -> None:
    frame = INTEREST.parse(answer_of(GOOD, CONTEXT))
    assert_fits("open_interest", frame, deribit_interest.KEY)
    assert INTEREST.cut is Cut.SNAPSHOT
    assert [r[1:] for r in frame.iter_rows()] == [
        ("BTC-PERPETUAL", "BTC", "inverse", AT, None, Decimal(9978911260)),
        ("BTC-28MAR25", "BTC", "inverse", AT, None, Decimal(1200500)),
    ]


def test_linear_contracts_are_counted_in_coins_and_left_out(answer_of: Any) -> None:
    body = summary(*GOOD["result"], future("BTC_USDC-PERPETUAL", 12.5))
    assert INTEREST.parse(answer_of(body, CONTEXT)).height == 2


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (future("BTC-26DEC25", 1), "'BTC-26DEC25' was not listed"),
        (future("BTC-28MAR25", None), "BTC-28MAR25 open_interest: expected a number"),
        (future("BTC-28MAR25", -1), "less than nothing"),
        (future("BTC-28MAR25", 1, creation_timestamp=1733799600), "not a time in ms"),
        (future("BTC-PERPETUAL", 1), "two values for one key"),
    ],
)
def test_another_format_is_named(answer_of: Any, row: dict[str, Any], why: str) -> None:
    with pytest.raises(Unparsable, match=why):
        INTEREST.parse(answer_of(summary(GOOD["result"][0], row), CONTEXT))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damage_never_changes_a_figure(answer_of: Any, damage: Any, data: st.DataObject) -> None:
    unread = {"jsonrpc", "usIn", "usOut", "usDiff", "testnet", "mark_price", "volume_usd"}
    unread |= {"estimated_delivery_price"}
    body = data.draw(damage(GOOD, lambda path: bool(path) and path[-1] in unread))
    assert_same_or_named(
        body,
        deribit.whole_list,
        INTEREST.parse,
        lambda b: answer_of(b, CONTEXT),
        INTEREST.parse(answer_of(GOOD, CONTEXT)),
    )
