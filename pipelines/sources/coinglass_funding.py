"""CoinGlass: funding per asset, weighted by open interest over the venues it covers (paid key).

Limits, envelope and errors as in coinglass.py. Units: PERCENT per interval as text, made a fraction here.
Depth: as far as the plan allows. Licence: commercial; for own use under the plan's terms.
Traps: rows are open, high, low and close of the rate within the day, so `close` is no sum of the day and is
kept as `bucket_close` at the day's start; which venues are in it is not told, so the venue is `all`;
past `limit` the oldest rows are cut without a word; the running day is served.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

import polars as pl

from pipelines.sources import coinglass, numbers
from pipelines.sources.bodies import json_of
from pipelines.sources.contract import Answer, Cut, Dataset, Part, Unparsable, Window
from pipelines.sources.frames import frame
from pipelines.sources.http import Client

VENUE, MARGIN = "all", "linear"  # the upstream names neither; linear contracts are nearly all of it
DAY_SECONDS = 86_400
KEY = ("venue", "market", "asset", "settled_at", "rate_kind")


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """One part per asset that CoinGlass is asked for at all."""
    return [
        Part(asset, (f"{asset}@oi-weighted",), {"asset": asset})
        for asset in coinglass.ASSETS
        if not assets or asset in assets
    ]


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The window in one answer."""
    if window.end - window.start > timedelta(days=coinglass.ROWS_A_CALL):
        raise ValueError(f"{window} is more than {coinglass.ROWS_A_CALL} rows: it would be cut silently")
    asked = {
        "symbol": part.context["asset"],
        "interval": "1d",
        "limit": coinglass.ROWS_A_CALL,
        "start_time": window.start_ms,
        "end_time": window.end_ms - 1,
    }
    path = "/api/futures/funding-rate/oi-weight-history"
    yield client.get(coinglass.UPSTREAM, path, asked, whole=coinglass.whole_envelope)


def parse(answer: Answer) -> pl.DataFrame:
    """Columns of funding_rates: the weighted rate at the end of each day, a fraction per interval."""
    asset = answer.context["asset"]
    market = f"{asset}@oi-weighted"
    data = numbers.required(json_of(answer), "data", market)
    if not isinstance(data, list):
        raise Unparsable(f"{market}: data: expected a list, found {type(data).__name__}")
    rows = []
    for bucket in data:
        start = numbers.day_start(numbers.required(bucket, "time", market), f"{market} time", "ms")
        close = numbers.rate(numbers.required(bucket, "close", market), f"{market} close")
        if numbers.ended(start, DAY_SECONDS, answer.observed_at):
            rate = numbers.rate(close * Decimal("0.01"), market)
            rows.append((VENUE, market, asset, MARGIN, start, rate, None, "bucket_close"))
    return frame("funding_rates", rows, KEY)


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="coinglass_oi_weighted_funding",
        source="coinglass",
        kind="funding_rates",
        title="Funding weighted by open interest per asset and day (CoinGlass)",
        earliest=date(2020, 1, 1),
        cut=Cut.DAYS,
        days_per_window=coinglass.ROWS_A_CALL,
        parts=parts,
        fetch=fetch,
        parse=parse,
        tail_days=3,
        key="COINGLASS_API_KEY",
    ),
)
