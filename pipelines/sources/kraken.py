"""Kraken: day bars of bitcoin and ether in US dollars, the last two years, keyless.

Upstream: api.kraken.com, about one call a second and address. Prices are USD per coin, volume is in
coins. Depth: the last 720 bars whatever is asked. Terms: public market data, no licence stated.
Traps: the last of the 720 is the running bar; `since` only shortens the answer; the pair comes back under
another name than was asked (XBTUSD as XXBTZUSD); errors, the rate error too, are HTTP 200 with `error`.
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
    Incomplete,
    Part,
    Refused,
    Retry,
    Unparsable,
    Window,
)
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.upstream import Reply, Upstream

VENUE, QUOTE = "kraken", "USD"
DAY_SECONDS = 86_400
BARS_KEPT = 720
PAIRS = {
    "BTC": ("XBTUSD", {"XBTUSD", "XXBTZUSD", "XBT/USD"}),
    "ETH": ("ETHUSD", {"ETHUSD", "XETHZUSD", "ETH/USD"}),
}
BAR_FIELDS = ("time", "open", "high", "low", "close", "vwap", "volume", "count")
PRICE_KEY = ("venue", "market", "asset", "bucket_start", "bucket_seconds")
PASSING_ERRORS = (
    "EGeneral:Too many requests",
    "EAPI:Rate limit exceeded",
    "EService:",
    "EGeneral:Internal error",
)


def refusal(reply: Reply) -> None:
    """Errors are a list of texts beside the result, whatever the HTTP status."""
    if not reply.body.lstrip().startswith(b"{"):
        return
    errors = reply.json.get("error")
    if not errors:
        return
    words = ", ".join(map(str, errors)) if isinstance(errors, list) else str(errors)
    if words.startswith(PASSING_ERRORS):
        raise Retry(words)
    raise Refused(words)


UPSTREAM = Upstream("https://api.kraken.com", rates=((1, 1.1),), refusal=refusal)


def _whole(reply: Reply) -> None:
    if not isinstance(reply.json, dict):
        raise Retry(f"expected an object, found {reply.excerpt(80)!r}")
    for field in ("error", "result"):
        numbers.required(reply.json, field, "answer")


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The two dollar pairs, as far as their coins are asked for."""
    return [
        Part(pair, (pair,), {"pair": pair, "asset": asset})
        for asset, (pair, _) in PAIRS.items()
        if not assets or asset in assets
    ]


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """All bars that there are, in one answer; it must reach back to the window's start."""
    asked = {"pair": part.name, "interval": DAY_SECONDS // 60}
    answer = client.get(UPSTREAM, "/0/public/OHLC", asked, whole=_whole)
    starts = [numbers.day_start(bar[0], "time", "s") for bar in _bars(answer, part.context["asset"])]
    if not starts or min(starts) > window.start:
        since = min(starts).date() if starts else "nowhere"
        raise Incomplete(f"the bars begin {since}, asked since {window.first_day}")
    yield answer


def _bars(answer: Answer, asset: str) -> list[list[Any]]:
    result = numbers.required(json_of(answer), "result", "OHLC")
    if not isinstance(result, dict):
        raise Unparsable(f"OHLC: result: expected an object, found {type(result).__name__}")
    numbers.required(result, "last", "result")
    names = [name for name in result if name != "last"]
    if len(names) != 1 or names[0] not in PAIRS[asset][1]:
        raise Unparsable(f"OHLC: expected the bars of {PAIRS[asset][0]}, found {', '.join(names)[:80]!r}")
    bars = result[names[0]]
    if not isinstance(bars, list):
        raise Unparsable(f"{names[0]}: expected a list, found {type(bars).__name__}")
    for bar in bars:
        if not isinstance(bar, list) or len(bar) != len(BAR_FIELDS):
            raise Unparsable(f"{names[0]}: a bar is {', '.join(BAR_FIELDS)}; found {str(bar)[:120]}")
    return bars


def parse(answer: Answer) -> pl.DataFrame:
    """Day bars as raw.prices, in USD; the volume in dollars is not stated (null)."""
    pair, asset = answer.context["pair"], answer.context["asset"]
    rows = []
    for bar in _bars(answer, asset):
        start = numbers.day_start(bar[0], "time", "s")
        prices = [numbers.price(bar[i], BAR_FIELDS[i]) for i in (1, 2, 3, 4)]
        volume = numbers.price(bar[6], "volume")
        if numbers.ended(start, DAY_SECONDS, answer.observed_at):
            rows.append((VENUE, pair, asset, QUOTE, start, DAY_SECONDS, *prices, volume, None))
    return frame("prices", rows, PRICE_KEY)


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="kraken_candles",
        source="kraken",
        kind="prices",
        title="Kraken day bars (last two years)",
        earliest=date(2020, 1, 1),
        cut=Cut.WHOLE,
        depth_days=BARS_KEPT - 1,  # the running bar is one of them
        parts=parts,
        fetch=fetch,
        parse=parse,
        tail_days=2,
    ),
)
