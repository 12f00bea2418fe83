"""Binance: liquidation orders of coin-margined contracts, 2023-06-25 to 2024-10-14, from the archive.

Upstream: data.binance.vision, daily files with checksums (see binance_archive.py); the files of
USDT-margined contracts were emptied, those of coin-margined ones end on 2024-10-14, some days are
missing. Terms as in binance.py.
Units: whole contracts of so many USD (binance_contracts.py measures it: 100 for BTC, 10 for other
coins), never contracts times price.
Traps: a floor, not a census: at most one order a second and symbol; exact duplicate rows occur and
are one; an order may have several rows, of which the largest accumulated quantity is its last state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import polars as pl

from pipelines.sources import binance, binance_archive, numbers
from pipelines.sources.binance_contracts import face_over_span
from pipelines.sources.bodies import csv_of, records
from pipelines.sources.contract import Answer, Cut, Dataset, NotPublished, Part, Unparsable, Window
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.orders import ORDER_KEY, inverse_usd, liquidated_side

VENUE = binance.VENUE
EARLIEST = date(2023, 6, 25)
FIELDS = ("time", "side", "original_quantity", "price", "average_price", "accumulated_fill_quantity")


def _stem(symbol: str) -> str:
    return f"data/futures/cm/daily/liquidationSnapshot/{symbol}/{symbol}-liquidationSnapshot-"


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The symbols that have files; the context names the days between the first and the last without one,
    and the dollars a contract, which must not have changed between them."""
    found = []
    for asset, symbol in binance.COIN_MARGINED.items():  # two requests a day and symbol
        if assets and asset not in assets:
            continue
        days = [numbers.iso_day(day, "day") for day in binance_archive.periods(client, _stem(symbol))]
        if not days:
            continue
        span = (days[-1] - days[0]).days
        every = (days[0] + timedelta(days=n) for n in range(span + 1))
        missing = sorted({*every} - {*days})
        context = {
            "symbol": symbol,
            "asset": asset,
            "missing": [day.isoformat() for day in missing],
            "face": face_over_span(client, asset, days[0], days[-1]),
        }
        found.append(Part(symbol, (symbol,), context, since=days[0], until=days[-1]))
    return found


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The file of the day; a day that the listing does not name costs no request."""
    day = window.first_day.isoformat()
    if day in part.context["missing"]:
        raise NotPublished(f"the archive has no {part.name} of {day}")
    yield binance_archive.file(client, f"{_stem(part.name)}{day}.zip")


def parse(answer: Answer) -> pl.DataFrame:
    """Orders as raw.liquidation_orders, in their last state, at their average price."""
    symbol, asset = answer.context["symbol"], answer.context["asset"]
    face = Decimal(answer.context["face"])
    last: dict[tuple[datetime, str, Decimal, Decimal], tuple[Decimal, Decimal]] = {}
    for line in records(csv_of(answer, f"{symbol}-liquidationSnapshot-"), FIELDS):
        at = numbers.moment(line["time"], "time", "ms")
        side = liquidated_side(line["side"], "side")
        ordered, filled = (
            Decimal(numbers.whole_number(line[f], f))
            for f in ("original_quantity", "accumulated_fill_quantity")
        )
        limit, average = (numbers.price(line[f], f) for f in ("price", "average_price"))
        if not 0 <= filled <= ordered:
            raise Unparsable(f"accumulated_fill_quantity: {filled} of an order of {ordered}")
        order, state = (at, side, ordered, limit), (filled, average)
        known = last.get(order)
        if known and known[0] == filled and known != state:
            raise Unparsable(f"average_price: two prices for one state of the order of {at.isoformat()}")
        last[order] = state if known is None else max(known, state)
    rows = []
    for (at, side, ordered, limit), (filled, average) in last.items():
        order_id = f"{side} {ordered} at {limit.normalize():f}"
        usd = inverse_usd(filled, face)
        values = (at, order_id, side, average, "fill", filled, "contract", face, usd)
        rows.append((VENUE, symbol, asset, *values))
    return frame("liquidation_orders", rows, ORDER_KEY)


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="binance_cm_liquidations",
        source="binance",
        kind="liquidation_orders",
        title="Binance liquidation orders, coin-margined (archive, to 2024-10)",
        earliest=EARLIEST,
        cut=Cut.DAY,
        parts=parts,
        fetch=fetch,
        parse=parse,
        tail_days=0,
        workers=4,
    ),
)
