"""SoSoValue: net flow of all US spot ETFs of a coin per session, totals only (free key).

Limits: 20 calls a minute and key as documented, 10 as measured. Units: USD. Depth: the chart of the older
API holds the last 300 sessions, the summary of the newer one about thirty days. Licence: personal,
non-commercial use; attribute SoSoValue.
Traps: errors are HTTP 200 with `code` other than 0 (40001: the key); the newer API was seen with and without
an envelope; names are camelCase in one and snake_case in the other; only complete sessions are shown and
days without trading are left out; both are the upstream's own totals (fund TOTAL), whose parts are not told.
Each API has a dataset of its own, so that a difference between them is kept and not an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from pipelines.sources import numbers
from pipelines.sources.bodies import json_of
from pipelines.sources.contract import (
    Answer,
    Cut,
    Dataset,
    Incomplete,
    KeyRejected,
    Part,
    Refused,
    Retry,
    Unparsable,
    Window,
)
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.upstream import Reply, Upstream, retry_after

KEY_VARIABLE = "SOSOVALUE_API_KEY"
KEY = ("market", "asset", "fund", "session_date")
# asset -> type in the older API, first session
CHARTS = {
    "BTC": ("us-btc-spot", date(2024, 1, 11)),
    "ETH": ("us-eth-spot", date(2024, 7, 23)),
    "SOL": ("us-sol-spot", date(2025, 10, 28)),
}
CHART_DAYS = 400  # 300 sessions are at least 420 days
SUMMARY_DAYS = 28  # it keeps about thirty
LONGEST_PAUSE = timedelta(days=7)  # between two sessions, holidays and weekends included
MAY_BE_EMPTY = ("SOL",)
NO_SUCH_KEY, TOO_MANY = (40001, 40101, 40102), 42901


def refusal(reply: Reply) -> None:
    """SoSoValue says what is wrong in `code`, whatever the HTTP status."""
    if not reply.body.lstrip().startswith(b"{"):
        return
    try:
        code = reply.json.get("code")
    except Retry:
        return  # cut: judged by its status, then by the completeness test
    if code is None or str(code) == "0":
        return
    words = f"code {code}: {reply.json.get('message') or reply.json.get('msg')}"
    number = int(code) if str(code).isdigit() else 0
    if number in NO_SUCH_KEY:
        raise KeyRejected(words)
    if number == TOO_MANY or 50000 <= number < 60000:
        raise Retry(words, retry_after(reply))
    raise Refused(words)


def _upstream(base: str) -> Upstream:
    return Upstream(
        base,
        rates=((10, 60.0),),
        key_variable=KEY_VARIABLE,
        key_header="x-soso-api-key",
        refusal=refusal,
    )


CHART_HOST = _upstream("https://api.sosovalue.xyz")
SUMMARY_HOST = _upstream("https://openapi.sosovalue.com")


def _whole(reply: Reply) -> None:
    said = reply.json
    if not isinstance(said, list) and not (isinstance(said, dict) and "code" in said):
        raise Retry(f"expected a list or an object with a code, found {reply.excerpt(80)!r}")


def _rows(answer: Answer) -> list[Any]:
    said = json_of(answer)
    rows = said if isinstance(said, list) else numbers.required(said, "data", "answer")
    if not isinstance(rows, list):
        raise Unparsable(f"data: expected a list, found {type(rows).__name__}")
    return rows


def chart_parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """A part per coin, whatever assets are asked: flows are about funds."""
    return [
        Part(asset, (kind,), {"asset": asset, "market": kind}, since=first)
        for asset, (kind, first) in CHARTS.items()
    ]


def summary_parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The same for the newer API, which names its series by the coin."""
    return [
        Part(asset, (f"{asset} US",), {"asset": asset, "market": f"{asset} US"}, since=first)
        for asset, (_, first) in CHARTS.items()
    ]


def fetch_chart(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The last 300 sessions in one answer; they must reach back to the window's start."""
    kind = part.context["market"]
    answer = client.post(CHART_HOST, "/openapi/v2/etf/historicalInflowChart", {"type": kind}, whole=_whole)
    yield _reaching(answer, part, window)


def fetch_summary(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The sessions of the window in one answer."""
    query = {
        "symbol": part.context["asset"],
        "country_code": "US",
        "start_date": window.first_day.isoformat(),
        "end_date": window.last_day.isoformat(),
        "limit": 300,
    }
    answer = client.get(SUMMARY_HOST, "/openapi/v1/etfs/summary-history", query, whole=_whole)
    yield _reaching(answer, part, window)


def _reaching(answer: Answer, part: Part, window: Window) -> Answer:
    """The answer, unless it begins so late that sessions of the window must be missing from it."""
    days = [numbers.iso_day(numbers.required(row, "date", "row"), "date") for row in _rows(answer)]
    if not days and part.context["asset"] in MAY_BE_EMPTY:
        return answer
    late = window.first_day + LONGEST_PAUSE
    if late < window.last_day and (not days or min(days) > late):
        since = min(days) if days else "nowhere"
        raise Incomplete(f"the sessions begin {since}, asked since {window.first_day}")
    return answer


def _parse(answer: Answer, field: str) -> pl.DataFrame:
    asset, market = answer.context["asset"], answer.context["market"]
    rows: list[tuple[str, str, str, date, Decimal | None]] = []
    for row in _rows(answer):
        session = numbers.iso_day(numbers.required(row, "date", market), f"{market} date")
        flow = numbers.required(row, field, f"{market} {session}")
        usd = None if flow is None else numbers.money(flow, f"{market} {session} {field}")
        rows.append((market, asset, "TOTAL", session, usd))
    return frame("etf_flows", rows, KEY)


def parse_chart(answer: Answer) -> pl.DataFrame:
    """Columns of etf_flows, USD; null where the session has no total yet."""
    return _parse(answer, "totalNetInflow")


def parse_summary(answer: Answer) -> pl.DataFrame:
    """The same from the newer API."""
    return _parse(answer, "total_net_inflow")


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="sosovalue_etf_flows",
        source="sosovalue",
        kind="etf_flows",
        title="Spot ETF flow totals, last 300 sessions (SoSoValue)",
        earliest=date(2024, 1, 11),
        cut=Cut.WHOLE,
        depth_days=CHART_DAYS,
        parts=chart_parts,
        fetch=fetch_chart,
        parse=parse_chart,
        tail_days=10,
        key=KEY_VARIABLE,
    ),
    Dataset(
        name="sosovalue_etf_recent",
        source="sosovalue",
        kind="etf_flows",
        title="Spot ETF flow totals, last four weeks (SoSoValue)",
        earliest=date(2024, 1, 11),
        cut=Cut.WHOLE,
        depth_days=SUMMARY_DAYS,
        parts=summary_parts,
        fetch=fetch_summary,
        parse=parse_summary,
        tail_days=10,
        key=KEY_VARIABLE,
    ),
)
