"""Deribit: funding of the perpetuals by the hour, and liquidations out of the tape of futures trades.

Upstream: www.deribit.com v2, keyless, about 20 calls per second; history.deribit.com answers the same
methods for old trades. Terms: public market data, no licence stated.
Units: funding is the fraction of that hour (`interest_1h`; `interest_8h` trails over eight hours and
must not be summed); amounts of coin-margined futures are USD.
Traps: funding answers hold the newest 744 rows and do not say that older ones were cut, so a window
is a month of less; `liquidation` stands on liquidation trades only (that it was renamed could not be
seen): M the maker was liquidated, T the taker, MT both, and `direction` is the taker's. Trades share
milliseconds: where more are to come, a page is read without its newest moment, with which the next
begins. A run over all history takes the last day of the tape only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from pipelines.sources import numbers
from pipelines.sources.bodies import json_of
from pipelines.sources.contract import Answer, Cut, Dataset, Part, Refused, Retry, Unparsable, Window
from pipelines.sources.extent import first_day
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.orders import ORDER_KEY, inverse_usd
from pipelines.sources.upstream import Reply, Upstream, retry_after

VENUE = "deribit"
ASSETS = ("BTC", "ETH")
FUNDING_KEY = ("venue", "market", "asset", "settled_at", "rate_kind")
INTERVAL_HOURS = Decimal(1)
FUNDING_DAYS_A_WINDOW = 30
SILENT_CUT_ROWS = 744
TRADES_A_PAGE = 1000
USUAL_DAYS, MOST_DAYS = 1, 31
RECENT = timedelta(days=7)  # older trades are asked for at the host of the history
ONE_USD = Decimal(1)
PASSING_CODES = {10028, 11094, 10040, 13888}  # rate, internal, retry, timed out


def _refusal(reply: Reply) -> None:
    if reply.status not in (200, 400, 429) or not reply.body.lstrip().startswith(b"{"):
        return
    error = reply.json.get("error")
    if error is None:
        return
    code = error.get("code") if isinstance(error, dict) else None
    reason = f"error {code}: {error.get('message') if isinstance(error, dict) else error}"
    if code in PASSING_CODES or reply.status == 429:
        raise Retry(reason, retry_after(reply))
    raise Refused(reason)


LIVE = Upstream("https://www.deribit.com", rates=((15, 1.0),), refusal=_refusal)
HISTORY = Upstream("https://history.deribit.com", rates=((15, 1.0),), refusal=_refusal)


def _whole(reply: Reply) -> None:
    if not isinstance(reply.json, dict):
        raise Retry(f"expected an object, found {type(reply.json).__name__}")
    numbers.required(reply.json, "result", "answer")


def _result(answer: Answer) -> Any:
    return numbers.required(json_of(answer), "result", "answer")


# ---- funding --------------------------------------------------------------------------------------------


def perpetuals(client: Client, assets: Sequence[str]) -> list[Part]:
    """The coin-margined perpetuals of BTC and ETH."""
    return [
        Part(
            f"{asset}-PERPETUAL",
            (f"{asset}-PERPETUAL",),
            {"instrument": f"{asset}-PERPETUAL", "asset": asset},
        )
        for asset in ASSETS
        if not assets or asset in assets
    ]


def fetch_funding(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """One answer; as many rows as the silent cut leaves are too many for a window."""
    asked = {
        "instrument_name": part.name,
        "start_timestamp": window.start_ms,
        "end_timestamp": window.end_ms - 1,
    }
    answer = client.get(LIVE, "/api/v2/public/get_funding_rate_history", asked, whole=_whole)
    if len(_hours(answer)) >= SILENT_CUT_ROWS:
        raise Unparsable(f"{len(_hours(answer))} rows: the answer may be cut, {window} was asked")
    yield answer


def _hours(answer: Answer) -> list[Any]:
    rows = _result(answer)
    if not isinstance(rows, list):
        raise Unparsable(f"result: expected a list, found {type(rows).__name__}")
    return rows


def parse_funding(answer: Answer) -> pl.DataFrame:
    """Hours as raw.funding_rates: the fraction of that hour."""
    instrument, asset = answer.context["instrument"], answer.context["asset"]
    rows = []
    for row in _hours(answer):
        settled_at = numbers.moment(numbers.required(row, "timestamp", "hour"), "timestamp", "ms")
        rate = numbers.rate(numbers.required(row, "interest_1h", "hour"), "interest_1h")
        if numbers.ended(settled_at, 0, answer.observed_at):
            rows.append((VENUE, instrument, asset, "inverse", settled_at, rate, INTERVAL_HOURS, "settled"))
    return frame("funding_rates", rows, FUNDING_KEY)


# ---- liquidations -----------------------------------------------------------------------------------------


def tapes(client: Client, assets: Sequence[str]) -> list[Part]:
    """The tape of all coin-margined futures of BTC and of ETH, perpetual and dated."""
    since = first_day(client, USUAL_DAYS, MOST_DAYS)
    return [
        Part(f"{asset} futures", (f"{asset}-FUTURES",), {"asset": asset}, since=since)
        for asset in ASSETS
        if not assets or asset in assets
    ]


def fetch_trades(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The tape from the start of the window to its end."""
    host = LIVE if client.now - window.end < RECENT else HISTORY
    first = window.start_ms
    while True:
        asked = {
            "currency": part.context["asset"],
            "kind": "future",
            "start_timestamp": first,
            "end_timestamp": window.end_ms - 1,
            "count": TRADES_A_PAGE,
            "sorting": "asc",
        }
        answer = client.get(host, "/api/v2/public/get_last_trades_by_currency_and_time", asked, whole=_whole)
        trades, more = _page(answer)
        yield answer
        if not more:
            return
        newest = max((_time(row) for row in trades), default=first)
        if newest <= first:
            raise Unparsable(f"more than {len(trades)} trades share the moment {first}: they cannot be paged")
        first = newest


