"""Binance: what a coin-margined contract is worth, measured in the archive's own files.

Upstream: data.binance.vision, keyless and not geo-blocked, while the list of contracts of the REST host
refuses many countries. The daily metrics file of a contract states its open interest in contracts and in
coins side by side: coins times the price of that moment, over contracts, is dollars a contract.
Units: USD a contract. Terms as in binance.py. Depth: metrics since 2021-07-08, with holes (2024-03 to
2024-06), so a face is measured on the first and on the last day that has a file, and holds in between.
Traps: the price is that of the spot market, a little off the coin-margined one, so the quotient is not
round: it must lie within two percent of a power of ten. Where no file is at hand, what the venue documents
is taken (100 USD for BTC, 10 for other coins), and facts.order_terms says that nobody stated it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal

import polars as pl

from pipelines.sources import binance, binance_archive, numbers
from pipelines.sources.bodies import csv_of, records
from pipelines.sources.contract import Answer, Cut, Dataset, NotPublished, Part, Unparsable, Window
from pipelines.sources.http import Client
from pipelines.sources.instruments import Instrument, instrument_rows

VENUE = binance.VENUE
METRICS_FIELDS = ("create_time", "symbol", "sum_open_interest", "sum_open_interest_value")
ROUND_WITHIN = Decimal("0.02")
DOCUMENTED_USD, OTHER_DOCUMENTED_USD = {"BTC": "100"}, "10"  # only where nothing can be measured
EARLIEST = date(2021, 7, 8)


def metrics_stem(family: str, symbol: str) -> str:
    """Where the daily metrics of a contract stand, up to the day."""
    return f"data/futures/{family}/daily/metrics/{symbol}/{symbol}-metrics-"


def metrics_at_midnight(answer: Answer, symbol: str) -> dict[str, str] | None:
    """The line of a metrics file that is stamped 00:00 UTC, of which there may be equal ones; None without."""
    found: list[dict[str, str]] = []
    for line in records(csv_of(answer, f"{symbol}-metrics-"), METRICS_FIELDS):
        if line["symbol"] != symbol:
            raise Unparsable(f"symbol: asked for {symbol}, found {line['symbol']!r:.20}")
        if stamp(line["create_time"]).time() == time.min:
            found.append({field: line[field] for field in METRICS_FIELDS})
    if any(line != found[0] for line in found):
        raise Unparsable(f"{symbol}: two values for 00:00 UTC in one file")
    return found[0] if found else None


def stamp(text: str) -> datetime:
    """The time of a metrics line."""
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise Unparsable(f"create_time: expected yyyy-mm-dd hh:mm:ss, found {text[:40]!r}") from None


def face_usd(contracts: Decimal, coins: Decimal, price: Decimal) -> Decimal:
    """Dollars a contract: the power of ten that the quotient is next to; `Unparsable` where it is none."""
    if contracts <= 0 or coins <= 0 or price <= 0:
        raise Unparsable(f"{coins} coins at {price} over {contracts} contracts: nothing to measure a face by")
    quotient = coins * price / contracts
    nearest = Decimal(1).scaleb((quotient * 3).adjusted())  # 3.33 and more is nearer to ten than to one
    if abs(quotient / nearest - 1) > ROUND_WITHIN:
        raise Unparsable(f"a contract of {quotient:.4f} USD is near no power of ten")
    return nearest


def face_over_span(client: Client, asset: str, first: date, last: date) -> str:
    """Dollars a contract over a span as text, measured on the first and the last day that has a file.

    Where nothing can be measured, what the venue documents; `Unparsable` where the face changed within the
    span.
    """
    symbol = binance.COIN_MARGINED[asset]
    measured: dict[str, str] = {}
    for part in _measurements(client, asset, first, last):
        day, price = part.context["day"], Decimal(part.context["price"])
        answer = binance_archive.file(client, f"{metrics_stem('cm', symbol)}{day}.zip")
        if found := _measured(answer, symbol, price):
            measured[day] = found.face
    if len(faces := set(measured.values())) > 1:
        told = ", ".join(f"{usd} on {day}" for day, usd in measured.items())
        raise Unparsable(f"{symbol}, {first} to {last}: the dollars a contract changed ({told})")
    return faces.pop() if faces else DOCUMENTED_USD.get(asset, OTHER_DOCUMENTED_USD)


def _measurements(client: Client, asset: str, first: date, last: date) -> list[Part]:
    """The first and the last day of the span that has metrics, with the price of its first moment where
    that is published."""
    symbol = binance.COIN_MARGINED[asset]
    told = binance_archive.periods(client, metrics_stem("cm", symbol))
    days = [day for day in told if first.isoformat() <= day <= last.isoformat()]
    found = []
    for day in sorted({*days[:1], *days[-1:]}):
        try:
            price = _open(client, asset, day)
        except NotPublished:  # the bars of a day may come later than its metrics
            continue
        context = {"asset": asset, "symbol": symbol, "day": day, "price": f"{price:f}"}
        at = date.fromisoformat(day)
        found.append(Part(f"{symbol} {day}", (symbol,), context, since=at, until=at))
    return found


def _open(client: Client, asset: str, day: str) -> Decimal:
    """The spot price at 00:00 UTC of a day."""
    symbol = f"{asset}USDT"
    _, daily = binance.kline_stems(symbol)
    for bar in binance.bars_of_file(binance_archive.file(client, f"{daily}{day}.zip"), symbol):
        if binance.bar_start(bar).date().isoformat() == day:
            return numbers.price(bar["open"], "open")
    raise Unparsable(f"{symbol}: the bar of {day} is not in its own file")


def _measured(answer: Answer, symbol: str, price: Decimal) -> Instrument | None:
    """The contract and its face; None where the file says nothing of 00:00 UTC, which the price is of."""
    line = metrics_at_midnight(answer, symbol)
    if line is None:
        return None
    contracts, coins = (numbers.price(line[f], f) for f in METRICS_FIELDS[2:])
    return Instrument(symbol, symbol.partition("USD")[0], "inverse", face_usd(contracts, coins, price))


# ---- the dataset -----------------------------------------------------------------------------------------


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The first and last measurable day of every contract."""
    today = client.now.date()
    return [
        part
        for asset in binance.COIN_MARGINED
        if not assets or asset in assets
        for part in _measurements(client, asset, EARLIEST, today)
    ]


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The metrics file of the day."""
    if window.first_day.isoformat() != part.context["day"]:
        raise NotPublished(f"{part.name}: nothing is measured on {window}")
    yield binance_archive.file(client, f"{metrics_stem('cm', part.context['symbol'])}{window.first_day}.zip")


def parse(answer: Answer) -> pl.DataFrame:
    """The contract as raw.instruments, stated at 00:00 UTC of the day on which it was measured."""
    symbol, price = answer.context["symbol"], Decimal(answer.context["price"])
    measured = _measured(answer, symbol, price)
    if measured is None:  # no row would mean that the contract was taken off the list
        raise Unparsable(f"{symbol}: the metrics file has no line of 00:00 UTC")
    at = datetime.combine(date.fromisoformat(answer.context["day"]), time.min, tzinfo=UTC)
    return instrument_rows(VENUE, symbol, [measured], at)


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="binance_cm_contracts",
        source="binance",
        kind="instruments",
        title="Binance coin-margined perpetuals and their faces, measured in the archive",
        earliest=EARLIEST,
        cut=Cut.DAY,
        parts=parts,
        fetch=fetch,
        parse=parse,
        tail_days=0,
    ),
)
