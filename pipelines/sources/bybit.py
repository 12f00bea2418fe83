"""Bybit: settled funding of linear (USDT) and inverse (USD) perpetuals, since listing.

Upstream: api.bybit.com v5, keyless, 600 calls per 5 s and address. Rates are fractions per interval.
Terms: public market data, no licence stated.
Traps: pages run from new to old and `startTime` alone is an error, so every call has both ends and
the next page ends where the last began; errors come with HTTP 200 and a `retCode`; 403 is either a
country block (CloudFront) or "access too frequent"; instruments-info states the interval of today
only, so no interval is claimed for old rows; `launchTime` may be later than the first settlement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl

from pipelines.sources import numbers
from pipelines.sources.bodies import json_of
from pipelines.sources.contract import (
    Answer,
    Cut,
    Dataset,
    Incomplete,
    Part,
    RateStopped,
    Refused,
    Retry,
    Unparsable,
    Unreachable,
    Window,
)
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.names import asset_id
from pipelines.sources.upstream import Reply, Upstream

VENUE = "bybit"
FUNDING_KEY = ("venue", "market", "asset", "settled_at", "rate_kind")
QUOTES = {"linear": "USDT", "inverse": "USD"}
EARLIEST = date(2020, 1, 1)
ROWS_A_PAGE = 200
DAYS_A_WINDOW = 60  # 180 settlements every eight hours: one page
TOO_FREQUENT = "too frequent"
# 10006 rate, 10016 and 10000 server; the rest of the codes will not change by asking again
PASSING_CODES, COUNTRY_BLOCK = {10000, 10006, 10016}, 10009


def _refusal(reply: Reply) -> None:
    if reply.status == 403 and TOO_FREQUENT in reply.text:
        raise Retry(f"HTTP 403: {reply.excerpt(80)}")
    if reply.status != 200 or not reply.body.lstrip().startswith(b"{"):
        return
    code = reply.json.get("retCode", 0)
    reason = f"retCode {code}: {reply.json.get('retMsg')}"
    if code in PASSING_CODES:
        raise Retry(reason)
    if code == COUNTRY_BLOCK:
        raise Unreachable(reason)
    if code != 0:
        raise Refused(reason)


UPSTREAM = Upstream("https://api.bybit.com", rates=((300, 5.0),), refusal=_refusal)


def _whole(category: str) -> Callable[[Reply], None]:
    """A test that the body is a list of this category in the v5 envelope."""

    def whole(reply: Reply) -> None:
        if not isinstance(reply.json, dict):
            raise Retry(f"expected an object, found {type(reply.json).__name__}")
        _rows(reply.json, category)

    return whole


def _rows(body: Any, category: str) -> list[Any]:
    numbers.required(body, "retCode", "answer")
    result = numbers.required(body, "result", "answer")
    rows, found = (numbers.required(result, field, "result") for field in ("list", "category"))
    if not isinstance(rows, list):
        raise Unparsable(f"result.list: expected a list, found {type(rows).__name__}")
    if found != category:
        raise Unparsable(f"result.category: expected {category}, found {found!r}")
    return rows


def _ask(client: Client, path: str, category: str, *, shared: bool = False, **params: Any) -> Answer:
    """One answer; `shared`: one for all datasets of the run, see `Client.listing`."""
    asked = {"category": category, **params}
    ask = client.listing if shared else client.get
    try:
        return ask(UPSTREAM, path, asked, whole=_whole(category))
    except Incomplete as error:
        if TOO_FREQUENT in error.reason:  # still barred after all retries: it wants ten minutes
            raise RateStopped(error.reason) from None
        raise


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The perpetuals listed now whose base coin is asked for (all where none is named)."""
    found: dict[str, Part] = {}
    for category, quote in QUOTES.items():
        for row in _instruments(client, category):
            symbol, base, kind, settled_in, launched = (
                numbers.required(row, field, "instrument")
                for field in ("symbol", "baseCoin", "contractType", "quoteCoin", "launchTime")
            )
            if (
                not str(kind).endswith("Perpetual")
                or settled_in != quote
                or not re.fullmatch(r"[A-Z0-9]+", symbol)
            ):
                continue
            asset = asset_id(base)
            if symbol in found or (assets and asset not in assets):
                continue
            context = {"category": category, "symbol": symbol, "asset": asset}
            since = _since(client, category, symbol, numbers.moment(launched, "launchTime", "ms"))
            found[symbol] = Part(symbol, (symbol,), context, since=since)
    return list(found.values())


def _instruments(client: Client, category: str) -> Iterator[Any]:
    cursor: str | None = None
    while True:
        answer = _ask(client, "/v5/market/instruments-info", category, shared=True, limit=1000, cursor=cursor)
        body = json_of(answer)
        yield from _rows(body, category)
        following = body["result"].get("nextPageCursor") or None
        if following is None or following == cursor:
            return
        cursor = following


def _since(client: Client, category: str, symbol: str, launched: datetime) -> date | None:
    """The launch day, unless settlements before it exist: one call is cheaper than lost history."""
    if launched.date() <= EARLIEST:
        return None
    before = {"endTime": int(launched.timestamp() * 1000) - 1, "limit": 1}
    answer = _ask(client, "/v5/market/funding/history", category, shared=True, symbol=symbol, **before)
    return None if _rows(json_of(answer), category) else launched.date()


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """Pages from the end of the window backwards, until its start or an empty page is reached."""
    category, last = part.context["category"], window.end_ms - 1
    while last >= window.start_ms:
        answer = _ask(
            client,
            "/v5/market/funding/history",
            category,
            symbol=part.name,
            startTime=window.start_ms,
            endTime=last,
            limit=ROWS_A_PAGE,
        )
        yield answer
        times = [_time(row) for row in _rows(json_of(answer), category)]
        if not times:
            return
        oldest = min(times)
        if oldest > last:
            raise Unparsable(f"fundingRateTimestamp: {oldest} is newer than the asked {last}")
        last = oldest - 1


def _time(row: Any) -> int:
    field = "fundingRateTimestamp"
    return numbers.whole_number(numbers.required(row, field, "settlement"), field)


def parse(answer: Answer) -> pl.DataFrame:
    """Settlements as raw.funding_rates: fraction per interval; the interval is not stated (null)."""
    category, symbol, asset = (answer.context[k] for k in ("category", "symbol", "asset"))
    rows = []
    for row in _rows(json_of(answer), category):
        if (found := numbers.required(row, "symbol", "settlement")) != symbol:
            raise Unparsable(f"symbol: asked for {symbol}, found {found!r}")
        settled_at = numbers.moment(_time(row), "fundingRateTimestamp", "ms")
        rate = numbers.rate(numbers.required(row, "fundingRate", "settlement"), "fundingRate")
        if numbers.ended(settled_at, 0, answer.observed_at):
            rows.append((VENUE, symbol, asset, category, settled_at, rate, None, "settled"))
    return frame("funding_rates", rows, FUNDING_KEY)


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="bybit_funding",
        source="bybit",
        kind="funding_rates",
        title="Bybit funding settlements",
        earliest=EARLIEST,
        cut=Cut.DAYS,
        days_per_window=DAYS_A_WINDOW,
        parts=parts,
        fetch=fetch,
        parse=parse,
        tail_days=2,
    ),
)
