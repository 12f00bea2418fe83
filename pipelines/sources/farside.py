"""Farside Investors: spot ETF flows per fund and New York session, from two web pages (no key).

Also how every page of the site is read; the page that holds the last weeks only is farside_recent.py's.
Limits: none published; two pages a run. Units: US$ million with one decimal, kept here as exact USD.
Depth: BTC since 2024-01-11, ETH since 2024-07-23, each on one page. Licence: none stated; attribute
Farside Investors.
Traps: `-` is not reported, not yet listed or a holiday, never zero; a holiday row is all `-` with a
printed total of 0.0, and so is the row of today before the first fund reports; the total of a running
session is partial; columns are inserted, reordered and renamed (CETH became TETH: one fund here, TETH);
the tickers BTC and ETH are funds; negatives are in red and in parentheses; a page that was cut still
parses, so the last footer row must be there and every row as wide as the header; the site answers data
centres with a browser check, which no retry passes; rows of fees, seed money and staking stand among the
header rows of one page and among the sessions of another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal

import lxml.html
import polars as pl
from lxml.etree import LxmlError
from lxml.etree import _Element as Element

from pipelines.sources.contract import Answer, Cut, Dataset, Part, Retry, Unparsable, Unreachable, Window
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.numbers import money
from pipelines.sources.upstream import Reply, Upstream

PAGES = {
    "BTC": ("/bitcoin-etf-flow-all-data/", date(2024, 1, 11)),
    "ETH": ("/ethereum-etf-flow-all-data/", date(2024, 7, 23)),
}
KEY = ("market", "asset", "fund", "session_date")
FOOTER = ("Total", "Average", "Maximum", "Minimum")  # in this order, at the end of the table
ABOUT_FUNDS = {"Fee", "Seed", "Staking", "Staked"}  # rows that say something of the funds, of no session
LABELS = {"Date", *ABOUT_FUNDS, *FOOTER}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(r"(\d{1,2}) ([A-Z][a-z]{2})[a-z]* (\d{4})")
_AMOUNT = re.compile(r"(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?")
_TICKER = re.compile(r"[A-Z][A-Z0-9]{1,5}")
MILLION = Decimal(1_000_000)
RENAMED = {"CETH": "TETH"}  # the 21Shares ether fund, since 2025-09: one fund, one series


def fund_id(ticker: object) -> str:
    """A fund's ticker, the newest where it was renamed."""
    if not isinstance(ticker, str) or not _TICKER.fullmatch(ticker):
        raise Unparsable(f"expected the ticker of a fund, found {ticker!r}")
    return RENAMED.get(ticker, ticker)


def refusal(reply: Reply) -> None:
    """The browser check, whatever status it comes with: asking again changes nothing."""
    if reply.status == 403 or b"Just a moment" in reply.body or b"cf-chl" in reply.body:
        raise Unreachable(f"HTTP {reply.status}: the site wants a browser here ({reply.excerpt(60)})")


UPSTREAM = Upstream(base="https://farside.co.uk", rates=((10, 60.0),), refusal=refusal)


def whole_page(reply: Reply) -> None:
    """The table is there to its last footer row, and no row is narrower or wider than the header."""
    _table(reply.body)


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The two pages, whatever assets are asked."""
    return [
        Part(asset, (asset.lower(),), {"asset": asset}, since=first) for asset, (_, first) in PAGES.items()
    ]


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The page with all sessions; there is no smaller question."""
    path, _ = PAGES[part.context["asset"]]
    yield client.get(UPSTREAM, path, whole=whole_page)


def parse(answer: Answer) -> pl.DataFrame:
    """Columns of etf_flows in USD: a row per fund and session, and the printed total as fund TOTAL."""
    asset = answer.context["asset"]
    market = asset.lower()
    try:
        header, lines = _table(answer.body)
    except Retry as cut:
        raise Unparsable(cut.reason) from None
    funds = _funds(header)
    rows: list[tuple[str, str, str, date, Decimal | None]] = []
    for label, *cells in lines:
        session = _session(label)
        if session is not None:
            rows += [
                (market, asset, fund, session, _flow(cell, f"{market} {session} {fund}"))
                for fund, cell in zip(funds, cells, strict=True)
            ]
    return frame("etf_flows", rows, KEY)


