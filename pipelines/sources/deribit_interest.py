"""Deribit: open interest of the inverse futures of a coin, perpetual and dated, at the moment of asking.

Upstream: the summary of deribit.py, a snapshot without history; keyless. Units: USD, as the contracts are
inverse; one side. Terms: public market data, no licence stated.
Traps: the same field counts coins for options and for linear contracts, which are left out; a day has the
snapshots that were taken on it, the first after 00:00 UTC stands nearest to its opening.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from pipelines.sources import numbers
from pipelines.sources.contract import Answer, Cut, Dataset, Unparsable
from pipelines.sources.deribit import VENUE, basis_parts, fetch_basis, rows_of
from pipelines.sources.frames import frame

KEY = ("venue", "market", "asset", "measured_at")


def parse(answer: Answer) -> pl.DataFrame:
    """Columns of open_interest: dollars of each future that was listed when it was asked for."""
    asset, listed = answer.context["asset"], answer.context["expiries"]
    rows = []
    for row in rows_of(answer):
        name = str(numbers.required(row, "instrument_name", "summary"))
        if name.startswith(f"{asset}_"):
            continue  # linear, counted in coins
        if name not in listed:
            raise Unparsable(f"summary: {name!r} was not listed when it was asked for")
        rows.append((VENUE, name, asset, "inverse", *_interest(row, name)))
    return frame("open_interest", rows, KEY)


def _interest(row: dict[str, Any], name: str) -> tuple[Any, None, Decimal]:
    """Moment, coins (which are not told), dollars."""
    stamp = numbers.required(row, "creation_timestamp", name)
    usd = numbers.price(numbers.required(row, "open_interest", name), f"{name} open_interest")
    if usd < 0:
        raise Unparsable(f"{name} open_interest: {usd} is less than nothing")
    return numbers.moment(stamp, f"{name} creation_timestamp", "ms"), None, usd


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="deribit_open_interest",
        source="deribit",
        kind="open_interest",
        title="Deribit open interest of futures (snapshot)",
        earliest=date(2020, 1, 1),
        cut=Cut.SNAPSHOT,
        parts=basis_parts,
        fetch=fetch_basis,
        parse=parse,
        tail_days=0,
    ),
)
