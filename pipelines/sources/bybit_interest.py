"""Bybit: open interest of linear and inverse perpetuals at 00:00 UTC, since listing.

Upstream: api.bybit.com v5, as in bybit.py. Units: linear contracts in coins, inverse contracts in USD;
one side. Depth: since the listing. Terms: public market data, no licence stated.
Traps: `openInterest` counts BOTH sides of every contract and is halved here; `singleOpenInterest`, one side
and rounded, came in 2026 and is taken where it stands; contracts on a thousand coins (1000PEPE) count
thousands; pages run from new to old and go on at a cursor that is percent-encoded already.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import time
from decimal import Decimal
from typing import Any

import polars as pl

from pipelines.sources import bybit, numbers
from pipelines.sources.bodies import json_of
from pipelines.sources.contract import Answer, Cut, Dataset, Part, Retry, Unparsable, Window
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.upstream import Reply

ROWS_A_PAGE = 200
KEY = ("venue", "market", "asset", "measured_at")
INVERSE_ASSETS = ("BTC", "ETH")
SIDES = 2
TOLERANCE = Decimal("0.01")  # of rounding, between half of both sides and the one side as stated


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The perpetuals of bybit.py; of the inverse ones bitcoin and ether, as the rest is small."""
    return [
        part
        for part in bybit.parts(client, assets)
        if part.context["category"] == "linear" or part.context["asset"] in INVERSE_ASSETS
    ]


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The window in pages of 200 days, from its end backwards."""
    cursor: str | None = None
    while True:
        answer = client.get(
            bybit.UPSTREAM,
            "/v5/market/open-interest",
            {
                "category": part.context["category"],
                "symbol": part.name,
                "intervalTime": "1d",
                "startTime": window.start_ms,
                "endTime": window.end_ms - 1,
                "limit": ROWS_A_PAGE,
                "cursor": cursor,
            },
            whole=_whole,
        )
        yield answer
        result = json_of(answer)["result"]
        following = result.get("nextPageCursor") or None
        if following is None or not result["list"]:
            return
        if following == cursor:
            raise Unparsable(f"nextPageCursor: {following!r} leads to itself")
        cursor = following


def _whole(reply: Reply) -> None:
    if not isinstance(reply.json, dict):
        raise Retry(f"expected an object, found {reply.excerpt(80)!r}")
    numbers.required(reply.json, "retCode", "answer")
    _rows(reply.json)


def _rows(said: Any) -> list[Any]:
    rows = numbers.required(numbers.required(said, "result", "answer"), "list", "result")
    if not isinstance(rows, list):
        raise Unparsable(f"result.list: expected a list, found {type(rows).__name__}")
    return rows


def parse(answer: Answer) -> pl.DataFrame:
    """Columns of open_interest: coins of linear contracts, USD of inverse ones, one side."""
    category, symbol, asset = (answer.context[name] for name in ("category", "symbol", "asset"))
    result = numbers.required(json_of(answer), "result", "answer")
    for field, expected in (("symbol", symbol), ("category", category)):
        if (found := numbers.required(result, field, "result")) != expected:
            raise Unparsable(f"{field}: asked for {expected}, found {found!r}")
    rows = []
    for row in _rows(json_of(answer)):
        measured_at = numbers.moment(numbers.required(row, "timestamp", symbol), "timestamp", "ms")
        one_side = _one_side(row, symbol)
        if measured_at.time() != time.min:
            raise Unparsable(f"timestamp: {measured_at.isoformat()} is not 00:00 UTC")
        if numbers.ended(measured_at, 0, answer.observed_at):
            coins = one_side * _multiple(symbol, asset) if category == "linear" else None
            usd = one_side if category == "inverse" else None
            rows.append((bybit.VENUE, symbol, asset, category, measured_at, coins, usd))
    return frame("open_interest", rows, KEY)


def _one_side(row: Any, symbol: str) -> Decimal:
    both = numbers.price(numbers.required(row, "openInterest", symbol), f"{symbol} openInterest")
    half = both / SIDES
    if "singleOpenInterest" not in row:
        return numbers.price(half, symbol)
    one = numbers.price(row["singleOpenInterest"], f"{symbol} singleOpenInterest")
    if abs(one - half) > max(Decimal(1), half * TOLERANCE):
        raise Unparsable(f"{symbol}: openInterest {both} is not twice singleOpenInterest {one}")
    return one


def _multiple(symbol: str, asset: str) -> int:
    """Coins of one unit: 1000 for 1000PEPEUSDT."""
    unit = symbol.removesuffix("USDT").removesuffix(asset)
    if unit and not unit.isdigit():
        raise Unparsable(f"{symbol}: {unit!r} of {asset} is not a number of coins")
    return int(unit or 1)


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="bybit_open_interest",
        source="bybit",
        kind="open_interest",
        title="Bybit open interest at 00:00 UTC",
        earliest=bybit.EARLIEST,
        cut=Cut.DAYS,
        days_per_window=ROWS_A_PAGE,
        parts=parts,
        fetch=fetch,
        parse=parse,
        tail_days=1,
    ),
)
