"""CoinGlass v4: liquidations per asset and venue list, and spot ETF flows per fund (paid key).

Limits: 30 calls a minute on the smallest plan, 1,000 rows a call. Units: USD; times are milliseconds at
00:00 UTC of the day; numbers come as JSON numbers or as text. Depth: about 2020-12 for liquidations,
padded with 0.0 back to 2015 (kept here, dropped in staging); of the ETFs since each coin's first session.
Licence: commercial; for own use under the plan's terms.
Traps: errors are HTTP 200 with `code` other than "0" (a missing key too); past `limit` the oldest rows
are cut without a word; venues come only as the list that was asked for; a fund that has not reported
has no `flow_usd`, which is null and not zero; the running day is served.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl

from pipelines.sources.bodies import json_of
from pipelines.sources.contract import (
    Answer,
    Cut,
    Dataset,
    KeyRejected,
    Part,
    Refused,
    Retry,
    Unparsable,
    Window,
)
from pipelines.sources.farside import fund_id
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.names import venue_id
from pipelines.sources.numbers import day_start, ended, money, required
from pipelines.sources.upstream import Reply, Upstream, retry_after

DAY_SECONDS = 86_400
ROWS_A_CALL = 1000
# Upstream has no list of what it covers that is worth a call: the assets asked where none are named.
ASSETS = ("BTC", "ETH", "SOL", "XRP", "DOGE", "BNB", "ADA")
# The sum first: where it is empty, its members are too.
EXCHANGE_LISTS = ("Binance,OKX,Bybit", "Binance", "OKX", "Bybit")
LIQUIDATION_KEY = ("venue", "market", "asset", "bucket_start", "bucket_seconds")
ETF_KEY = ("market", "asset", "fund", "session_date")


def refusal(reply: Reply) -> None:
    """CoinGlass says what is wrong in `code`, whatever the HTTP status."""
    try:
        said = reply.json
    except Retry:
        return  # not JSON: judged by its status, then by the completeness test
    if not isinstance(said, dict) or str(said.get("code", "0")) == "0":
        return
    code, words = str(said["code"]), f"code {said['code']}: {said.get('msg', '')}"
    if code in ("401", "403") or "plan" in words.lower():
        raise KeyRejected(words)
    if code == "429":
        raise Retry(words, retry_after(reply))
    if code in ("408", "500", "502", "503"):
        raise Retry(words)
    raise Refused(words)


def whole_envelope(reply: Reply) -> None:
    """A JSON object that says it succeeded."""
    if not isinstance(reply.json, dict) or "code" not in reply.json:
        raise Retry(f"expected an object with a code, found {reply.excerpt(80)!r}")


UPSTREAM = Upstream(
    base="https://open-api-v4.coinglass.com",
    rates=((30, 60.0),),
    key_variable="COINGLASS_API_KEY",
    key_header="CG-API-KEY",
    refusal=refusal,
)


def _rows(answer: Answer, where: str) -> list[Any]:
    data = required(json_of(answer), "data", where)
    if not isinstance(data, list):
        raise Unparsable(f"{where}: data: expected a list, found {type(data).__name__}")
    return data


# ---- liquidations ---------------------------------------------------------------------------------


def _market(asset: str, exchanges: str) -> str:
    return f"{asset}@{venue_id(exchanges)}"


def liquidation_parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """One part per asset; its markets are the venue lists, `BTC@binance+bybit+okx` and the members."""
    return [
        Part(asset, tuple(_market(asset, each) for each in EXCHANGE_LISTS), {"asset": asset})
        for asset in dict.fromkeys(assets or ASSETS)
    ]


def fetch_liquidations(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """One answer per venue list; an asset that the whole list does not have is not asked venue by venue."""
    if window.end - window.start > timedelta(days=ROWS_A_CALL):
        raise ValueError(f"{window} is more than {ROWS_A_CALL} rows: the upstream would cut it silently")
    for exchanges in EXCHANGE_LISTS:
        answer = client.get(
            UPSTREAM,
            "/api/futures/liquidation/aggregated-history",
            {
                "symbol": part.context["asset"],
                "exchange_list": exchanges,
                "interval": "1d",
                "limit": ROWS_A_CALL,
                "start_time": window.start_ms,
                "end_time": window.end_ms - 1,
            },
            whole=whole_envelope,
        )
        yield answer
        if exchanges == EXCHANGE_LISTS[0] and not _rows(answer, "aggregated-history"):
            return


def parse_liquidations(answer: Answer) -> pl.DataFrame:
    """Columns of liquidation_buckets, USD; which venues an answer holds stands in its address."""
    asked = parse_qs(urlsplit(answer.url).query)
    asset, exchanges = answer.context["asset"], asked["exchange_list"][0]
    venue, market = venue_id(exchanges), _market(asset, exchanges)
    rows = []
    for bucket in _rows(answer, market):
        start = day_start(required(bucket, "time", market), f"{market} time", "ms")
        sides = [
            money(required(bucket, field, market), f"{market} {field}")
            for field in ("aggregated_long_liquidation_usd", "aggregated_short_liquidation_usd")
        ]
        if ended(start, DAY_SECONDS, answer.observed_at):
            rows.append((venue, market, asset, start, DAY_SECONDS, *sides))
    return frame("liquidation_buckets", rows, LIQUIDATION_KEY)


# ---- ETF flows ------------------------------------------------------------------------------------

ETFS = {
    "BTC": ("bitcoin", date(2024, 1, 11)),
    "ETH": ("ethereum", date(2024, 7, 23)),
    "SOL": ("solana", date(2025, 10, 28)),
}


def etf_parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The three lists, whatever assets are asked: a fund's ticker is not an asset."""
    return [
        Part(asset, (asset.lower(),), {"asset": asset}, since=first) for asset, (_, first) in ETFS.items()
    ]


