"""OKX: its swaps, and settled funding, three months over REST and from 2022-03 on in monthly archive files.

Upstreams: www.okx.com v5 (keyless, 10 calls per 2 s, address and instrument) and static.okx.com
(zips, no checksums, no limit seen). Rates are fractions per interval, up to sixteen places.
Terms: the archive is for non-commercial use.
Traps: archive files are cut at UTC+8 days, so the file of a month begins at 16:00 UTC of the day
before (`cut_offset_hours`); it appears a day after its month; it does not say whether a rate is the
realized one (it is taken to be). Over REST `fundingRate` is the prediction and `realizedRate` what
was paid; errors come with HTTP 200 and a `code` that is text; rows older than three months are gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from pipelines.sources import numbers
from pipelines.sources.bodies import csv_of, json_of, records, whole_zip
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
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.instruments import Instrument, distinct, instrument_rows
from pipelines.sources.names import listed_asset
from pipelines.sources.upstream import Reply, Upstream, retry_after

VENUE = "okx"
FUNDING_KEY = ("venue", "market", "asset", "settled_at", "rate_kind")
MARGINS = {"USDT": "linear", "USD": "inverse"}
INVERSE_ASSETS = ("BTC", "ETH")
ARCHIVE_ASSETS = ("BTC", "ETH", "SOL")
ARCHIVE_OFFSET_HOURS = -8
ARCHIVE_FIELDS = ("instrument_name", "funding_rate", "funding_time")
ROWS_A_PAGE = 400
DEPTH_DAYS = 92
PASSING_CODES = {"50001", "50004", "50011", "50013", "50026"}  # down, timed out, rate, busy, error
NO_SUCH_INSTRUMENT = "51001"


def _refusal(reply: Reply) -> None:
    if reply.status != 429 and not 200 <= reply.status < 300 and reply.status != 400:
        return
    if not reply.body.lstrip().startswith(b"{"):
        return
    code = reply.json.get("code", "0")
    reason = f"code {code}: {reply.json.get('msg')}"
    if code in PASSING_CODES:
        raise Retry(reason, retry_after(reply))
    if code == NO_SUCH_INSTRUMENT:
        raise NotPublished(reason)
    if code != "0":
        raise Refused(reason)


REST = Upstream("https://www.okx.com", rates=((8, 2.0),), refusal=_refusal)
FILES = Upstream("https://static.okx.com", rates=((20, 1.0),))


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


# ---- which swaps there are -------------------------------------------------------------------------


SWAPS = ("/api/v5/public/instruments", {"instType": "SWAP"})


def instruments(rows: Sequence[Any]) -> list[Instrument]:
    """The swaps against USDT, and those against USD: coins a contract where linear, dollars where inverse."""
    found = []
    for row in rows:
        swap, family, kind = (
            str(numbers.required(row, f, "instrument")) for f in ("instId", "instFamily", "ctType")
        )
        coin, _, quote = family.partition("-")
        asset = listed_asset(coin)
        if asset is None or quote not in MARGINS or swap != f"{family}-SWAP":
            continue
        if row.get("state") == "preopen":  # announced: its terms may still be blank
            continue
        margin = MARGINS[quote]
        if kind != margin:
            raise Unparsable(f"{swap} ctType: expected {margin}, found {kind!r}")
        value, times = (
            numbers.price(numbers.required(row, f, swap), f"{swap} {f}") for f in ("ctVal", "ctMult")
        )
        currency = numbers.required(row, "ctValCcy", swap)
        if currency != (coin if margin == "linear" else "USD"):
            raise Unparsable(f"{swap} ctValCcy: a contract of {currency!r} cannot be counted")
        face = numbers.price(value * times, f"{swap} ctVal x ctMult")
        if face <= 0:
            raise Unparsable(f"{swap} ctVal x ctMult: {value} x {times} is no size")
        found.append(Instrument(swap, asset, margin, face, _listed_at(row)))
    return distinct(found)


def _listed_at(row: Any) -> datetime | None:
    stated = row.get("listTime")
    return numbers.moment(stated, "listTime", "ms") if stated else None


def swaps(client: Client, assets: Sequence[str]) -> list[Instrument]:
    """Those of the asked assets (all where none is named); of the inverse ones BTC and ETH."""
    answer = client.listing(REST, *SWAPS, whole=_whole)
    return [
        each
        for each in instruments(_rows(json_of(answer)))
        if (not assets or each.asset in assets) and (each.margin == "linear" or each.asset in INVERSE_ASSETS)
    ]


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """<ASSET>-USDT-SWAP of the asked assets (all where none is named), and the USD swaps of BTC and ETH.

    Rates need no terms: a swap whose contract value cannot be read keeps its funding.
    """
    answer = client.listing(REST, *SWAPS, whole=_whole)
    found: dict[str, Part] = {}
    for row in _rows(json_of(answer)):
        name = str(numbers.required(row, "instId", "instrument"))
        coin, _, quote = name.removesuffix("-SWAP").partition("-")
        asset = listed_asset(coin)
        if asset is None or quote not in MARGINS or (quote == "USD" and asset not in INVERSE_ASSETS):
            continue
        if assets and asset not in assets:
            continue
        context = {"swap": name, "asset": asset, "margin": MARGINS[quote]}
        listed_at = _listed_at(row)
        found[name] = Part(name, (name,), context, since=listed_at.date() if listed_at else None)
    return list(found.values())


def list_parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The list of all swaps, whatever assets are asked."""
    return [Part("swaps", ("swaps",))]


