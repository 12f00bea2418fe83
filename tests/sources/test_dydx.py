"""dYdX: funding by the hour, and liquidations out of a tape whose pages share milliseconds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import dydx, orders
from pipelines.sources.contract import Part, Refused, Unparsable, Unreachable, Window
from pipelines.storage.contracts import KINDS

FUNDING, TRADES = dydx.DATASETS
HOST = "/indexer.dydx.trade/v4"
HISTORY, TAPE = f"{HOST}/historicalFunding/BTC-USD", f"{HOST}/trades/perpetualMarket/BTC-USD"
CONTEXT = {"ticker": "BTC-USD", "asset": "BTC"}
PART = Part("BTC-USD", ("BTC-USD",), CONTEXT)
DAY = Window.of_days(date(2024, 12, 9), date(2024, 12, 9))
AT = datetime(2024, 12, 9, 4, 29, 19, 353_000, tzinfo=UTC)


def hour(at: str, rate: str = "0.0000125") -> dict[str, Any]:
    return {
        "ticker": "BTC-USD",
        "rate": rate,
        "price": "97000.5",
        "effectiveAt": at,
        "effectiveAtHeight": "44865196",
    }


def funding(*hours: dict[str, Any]) -> dict[str, Any]:
    return {"historicalFunding": list(hours)}


def trade(number: int, kind: str = "LIQUIDATED", at: str = "2024-12-09T04:29:19.353Z", **more: Any) -> Any:
    row = {"id": f"8ee6d90d-{number:04d}", "side": "SELL", "size": "0.25", "price": "50000.5"}
    return row | {"type": kind, "createdAt": at, "createdAtHeight": "1"} | more


def tape(*trades: Any) -> dict[str, Any]:
    return {"trades": list(trades)}


def test_the_datasets_keep_the_contracts_of_their_kinds() -> None:
    assert KINDS[FUNDING.kind].key == dydx.FUNDING_KEY
    assert KINDS[TRADES.kind].key == orders.ORDER_KEY


# ---- funding ----------------------------------------------------------------------------------------


def test_rates_are_fractions_per_hour(answer_of: Any) -> None:
    rows = FUNDING.parse(answer_of(funding(hour("2024-12-09T11:00:00.013Z")), CONTEXT))
    at = datetime(2024, 12, 9, 11, 0, 0, 13_000, tzinfo=UTC)
    values = (Decimal("0.0000125"), Decimal(1), "settled")
    assert rows.rows() == [("dydx", "BTC-USD", "BTC", "linear", at, *values)]


def test_a_time_without_a_zone_is_named(answer_of: Any) -> None:
    with pytest.raises(Unparsable, match="ISO 8601"):
        FUNDING.parse(answer_of(funding(hour("2024-12-09T11:00:00")), CONTEXT))


def test_funding_runs_from_new_to_old(upstream: Any, open_client: Any) -> None:
    upstream.serve(
        HISTORY,
        funding(hour("2024-12-09T23:00:00.050Z"), hour("2024-12-09T22:00:00.000Z")),
        funding(hour("2024-12-09T21:00:00.001Z"), hour("2024-12-08T23:00:00.000Z")),
    )
    assert len(list(FUNDING.fetch(open_client(), PART, DAY))) == 2
    asked = [a.query["effectiveBeforeOrAt"] for a in upstream.asked]
    assert asked == ["2024-12-09T23:59:59.999Z", "2024-12-09T21:59:59.999Z"]


# ---- liquidations -----------------------------------------------------------------------------------


def test_the_side_is_the_takers_so_a_sale_closed_a_long(answer_of: Any) -> None:
    rows = TRADES.parse(answer_of(tape(trade(2), trade(1, side="BUY")), CONTEXT))
    numbers = (Decimal("50000.5"), "fill", Decimal("0.25"), "coin", Decimal(1), Decimal("12500.125"))
    assert rows.rows() == [
        ("dydx", "BTC-USD", "BTC", AT, "8ee6d90d-0002", "long", *numbers),
        ("dydx", "BTC-USD", "BTC", AT, "8ee6d90d-0001", "short", *numbers),
    ]


def test_ordinary_and_deleveraged_trades_are_no_liquidations(answer_of: Any) -> None:
    kinds = ("LIMIT", "MARKET", "DELEVERAGED", "TWAP_SUBORDER")
    assert TRADES.parse(answer_of(tape(*(trade(n, k) for n, k in enumerate(kinds))), CONTEXT)).is_empty()


def test_a_kind_of_trade_that_nobody_knows_is_named(answer_of: Any) -> None:
    with pytest.raises(Unparsable, match="unknown kind"):
        TRADES.parse(answer_of(tape(trade(1, "LIQUIDATION")), CONTEXT))


def test_pages_that_share_a_millisecond_neither_lose_nor_double_a_trade(
    upstream: Any, open_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dydx, "ROWS_A_PAGE", 3)
    late, same, early = (f"2024-12-09T0{n}:00:00.000Z" for n in (3, 2, 1))
    upstream.serve(
        TAPE,
        tape(trade(5, at=late), trade(4, at=same), trade(3, at=same)),  # a third of this moment is cut off
        tape(trade(4, at=same), trade(3, at=same), trade(2, at=same)),
        tape(trade(1, at=early)),
    )
    with pytest.raises(Unparsable, match="share the moment"):
        list(TRADES.fetch(open_client(), PART, DAY))
    upstream.answers.clear()
    upstream.serve(
        TAPE,
        tape(trade(5, at=late), trade(4, at=late), trade(3, at=same)),
        tape(trade(3, at=same), trade(2, at=same), trade(1, at=early)),
        tape(trade(1, at=early)),
    )
    answers = list(TRADES.fetch(open_client(), PART, DAY))
    found = [i for a in answers for i in TRADES.parse(replace(a, context=CONTEXT))["order_id"]]
    assert sorted(found) == [f"8ee6d90d-{n:04d}" for n in (1, 2, 3, 4, 5)]
    assert [a.query["createdBeforeOrAt"] for a in upstream.asked[-3:]] == [
        "2024-12-09T23:59:59.999Z",
        same,
        early,
    ]


@settings(max_examples=60)
@given(data=st.data())
def test_no_damage_changes_numbers_silently(answer_of: Any, damage: Any, data: st.DataObject) -> None:
    bodies = (
        (FUNDING, funding(hour("2024-12-09T11:00:00Z"), hour("2024-12-09T10:00:00Z"))),
        (TRADES, tape(trade(3), trade(2, "LIMIT"), trade(1))),
    )
    unused = ("price", "effectiveAtHeight"), ("createdAtHeight",)
    for (dataset, body), spare in zip(bodies, unused, strict=True):
        good = dataset.parse(answer_of(body, CONTEXT))
        try:
            damaged = data.draw(damage(body, lambda path, s=spare: bool(path) and path[-1] in s))
            rows = dataset.parse(answer_of(damaged, CONTEXT))
        except Unparsable as error:
            assert error.reason
        else:
            assert set(rows.rows()) == set(good.rows())


def test_markets_of_the_asked_coins_and_the_day_the_tape_is_read_from(
    upstream: Any, open_client: Any
) -> None:
    names = ("BTC-USD", "ETH-USD", "BUFFI,UNISWAP_V3,0X4C-USD")
    upstream.serve(f"{HOST}/perpetualMarkets", {"markets": {name: {"ticker": name} for name in names}})
    assert [p.name for p in FUNDING.parts(open_client(), ())] == ["BTC-USD", "ETH-USD"]
    assert [(p.name, p.since) for p in TRADES.parts(open_client(), ("BTC",))] == [
        ("BTC-USD", date(2024, 12, 9))
    ]


def test_a_blocked_country_and_a_wrong_spelling_are_told_apart(upstream: Any, open_client: Any) -> None:
    upstream.serve(TAPE, {"errors": [{"msg": "blocked", "code": "GEOBLOCKED"}]}, status=403)
    with pytest.raises(Unreachable):
        list(TRADES.fetch(open_client(), PART, DAY))
    with pytest.raises(Refused, match="404"):
        list(FUNDING.fetch(open_client(), PART, DAY))
    assert len(upstream.asked) == 2


def test_passing_trouble_is_asked_again_after_the_wished_pause(
    upstream: Any, open_client: Any, attempts: Any
) -> None:
    upstream.serve(TAPE, {"errors": [{"msg": "Too many requests"}]}, status=429, Retry_After="0")
    upstream.serve(TAPE, b'{"trades":[{"id', b"", "<html></html>", [], tape(trade(1)))
    assert len(list(TRADES.fetch(open_client(), PART, DAY))) == 1
    assert attempts.verdicts == ["retry"] * 5 + ["ok"]
