"""Coinalyze beside liquidations: funding and open interest per perpetual and UTC day (free key).

Limits, paging and listing as in coinalyze.py: every symbol of a question is a call, so only the largest
coins are asked. Units: funding in PERCENT per interval, made a fraction here; open interest in USD because
`convert_to_usd=true` is asked. Licence: free use, cite and link Coinalyze.
Traps: the rows are open, high, low and close of the rate within the day, so `c` is no sum of the day and
is kept as `bucket_close` at the day's start; the close of open interest is its level at the END of the day,
so `measured_at` is the next midnight; a market without data is left out; the running day is served.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from pipelines.sources import coinalyze, numbers
from pipelines.sources.bodies import json_of, whole_list
from pipelines.sources.contract import Answer, Cut, Dataset, Part, Unparsable, Window
from pipelines.sources.frames import frame
from pipelines.sources.http import Client

# Each symbol is one of forty calls a minute: the coins whose context is worth it.
ASSETS = ("BTC", "ETH", "SOL", "XRP", "DOGE", "BNB", "ADA")
MARGINS = {"STABLE": "linear", "COIN": "inverse"}
DAY = timedelta(days=1)
DAY_SECONDS = 86_400
FUNDING_KEY = ("venue", "market", "asset", "settled_at", "rate_kind")
OPEN_INTEREST_KEY = ("venue", "market", "asset", "measured_at")


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The parts of coinalyze.py for the largest coins, with the margin of every symbol in the context."""
    wanted = [asset for asset in ASSETS if not assets or asset in assets]
    if not wanted:
        return []
    listed = coinalyze.parts(client, wanted)
    margins = _margins(client)
    return [
        replace(part, context={**part.context, "margins": {s: margins[s] for s in part.markets}})
        for part in listed
    ]


def _margins(client: Client) -> dict[str, str]:
    """linear or inverse by symbol."""
    found: dict[str, str] = {}
    for row in json_of(client.listing(coinalyze.UPSTREAM, "/v1/future-markets", whole=whole_list)):
        symbol = str(numbers.required(row, "symbol", "future-markets"))
        margined = numbers.required(row, "margined", symbol)
        if margined not in MARGINS:
            raise Unparsable(f"{symbol}: margined: expected STABLE or COIN, found {margined!r}")
        found[symbol] = MARGINS[margined]
    return found


def _fetch(path: str, shift: timedelta, **more: str) -> Callable[[Client, Part, Window], Iterator[Answer]]:
    def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
        """The whole window in one question; `shift` earlier where rows are stamped at their end."""
        first, last = window.start - shift, window.end - shift - timedelta(seconds=1)
        asked = {
            "symbols": ",".join(part.markets),
            "interval": "daily",
            "from": int(first.timestamp()),
            "to": int(last.timestamp()),
            **more,
        }
        yield client.get(coinalyze.UPSTREAM, path, asked, whole=whole_list, cost=len(part.markets))

    return fetch


def _closes(answer: Answer, number: Callable[[Any, str], Decimal]) -> Iterator[tuple[str, datetime, Decimal]]:
    """(symbol, start of the day, close read by `number`) of every day that was over."""
    markets = answer.context["markets"]
    for series in json_of(answer):
        symbol = str(numbers.required(series, "symbol", "history"))
        if symbol not in markets:
            raise Unparsable(f"history: {symbol!r} was not asked for")
        history = numbers.required(series, "history", symbol)
        if not isinstance(history, list):
            raise Unparsable(f"{symbol}: history: expected a list, found {type(history).__name__}")
        for bucket in history:
            start = numbers.day_start(numbers.required(bucket, "t", symbol), f"{symbol} t", "s")
            close = number(numbers.required(bucket, "c", symbol), f"{symbol} c")
            if numbers.ended(start, DAY_SECONDS, answer.observed_at):
                yield symbol, start, close


def parse_funding(answer: Answer) -> pl.DataFrame:
    """Columns of funding_rates: the rate at the end of each day, a fraction per interval."""
    rows = []
    for symbol, start, close in _closes(answer, numbers.rate):
        venue, asset = answer.context["markets"][symbol]
        rate = numbers.rate(close * Decimal("0.01"), symbol)
        margin = answer.context["margins"][symbol]
        rows.append((venue, symbol, asset, margin, start, rate, None, "bucket_close"))
    return frame("funding_rates", rows, FUNDING_KEY)


def parse_open_interest(answer: Answer) -> pl.DataFrame:
    """Columns of open_interest: USD at the end of each day, over all margins of the market."""
    rows = []
    for symbol, start, close in _closes(answer, numbers.price):
        venue, asset = answer.context["markets"][symbol]
        rows.append((venue, symbol, asset, "all", start + DAY, None, close))
    return frame("open_interest", rows, OPEN_INTEREST_KEY)


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="coinalyze_funding",
        source="coinalyze",
        kind="funding_rates",
        title="Funding rate at the end of the day per perpetual (Coinalyze)",
        earliest=date(2020, 1, 1),
        cut=Cut.WHOLE,
        parts=parts,
        fetch=_fetch("/v1/funding-rate-history", timedelta(0)),
        parse=parse_funding,
        tail_days=3,
        key="COINALYZE_API_KEY",
    ),
    Dataset(
        name="coinalyze_open_interest",
        source="coinalyze",
        kind="open_interest",
        title="Open interest at the end of the day per perpetual (Coinalyze)",
        earliest=date(2020, 1, 1),
        cut=Cut.WHOLE,
        parts=parts,
        fetch=_fetch("/v1/open-interest-history", DAY, convert_to_usd="true"),
        parse=parse_open_interest,
        tail_days=3,
        key="COINALYZE_API_KEY",
    ),
)
