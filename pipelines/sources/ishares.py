"""iShares: flows of IBIT and ETHA from the issuer's own holdings files, a check on the flow pages (no key).

Upstream: www.ishares.com, one csv per fund and date. Flow = change of the shares outstanding since the
session before, times the net asset value per share (holdings and cash over shares). Units: USD. Depth:
since the funds' first day, asked here for the last month only: every session is a request.
Licence: issuer page, no data licence stated.
Traps: the file begins with a BOM and a preamble of labels whose number varies, so rows are found by label;
`as of,"-"` is a date without a file (a holiday or too early), not an empty fund; the shortened variants
leave out market values or shares outstanding and cannot be used; a share split changes shares without a flow.
The shares of the session before travel in the context of the answer, so that reading it stays pure.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import polars as pl

from pipelines.sources import numbers
from pipelines.sources.contract import Answer, Cut, Dataset, Part, Retry, Unparsable, Window
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.upstream import Reply, Upstream

UPSTREAM = Upstream("https://www.ishares.com", rates=((30, 60.0),))
KEY = ("market", "asset", "fund", "session_date")
# fund -> product number, coin, first session
FUNDS = {"IBIT": (333011, "BTC", date(2024, 1, 11)), "ETHA": (337614, "ETH", date(2024, 7, 23))}
FILE = "1467271812596.ajax"
AS_OF, SHARES, VALUE = "Fund Holdings as of", "Shares Outstanding", "Market Value"
NO_FILE = "-"
SPLIT = Decimal("1.5")  # no fund grows or shrinks by a third in one session


@dataclass(frozen=True)
class Holdings:
    """What one file says: the date it is of (None where there is none), shares, and their worth in USD."""

    as_of: date | None
    shares: Decimal = Decimal(0)
    value_usd: Decimal = Decimal(0)


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The two funds, whatever assets are asked."""
    return [
        Part(fund, (f"ishares {fund}",), {"fund": fund, "asset": asset, "product": product}, since=first)
        for fund, (product, asset, first) in FUNDS.items()
    ]


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The weekday before the window, then every weekday of it; each is told what the one before had."""
    day = window.first_day - timedelta(days=1)
    while day.weekday() > 4:
        day -= timedelta(days=1)
    first = part.since or window.first_day
    before = _told(_ask(client, part, day, {})) if day >= first else {}
    for offset in range((window.last_day - window.first_day).days + 1):
        day = window.first_day + timedelta(days=offset)
        if day.weekday() < 5:
            answer = _ask(client, part, day, before)
            yield answer
            before = _told(answer)


def _ask(client: Client, part: Part, day: date, before: dict[str, str]) -> Answer:
    context = {**part.context, "day": day.isoformat(), **before}
    fund, product = part.context["fund"], part.context["product"]
    return client.bind(client.part, client.window, client.window_id, context).get(
        UPSTREAM,
        f"/us/products/{product}/fund/{FILE}",
        {
            "fileType": "csv",
            "fileName": f"{fund}_holdings",
            "dataType": "fund",
            "asOfDate": f"{day:%Y%m%d}",
        },
        whole=lambda reply: _whole(reply, part.context["asset"]),
        absent=(404,),
    )


def _told(answer: Answer) -> dict[str, str]:
    """What the next weekday has to know: nothing where this one has no file.

    It may have been a holiday or a file that is missing; in doubt the next flow stays unknown.
    """
    holdings = _read(answer.body, answer.context["asset"])
    if holdings.as_of is None:
        return {}
    return {"before": holdings.as_of.isoformat(), "shares_before": str(holdings.shares)}


def _whole(reply: Reply, asset: str) -> None:
    """A preamble, and unless there is no file for the date, the rows of the coin and of the cash."""
    if AS_OF not in reply.text:
        raise Retry(f"expected a holdings file, found {reply.excerpt(80)!r}")
    try:
        lines = _lines(reply.body)
        labels = {line[0] for line in lines}
    except Unparsable as error:
        raise Retry(error.reason) from None
    if [AS_OF, NO_FILE] not in lines and not {asset, "USD"} <= labels:
        raise Retry("the file ends before its rows: it was cut")


def _lines(body: bytes) -> list[list[str]]:
    try:
        text = body.decode("utf-8-sig")
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        return [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unparsable(f"holdings: not a csv in UTF-8 ({error})") from None


def _read(body: bytes, asset: str) -> Holdings:
    lines = _lines(body)
    as_of = _label(lines, AS_OF)
    if as_of == NO_FILE:
        return Holdings(None)
    shares = numbers.price(_label(lines, SHARES).replace(",", ""), SHARES)
    if shares <= 0:
        raise Unparsable(f"{SHARES}: expected a positive number, found {shares}")
    at = next((i for i, line in enumerate(lines) if line[0] == "Ticker"), None)
    if at is None:
        raise Unparsable("holdings: no header row that begins with Ticker")
    header = lines[at]
    if header.count(VALUE) != 1:
        raise Unparsable(f"holdings: field {VALUE!r} is not there; found {', '.join(header)[:120]}")
    held = [line for line in lines[at + 1 :] if len(line) == len(header)]
    if sorted(line[0] for line in held if line[0] in (asset, "USD")) != sorted((asset, "USD")):
        raise Unparsable(f"holdings: expected one row of {asset} and one of USD, found {len(held)} rows")
    values = [numbers.money(line[header.index(VALUE)].replace(",", ""), VALUE) for line in held]
    return Holdings(_day(as_of), shares, sum(values, Decimal(0)))


def _label(lines: list[list[str]], label: str) -> str:
    found = [line for line in lines if line[0].rstrip(":") == label]
    if len(found) != 1 or len(found[0]) < 2:
        raise Unparsable(f"holdings: label {label!r} is not there once; found {[ln[0] for ln in lines[:6]]}")
    return found[0][1]


def _day(text: str) -> date:
    """`Dec 09, 2024`, whatever the machine's language is."""
    try:
        month, day, year = text.replace(",", "").split()
        months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
        return datetime(int(year), months.index(month[:3]) + 1, int(day)).date()
    except ValueError:
        raise Unparsable(f"{AS_OF}: expected a date, found {text[:40]!r}") from None


def parse(answer: Answer) -> pl.DataFrame:
    """Columns of etf_flows, USD: one row, or none where there is no file or no session before it."""
    fund, asset, asked = (answer.context[name] for name in ("fund", "asset", "day"))
    holdings = _read(answer.body, asset)
    if holdings.as_of is None:
        return frame("etf_flows", [], KEY)
    if holdings.as_of.isoformat() != asked:
        raise Unparsable(f"{fund}: asked for {asked}, the file is of {holdings.as_of}")
    if "shares_before" not in answer.context:
        return frame("etf_flows", [], KEY)
    before = Decimal(answer.context["shares_before"])
    if not before / SPLIT < holdings.shares < before * SPLIT:
        raise Unparsable(f"{fund} {asked}: shares went from {before} to {holdings.shares}: a split?")
    flow = (holdings.shares - before) * holdings.value_usd / holdings.shares
    row = (f"ishares {fund}", asset, fund, holdings.as_of, numbers.money(flow, "flow"))
    return frame("etf_flows", [row], KEY)


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="ishares_holdings",
        source="ishares",
        kind="etf_flows",
        title="Flows of IBIT and ETHA from shares outstanding (iShares)",
        earliest=date(2024, 1, 11),
        cut=Cut.DAYS,
        days_per_window=31,
        depth_days=31,
        parts=parts,
        fetch=fetch,
        parse=parse,
        tail_days=4,
    ),
)
