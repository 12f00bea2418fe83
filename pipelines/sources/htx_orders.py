"""HTX: every liquidation order of the last 90 days, linear over v5 and inverse over v3.

Upstream: api.hbdm.com, see htx.py. A question spans at most 48 hours; 100 rows a page (v5) or 50
(v3), read from old to new by the id of the last row. A run over all history takes the last days
only, days that are named are asked for whole.
Units: `volume` is contracts of `face` coins (linear) or dollars (inverse). USD is the stated
`trade_turnover` where linear (in v5 `amount` repeats the contracts, in v3 it is coins), and contracts
times face where inverse, which states none. Prices are bankruptcy prices.
Traps: `direction` and `side` are those of the order, so sell means that a long was liquidated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from pipelines.sources import numbers
from pipelines.sources.bodies import json_of
from pipelines.sources.contract import Answer, Cut, Dataset, Part, Unparsable, Window
from pipelines.sources.extent import first_day
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.htx import UPSTREAM, VENUE, contracts, listed, whole
from pipelines.sources.orders import ORDER_KEY, inverse_usd, liquidated_side

DEPTH_DAYS = 90
USUAL_DAYS = 4
DAYS_A_WINDOW = 2


@dataclass(frozen=True)
class Feed:
    """How one of the two versions is asked and what it calls its fields."""

    path: str
    contract: str  # the parameter
    cursor: str  # the parameter
    size: str | None  # the parameter; v3 has pages of 50 without one
    fixed: dict[str, str]
    id: str
    time: str
    side: str
    price: str


FEEDS = {
    "linear": Feed(
        path="/v5/market/liquidation_orders",
        contract="contract_code",
        cursor="from",
        size="limit",
        fixed={"direct": "next"},
        id="id",
        time="liquidation_time",
        side="side",
        price="bankrupt_price",
    ),
    "inverse": Feed(
        path="/swap-api/v3/swap_liquidation_orders",
        contract="contract",
        cursor="from_id",
        size=None,
        fixed={"direct": "next", "trade_type": "0"},
        id="query_id",
        time="created_at",
        side="direction",
        price="price",
    ),
}
ROWS_A_PAGE = 100


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """One part per perpetual of the asked coins (all where none is named)."""
    since = first_day(client, USUAL_DAYS, DEPTH_DAYS, DEPTH_DAYS)
    return [
        replace(part, since=max(since, part.since or since))
        for margin in FEEDS
        for part in contracts(client, margin, assets)
    ]


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """Pages from old to new, until an empty one."""
    feed = FEEDS[part.context["margin"]]
    cursor: int | None = None
    while True:
        asked = {
            feed.contract: part.name,
            "start_time": window.start_ms,
            "end_time": window.end_ms - 1,
            **feed.fixed,
            feed.cursor: cursor,
        }
        if feed.size:
            asked[feed.size] = ROWS_A_PAGE
        answer = client.get(UPSTREAM, feed.path, asked, whole=whole)
        yield answer
        ids = [_id(feed, row) for row in listed(json_of(answer))]
        if not ids:
            return
        if cursor is not None and min(ids) <= cursor:
            raise Unparsable(f"{feed.id}: {min(ids)} is not newer than the asked {cursor}")
        cursor = max(ids)


def _id(feed: Feed, row: Any) -> int:
    return numbers.whole_number(numbers.required(row, feed.id, "order"), feed.id)


def parse(answer: Answer) -> pl.DataFrame:
    """Orders as raw.liquidation_orders at their bankruptcy price."""
    contract, asset, margin = (answer.context[k] for k in ("contract", "asset", "margin"))
    feed, face = FEEDS[margin], Decimal(answer.context["face"])
    rows = []
    for row in listed(json_of(answer)):
        if (code := numbers.required(row, "contract_code", "order")) != contract:
            raise Unparsable(f"contract_code: asked for {contract}, found {code!r}")
        at = numbers.moment(numbers.required(row, feed.time, "order"), feed.time, "ms")
        side = liquidated_side(numbers.required(row, feed.side, "order"), feed.side)
        if margin == "linear" and (said := numbers.required(row, "position_side", "order")) != side:
            raise Unparsable(f"position_side: a {side} was closed, found {said!r}")
        volume = numbers.price(numbers.required(row, "volume", "order"), "volume")
        price = numbers.price(numbers.required(row, feed.price, "order"), feed.price)
        if margin == "linear":
            usd = numbers.money(numbers.required(row, "trade_turnover", "order"), "trade_turnover")
        else:
            usd = inverse_usd(volume, face)
        order = (at, str(_id(feed, row)), side, price, "bankruptcy", volume, "contract", face, usd)
        rows.append((VENUE, contract, asset, *order))
    return frame("liquidation_orders", rows, ORDER_KEY)


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="htx_liquidation_orders",
        source="htx",
        kind="liquidation_orders",
        title="HTX liquidation orders (last 90 days)",
        earliest=date(2020, 10, 21),
        cut=Cut.DAYS,
        days_per_window=DAYS_A_WINDOW,
        depth_days=DEPTH_DAYS,
        parts=parts,
        fetch=fetch,
        parse=parse,
        tail_days=0,
        workers=4,
    ),
)
