"""HTX: its perpetuals, and their settled funding, linear over v5 and inverse over v1.

Upstream: api.hbdm.com, keyless, 240 calls per 3 s and address. Rates are fractions per interval,
eighteen places. Depth: from 2020-10 on. Terms: public market data, no licence stated.
Traps: errors come with HTTP 200, as `status` other than ok (v1, v3) or `code` other than 200 (v5);
v1 has pages by number only, newest first, and `realized_rate` is null for recent rows; v5 has 100
rows a page; settlements come late at times and intervals change, so no interval is claimed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl

from pipelines.sources import numbers
from pipelines.sources.bodies import json_of
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
    midnight,
)
from pipelines.sources.extent import leading
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.instruments import Instrument, distinct, instrument_rows
from pipelines.sources.names import asset_id
from pipelines.sources.upstream import Reply, Upstream, retry_after

VENUE = "htx"
FUNDING_KEY = ("venue", "market", "asset", "settled_at", "rate_kind")
EARLIEST = date(2020, 10, 21)
LINEAR_ROWS_A_PAGE = 100
LINEAR_DAYS_A_WINDOW = 33  # 99 settlements every eight hours: one page
INVERSE_ROWS_A_PAGE = 50
WHOLE_HISTORY_DAYS = 36_500  # pages by number: older windows would be reached through all newer pages
LONGEST_INTERVAL_MS = 8 * 3_600_000
APIS = {"linear": "/linear-swap-api", "inverse": "/swap-api"}
CONTRACT = {"linear": re.compile(r"([A-Z0-9]+)-USDT"), "inverse": re.compile(r"([A-Z0-9]+)-USD")}
PASSING_CODES = {1000, 1031, 1032, 1035}  # system, timed out, rate, busy
NO_SUCH_CONTRACT = 1013


def _refusal(reply: Reply) -> None:
    if not reply.body.lstrip().startswith(b"{") or reply.status not in (200, 400, 429):
        return
    body = reply.json
    code = body.get("err_code") if body.get("status", "ok") != "ok" else body.get("code", 200)
    if code == 200:
        return
    reason = f"code {code}: {body.get('err_msg') or body.get('message') or body.get('msg')}"
    if code in PASSING_CODES or reply.status == 429:
        raise Retry(reason, retry_after(reply))
    if code == NO_SUCH_CONTRACT:
        raise NotPublished(reason)
    raise Refused(reason)


UPSTREAM = Upstream("https://api.hbdm.com", rates=((200, 3.0),), refusal=_refusal)


def whole(reply: Reply) -> None:
    """The completeness test of every endpoint here: the envelope closes and holds `data`."""
    if not isinstance(reply.json, dict):
        raise Retry(f"expected an object, found {type(reply.json).__name__}")
    numbers.required(reply.json, "data", "answer")


def listed(body: Any, where: str = "answer") -> list[Any]:
    rows = numbers.required(body, "data", where)
    if not isinstance(rows, list):
        raise Unparsable(f"{where} data: expected a list, found {type(rows).__name__}")
    return rows


# ---- which contracts there are ---------------------------------------------------------------------


def instruments(rows: Sequence[Any], margin: str) -> list[Instrument]:
    """The perpetuals of one kind of margin; a contract is coins where linear, dollars where inverse."""
    found = []
    for row in rows:
        code = str(numbers.required(row, "contract_code", "contract"))
        match = CONTRACT[margin].fullmatch(code)
        if not match:
            continue
        face = numbers.price(numbers.required(row, "contract_size", code), f"{code} contract_size")
        if face <= 0:
            raise Unparsable(f"{code} contract_size: {face} is no size")
        created = _created(row, code)
        listed_at = midnight(created) if created else None
        found.append(Instrument(code, asset_id(match[1]), margin, face, listed_at))
    return distinct(found)


def perpetuals(client: Client, margin: str, assets: Sequence[str]) -> list[Instrument]:
    """Those of the asked assets (all where none is named)."""
    answer = client.listing(UPSTREAM, _list_of(margin), whole=whole)
    return [i for i in instruments(listed(json_of(answer)), margin) if not assets or i.asset in assets]


def contracts(client: Client, margin: str, assets: Sequence[str]) -> list[Part]:
    """A part for each of them; the context says what one contract is worth (`face`)."""
    found = []
    for each in perpetuals(client, margin, assets):
        context = {"contract": each.name, "asset": each.asset, "margin": margin, "face": each.face}
        since = each.listed_at.date() if each.listed_at else None
        found.append(Part(each.name, (each.name,), context, since=since))
    return found


def lists(client: Client, assets: Sequence[str]) -> list[Part]:
    """One list of contracts per kind of margin, whatever assets are asked."""
    return [Part(margin, (margin,), {"margin": margin}) for margin in APIS]


def fetch_list(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The list as it stands."""
    yield client.get(UPSTREAM, _list_of(part.name), whole=whole)


def parse_list(answer: Answer) -> pl.DataFrame:
    """The perpetuals as raw.instruments."""
    margin = answer.context["margin"]
    return instrument_rows(VENUE, margin, instruments(listed(json_of(answer)), margin), answer.observed_at)


