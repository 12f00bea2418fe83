"""Binance: settled funding from the public archive, spot day bars over REST or from the archive.

Upstream: data.binance.vision (zips with checksums, keyless, not geo-blocked) and its market-data
mirror data-api.binance.vision (weight 6,000 a minute; HTTP 451 from some countries). Prices are
USDT per coin, funding is a fraction per interval. Terms: public data, no licence stated.
Depth: funding um 2020-01, cm from 2022-07 at the earliest, one file a month, the running month only
once it is over; bars since listing.
Traps: `calc_time` has a jitter of milliseconds (kept); old files have no header; spot files turned
from milliseconds to microseconds in 2025-01; funding intervals change, so each row carries its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import polars as pl

from pipelines.sources import binance_archive, numbers
from pipelines.sources.bodies import csv_of, json_of, records, whole_list
from pipelines.sources.contract import (
    Answer,
    Cut,
    Dataset,
    Incomplete,
    NotPublished,
    Part,
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

VENUE = "binance"
DAY_SECONDS = 86_400
FUNDING_KEY = ("venue", "market", "asset", "settled_at", "rate_kind")
PRICE_KEY = ("venue", "market", "asset", "bucket_start", "bucket_seconds")


# ---- funding: one verified file per symbol and month ----------------------------------------------

COIN_MARGINED = {"BTC": "BTCUSD_PERP", "ETH": "ETHUSD_PERP"}
FUNDING_FIELDS = ("calc_time", "funding_interval_hours", "last_funding_rate")


def _funding_stem(family: str, symbol: str) -> str:
    return f"data/futures/{family}/monthly/fundingRate/{symbol}/{symbol}-fundingRate-"


def funding_parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """A part per perpetual that has files; its context names the months, so that none is asked in vain."""
    linear = [s for s in binance_archive.folders(client, "data/futures/um/monthly/fundingRate/") if _usdt(s)]
    wanted = [("um", s, asset_id(s[:-4])) for s in linear]
    wanted += [("cm", symbol, asset) for asset, symbol in COIN_MARGINED.items()]
    parts = []
    for family, symbol, asset in wanted:
        if assets and asset not in assets:
            continue
        months = binance_archive.periods(client, _funding_stem(family, symbol))
        if not months:
            continue
        margin = "linear" if family == "um" else "inverse"
        context = {"family": family, "symbol": symbol, "asset": asset, "margin": margin, "months": months}
        parts.append(Part(symbol, (symbol,), context, since=numbers.iso_day(f"{months[0]}-01", "month")))
    return parts


def _usdt(symbol: str) -> bool:
    """A perpetual against USDT: no expiry suffix, no name in another alphabet."""
    return re.fullmatch(r"[A-Z0-9]+USDT", symbol) is not None


def fetch_funding(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The file of the window's month; a month that the listing does not name costs no request."""
    month = f"{window.start:%Y-%m}"
    if month not in part.context["months"]:
        raise NotPublished(f"the archive has no {part.name} of {month}")
    yield binance_archive.file(client, _funding_stem(part.context["family"], part.name) + f"{month}.zip")


def parse_funding(answer: Answer) -> pl.DataFrame:
    """Settlements as raw.funding_rates: fraction per interval, the interval in hours as stated."""
    symbol, asset, margin = (answer.context[k] for k in ("symbol", "asset", "margin"))
    rows = []
    for line in records(csv_of(answer, f"{symbol}-"), FUNDING_FIELDS, FUNDING_FIELDS):
        settled_at = numbers.moment_any(line["calc_time"], "calc_time")
        hours = numbers.exact(line["funding_interval_hours"], "funding_interval_hours", 4)
        if not 0 < hours <= 24:
            raise Unparsable(f"funding_interval_hours: {hours} is no funding interval")
        rate = numbers.rate(line["last_funding_rate"], "last_funding_rate")
        if numbers.ended(settled_at, 0, answer.observed_at):
            rows.append((VENUE, symbol, asset, margin, settled_at, rate, hours, "settled"))
    return frame("funding_rates", rows, FUNDING_KEY)


