"""Deribit: the volatility index DVOL by day, and dated futures against the index at the moment of asking.

Upstream: www.deribit.com API v2, keyless, about 20 calls a second and address. DVOL is percent a year
(its open, high, low and close; `measured_at` is 00:00 UTC of the day they cover), futures are inverse,
in USD per coin. Depth: DVOL since 2021-03-24; the futures summary is a snapshot without history.
Terms: public market data, no licence stated.
Traps: DVOL answers hold 1,000 rows at most, the newest, and `continuation` is the end of the next page;
the running day is served; the rate error is 10028 with HTTP 429; a row's `estimated_delivery_price` is an
average in the last half hour before its own expiry, so the index is read from the perpetual's row;
expiries are at 08:00 UTC.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import polars as pl

from pipelines.sources import numbers
from pipelines.sources.bodies import json_of
from pipelines.sources.contract import Answer, Cut, Dataset, Part, Refused, Retry, Unparsable, Window
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.upstream import Reply, Upstream, retry_after

VENUE = "deribit"
ASSETS = ("BTC", "ETH")
DAY_SECONDS = 86_400
ROWS_A_PAGE = 1000
MEASURES = ("dvol_open", "dvol_high", "dvol_low", "dvol_close")
VOLATILITY_KEY = ("venue", "market", "asset", "measure", "measured_at")
BASIS_KEY = ("venue", "market", "asset", "measured_at")
TOO_MANY, PASSING_CODES = 10028, {10040, 10041, 10047, 11094, 13888}  # busy, locked, internal, timed out


def refusal(reply: Reply) -> None:
    """Errors are objects with `error.code`, whatever the HTTP status."""
    if not reply.body.lstrip().startswith(b"{"):
        return
    try:
        error = reply.json.get("error")
    except Retry:
        return  # cut: judged by its status, then by the completeness test
    if not isinstance(error, dict):
        return
    code = error.get("code")
    words = f"code {code}: {error.get('message')} {error.get('data', '')}".strip()
    if code == TOO_MANY or code in PASSING_CODES:
        raise Retry(words, retry_after(reply))
    raise Refused(words)


UPSTREAM = Upstream("https://www.deribit.com", rates=((15, 1.0),), refusal=refusal)


def whole_list(reply: Reply) -> None:
    """The envelope closes and its result is a list."""
    _list_in(_enveloped(reply), "result", "answer")


def rows_of(answer: Answer) -> list[Any]:
    """The list inside the envelope."""
    return _list_in(json_of(answer), "result", "answer")


def _enveloped(reply: Reply) -> Any:
    if not isinstance(reply.json, dict):
        raise Retry(f"expected an object with a result, found {reply.excerpt(80)!r}")
    return reply.json


def _list_in(said: Any, field: str, where: str) -> list[Any]:
    found = numbers.required(said, field, where)
    if not isinstance(found, list):
        raise Unparsable(f"{where}: {field}: expected a list, found {type(found).__name__}")
    return found


def asked(assets: Sequence[str]) -> list[str]:
    """Of the assets asked for those that have an index, inverse futures and options here."""
    return [asset for asset in ASSETS if not assets or asset in assets]


# ---- DVOL ------------------------------------------------------------------------------------------


def dvol_parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """One part per index."""
    return [Part(asset, (f"{asset}-DVOL",), {"asset": asset}) for asset in asked(assets)]


def fetch_dvol(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """Pages from the end of the window backwards, as `continuation` says."""
    last = window.end_ms - 1
    while True:
        answer = client.get(
            UPSTREAM,
            "/api/v2/public/get_volatility_index_data",
            {
                "currency": part.context["asset"],
                "start_timestamp": window.start_ms,
                "end_timestamp": last,
                "resolution": "1D",
            },
            whole=_whole_index,
        )
        yield answer
        following = json_of(answer)["result"]["continuation"]
        if following is None or following < window.start_ms:
            return
        if following >= last:
            raise Unparsable(f"continuation: {following} is not before the asked end {last}")
        last = following


def _whole_index(reply: Reply) -> None:
    result = numbers.required(_enveloped(reply), "result", "answer")
    following = numbers.required(result, "continuation", "result")
    if not (following is None or (isinstance(following, int) and not isinstance(following, bool))):
        raise Unparsable(f"continuation: expected a time or null, found {following!r}")
    _list_in(result, "data", "result")


def parse_dvol(answer: Answer) -> pl.DataFrame:
    """Columns of option_volatility: four measures a day, percent a year, stamped at the day's start."""
    asset = answer.context["asset"]
    rows = []
    for point in _list_in(numbers.required(json_of(answer), "result", "answer"), "data", "result"):
        if not isinstance(point, list) or len(point) != 5:
            raise Unparsable(f"DVOL: expected points of [time, open, high, low, close], found {point!r:.80}")
        start = numbers.day_start(point[0], "time", "ms")
        values = [numbers.rate(v, measure) for v, measure in zip(point[1:], MEASURES, strict=True)]
        if numbers.ended(start, DAY_SECONDS, answer.observed_at):
            rows += [
                (VENUE, f"{asset}-DVOL", asset, measure, start, value)
                for measure, value in zip(MEASURES, values, strict=True)
            ]
    return frame("option_volatility", rows, VOLATILITY_KEY)


