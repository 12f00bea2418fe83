"""Binance beside funding files and bars: perpetual basis, open interest, funding of the running month.

Upstreams: fapi.binance.com (HTTP 451 from some countries: unreachable, not empty) and the metrics files of
data.binance.vision. Units: USDT per coin; funding a fraction per interval; open interest one side.
Depth: basis the last 30 days; funding years, of which the last weeks are asked here: older settlements
stand in the monthly archive. Metrics are a file per symbol and day since 2020-09: up to 400 days that are
named are read whole, a longer stretch is read in its last month only.
Terms: public market data, no licence stated.
Traps: `timestamp` of a basis row is the END of its day, so `measured_at` is that midnight;
`annualizedBasisRate` and `markPrice` are often empty text; without times the answer is the newest rows;
metrics of `um` are coins and USD, of `cm` contracts (their face: binance_contracts.py) and COINS; metrics files hold
five-minute rows, some twice, and ratios may be empty: one row a day is taken, the one stamped 00:00.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from pipelines.sources import binance, binance_archive, numbers
from pipelines.sources.binance_contracts import (
    METRICS_FIELDS,
    face_over_span,
    metrics_at_midnight,
    metrics_stem,
    stamp,
)
from pipelines.sources.bodies import json_of, whole_list
from pipelines.sources.contract import Answer, Cut, Dataset, Part, Refused, SourceError, Unparsable, Window
from pipelines.sources.extent import first_day
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.names import listed_asset

VENUE = binance.VENUE
# `futures/data` allows 1,000 calls and funding 500 calls in five minutes
DATA = replace(binance.REST, base="https://fapi.binance.com", rates=((400, 300.0),))
BASIS_KEY = ("venue", "market", "asset", "measured_at")
OPEN_INTEREST_KEY = ("venue", "market", "asset", "measured_at")


def perpetuals(client: Client, assets: Sequence[str]) -> dict[str, str]:
    """USDT perpetuals of the asked assets by symbol, as the archive names them: it answers everywhere."""
    listed = binance_archive.folders(client, "data/futures/um/monthly/fundingRate/")
    symbols = {s: listed_asset(s.removesuffix("USDT")) for s in listed if s.endswith("USDT")}
    return {s: asset for s, asset in symbols.items() if asset and (not assets or asset in assets)}


def linear_parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """A part per perpetual."""
    return [
        Part(symbol, (symbol,), {"symbol": symbol, "asset": asset})
        for symbol, asset in perpetuals(client, assets).items()
    ]


def _list(answer: Answer, where: str) -> list[Any]:
    rows = json_of(answer)
    if not isinstance(rows, list):
        raise Unparsable(f"{where}: expected a list, found {type(rows).__name__}")
    return rows


# ---- basis of the perpetuals: the last thirty days ---------------------------------------------------

BASIS_DAYS = 29


def fetch_basis(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """One row per day in one answer."""
    asked = {
        "pair": part.name,
        "contractType": "PERPETUAL",
        "period": "1d",
        "limit": 500,
        "startTime": window.start_ms,
        "endTime": window.end_ms - 1,
    }
    yield client.get(DATA, "/futures/data/basis", asked, whole=whole_list)


def parse_basis(answer: Answer) -> pl.DataFrame:
    """Columns of futures_basis: USDT per coin at the end of a UTC day."""
    symbol, asset = answer.context["symbol"], answer.context["asset"]
    rows = []
    for row in _list(answer, "basis"):
        pair, kind, ended_ms, future, index = (
            numbers.required(row, field, "basis")
            for field in ("pair", "contractType", "timestamp", "futuresPrice", "indexPrice")
        )
        if (pair, kind) != (symbol, "PERPETUAL"):
            raise Unparsable(f"basis: asked for {symbol} PERPETUAL, found {pair!r:.20} {kind!r:.20}")
        measured_at = numbers.day_start(ended_ms, "timestamp", "ms")
        prices = numbers.price(future, "futuresPrice"), numbers.price(index, "indexPrice")
        if numbers.ended(measured_at, 0, answer.observed_at):
            rows.append((VENUE, symbol, asset, measured_at, None, *prices))
    return frame("futures_basis", rows, BASIS_KEY)


# ---- funding of the weeks that the archive does not have yet ------------------------------------------

FUNDING_DAYS = 40  # at most 960 hourly settlements: one page of 1,000
ROWS_A_PAGE = 1000


def fetch_funding(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """Pages from the window's start on, each beginning after the last settlement of the one before."""
    start = window.start_ms
    while start < window.end_ms:
        asked = {
            "symbol": part.name,
            "startTime": start,
            "endTime": window.end_ms - 1,
            "limit": ROWS_A_PAGE,
        }
        answer = client.get(DATA, "/fapi/v1/fundingRate", asked, whole=whole_list, rate_key="funding")
        yield answer
        times = [_funding_time(row) for row in _list(answer, "fundingRate")]
        if len(times) < ROWS_A_PAGE:
            return
        if max(times) < start:
            raise Unparsable(f"fundingTime: {max(times)} is older than the asked {start}")
        start = max(times) + 1


