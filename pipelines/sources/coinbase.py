"""Coinbase Exchange: day bars in US dollars, reachable from the US, keyless.

Upstream: api.exchange.coinbase.com, 10 calls a second and address, a User-Agent is required.
Prices are USD per coin, volume is in coins. Terms: public market data, no licence stated.
Traps: a bar is time, LOW, HIGH, open, close, volume, in this order; both ends are inclusive and at
most 300 bars come per call; days without a trade are left out; a product that does not exist is 404.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import polars as pl

from pipelines.sources import numbers
from pipelines.sources.bodies import json_of, whole_list
from pipelines.sources.contract import Answer, Cut, Dataset, Part, Unparsable, Window
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.upstream import Upstream

VENUE, QUOTE = "coinbase", "USD"
DAY_SECONDS = 86_400
# A second voice on prices that Binance tells of every coin: where all are wanted, those are enough.
ASSETS = ("BTC", "ETH", "SOL", "XRP", "DOGE", "ADA", "LTC", "LINK", "AVAX", "DOT", "BCH")
BARS_A_CALL = 300
PRICE_KEY = ("venue", "market", "asset", "bucket_start", "bucket_seconds")
BAR_FIELDS = ("time", "low", "high", "open", "close", "volume")

UPSTREAM = Upstream("https://api.exchange.coinbase.com", rates=((8, 1.0),))


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """<ASSET>-USD of the asked assets, whether listed or not; the deepest ones where none is named."""
    return [
        Part(f"{asset}-{QUOTE}", (f"{asset}-{QUOTE}",), {"product": f"{asset}-{QUOTE}", "asset": asset})
        for asset in assets or ASSETS
    ]


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The bars of at most 300 days in one call."""
    asked = {
        "granularity": DAY_SECONDS,
        "start": f"{window.first_day}T00:00:00Z",
        "end": f"{window.last_day}T00:00:00Z",
    }
    yield client.get(UPSTREAM, f"/products/{part.name}/candles", asked, whole=whole_list, absent=(404,))


def parse(answer: Answer) -> pl.DataFrame:
    """Day bars as raw.prices, in USD; the volume in dollars is not stated (null)."""
    product, asset = answer.context["product"], answer.context["asset"]
    bars = json_of(answer)
    if not isinstance(bars, list):
        raise Unparsable(f"candles: expected a list, found {type(bars).__name__}")
    rows = []
    for bar in bars:
        if not isinstance(bar, list) or len(bar) != len(BAR_FIELDS):
            raise Unparsable(f"candles: a bar is {', '.join(BAR_FIELDS)}; found {str(bar)[:120]}")
        start = numbers.day_start(bar[0], "time", "s")
        low, high, opened, close, volume = (
            numbers.price(value, field) for value, field in zip(bar[1:], BAR_FIELDS[1:], strict=True)
        )
        if numbers.ended(start, DAY_SECONDS, answer.observed_at):
            prices = (opened, high, low, close)
            rows.append((VENUE, product, asset, QUOTE, start, DAY_SECONDS, *prices, volume, None))
    return frame("prices", rows, PRICE_KEY)


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="coinbase_candles",
        source="coinbase",
        kind="prices",
        title="Coinbase day bars",
        earliest=date(2020, 1, 1),
        cut=Cut.DAYS,
        days_per_window=BARS_A_CALL,
        parts=parts,
        fetch=fetch,
        parse=parse,
        tail_days=2,
    ),
)