def oldest_session(answer: Answer) -> date | None:
    """The first session on a whole page, None where there is none; rows that `parse` refuses do not count."""
    found = []
    for label, *_ in _table(answer.body)[1]:
        with suppress(Unparsable):
            found.append(_session(label))
    return min((session for session in found if session), default=None)


def _table(body: bytes) -> tuple[list[str], list[list[str]]]:
    """The header and all lines of the flow table as text; `Retry` where the page is not whole."""
    try:
        page = lxml.html.document_fromstring(
            body, parser=lxml.html.HTMLParser(encoding="utf-8", remove_comments=True)
        )
    except (LxmlError, ValueError):
        raise Retry("an empty page") from None
    table = next((t for t in page.iter("table") if "etf" in (t.get("class") or "").split()), None)
    if table is None:
        raise Retry("the page has no table of class etf")
    heads = [cells for cells in map(_texts, table.findall("./thead/tr")) if not ABOUT_FUNDS & {*cells[:1]}]
    lines = [_texts(row) for row in table.findall("./tbody/tr")]
    if not heads:
        raise Retry("the table has no header row")
    if [line[0] for line in lines[-len(FOOTER) :] if line] != list(FOOTER):
        raise Retry(f"the table does not end with {', '.join(FOOTER)}: the page was cut")
    width = len(heads[0])
    for cells in heads + lines:
        if len(cells) != width:
            raise Retry(f"row {cells[:1]} has {len(cells)} cells under a header of {width}")
    # on the short pages the header is two rows: logos with Total, then the tickers; with a blank between
    # them, two texts over one column never make a ticker
    return [" ".join(filter(None, column)) for column in zip(*heads, strict=True)], lines


def _texts(row: Element) -> list[str]:
    return [" ".join("".join(map(str, cell.itertext())).split()) for cell in row if cell.tag in ("td", "th")]


def _funds(header: list[str]) -> list[str]:
    """Fund ids by column, the last being TOTAL; columns are known by name alone."""
    if header[0] not in ("", "Date") or header[-1] != "Total":
        raise Unparsable(f"expected columns Date .. Total, found {', '.join(header)}")
    funds = [*(fund_id(name) for name in header[1:-1]), "TOTAL"]
    if len(set(funds)) != len(funds):
        raise Unparsable(f"two columns for one fund: {', '.join(header)}")
    return funds


def _session(label: str) -> date | None:
    """The date of a session row; None for the footer and what is said of the funds."""
    if label in LABELS:
        return None
    found = _DATE.fullmatch(label)
    if not found or found[2] not in MONTHS:
        raise Unparsable(f"a row that is neither a session nor a known label: {label!r}")
    try:
        return date(int(found[3]), MONTHS.index(found[2]) + 1, int(found[1]))
    except ValueError:
        raise Unparsable(f"{label!r} is not a date") from None


def _flow(cell: str, where: str) -> Decimal | None:
    """US$ million as printed to USD: `1,119.9`, `(95.1)` is negative, `-` is null."""
    if cell == "-":
        return None
    negative = cell.startswith("(") and cell.endswith(")")
    digits = cell[1:-1] if negative else cell
    if not _AMOUNT.fullmatch(digits):
        raise Unparsable(f"{where}: expected an amount or '-', found {cell!r:.40}")
    usd = Decimal(digits.replace(",", "")) * MILLION
    return money(-usd if negative else usd, where)


DATASETS = (
    Dataset(
        name="farside_etf_flows",
        source="farside",
        kind="etf_flows",
        title="Spot ETF flows per fund and session (Farside Investors)",
        earliest=date(2024, 1, 11),
        cut=Cut.WHOLE,
        parts=parts,
        fetch=fetch,
        parse=parse,
        tail_days=10,
    ),
)