def _funding_time(row: Any) -> int:
    return numbers.whole_number(numbers.required(row, "fundingTime", "settlement"), "fundingTime")


def parse_funding(answer: Answer) -> pl.DataFrame:
    """Settlements as raw.funding_rates: fraction per interval; the interval is not stated (null)."""
    symbol, asset = answer.context["symbol"], answer.context["asset"]
    rows = []
    for row in _list(answer, "fundingRate"):
        if (found := numbers.required(row, "symbol", "settlement")) != symbol:
            raise Unparsable(f"symbol: asked for {symbol}, found {found!r}")
        settled_at = numbers.moment(_funding_time(row), "fundingTime", "ms")
        rate = numbers.rate(numbers.required(row, "fundingRate", "settlement"), "fundingRate")
        if numbers.ended(settled_at, 0, answer.observed_at):
            rows.append((VENUE, symbol, asset, "linear", settled_at, rate, None, "settled"))
    return frame("funding_rates", rows, binance.FUNDING_KEY)


# ---- open interest: one verified metrics file per symbol and day --------------------------------------

USUAL_DAYS, MOST_DAYS = 30, 400
CONTRACTS = (("um", "BTCUSDT", "BTC"), ("um", "ETHUSDT", "ETH"), ("cm", "BTCUSD_PERP", "BTC"))


def metrics_parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The contracts that are worth two requests a day, from the first to the last day that has a file."""
    since = first_day(client, USUAL_DAYS, MOST_DAYS)
    found = []
    for family, symbol, asset in CONTRACTS:
        if assets and asset not in assets:
            continue
        days = binance_archive.periods(client, metrics_stem(family, symbol), after=since.isoformat())
        if days:
            first, last = (numbers.iso_day(day, "day") for day in (days[0], days[-1]))
            context = {"family": family, "symbol": symbol, "asset": asset}
            if family == "cm":
                context |= _face(client, asset, first, last)
            found.append(Part(symbol, (symbol,), context, since=first, until=last))
    return found


def _face(client: Client, asset: str, first: date, last: date) -> dict[str, str]:
    """The dollars a contract for the context, or why they cannot be had: the other contracts go on."""
    try:
        return {"face": face_over_span(client, asset, first, last)}
    except SourceError as error:
        return {"unmeasured": f"the dollars a contract cannot be had: {error.reason}"}


def fetch_metrics(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The file of the day; a hole in the archive is a 404."""
    if why := part.context.get("unmeasured"):
        raise Refused(why)
    stem = metrics_stem(part.context["family"], part.name)
    yield binance_archive.file(client, f"{stem}{window.first_day}.zip")


def parse_metrics(answer: Answer) -> pl.DataFrame:
    """Columns of open_interest from the line stamped 00:00 UTC; a file without one gives none."""
    family, symbol, asset = (answer.context[name] for name in ("family", "symbol", "asset"))
    line = metrics_at_midnight(answer, symbol)
    rows = []
    if line is not None and numbers.ended(measured_at := stamp(line["create_time"]), 0, answer.observed_at):
        open_interest, value = (numbers.price(line[field], field) for field in METRICS_FIELDS[2:])
        if family == "um":
            rows.append((VENUE, symbol, asset, "linear", measured_at, open_interest, value))
        else:
            usd = open_interest * Decimal(answer.context["face"])
            rows.append((VENUE, symbol, asset, "inverse", measured_at, value, usd))
    return frame("open_interest", rows, OPEN_INTEREST_KEY)


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="binance_basis",
        source="binance",
        kind="futures_basis",
        title="Binance perpetual basis by day (last month)",
        earliest=date(2020, 1, 1),
        cut=Cut.DAYS,
        days_per_window=BASIS_DAYS,
        depth_days=BASIS_DAYS,
        parts=linear_parts,
        fetch=fetch_basis,
        parse=parse_basis,
        tail_days=1,
    ),
    Dataset(
        name="binance_funding",
        source="binance",
        kind="funding_rates",
        title="Binance funding settlements (last weeks)",
        earliest=date(2020, 1, 1),
        cut=Cut.DAYS,
        days_per_window=FUNDING_DAYS,
        depth_days=FUNDING_DAYS,
        parts=linear_parts,
        fetch=fetch_funding,
        parse=parse_funding,
        tail_days=2,
    ),
    Dataset(
        name="binance_open_interest",
        source="binance",
        kind="open_interest",
        title="Binance open interest at 00:00 UTC (archive)",
        earliest=date(2020, 9, 1),
        cut=Cut.DAY,
        parts=metrics_parts,
        fetch=fetch_metrics,
        parse=parse_metrics,
        tail_days=0,
        workers=2,
    ),
)