# ---- futures against the index, at the moment of asking ----------------------------------------------


def basis_parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """One part per coin; its markets are the inverse futures listed now, with their expiries."""
    return [_basis_part(client, asset) for asset in asked(assets)]


def _basis_part(client: Client, asset: str) -> Part:
    query = {"currency": asset, "kind": "future", "expired": "false"}
    answer = client.listing(UPSTREAM, "/api/v2/public/get_instruments", query, whole=whole_list)
    expiries: dict[str, int | None] = {}
    for row in rows_of(answer):
        name, period, expires = (
            numbers.required(row, field, "instrument")
            for field in ("instrument_name", "settlement_period", "expiration_timestamp")
        )
        if str(name).startswith(f"{asset}_"):
            continue  # a linear contract, <COIN>_USDC-...: another index
        expires_at = numbers.whole_number(expires, f"{name} expiration_timestamp")
        expiries[str(name)] = None if period == "perpetual" else expires_at
    perpetual = f"{asset}-PERPETUAL"
    if perpetual not in expiries:
        raise Unparsable(f"get_instruments: {perpetual} is not listed; found {', '.join(expiries)[:120]}")
    return Part(asset, tuple(expiries), {"asset": asset, "expiries": expiries})


def fetch_basis(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The summary of all futures of a coin: one moment, whatever the window."""
    query = {"currency": part.context["asset"], "kind": "future"}
    yield client.get(UPSTREAM, "/api/v2/public/get_book_summary_by_currency", query, whole=whole_list)


def parse_basis(answer: Answer) -> pl.DataFrame:
    """Columns of futures_basis: mark of each future and the index at that moment, USD per coin."""
    asset, expiries = answer.context["asset"], answer.context["expiries"]
    summaries: dict[str, tuple[Any, Any, Any]] = {}
    for row in rows_of(answer):
        name = str(numbers.required(row, "instrument_name", "summary"))
        if name.startswith(f"{asset}_"):
            continue
        if name not in expiries:
            raise Unparsable(f"summary: {name!r} was not listed when it was asked for")
        told = (
            numbers.price(numbers.required(row, "mark_price", name), f"{name} mark_price"),
            numbers.price(
                numbers.required(row, "estimated_delivery_price", name), f"{name} estimated_delivery_price"
            ),
            numbers.moment(
                numbers.required(row, "creation_timestamp", name), f"{name} creation_timestamp", "ms"
            ),
        )
        if summaries.setdefault(name, told) != told:
            raise Unparsable(f"summary: two values for {name} in one answer")
    perpetual = summaries.get(f"{asset}-PERPETUAL")
    if perpetual is None:
        raise Unparsable(f"summary: {asset}-PERPETUAL is not there, and with it the index")
    index = perpetual[1]
    rows = []
    for name, (mark, _, measured_at) in summaries.items():
        expires = expiries[name]
        expires_at = None if expires is None else numbers.moment(expires, f"{name} expiration", "ms")
        rows.append((VENUE, name, asset, measured_at, expires_at, mark, index))
    return frame("futures_basis", rows, BASIS_KEY)


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="deribit_dvol",
        source="deribit",
        kind="option_volatility",
        title="Deribit volatility index DVOL by day",
        earliest=date(2021, 3, 24),
        cut=Cut.DAYS,
        days_per_window=ROWS_A_PAGE,
        parts=dvol_parts,
        fetch=fetch_dvol,
        parse=parse_dvol,
        tail_days=2,
    ),
    Dataset(
        name="deribit_futures_basis",
        source="deribit",
        kind="futures_basis",
        title="Deribit futures against the index (snapshot)",
        earliest=date(2020, 1, 1),
        cut=Cut.SNAPSHOT,
        parts=basis_parts,
        fetch=fetch_basis,
        parse=parse_basis,
        tail_days=0,
    ),
)
