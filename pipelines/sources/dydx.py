"""dYdX v4: funding by the hour, and liquidations out of the complete tape of trades.

Upstream: indexer.dydx.trade, keyless, 100 calls per 10 s and address. Depth: from 2023-10 on. Rates
are fractions per hour; sizes are coins, prices USD. Terms: public indexer, no licence stated.
Traps: pages run from new to old, 1,000 rows at most; several trades share a millisecond, so a full
page is read without its oldest moment, with which the next page begins; the side of a LIQUIDATED
trade is the taker's, that is of the liquidated account: SELL closed a long. DELEVERAGED trades are no
liquidations. The tape holds all trades: a run over all history takes its last day only. Times are
ISO 8601; paths are in camel case, other spellings are 404; HTTP 403 GEOBLOCKED is a refused route.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from pipelines.sources import numbers
from pipelines.sources.bodies import json_of
from pipelines.sources.contract import Answer, Cut, Dataset, Part, Retry, Unparsable, Window
from pipelines.sources.extent import first_day, leading
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.names import asset_id
from pipelines.sources.orders import ORDER_KEY, backwards, linear_usd, liquidated_side, whole_moments
from pipelines.sources.upstream import Reply, Upstream

VENUE = "dydx"
FUNDING_KEY = ("venue", "market", "asset", "settled_at", "rate_kind")
EARLIEST = date(2023, 10, 26)
INTERVAL_HOURS = Decimal(1)  # the chain pays every hour, by its documentation
ROWS_A_PAGE = 1000
FUNDING_DAYS_A_WINDOW = 41  # 984 hours: one page
USUAL_DAYS, MOST_DAYS = 1, 31
ORDINARY_TRADES = {"LIMIT", "MARKET", "DELEVERAGED", "TWAP_SUBORDER"}
LIQUIDATED = "LIQUIDATED"
ONE_COIN = Decimal(1)

UPSTREAM = Upstream("https://indexer.dydx.trade", rates=((90, 10.0),))


def _whole(reply: Reply) -> None:
    if not isinstance(reply.json, dict):
        raise Retry(f"expected an object, found {type(reply.json).__name__}")


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The <ASSET>-USD markets of the leading assets (all markets where none is named)."""
    markets = numbers.required(
        json_of(client.get(UPSTREAM, "/v4/perpetualMarkets", whole=_whole)), "markets", "answer"
    )
    if not isinstance(markets, dict):
        raise Unparsable(f"markets: expected an object, found {type(markets).__name__}")
    wanted, found = leading(assets), []
    for ticker in markets:
        match = re.fullmatch(r"([A-Z0-9]+)-USD", ticker)
        if match and (not wanted or asset_id(match[1]) in wanted):
            found.append(Part(ticker, (ticker,), {"ticker": ticker, "asset": asset_id(match[1])}))
    return found