def fetch_etf_flows(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The whole history in one answer; the upstream takes no window."""
    name, _ = ETFS[part.context["asset"]]
    yield client.get(UPSTREAM, f"/api/etf/{name}/flow-history", whole=whole_envelope)


def parse_etf_flows(answer: Answer) -> pl.DataFrame:
    """Columns of etf_flows, USD; the total that stands on the row is the fund TOTAL.

    The running session is kept: its funds are null until they report.
    """
    asset = answer.context["asset"]
    market = asset.lower()
    rows: list[tuple[str, str, str, date, Decimal | None]] = []
    for row in _rows(answer, f"{market} flow-history"):
        session = day_start(required(row, "timestamp", market), f"{market} timestamp", "ms").date()
        where = f"{market} {session}"
        rows.append(
            (market, asset, "TOTAL", session, money(required(row, "flow_usd", where), f"{where} flow_usd"))
        )
        funds = required(row, "etf_flows", where)
        if not isinstance(funds, list):
            raise Unparsable(f"{where}: etf_flows: expected a list, found {type(funds).__name__}")
        for fund in funds:
            name = fund_id(required(fund, "etf_ticker", where))
            rows.append((market, asset, name, session, _fund_flow(fund, f"{where} {name}")))
    return frame("etf_flows", rows, ETF_KEY)


def _fund_flow(fund: dict[str, Any], where: str) -> Decimal | None:
    """Null where the fund has not reported: an entry of a ticker and nothing else.

    With another field in its place the flow may have been renamed, and nobody would see it go.
    """
    if "flow_usd" in fund:
        return money(fund["flow_usd"], f"{where} flow_usd")
    if set(fund) != {"etf_ticker"}:
        raise Unparsable(f"{where}: field 'flow_usd' is not there; found {', '.join(map(str, fund))}")
    return None


DATASETS = (
    Dataset(
        name="coinglass_liquidations",
        source="coinglass",
        kind="liquidation_buckets",
        title="Liquidations per asset, venue list and day (CoinGlass)",
        earliest=date(2020, 1, 1),
        cut=Cut.DAYS,
        days_per_window=ROWS_A_CALL,
        parts=liquidation_parts,
        fetch=fetch_liquidations,
        parse=parse_liquidations,
        tail_days=3,
        key="COINGLASS_API_KEY",
    ),
    Dataset(
        name="coinglass_etf_flows",
        source="coinglass",
        kind="etf_flows",
        title="Spot ETF flows per fund and session (CoinGlass)",
        earliest=date(2024, 1, 11),
        cut=Cut.WHOLE,
        parts=etf_parts,
        fetch=fetch_etf_flows,
        parse=parse_etf_flows,
        tail_days=10,
        key="COINGLASS_API_KEY",
    ),
)
