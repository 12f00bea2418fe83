"""Tardis.dev: liquidation orders as recorded from nine exchanges, free for the first day of a month.

Upstream: datasets.tardis.dev, gzipped csv by exchange, UTC day and symbol; one file holds all
perpetuals of an exchange. Without a key the first days of months are open, with TARDIS_API_KEY every
day. 100 calls per 10 s. Twelve sample days a year are for checking other sources, not a daily series.
Licence: free samples, else as bought.
Units: `amount` is the exchange's own: coins, dollars, or contracts, whose worth is read from the venue's
own list (for coin-margined Binance: measured, see binance_contracts.py) as it stands when asked; `side` is
that of the order, so sell means that a long was liquidated (a convention of the vendor, not verified for
every exchange).
Traps: times are microseconds; a file is the day of `local_timestamp`, so an order of the last moment
may stand in the file of the day after; `id` may be empty; the body is gzip without saying so in its
headers; symbols that no list explains are left out.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import polars as pl

from pipelines.sources import binance, binance_contracts, gate, htx, numbers, okx
from pipelines.sources.bodies import records
from pipelines.sources.contract import (
    Answer,
    Cut,
    Dataset,
    Part,
    Refused,
    Retry,
    SourceError,
    Unparsable,
    Window,
)
from pipelines.sources.extent import leading
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.instruments import Instrument
from pipelines.sources.orders import ORDER_KEY, inverse_usd, linear_usd, liquidated_side
from pipelines.sources.upstream import Reply, Upstream

EARLIEST = date(2020, 1, 1)
FIELDS = ("exchange", "symbol", "timestamp", "local_timestamp", "id", "side", "price", "amount")
KEY_VARIABLE = "TARDIS_API_KEY"
ASSETS = ("BTC", "ETH", "SOL")  # where none is named
INVERSE_ASSETS = ("BTC", "ETH")
ONE = Decimal(1)

UPSTREAM = Upstream(
    "https://datasets.tardis.dev",
    rates=((90, 10.0),),
    key_variable=KEY_VARIABLE,
    key_header="Authorization",
    key_prefix="Bearer ",
)


@dataclass(frozen=True)
class Exchange:
    """A venue as Tardis calls it, what its prices are, and who says what a unit of `amount` is there."""

    venue: str
    price_kind: str
    listed: Callable[[Client, Sequence[str]], Sequence[Instrument]]


def _plain(pattern: str, margin: str, unit: str) -> Callable[[Client, Sequence[str]], list[Instrument]]:
    """Contracts whose amounts are coins or dollars as such: nothing has to be multiplied."""

    def listed(client: Client, assets: Sequence[str]) -> list[Instrument]:
        return [Instrument(pattern.format(a), a, margin, ONE, native_unit=unit) for a in assets]

    return listed


def _bybit(client: Client, assets: Sequence[str]) -> list[Instrument]:
    linear, inverse = _plain("{}USDT", "linear", "coin"), _plain("{}USD", "inverse", "usd")
    return linear(client, assets) + inverse(client, _inverse(assets))


def _deribit(client: Client, assets: Sequence[str]) -> list[Instrument]:
    return _plain("{}-PERPETUAL", "inverse", "usd")(client, _inverse(assets))


def _bitmex(client: Client, assets: Sequence[str]) -> list[Instrument]:
    """XBTUSD, of which a contract was a dollar; the venue is closed and lists nothing any more."""
    return [Instrument("XBTUSD", "BTC", "inverse", ONE, native_unit="usd")] if "BTC" in assets else []


def _binance_delivery(client: Client, assets: Sequence[str]) -> list[Instrument]:
    span = (binance_contracts.EARLIEST, client.now.date())
    return [
        Instrument(symbol, a, "inverse", Decimal(binance_contracts.face_over_span(client, a, *span)))
        for a, symbol in binance.COIN_MARGINED.items()
        if a in assets
    ]


def _htx(margin: str) -> Callable[[Client, Sequence[str]], list[Instrument]]:
    def listed(client: Client, assets: Sequence[str]) -> list[Instrument]:
        return htx.perpetuals(client, margin, assets)

    return listed


def _gate(client: Client, assets: Sequence[str]) -> list[Instrument]:
    return gate.listed(client, "usdt", assets)


def _inverse(assets: Sequence[str]) -> list[str]:
    return [a for a in assets if a in INVERSE_ASSETS]


EXCHANGES = {
    "binance-futures": Exchange("binance", "order", _plain("{}USDT", "linear", "coin")),
    "binance-delivery": Exchange("binance", "order", _binance_delivery),
    "bybit": Exchange("bybit", "bankruptcy", _bybit),
    "okex-swap": Exchange("okx", "bankruptcy", okx.swaps),
    "deribit": Exchange("deribit", "fill", _deribit),
    "bitmex": Exchange("bitmex", "order", _bitmex),
    "huobi-dm-swap": Exchange("htx", "bankruptcy", _htx("inverse")),
    "huobi-dm-linear-swap": Exchange("htx", "bankruptcy", _htx("linear")),
    "gate-io-futures": Exchange("gate", "fill", _gate),
}


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """With a key one part per exchange; without, one per exchange and first day of a month.

    The context says what a unit of every symbol is. An exchange whose list cannot be had keeps its parts,
    which fail with that reason: the others go on.
    """
    has_key = client.transport.settings.key(KEY_VARIABLE) is not None
    days: list[date | None] = [None] if has_key else list(_free_days(client))
    if not days:
        return []
    wanted = list(leading(assets or ASSETS))
    found = []
    for name, exchange in EXCHANGES.items():
        try:
            units, why = {i.name: _unit(i) for i in exchange.listed(client, wanted)}, None
        except SourceError as error:
            units, why = {}, f"what a contract of {exchange.venue} is worth cannot be had: {error.reason}"
        if not units and why is None:
            continue
        context = {"exchange": name, "units": units} | ({"unlisted": why} if why else {})
        markets = tuple(f"{name}:{symbol}" for symbol in units)
        for day in days:
            part = name if day is None else f"{name} {day}"
            found.append(Part(part, markets, context, since=day, until=day))
    return found


def _unit(instrument: Instrument) -> list[str]:
    return [instrument.asset, instrument.native_unit, instrument.margin, instrument.face]


def _free_days(client: Client) -> Iterator[date]:
    """The first days of months within what is asked, which are over."""
    first, last = EARLIEST, client.now.date() - timedelta(days=1)
    if client.window is not None:
        first, last = max(first, client.window.first_day), min(last, client.window.last_day)
    month = first if first.day == 1 else _next_month(first)
    while month <= last:
        yield month
        month = _next_month(month)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The file of all perpetuals of the exchange; 404 is a day that it does not have."""
    if why := part.context.get("unlisted"):
        raise Refused(why)
    day, exchange = window.first_day, part.context["exchange"]
    path = f"/v1/{exchange}/liquidations/{day:%Y/%m/%d}/PERPETUALS.csv.gz"
    yield client.get(UPSTREAM, path, whole=_whole, absent=(404,))


