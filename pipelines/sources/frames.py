"""Frames in the columns of the raw kinds; parsers build them here so that types never drift.

The contract itself (keys, bounds, units) is storage/contracts.py; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from pipelines.sources.contract import Unparsable

USD = pl.Decimal(18, 4)
PRICE = pl.Decimal(28, 12)
AMOUNT = pl.Decimal(28, 12)
RATE = pl.Decimal(28, 18)
HOURS = pl.Decimal(8, 4)
TIME = pl.Datetime("us", "UTC")

COLUMNS: dict[str, dict[str, Any]] = {
    "liquidation_buckets": {
        "venue": pl.String,
        "market": pl.String,
        "asset": pl.String,
        "bucket_start": TIME,
        "bucket_seconds": pl.Int64,
        "long_usd": USD,
        "short_usd": USD,
    },
    "liquidation_orders": {
        "venue": pl.String,
        "market": pl.String,
        "asset": pl.String,
        "liquidated_at": TIME,
        "order_id": pl.String,
        "side": pl.String,
        "price": PRICE,
        "price_kind": pl.String,
        "native_amount": AMOUNT,
        "native_unit": pl.String,
        "multiplier": AMOUNT,
        "usd": USD,
    },
    "instruments": {
        "venue": pl.String,
        "market": pl.String,
        "instrument": pl.String,
        "asset": pl.String,
        "margin": pl.String,
        "native_unit": pl.String,
        "multiplier": AMOUNT,
        "stated_at": TIME,
        "listed_at": TIME,
    },
    "etf_flows": {
        "market": pl.String,
        "asset": pl.String,
        "fund": pl.String,
        "session_date": pl.Date,
        "flow_usd": USD,
    },
    "onchain_volume": {
        "market": pl.String,
        "chain": pl.String,
        "metric": pl.String,
        "day": pl.Date,
        "value": AMOUNT,
    },
    "funding_rates": {
        "venue": pl.String,
        "market": pl.String,
        "asset": pl.String,
        "margin": pl.String,
        "settled_at": TIME,
        "rate": RATE,
        "interval_hours": HOURS,
        "rate_kind": pl.String,
    },
    "prices": {
        "venue": pl.String,
        "market": pl.String,
        "asset": pl.String,
        "quote": pl.String,
        "bucket_start": TIME,
        "bucket_seconds": pl.Int64,
        "open": PRICE,
        "high": PRICE,
        "low": PRICE,
        "close": PRICE,
        "base_volume": AMOUNT,
        "quote_volume": AMOUNT,
    },
    "open_interest": {
        "venue": pl.String,
        "market": pl.String,
        "asset": pl.String,
        "margin": pl.String,
        "measured_at": TIME,
        "amount_coin": AMOUNT,
        "amount_usd": AMOUNT,
    },
    "futures_basis": {
        "venue": pl.String,
        "market": pl.String,
        "asset": pl.String,
        "measured_at": TIME,
        "expires_at": TIME,
        "future_price": PRICE,
        "index_price": PRICE,
    },
    "option_volatility": {
        "venue": pl.String,
        "market": pl.String,
        "asset": pl.String,
        "measure": pl.String,
        "measured_at": TIME,
        "value": RATE,
    },
}


def frame(kind: str, rows: Iterable[Sequence[Any]], key: Sequence[str]) -> pl.DataFrame:
    """Rows in the column order of `kind`, exact repeats dropped once.

    Two rows with one key and different values are a contradiction inside one answer: `Unparsable`.
    """
    columns = COLUMNS[kind]
    table = pl.DataFrame(list(rows), schema=columns, orient="row", strict=True).unique(maintain_order=True)
    twice = table.filter(pl.struct(list(key)).is_duplicated())
    if not twice.is_empty():
        raise Unparsable(f"two values for one key in one answer: {twice.select(key).row(0)}")
    return table