def tape_parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The same, from the day on from which the tape is read."""
    since = first_day(client, USUAL_DAYS, MOST_DAYS)
    return [Part(p.name, p.markets, p.context, since=since) for p in parts(client, assets)]


def _listed(answer: Answer, field: str) -> list[Any]:
    rows = numbers.required(json_of(answer), field, "answer")
    if not isinstance(rows, list):
        raise Unparsable(f"{field}: expected a list, found {type(rows).__name__}")
    return rows


def _moment(row: Any, field: str) -> datetime:
    stated = numbers.required(row, field, "row")
    try:
        at = datetime.fromisoformat(stated)
        if at.tzinfo is None:
            raise ValueError
    except (TypeError, ValueError):
        raise Unparsable(f"{field}: expected an ISO 8601 time, found {str(stated)[:40]!r}") from None
    return at.astimezone(UTC)


def _ms(at: datetime) -> int:
    """The millisecond of a time, rounded up: what is asked for at or before it holds the time itself."""
    return -(-int(at.timestamp() * 1_000_000) // 1000)


def _iso(ms: int) -> str:
    at = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


# ---- funding --------------------------------------------------------------------------------------------


def fetch_funding(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """Pages from the end of the window backwards."""

    def ask(last_ms: int) -> Answer:
        asked = {"limit": ROWS_A_PAGE, "effectiveBeforeOrAt": _iso(last_ms)}
        return client.get(UPSTREAM, f"/v4/historicalFunding/{part.name}", asked, whole=_whole)

    def times(answer: Answer) -> list[int]:
        return [_ms(_moment(row, "effectiveAt")) for row in _listed(answer, "historicalFunding")]

    yield from backwards(ask, times, window)


def parse_funding(answer: Answer) -> pl.DataFrame:
    """Hours as raw.funding_rates: fraction per hour."""
    ticker, asset = answer.context["ticker"], answer.context["asset"]
    rows = []
    for row in _listed(answer, "historicalFunding"):
        if (found := numbers.required(row, "ticker", "hour")) != ticker:
            raise Unparsable(f"ticker: asked for {ticker}, found {found!r}")
        settled_at = _moment(row, "effectiveAt")
        rate = numbers.rate(numbers.required(row, "rate", "hour"), "rate")
        if numbers.ended(settled_at, 0, answer.observed_at):
            rows.append((VENUE, ticker, asset, "linear", settled_at, rate, INTERVAL_HOURS, "settled"))
    return frame("funding_rates", rows, FUNDING_KEY)


# ---- liquidations -----------------------------------------------------------------------------------------


def fetch_trades(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The tape from the end of the window backwards."""

    def ask(last_ms: int) -> Answer:
        asked = {"limit": ROWS_A_PAGE, "createdBeforeOrAt": _iso(last_ms)}
        return client.get(UPSTREAM, f"/v4/trades/perpetualMarket/{part.name}", asked, whole=_whole)

    yield from backwards(ask, _trade_times, window, ROWS_A_PAGE)


def _trade_times(answer: Answer) -> list[int]:
    return [_ms(_moment(row, "createdAt")) for row in _listed(answer, "trades")]


def parse_trades(answer: Answer) -> pl.DataFrame:
    """The LIQUIDATED trades as raw.liquidation_orders, at the price of the fill."""
    ticker, asset = answer.context["ticker"], answer.context["asset"]
    trades, times = _listed(answer, "trades"), _trade_times(answer)
    rows = []
    for row in whole_moments(trades, times, full=len(trades) >= ROWS_A_PAGE):
        kind = numbers.required(row, "type", "trade")
        if kind != LIQUIDATED:
            if not isinstance(kind, str) or kind not in ORDINARY_TRADES:
                raise Unparsable(f"type: a trade of an unknown kind, {kind!r}")
            continue
        at, order_id = _moment(row, "createdAt"), numbers.required(row, "id", "trade")
        if not isinstance(order_id, str) or not order_id:
            raise Unparsable(f"id: expected a text, found {order_id!r}")
        side = liquidated_side(numbers.required(row, "side", "trade"), "side")
        size = numbers.price(numbers.required(row, "size", "trade"), "size")
        price = numbers.price(numbers.required(row, "price", "trade"), "price")
        usd = linear_usd(size, ONE_COIN, price)
        rows.append((VENUE, ticker, asset, at, order_id, side, price, "fill", size, "coin", ONE_COIN, usd))
    return frame("liquidation_orders", rows, ORDER_KEY)


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="dydx_funding",
        source="dydx",
        kind="funding_rates",
        title="dYdX funding by the hour (leading assets)",
        earliest=EARLIEST,
        cut=Cut.DAYS,
        days_per_window=FUNDING_DAYS_A_WINDOW,
        parts=parts,
        fetch=fetch_funding,
        parse=parse_funding,
        tail_days=2,
    ),
    Dataset(
        name="dydx_liquidations",
        source="dydx",
        kind="liquidation_orders",
        title="dYdX liquidations out of the tape of trades (leading assets)",
        earliest=EARLIEST,
        cut=Cut.DAYS,
        days_per_window=1,
        parts=tape_parts,
        fetch=fetch_trades,
        parse=parse_trades,
        tail_days=0,
        workers=2,
    ),
)
