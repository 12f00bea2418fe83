"""Coinalyze: liquidations per market and UTC day, in USD, over about 26 exchanges (free key).

Limits: 40 calls a minute and key, and every symbol of a question is a call; 20 symbols a question.
Units: `l` and `s` are USD because `convert_to_usd=true` is asked; without it they are coins or USD by
market. Times are unix seconds, both ends included. Depth: daily is never deleted; what was asked
reaches back to 2020; of four hours it keeps 334 days. Licence: free use, cite and link Coinalyze.
Traps: milliseconds, a Bearer header or an unknown symbol all get HTTP 200 and `[]`, which is why an
empty list of exchanges or markets is an error here; a market without data is left out of the answer;
days without liquidations may be left out; the running day is served; exchange codes are not fixed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import polars as pl

from pipelines.sources.bodies import json_of, whole_list
from pipelines.sources.contract import Answer, Cut, Dataset, Part, Unparsable, Window
from pipelines.sources.extent import leading
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.names import listed_asset, venue_id
from pipelines.sources.numbers import day_start, ended, moment, money, required
from pipelines.sources.upstream import Upstream

UPSTREAM = Upstream(
    base="https://api.coinalyze.net",
    rates=((40, 60.0),),
    key_variable="COINALYZE_API_KEY",
    key_header="api_key",
)
SYMBOLS_A_CALL = 20
DAY_SECONDS = 86_400
KEY = ("venue", "market", "asset", "bucket_start", "bucket_seconds")


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """One part per asset and batch of at most 20 perpetuals of it, in the order of `assets`.

    A part is named after the set of its symbols: a listing makes another part, whose history is
    unknown and asked for, instead of hiding behind the complete windows of the old one.
    """
    venues = _venues(client)
    markets: dict[str, dict[str, tuple[str, str]]] = {}  # asset -> symbol -> (venue, asset)
    for row in _listing(client, "/v1/future-markets"):
        where = f"future-markets, {row.get('symbol', '?')}"
        perpetual = required(row, "is_perpetual", where)
        if not isinstance(perpetual, bool):
            raise Unparsable(f"{where}: is_perpetual: expected true or false, found {perpetual!r}")
        asset = listed_asset(str(required(row, "base_asset", where)))
        code = str(required(row, "exchange", where))
        symbol = str(required(row, "symbol", where))
        if not perpetual or asset is None or (assets and asset not in assets):
            continue
        if code not in venues:
            raise Unparsable(f"{where}: exchange {code!r} is not among the exchanges")
        if markets.setdefault(asset, {}).setdefault(symbol, (venues[code], asset)) != (venues[code], asset):
            raise Unparsable(f"{where}: the symbol stands for two markets")
    return [
        _part(asset, {symbol: markets[asset][symbol] for symbol in batch})
        for asset in (assets or sorted(markets))
        if asset in markets
        for batch in _batches(sorted(markets[asset]))
    ]


def _venues(client: Client) -> dict[str, str]:
    """Exchange code -> venue id; codes are resolved at run time, they are not documented as fixed."""
    venues: dict[str, str] = {}
    for row in _listing(client, "/v1/exchanges"):
        code = str(required(row, "code", "exchanges"))
        venue = venue_id(str(required(row, "name", "exchanges")))
        if venues.setdefault(code, venue) != venue:
            raise Unparsable(f"exchanges: code {code!r} stands for {venues[code]} and {venue}")
    return venues


def _listing(client: Client, path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json_of(client.listing(UPSTREAM, path, whole=whole_list))
    if not rows:
        raise Unparsable(f"{path} is empty: the key was not seen, or the listing has moved")
    for row in rows:
        if not isinstance(row, dict):
            raise Unparsable(f"{path}: expected objects, found {row!r:.40}")
    return rows


def _batches(symbols: list[str]) -> list[list[str]]:
    return [symbols[i : i + SYMBOLS_A_CALL] for i in range(0, len(symbols), SYMBOLS_A_CALL)]


def _part(asset: str, markets: dict[str, tuple[str, str]]) -> Part:
    digest = hashlib.sha256(",".join(markets).encode()).hexdigest()[:8]
    return Part(
        name=f"{asset} {digest}",
        markets=tuple(markets),
        context={"markets": {symbol: list(names) for symbol, names in markets.items()}},
    )


def leading_parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The parts of the leading assets: each symbol of each call counts against the same 40 a minute."""
    return parts(client, leading(assets))


def _fetch(interval: str, client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The whole window in one question: there is no paging, and asking by month costs the same."""
    yield client.get(
        UPSTREAM,
        "/v1/liquidation-history",
        {
            "symbols": ",".join(part.markets),
            "interval": interval,
            "from": int(window.start.timestamp()),
            "to": int((window.end - timedelta(seconds=1)).timestamp()),
            "convert_to_usd": "true",
        },
        whole=whole_list,
        cost=len(part.markets),
    )


def _parse(seconds: int, answer: Answer) -> pl.DataFrame:
    """Columns of liquidation_buckets: USD of liquidated longs and shorts per market and bucket."""
    markets: dict[str, list[str]] = answer.context["markets"]
    rows = []
    for series in json_of(answer):
        symbol = str(required(series, "symbol", "liquidation-history"))
        if symbol not in markets:
            raise Unparsable(f"liquidation-history: {symbol!r} was not asked for")
        venue, asset = markets[symbol]
        history = required(series, "history", symbol)
        if not isinstance(history, list):
            raise Unparsable(f"{symbol}: history: expected a list, found {type(history).__name__}")
        for bucket in history:
            start = _bucket_start(required(bucket, "t", symbol), f"{symbol} t", seconds)
            long_usd = money(required(bucket, "l", symbol), f"{symbol} l")
            short_usd = money(required(bucket, "s", symbol), f"{symbol} s")
            if ended(start, seconds, answer.observed_at):
                rows.append((venue, symbol, asset, start, seconds, long_usd, short_usd))
    return frame("liquidation_buckets", rows, KEY)


def _bucket_start(value: Any, field: str, seconds: int) -> datetime:
    """A start on the grid of its interval, counted from 00:00 UTC."""
    if seconds == DAY_SECONDS:
        return day_start(value, field, "s")
    start = moment(value, field, "s")
    if int(start.timestamp()) % seconds:
        raise Unparsable(f"{field}: {start.isoformat()} is not the start of a bucket of {seconds} s")
    return start


fetch, parse = partial(_fetch, "daily"), partial(_parse, DAY_SECONDS)


DATASETS = (
    Dataset(
        name="coinalyze_liquidations",
        source="coinalyze",
        kind="liquidation_buckets",
        title="Liquidations per perpetual and day (Coinalyze)",
        earliest=date(2020, 1, 1),
        cut=Cut.WHOLE,
        parts=parts,
        fetch=fetch,
        parse=parse,
        tail_days=3,
        key="COINALYZE_API_KEY",
    ),
    # The largest 24 hours of an event seldom are a UTC day: this is what the trailing clock is made of.
    Dataset(
        name="coinalyze_liquidations_4h",
        source="coinalyze",
        kind="liquidation_buckets",
        title="Liquidations per perpetual and four hours, leading assets (Coinalyze)",
        earliest=date(2020, 1, 1),
        cut=Cut.WHOLE,
        parts=leading_parts,
        fetch=partial(_fetch, "4hour"),
        parse=partial(_parse, 4 * 3600),
        tail_days=3,
        depth_days=333,  # 334 were measured in 2026-09
        key="COINALYZE_API_KEY",
    ),
)