# ---- spot day bars: REST, and the archive where REST cannot be reached -----------------------------

KLINE_FIELDS = (
    "open_time",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "close_time",
    "quote_volume",
    "count",
    "taker_buy_volume",
    "taker_buy_quote_volume",
    "ignore",
)
NEEDED_KLINE_FIELDS = KLINE_FIELDS[:8]
KLINES_A_CALL = 1000
OUT_OF_REACH = (Unreachable, Incomplete)  # blocked here, or broken through all retries


def _refusal(reply: Reply) -> None:
    """Errors are objects with a negative `code`, mostly with HTTP 400."""
    if reply.status not in (200, 400) or not reply.body.lstrip().startswith(b"{"):
        return
    code, text = reply.json.get("code"), reply.json.get("msg")
    if code == -1121:
        raise NotPublished(f"code {code}: {text}")
    if code == -1003:
        raise Retry(f"code {code}: {text}")
    if code is not None:
        raise Refused(f"code {code}: {text}")


# a request for bars weighs 2 of 6,000 a minute; half of that is plenty
REST = Upstream("https://data-api.binance.vision", rates=((3000, 60.0),), refusal=_refusal)


def kline_parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """<ASSET>USDT of every asked asset; where REST is out of reach, what the archive has of it."""
    if not assets:
        symbols = [s for s in binance_archive.folders(client, "data/spot/monthly/klines/") if _usdt(s)]
        assets = [s.removesuffix("USDT") for s in symbols]
    pairs = {f"{asset}USDT": asset for asset in assets}
    if _rest_answers(client):
        return [Part(s, (s,), {"symbol": s, "asset": asset}) for s, asset in pairs.items()]
    parts = []
    for symbol, asset in pairs.items():
        months, days = _published(client, symbol)
        if months or days:
            context = {"symbol": symbol, "asset": asset, "months": months, "days": days}
            since = date.fromisoformat(f"{months[0]}-01" if months else days[0])
            parts.append(Part(symbol, (symbol,), context, since=since, until=_newest(months, days)))
    return parts


def _rest_answers(client: Client) -> bool:
    """Asked once, so that a blocked host is not knocked at for every window of every symbol."""
    try:
        client.get(REST, "/api/v3/ping", whole=_whole_object)
    except OUT_OF_REACH:
        return False
    return True


def _whole_object(reply: Reply) -> None:
    if not isinstance(reply.json, dict):
        raise Retry(f"expected an object, found {type(reply.json).__name__}")


