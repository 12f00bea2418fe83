"""Tardis.dev: liquidation orders as recorded from nine exchanges, free for the first day of a month.

Upstream: datasets.tardis.dev, gzipped csv by exchange, UTC day and symbol; one file holds all
perpetuals of an exchange. Without a key the first days of months are open, with TARDIS_API_KEY every
day. 100 calls per 10 s. Twelve sample days a year are for checking other sources, not a daily series.
Licence: free samples, else as bought.
Units: `amount` is the exchange's own: coins, dollars or contracts; `side` is that of the order, so
sell means that a long was liquidated (a convention of the vendor, not verified for every exchange).
Traps: times are microseconds; a file is the day of `local_timestamp`, so an order of the last moment
may stand in the file of the day after; `id` may be empty; the body is gzip without saying so in its
headers; symbols whose unit is not known here are left out.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import polars as pl

from pipelines.sources import numbers
from pipelines.sources.bodies import records
from pipelines.sources.contract import Answer, Cut, Dataset, Part, Retry, Unparsable, Window
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.orders import ORDER_KEY, inverse_usd, linear_usd, liquidated_side
from pipelines.sources.upstream import Reply, Upstream

EARLIEST = date(2020, 1, 1)
FIELDS = ("exchange", "symbol", "timestamp", "local_timestamp", "id", "side", "price", "amount")
KEY_VARIABLE = "TARDIS_API_KEY"

UPSTREAM = Upstream(
    "https://datasets.tardis.dev",
    rates=((90, 10.0),),
    key_variable=KEY_VARIABLE,
    key_header="Authorization",
    key_prefix="Bearer ",
)


@dataclass(frozen=True)
class Unit:
    """What one unit of `amount` is: `size` coins (linear) or dollars (inverse)."""

    asset: str
    native: str  # contract | coin | usd
    linear: bool
    size: Decimal


@dataclass(frozen=True)
class Exchange:
    """A venue as Tardis calls it, what its prices are, and the symbols whose unit is known."""

    venue: str
    price_kind: str
    symbols: dict[str, Unit]


def _coins(*symbols: str, size: str = "1", native: str = "coin") -> dict[str, Unit]:
    """Linear symbols, BTCUSDT or BTC-USDT-SWAP: `size` coins a unit."""
    return {s: Unit(_asset(s), native, True, Decimal(size)) for s in symbols}


def _dollars(*symbols: str, size: str = "1", native: str = "contract") -> dict[str, Unit]:
    """Inverse symbols: `size` dollars a unit."""
    return {s: Unit(_asset(s), native, False, Decimal(size)) for s in symbols}


def _asset(symbol: str) -> str:
    return "BTC" if symbol.startswith("XBT") else symbol[:3]


EXCHANGES = {
    "binance-futures": Exchange("binance", "order", _coins("BTCUSDT", "ETHUSDT", "SOLUSDT")),
    "binance-delivery": Exchange(
        "binance", "order", _dollars("BTCUSD_PERP", size="100") | _dollars("ETHUSD_PERP", size="10")
    ),
    "bybit": Exchange(
        "bybit",
        "bankruptcy",
        _coins("BTCUSDT", "ETHUSDT", "SOLUSDT") | _dollars("BTCUSD", "ETHUSD", native="usd"),
    ),
    "okex-swap": Exchange(
        "okx",
        "bankruptcy",
        _coins("BTC-USDT-SWAP", size="0.01", native="contract")
        | _coins("ETH-USDT-SWAP", size="0.1", native="contract")
        | _dollars("BTC-USD-SWAP", size="100")
        | _dollars("ETH-USD-SWAP", size="10"),
    ),
    "deribit": Exchange("deribit", "fill", _dollars("BTC-PERPETUAL", "ETH-PERPETUAL", native="usd")),
    "bitmex": Exchange("bitmex", "order", _dollars("XBTUSD")),
    "huobi-dm-swap": Exchange(
        "htx", "bankruptcy", _dollars("BTC-USD", size="100") | _dollars("ETH-USD", size="10")
    ),
    "huobi-dm-linear-swap": Exchange(
        "htx",
        "bankruptcy",
        _coins("BTC-USDT", size="0.001", native="contract")
        | _coins("ETH-USDT", size="0.01", native="contract"),
    ),
    "gate-io-futures": Exchange(
        "gate",
        "fill",
        _coins("BTC_USDT", size="0.0001", native="contract")
        | _coins("ETH_USDT", size="0.01", native="contract"),
    ),
}


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """With a key one part per exchange; without, one per exchange and first day of a month."""
    has_key = client.transport.settings.key(KEY_VARIABLE) is not None
    days: list[date | None] = [None] if has_key else list(_free_days(client))
    found = []
    for name, exchange in EXCHANGES.items():
        symbols = [s for s, unit in exchange.symbols.items() if not assets or unit.asset in assets]
        if not symbols:
            continue
        markets = tuple(f"{name}:{symbol}" for symbol in symbols)
        for day in days:
            part = name if day is None else f"{name} {day}"
            found.append(Part(part, markets, {"exchange": name, "symbols": symbols}, since=day, until=day))
    return found


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
    name, wanted = answer.context["exchange"], answer.context["symbols"]
    exchange = EXCHANGES[name]
    try:
        lines = list(csv.reader(io.StringIO(_text(answer.body), newline=""), strict=True))
    except (Retry, csv.Error) as error:
        raise Unparsable(str(error)) from None
    rows = []
    for line in records(lines, FIELDS):
        if line["exchange"] != name:
            raise Unparsable(f"exchange: asked for {name}, found {line['exchange']!r}")
        if line["symbol"] not in wanted:
            continue
        unit = exchange.symbols[line["symbol"]]
        at, arrived = (numbers.moment(line[f], f, "us") for f in ("timestamp", "local_timestamp"))
        side = liquidated_side(line["side"], "side")
        price, amount = numbers.price(line["price"], "price"), numbers.price(line["amount"], "amount")
        usd = linear_usd(amount, unit.size, price) if unit.linear else inverse_usd(amount, unit.size)
        order_id = line["id"] or f"{side} {line['amount']} at {line['price']}, {arrived:%H:%M:%S.%f}"
        order = (at, order_id, side, price, exchange.price_kind, amount, unit.native, unit.size, usd)
        rows.append((exchange.venue, f"{name}:{line['symbol']}", unit.asset, *order))
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
