"""Bitget: settled funding of USDT- and coin-margined perpetuals.

Upstream: api.bitget.com v2, keyless, 20 calls per second and path. Rates are fractions per interval.
Depth is not documented. Terms: public market data, no licence stated.
Traps: pages by number only, newest first, at most 100 rows; the state of an answer is `code`, a text
("00000" is good); intervals differ and change, and no row states its own. There is no list of
contracts here: a coin that is not traded answers 40034, which is no error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import polars as pl

from pipelines.sources import numbers
from pipelines.sources.bodies import json_of
from pipelines.sources.contract import (
    Answer,
    Cut,
    Dataset,
    NotPublished,
    Part,
    Refused,
    Retry,
    Unparsable,
    Window,
)
from pipelines.sources.extent import leading
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.upstream import Reply, Upstream, retry_after

VENUE = "bitget"
FUNDING_KEY = ("venue", "market", "asset", "settled_at", "rate_kind")
ROWS_A_PAGE = 100
WHOLE_HISTORY_DAYS = 36_500  # pages by number: older windows would be reached through all newer pages
USUAL_ASSETS = ("BTC", "ETH", "SOL", "XRP", "DOGE")  # where every asset is asked for
INVERSE_ASSETS = ("BTC", "ETH")
GOOD, NO_SUCH_SYMBOL = "00000", "40034"
PASSING_CODES = {"429", "40010", "40015", "40725"}  # rate, timed out, system


def _refusal(reply: Reply) -> None:
    if reply.status not in (200, 400, 429) or not reply.body.lstrip().startswith(b"{"):
        return
    code = reply.json.get("code", GOOD)
    reason = f"code {code}: {reply.json.get('msg')}"
    if code in PASSING_CODES:
        raise Retry(reason, retry_after(reply))
    if code == NO_SUCH_SYMBOL:
        raise NotPublished(reason)
    if code != GOOD:
        raise Refused(reason)


UPSTREAM = Upstream("https://api.bitget.com", rates=((18, 1.0),), refusal=_refusal)


def _whole(reply: Reply) -> None:
    if not isinstance(reply.json, dict):
        raise Retry(f"expected an object, found {type(reply.json).__name__}")
    _rows(reply.json)


def _rows(body: Any) -> list[Any]:
    numbers.required(body, "code", "answer")
    rows = numbers.required(body, "data", "answer")
    if not isinstance(rows, list):
        raise Unparsable(f"data: expected a list, found {type(rows).__name__}")
    return rows


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """<ASSET>USDT of the leading assets, and the coin-margined perpetuals of BTC and ETH."""
    found = []
    for asset in leading(assets) or USUAL_ASSETS:
        for product, margin, symbol in (
            ("usdt-futures", "linear", f"{asset}USDT"),
            ("coin-futures", "inverse", f"{asset}USD"),
        ):
            if margin == "linear" or asset in INVERSE_ASSETS:
                context = {"product": product, "symbol": symbol, "asset": asset, "margin": margin}
                found.append(Part(symbol, (symbol,), context))
    return found


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """Page after page until one reaches the start of the window or is empty."""
    page, before = 1, None
    while True:
        asked = {
            "symbol": part.name,
            "productType": part.context["product"],
            "pageSize": ROWS_A_PAGE,
            "pageNo": page,
        }
        answer = client.get(UPSTREAM, "/api/v2/mix/market/history-fund-rate", asked, whole=_whole)
        yield answer
        times = [_time(row) for row in _rows(json_of(answer))]
        if not times or min(times) <= window.start_ms:
            return
        if before is not None and min(times) >= before:
            raise Unparsable(f"pageNo: page {page} is not older than the page before it")
        page, before = page + 1, min(times)


def _time(row: Any) -> int:
    return numbers.whole_number(numbers.required(row, "fundingTime", "settlement"), "fundingTime")


def parse(answer: Answer) -> pl.DataFrame:
    """Settlements as raw.funding_rates: fraction per interval; the interval is not stated (null)."""
    symbol, asset, margin = (answer.context[k] for k in ("symbol", "asset", "margin"))
    rows = []
    for row in _rows(json_of(answer)):
        if (found := numbers.required(row, "symbol", "settlement")) != symbol:
            raise Unparsable(f"symbol: asked for {symbol}, found {found!r}")
        settled_at = numbers.moment(_time(row), "fundingTime", "ms")
        rate = numbers.rate(numbers.required(row, "fundingRate", "settlement"), "fundingRate")
        if numbers.ended(settled_at, 0, answer.observed_at):
            rows.append((VENUE, symbol, asset, margin, settled_at, rate, None, "settled"))
    return frame("funding_rates", rows, FUNDING_KEY)


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="bitget_funding",
        source="bitget",
        kind="funding_rates",
        title="Bitget funding settlements (leading assets)",
        earliest=date(2020, 1, 1),
        cut=Cut.DAYS,
        days_per_window=WHOLE_HISTORY_DAYS,
        parts=parts,
        fetch=fetch,
        parse=parse,
        tail_days=2,
        workers=2,
    ),
)