def fetch_klines(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """At most 1,000 day bars in one call; the archive's files where REST is out of reach."""
    if "months" in part.context:
        yield from _klines_from_archive(
            client, part.name, window, part.context["months"], part.context["days"]
        )
        return
    asked = {
        "symbol": part.name,
        "interval": "1d",
        "startTime": window.start_ms,
        "endTime": window.end_ms - 1,
        "limit": KLINES_A_CALL,
    }
    try:
        answer = client.get(REST, "/api/v3/klines", asked, whole=whole_list, cost=2)
    except OUT_OF_REACH:
        yield from _klines_from_archive(client, part.name, window, *_published(client, part.name))
    else:
        yield answer


def kline_stems(symbol: str) -> tuple[str, str]:
    """Where the monthly and the daily files of a symbol's day bars stand, up to the month or day."""
    monthly, daily = (f"data/spot/{span}/klines/{symbol}/1d/{symbol}-1d-" for span in ("monthly", "daily"))
    return monthly, daily


def _published(client: Client, symbol: str) -> tuple[list[str], list[str]]:
    """The months that have a file, and the days after the last of them that have one."""
    monthly, daily = kline_stems(symbol)
    months = binance_archive.periods(client, monthly)
    return months, binance_archive.periods(client, daily, after=f"{months[-1]}-99" if months else None)


def _klines_from_archive(
    client: Client, symbol: str, window: Window, months: Sequence[str], days: Sequence[str]
) -> Iterator[Answer]:
    """Monthly files, then daily ones for the days after the last monthly file."""
    monthly, daily = kline_stems(symbol)
    for month in months:
        if f"{window.first_day:%Y-%m}" <= month <= f"{window.last_day:%Y-%m}":
            yield binance_archive.file(client, f"{monthly}{month}.zip")
    for day in days:
        if window.first_day.isoformat() <= day <= window.last_day.isoformat():
            yield binance_archive.file(client, f"{daily}{day}.zip")
    # a day that has no file yet must not pass for a day without trading
    newest, expected = _newest(months, days), min(window.last_day, client.now.date() - timedelta(days=1))
    if newest is None or newest < expected:
        raise NotPublished(f"the archive has {symbol} until {newest}, asked until {expected}")


def _newest(months: Sequence[str], days: Sequence[str]) -> date | None:
    """The last day that has a file."""
    return date.fromisoformat(days[-1]) if days else _month_end(months[-1]) if months else None


def _month_end(month: str) -> date:
    return (date.fromisoformat(f"{month}-01") + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def parse_klines(answer: Answer) -> pl.DataFrame:
    """Day bars as raw.prices, in USDT, from either route."""
    symbol, asset = answer.context["symbol"], answer.context["asset"]
    rows = []
    for bar in bars_of_file(answer, symbol) if answer.url.endswith(".zip") else _bars_of_rest(answer):
        start = bar_start(bar)
        prices = [numbers.price(bar[field], field) for field in ("open", "high", "low", "close")]
        volumes = [numbers.price(bar[field], field) for field in ("volume", "quote_volume")]
        if numbers.ended(start, DAY_SECONDS, answer.observed_at):
            rows.append((VENUE, symbol, asset, "USDT", start, DAY_SECONDS, *prices, *volumes))
    return frame("prices", rows, PRICE_KEY)


def _bars_of_rest(answer: Answer) -> Iterator[dict[str, Any]]:
    bars = json_of(answer)
    if not isinstance(bars, list):
        raise Unparsable(f"klines: expected a list, found {type(bars).__name__}")
    for bar in bars:
        if not isinstance(bar, list) or len(bar) != len(KLINE_FIELDS):
            raise Unparsable(f"klines: a bar has {len(KLINE_FIELDS)} fields, found {str(bar)[:120]}")
        yield dict(zip(KLINE_FIELDS, bar, strict=True))


def bars_of_file(answer: Answer, symbol: str) -> Iterator[dict[str, str]]:
    """The day bars of an archive file by field name."""
    return records(csv_of(answer, f"{symbol}-1d-"), NEEDED_KLINE_FIELDS, KLINE_FIELDS)


def bar_start(bar: dict[str, Any]) -> datetime:
    """00:00 UTC of the bar's day; its close must lie on the same day, or it is no day bar."""
    start = numbers.moment_any(bar["open_time"], "open_time")
    close = numbers.moment_any(bar["close_time"], "close_time")
    if start.time() != time.min or close.date() != start.date():
        raise Unparsable(
            f"open_time, close_time: {start.isoformat()} to {close.isoformat()} is not a UTC day"
        )
    return start


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="binance_vision_funding",
        source="binance",
        kind="funding_rates",
        title="Binance funding settlements (archive)",
        earliest=date(2020, 1, 1),
        cut=Cut.MONTH,
        parts=funding_parts,
        fetch=fetch_funding,
        parse=parse_funding,
        tail_days=0,
        workers=4,
    ),
    Dataset(
        name="binance_klines",
        source="binance",
        kind="prices",
        title="Binance spot day bars",
        earliest=date(2020, 1, 1),
        cut=Cut.DAYS,
        days_per_window=KLINES_A_CALL,
        parts=kline_parts,
        fetch=fetch_klines,
        parse=parse_klines,
        tail_days=2,
    ),
)