def _page(answer: Answer) -> tuple[list[Any], bool]:
    """The trades of a page, and whether more are to come."""
    result = _result(answer)
    trades, more = (numbers.required(result, field, "result") for field in ("trades", "has_more"))
    if not isinstance(trades, list) or not isinstance(more, bool):
        raise Unparsable(f"trades, has_more: expected a list and a bool, found {trades!r:.40}, {more!r:.40}")
    return trades, more


def _time(row: Any) -> int:
    return numbers.whole_number(numbers.required(row, "timestamp", "trade"), "timestamp")


def parse_trades(answer: Answer) -> pl.DataFrame:
    """The liquidations among the trades as raw.liquidation_orders, at the price of the trade.

    `market` is the tape; the instrument begins the order's id. A trade whose both sides were
    liquidated is two orders.
    """
    asset = answer.context["asset"]
    trades, more = _page(answer)
    cut = max((_time(row) for row in trades), default=0) if more else None
    rows = []
    for row in trades:
        instrument = str(numbers.required(row, "instrument_name", "trade"))
        if not re.fullmatch(rf"{asset}-(PERPETUAL|\d{{1,2}}[A-Z]{{3}}\d{{2}})", instrument):
            raise Unparsable(
                f"instrument_name: a coin-margined future of {asset} was asked, found {instrument!r}"
            )
        if _time(row) == cut or "liquidation" not in row:
            continue
        at = numbers.moment(_time(row), "timestamp", "ms")
        trade = numbers.required(row, "trade_id", "trade")
        if not isinstance(trade, str) or not trade:
            raise Unparsable(f"trade_id: expected a text, found {trade!r}")
        amount = numbers.price(numbers.required(row, "amount", "trade"), "amount")
        price = numbers.price(numbers.required(row, "price", "trade"), "price")
        for mark, side in _liquidated(row):
            order_id = f"{instrument} {trade} {mark}"
            usd = inverse_usd(amount, ONE_USD)
            order = (at, order_id, side, price, "fill", amount, "usd", ONE_USD, usd)
            rows.append((VENUE, f"{asset}-FUTURES", asset, *order))
    return frame("liquidation_orders", rows, ORDER_KEY)


def _liquidated(row: Any) -> list[tuple[str, str]]:
    """Who was liquidated (M, T or both), and which position that closed."""
    who, taker = row["liquidation"], numbers.required(row, "direction", "trade")
    if taker not in ("buy", "sell"):
        raise Unparsable(f"direction: expected buy or sell, found {taker!r}")
    if who not in ("M", "T", "MT"):
        raise Unparsable(f"liquidation: expected M, T or MT, found {who!r}")
    taker_side, maker_side = ("long", "short") if taker == "sell" else ("short", "long")
    return [(mark, {"T": taker_side, "M": maker_side}[mark]) for mark in who]


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="deribit_funding",
        source="deribit",
        kind="funding_rates",
        title="Deribit funding by the hour (BTC, ETH)",
        earliest=date(2020, 1, 1),
        cut=Cut.DAYS,
        days_per_window=FUNDING_DAYS_A_WINDOW,
        parts=perpetuals,
        fetch=fetch_funding,
        parse=parse_funding,
        tail_days=2,
    ),
    Dataset(
        name="deribit_liquidations",
        source="deribit",
        kind="liquidation_orders",
        title="Deribit liquidations out of the tape of futures trades (BTC, ETH)",
        earliest=date(2020, 1, 1),
        cut=Cut.DAYS,
        days_per_window=1,
        parts=tapes,
        fetch=fetch_trades,
        parse=parse_trades,
        tail_days=0,
    ),
)