def _whole(reply: Reply) -> None:
    _text(reply.body)


def _text(body: bytes) -> str:
    """The csv, header and all; gzip tests its own checksum and length, and takes no bytes for no file."""
    try:
        text = gzip.decompress(body).decode()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise Retry(f"the body is not whole gzip ({error})") from None
    if not text.startswith("exchange,"):
        raise Retry("the gzip does not hold the expected csv")
    return text


def parse(answer: Answer) -> pl.DataFrame:
    """Orders of the known symbols as raw.liquidation_orders; equal lines are one (a file duplicate)."""
    name, units = answer.context["exchange"], answer.context["units"]
    exchange = EXCHANGES[name]
    try:
        lines = list(csv.reader(io.StringIO(_text(answer.body), newline=""), strict=True))
    except (Retry, csv.Error) as error:
        raise Unparsable(str(error)) from None
    rows = []
    for line in records(lines, FIELDS):
        if line["exchange"] != name:
            raise Unparsable(f"exchange: asked for {name}, found {line['exchange']!r}")
        if line["symbol"] not in units:
            continue
        asset, native, margin, size = units[line["symbol"]]
        multiplier = Decimal(size)
        at, arrived = (numbers.moment(line[f], f, "us") for f in ("timestamp", "local_timestamp"))
        side = liquidated_side(line["side"], "side")
        price, amount = numbers.price(line["price"], "price"), numbers.price(line["amount"], "amount")
        is_linear = margin == "linear"
        usd = linear_usd(amount, multiplier, price) if is_linear else inverse_usd(amount, multiplier)
        order_id = line["id"] or f"{side} {line['amount']} at {line['price']}, {arrived:%H:%M:%S.%f}"
        order = (at, order_id, side, price, exchange.price_kind, amount, native, multiplier, usd)
        rows.append((exchange.venue, f"{name}:{line['symbol']}", asset, *order))
    return frame("liquidation_orders", rows, ORDER_KEY)


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="tardis_liquidations",
        source="tardis",
        kind="liquidation_orders",
        title="Liquidation orders of nine exchanges, first days of months (Tardis.dev)",
        earliest=EARLIEST,
        cut=Cut.DAY,
        parts=parts,
        fetch=fetch,
        parse=parse,
        tail_days=0,
        workers=4,
    ),
)
