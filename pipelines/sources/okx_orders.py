"""OKX: liquidation orders of the last 24 hours, which nobody keeps for longer.

Upstream: www.okx.com v5, keyless, 40 calls per 2 s and address; 100 rows a page, newest first.
Terms as in okx.py.
Units: contracts of `ctVal` coins (linear) or of `ctVal` dollars (inverse), at the bankruptcy price,
not the price of the fill. Documented for the stream: at most one order a second and contract.
Traps: the feed rolls: what is not read within a day is lost, so a window that begins before it must
fail, not pass for a day with few orders; `instId` may be empty, the family counts; `posSide` may be
"net", then the side of the order says what was closed; a row has no id; errors come with HTTP 200.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from pipelines.sources import numbers, okx
from pipelines.sources.bodies import json_of
from pipelines.sources.contract import Answer, Cut, Dataset, Incomplete, Part, Retry, Unparsable, Window
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.orders import (
    ORDER_KEY,
    backwards,
    composite_id,
    inverse_usd,
    linear_usd,
    liquidated_side,
    whole_moments,
    without_doubled_end,
)
from pipelines.sources.upstream import Reply

VENUE = "okx"
KEPT = timedelta(hours=24)
SLACK = timedelta(minutes=30)  # a window is planned a while before it is asked for; measured: 23.8 hours
ROWS_A_PAGE = 100

UPSTREAM = replace(okx.REST, rates=((36, 2.0),))


def _whole(reply: Reply) -> None:
    if not isinstance(reply.json, dict):
        raise Retry(f"expected an object, found {type(reply.json).__name__}")
    numbers.required(reply.json, "code", "answer")
    _listed(reply.json, "data", "answer")


def _listed(body: Any, field: str, where: str) -> list[Any]:
    rows = numbers.required(body, field, where)
    if not isinstance(rows, list):
        raise Unparsable(f"{where} {field}: expected a list, found {type(rows).__name__}")
    return rows


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """One part per family: <ASSET>-USDT of the asked coins (all where none is named), BTC-USD, ETH-USD.

    The context says what a contract is: `face` coins where linear, dollars where inverse.
    """
    found = []
    for each in okx.swaps(client, assets):
        family = each.name.removesuffix("-SWAP")
        context = {"swap": each.name, "family": family, "asset": each.asset, "margin": each.margin}
        found.append(Part(family, (each.name,), {**context, "face": each.face}))
    return found


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """Pages from the end of the window backwards; a window that the feed no longer holds whole fails."""
    gone = client.now - KEPT
    if window.start < gone - SLACK:
        raise Incomplete(
            f"the feed holds the last 24 hours, since {gone:%Y-%m-%d %H:%M} UTC: {window} is cut off"
        )

    def ask(last_ms: int) -> Answer:
        asked = {
            "instType": "SWAP",
            "state": "filled",
            "instFamily": part.name,
            "after": last_ms + 1,
            "limit": ROWS_A_PAGE,
        }
        return client.get(
            UPSTREAM, "/api/v5/public/liquidation-orders", asked, whole=_whole, rate_key="liquidation-orders"
        )

    def times(answer: Answer) -> list[int]:
        return [_time(row) for row in _orders(answer, part.name)]

    yield from backwards(ask, times, window, ROWS_A_PAGE)


def _orders(answer: Answer, family: str) -> list[Any]:
    orders: list[Any] = []
    for group in _listed(json_of(answer), "data", "answer"):
        if (found := numbers.required(group, "instFamily", "group")) != family:
            raise Unparsable(f"instFamily: asked for {family}, found {found!r}")
        if (found := group.get("instId")) not in (None, "", f"{family}-SWAP"):
            raise Unparsable(f"instId: asked for {family}-SWAP, found {found!r}")
        orders += _listed(group, "details", "group")
    return orders


def _time(row: Any) -> int:
    return numbers.whole_number(numbers.required(row, "ts", "order"), "ts")


def parse(answer: Answer) -> pl.DataFrame:
    """Orders as raw.liquidation_orders at their bankruptcy price."""
    swap, family, asset, margin = (answer.context[k] for k in ("swap", "family", "asset", "margin"))
    face = Decimal(answer.context["face"])
    page = _orders(answer, family)
    orders = without_doubled_end(page)
    seen: Counter[str] = Counter()
    rows = []
    for row in whole_moments(orders, [_time(row) for row in orders], full=len(page) >= ROWS_A_PAGE):
        at = numbers.moment(_time(row), "ts", "ms")
        side = liquidated_side(numbers.required(row, "side", "order"), "side")
        said = numbers.required(row, "posSide", "order")
        if said not in (side, "net"):
            raise Unparsable(f"posSide: a {side} was closed, found {said!r}")
        size = numbers.price(numbers.required(row, "sz", "order"), "sz")
        price = numbers.price(numbers.required(row, "bkPx", "order"), "bkPx")
        usd = linear_usd(size, face, price) if margin == "linear" else inverse_usd(size, face)
        order_id = composite_id(seen, at, side, size, "at", price)
        order = (at, order_id, side, price, "bankruptcy", size, "contract", face, usd)
        rows.append((VENUE, swap, asset, *order))
    return frame("liquidation_orders", rows, ORDER_KEY)


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="okx_liquidation_orders",
        source="okx",
        kind="liquidation_orders",
        title="OKX liquidation orders (rolling 24 hours)",
        earliest=date(2020, 1, 1),
        cut=Cut.DAYS,
        days_per_window=1,
        depth_days=1,
        rolling=True,
        parts=parts,
        fetch=fetch,
        parse=parse,
        tail_days=0,
    ),
)
