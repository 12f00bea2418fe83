"""The published figures that the sample is pinned to, read from the VALUES of sql/reference.

The SQL files are the one source of these figures; here is only the choice of which one counts for a day.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import sqlglot
from sqlglot import exp

from pipelines.settings import SQL
from pipelines.sources.sample.span import LAST_DAY

BILLION = Decimal(10) ** 9
FALSE = "X"  # the confidence of figures that are kept as negative examples


@dataclass(frozen=True)
class LiquidationPin:
    """What was published for a UTC day over all venues, in USD; a side is None where none was printed."""

    day: date
    total_usd: Decimal
    long_usd: Decimal | None
    short_usd: Decimal | None
    at_least: bool  # printed as "more than": a floor


@dataclass(frozen=True)
class Candle:
    """Published prices of one UTC day in USD, and the fall from high to low in percent; None: not printed."""

    open: float | None = None
    high: float | None = None
    low: float | None = None
    close: float | None = None
    fall_pct: float | None = None


def reference_rows(table: str) -> list[dict[str, Any]]:
    """The rows of `sql/reference/<table>.sql`: dates and texts as such, numbers as Decimal, null as None."""
    tree = sqlglot.parse_one((SQL / "reference" / f"{table}.sql").read_text("utf-8"), dialect="duckdb")
    values = tree.find(exp.Values)
    holder: exp.Expr | None = values
    while holder is not None and not holder.alias_column_names:
        holder = holder.parent
    if values is None or holder is None:
        raise ValueError(f"sql/reference/{table}.sql: no VALUES with named columns")
    names = holder.alias_column_names
    return [dict(zip(names, map(_literal, row.expressions), strict=True)) for row in values.expressions]


def _literal(node: exp.Expr) -> Any:
    if isinstance(node, exp.Neg):
        return -_literal(node.this)
    if isinstance(node, exp.Null):
        return None
    if isinstance(node, exp.Cast):
        value = _literal(node.this)
        return date.fromisoformat(value) if node.to.is_type("date") and value is not None else value
    if isinstance(node, exp.Literal):
        return node.this if node.is_string else Decimal(node.this)
    raise ValueError(f"not a plain value: {node.sql('duckdb')}")


def _true_rows(table: str) -> list[dict[str, Any]]:
    return [row for row in reference_rows(table) if row["confidence"] != FALSE]


@cache
def liquidation_pins() -> dict[date, LiquidationPin]:
    """One pin per day: its row of a day list, else the fullest rolling 24 hours whose parts add up.

    A rolling window holds at least as much as the UTC day in it, so a day that a list of the largest days
    leaves out stays below the smallest one of that list, whatever its window said.
    """
    by_day = defaultdict(list)
    for row in _true_rows("published_liquidation_days"):
        market_wide = row["universe"].endswith("all venues")
        if market_wide and row["kind"] in ("day_list", "rolling_24h"):
            by_day[row["day"]].append(row)
    listed = [r for rows in by_day.values() for r in rows if r["kind"] == "day_list"]
    smallest = min((r["total_bn"] for r in listed), default=None)
    pins = {}
    for day, rows in by_day.items():
        fitting = [r for r in rows if _parts_add_up(r)]
        if not fitting or day > LAST_DAY:
            continue
        row = min(fitting, key=_preference)
        total, long, short = (row[f"{part}_bn"] for part in ("total", "long", "short"))
        if row["kind"] != "day_list" and smallest is not None and total >= smallest:
            total, long, short = smallest - _half_a_digit(smallest), None, None
        at_least = row["bound"] == ">="
        pins[day] = LiquidationPin(day, total * BILLION, _usd(long), _usd(short), at_least)
    return pins


def _usd(billions: Decimal | None) -> Decimal | None:
    return None if billions is None else billions * BILLION


def _half_a_digit(printed: Decimal) -> Decimal:
    """Half a unit of the last printed digit: what rounding may have taken."""
    return Decimal(5).scaleb(int(printed.as_tuple().exponent) - 1)


def _parts_add_up(row: dict[str, Any]) -> bool:
    total, long, short = (row[f"{part}_bn"] for part in ("total", "long", "short"))
    if long is None or short is None:
        return all(part is None or part <= total for part in (long, short))
    return bool(abs(total - long - short) <= sum(map(_half_a_digit, (total, long, short))))


def _preference(row: dict[str, Any]) -> tuple[bool, int, str, Decimal]:
    """Day lists first, then the row with most parts, the better confidence, the larger total."""
    parts = sum(row[f"{part}_bn"] is not None for part in ("long", "short"))
    return row["kind"] != "day_list", -parts, row["confidence"], -row["total_bn"]


@cache
def liquidation_scopes() -> dict[tuple[date, str, str], Decimal]:
    """(day, scope, side) -> USD for venues and assets of a pinned day; side is `total` or `long`.

    Scopes read `venue binance` or `asset BTC`; of several snapshots the first of the best confidence counts.
    """
    sides = {"liquidations_total": "total", "liquidations_long": "long"}
    out: dict[tuple[date, str, str], Decimal] = {}
    for row in sorted(_true_rows("published_figures"), key=lambda r: r["confidence"]):
        if row["metric"] in sides and row["clock"] == "rolling_24h":
            key = row["as_of"], row["scope"], sides[row["metric"]]
            out.setdefault(key, Decimal(row["printed"]))
    return out


@cache
def candles() -> dict[tuple[str, date], Candle]:
    """(asset, day) -> published spot prices of that UTC day."""
    fields: dict[tuple[str, date], dict[str, float]] = defaultdict(dict)
    names = {f"price_{name}": name for name in ("open", "high", "low", "close")}
    names["drawdown_high_low"] = "fall_pct"
    for row in _true_rows("published_figures"):
        if row["metric"] in names and row["clock"] == "utc_day":
            asset = row["scope"].removeprefix("asset ")
            fields[asset, row["as_of"]].setdefault(names[row["metric"]], float(row["printed"]))
    return {key: Candle(**found) for key, found in fields.items()}


@cache
def etf_pins(vendor: str) -> dict[tuple[str, date], int]:
    """(asset, session) -> net flow in 100,000 USD: what `vendor` printed, else what another did."""
    chosen: dict[tuple[str, date], dict[str, Any]] = {}
    for row in sorted(_true_rows("published_etf_days"), key=lambda r: r["confidence"]):
        key = row["asset"], row["session_date"]
        mine = row["source"].startswith(vendor)
        if key[1] <= LAST_DAY and (
            key not in chosen or (mine and not chosen[key]["source"].startswith(vendor))
        ):
            chosen[key] = row
    return {key: int(row["flow_m"] * 10) for key, row in chosen.items()}