def fetch_list(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The list as it stands."""
    yield client.get(REST, *SWAPS, whole=_whole)


def parse_list(answer: Answer) -> pl.DataFrame:
    """The swaps as raw.instruments."""
    return instrument_rows(VENUE, "swaps", instruments(_rows(json_of(answer))), answer.observed_at)


def archive_parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The same, for the assets whose archive is worth a request a month."""
    kept = [a for a in ARCHIVE_ASSETS if not assets or a in assets]
    return parts(client, kept) if kept else []


# ---- archive: one file per swap and month, cut at UTC+8 --------------------------------------------


def fetch_archive(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The file of the UTC+8 month that begins at the window's start."""
    first = window.start - timedelta(hours=ARCHIVE_OFFSET_HOURS)
    path = f"/cdn/okex/traderecords/swaprates/monthly/{first:%Y%m}/{part.name}-fundingrates-{first:%Y-%m}.zip"
    yield client.get(FILES, path, whole=whole_zip(), absent=(404,))


def parse_archive(answer: Answer) -> pl.DataFrame:
    """Settlements as raw.funding_rates: fraction per interval; the interval is not stated (null)."""
    swap = answer.context["swap"]
    rows = []
    for line in records(csv_of(answer, f"{swap}-"), ARCHIVE_FIELDS):
        if line["instrument_name"] != swap:
            raise Unparsable(f"instrument_name: asked for {swap}, found {line['instrument_name']!r}")
        rows.append(
            _settlement(answer, line["funding_time"], "funding_time", line["funding_rate"], "funding_rate")
        )
    return frame("funding_rates", (row for row in rows if row), FUNDING_KEY)


# ---- REST: the last three months -------------------------------------------------------------------


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """Pages from the end of the window backwards, until its start or an empty page is reached."""
    before = window.end_ms
    while before > window.start_ms:
        answer = client.get(
            REST,
            "/api/v5/public/funding-rate-history",
            {"instId": part.name, "after": before, "limit": ROWS_A_PAGE},
            whole=_whole,
            rate_key=part.name,
        )
        yield answer
        times = [_time(row) for row in _rows(json_of(answer))]
        if not times:
            return
        oldest = min(times)
        if oldest >= before:
            raise Unparsable(f"fundingTime: {oldest} is not older than the asked {before}")
        before = oldest


def _time(row: Any) -> int:
    return numbers.whole_number(numbers.required(row, "fundingTime", "settlement"), "fundingTime")


def parse(answer: Answer) -> pl.DataFrame:
    """The same from `realizedRate`; a settlement that is still ahead has none and is left out."""
    swap = answer.context["swap"]
    rows = []
    for row in _rows(json_of(answer)):
        if (found := numbers.required(row, "instId", "settlement")) != swap:
            raise Unparsable(f"instId: asked for {swap}, found {found!r}")
        rate = numbers.required(row, "realizedRate", "settlement")
        rows.append(_settlement(answer, _time(row), "fundingTime", rate, "realizedRate"))
    return frame("funding_rates", (row for row in rows if row), FUNDING_KEY)


def _settlement(
    answer: Answer, time: Any, time_field: str, rate: Any, rate_field: str
) -> tuple[Any, ...] | None:
    """One row, or None for a settlement that is still ahead (its rate may be empty)."""
    settled_at = numbers.moment(time, time_field, "ms")
    if not numbers.ended(settled_at, 0, answer.observed_at):
        return None
    swap, asset, margin = (answer.context[k] for k in ("swap", "asset", "margin"))
    return (VENUE, swap, asset, margin, settled_at, numbers.rate(rate, rate_field), None, "settled")


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="okx_contracts",
        source="okx",
        kind="instruments",
        title="OKX swaps and their contract values, as listed now",
        earliest=date(2020, 1, 1),
        cut=Cut.SNAPSHOT,
        parts=list_parts,
        fetch=fetch_list,
        parse=parse_list,
        tail_days=0,
    ),
    Dataset(
        name="okx_archive_funding",
        source="okx",
        kind="funding_rates",
        title="OKX funding settlements (archive)",
        earliest=date(2022, 3, 1),
        cut=Cut.MONTH,
        cut_offset_hours=ARCHIVE_OFFSET_HOURS,
        parts=archive_parts,
        fetch=fetch_archive,
        parse=parse_archive,
        tail_days=0,
        workers=4,
    ),
    Dataset(
        name="okx_funding",
        source="okx",
        kind="funding_rates",
        title="OKX funding settlements (last three months)",
        earliest=date(2022, 3, 1),
        cut=Cut.DAYS,
        days_per_window=DEPTH_DAYS,  # one page of eight-hour settlements
        depth_days=DEPTH_DAYS,
        parts=parts,
        fetch=fetch,
        parse=parse,
        tail_days=2,
    ),
)