def _list_of(margin: str) -> str:
    return f"{APIS[margin]}/v1/swap_contract_info"


def _created(row: Any, code: str) -> date | None:
    stated = row.get("create_date")
    try:
        return datetime.strptime(str(stated), "%Y%m%d").date() if stated else None
    except ValueError:
        raise Unparsable(f"{code} create_date: expected yyyymmdd, found {stated!r}") from None


def linear_parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The USDT perpetuals of the leading assets: a year of funding costs eleven calls a contract."""
    return contracts(client, "linear", leading(assets))


def inverse_parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The coin-margined perpetuals of the leading assets."""
    return contracts(client, "inverse", leading(assets))


# ---- linear: v5, from old to new -----------------------------------------------------------------------


def fetch_linear(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """Pages from the start of the window; a page that is not full is the last."""
    yield from _linear_pages(client, part, window.start_ms, window.end_ms - 1)


def _linear_pages(client: Client, part: Part, first: int, last: int) -> Iterator[Answer]:
    while first <= last:
        asked = {
            "contract_code": part.name,
            "start_time": first,
            "end_time": last,
            "limit": LINEAR_ROWS_A_PAGE,
        }
        answer = client.get(UPSTREAM, "/v5/market/funding_rate_history", asked, whole=whole)
        yield answer
        times = {_time(row) for row in listed(json_of(answer))}
        if len(times) < LINEAR_ROWS_A_PAGE:
            return
        if max(times) < first or min(times) > last:
            raise Unparsable(f"funding_time: {min(times)}..{max(times)}, asked was {first}..{last}")
        # which end a full page keeps is not documented: what lies before it must be nothing
        if min(times) - first > LONGEST_INTERVAL_MS:
            yield from _linear_pages(client, part, first, min(times) - 1)
        first = max(times) + 1


def _time(row: Any) -> int:
    return numbers.whole_number(numbers.required(row, "funding_time", "settlement"), "funding_time")


def parse_linear(answer: Answer) -> pl.DataFrame:
    """Settlements as raw.funding_rates: fraction per interval; the interval is not stated (null)."""
    return _settlements(answer, listed(json_of(answer)))


# ---- inverse: v1, pages by number, newest first --------------------------------------------------------


def fetch_inverse(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """Page after page until one reaches the start of the window or there are no more."""
    page, before = 1, None
    while True:
        asked = {"contract_code": part.name, "page_index": page, "page_size": INVERSE_ROWS_A_PAGE}
        answer = client.get(UPSTREAM, "/swap-api/v1/swap_historical_funding_rate", asked, whole=whole)
        yield answer
        times = [_time(row) for row in _page(answer)]
        if not times or min(times) <= window.start_ms:
            return
        if before is not None and min(times) >= before:
            raise Unparsable(f"page_index: page {page} is not older than the page before it")
        page, before = page + 1, min(times)


def _page(answer: Answer) -> list[Any]:
    return listed(numbers.required(json_of(answer), "data", "answer"), "data")


def parse_inverse(answer: Answer) -> pl.DataFrame:
    """The same; what was realized counts where it is stated, and differs from the announced rate."""
    return _settlements(answer, _page(answer))


def _settlements(answer: Answer, found: list[Any]) -> pl.DataFrame:
    contract, asset, margin = (answer.context[k] for k in ("contract", "asset", "margin"))
    rows = []
    for row in found:
        if (code := numbers.required(row, "contract_code", "settlement")) != contract:
            raise Unparsable(f"contract_code: asked for {contract}, found {code!r}")
        settled_at = numbers.moment(_time(row), "funding_time", "ms")
        announced = numbers.rate(numbers.required(row, "funding_rate", "settlement"), "funding_rate")
        realized = row.get("realized_rate")
        rate = announced if realized is None else numbers.rate(realized, "realized_rate")
        if numbers.ended(settled_at, 0, answer.observed_at):
            rows.append((VENUE, contract, asset, margin, settled_at, rate, None, "settled"))
    return frame("funding_rates", rows, FUNDING_KEY)


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="htx_contracts",
        source="htx",
        kind="instruments",
        title="HTX perpetuals and their faces, as listed now",
        earliest=EARLIEST,
        cut=Cut.SNAPSHOT,
        parts=lists,
        fetch=fetch_list,
        parse=parse_list,
        tail_days=0,
    ),
    Dataset(
        name="htx_funding",
        source="htx",
        kind="funding_rates",
        title="HTX funding settlements, USDT perpetuals (leading assets)",
        earliest=EARLIEST,
        cut=Cut.DAYS,
        days_per_window=LINEAR_DAYS_A_WINDOW,
        parts=linear_parts,
        fetch=fetch_linear,
        parse=parse_linear,
        tail_days=2,
        workers=2,
    ),
    Dataset(
        name="htx_inverse_funding",
        source="htx",
        kind="funding_rates",
        title="HTX funding settlements, coin-margined perpetuals (leading assets)",
        earliest=EARLIEST,
        cut=Cut.DAYS,
        days_per_window=WHOLE_HISTORY_DAYS,
        parts=inverse_parts,
        fetch=fetch_inverse,
        parse=parse_inverse,
        tail_days=2,
    ),
)
