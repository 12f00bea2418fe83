"""Deribit options: skew, at-the-money volatility and put/call open interest of the chain as it stands.

Upstream: the same as deribit.py; one summary of all options of a coin, a snapshot without history.
Units: volatility points (percent a year). `skew_25d` is the IV of the 25-delta put less the IV of the
25-delta call, positive where puts are dearer; `risk_reversal_25d` is call less put; `atm` is the IV of the
50-delta call; by expiry (`skew_25d_20250328`) and at 30 days, there in two ways: `_30d` linear in days,
`_30d_variance` each leg linear in total variance. `put_call_open_interest_ratio` is a plain ratio.
Reckoning: black76.py, on each row's own underlying, from its own `creation_timestamp` to 08:00 UTC of the
expiry; IV linear in delta between neighbouring strikes; nothing is extrapolated.
Traps: there is no historical series; summaries before 2024 have no `mark_iv`, and then the price in coins
times the underlying is inverted (a price with no volatility leaves its strike out: a missing field is
not zero); far strikes have no quotes; terms of rows differ where a chain was collected row by row.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from pipelines.sources import black76, numbers
from pipelines.sources.contract import Answer, Cut, Dataset, Part, Unparsable, Window
from pipelines.sources.deribit import UPSTREAM, VENUE, VOLATILITY_KEY, asked, rows_of, whole_list
from pipelines.sources.frames import frame
from pipelines.sources.http import Client

EXPIRY_HOUR = 8  # UTC
TERM_DAYS = 30.0
PLACES = 6  # of a volatility point: two builds give the same bits
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_NAME = re.compile(r"([A-Z]+)-(\d{1,2})([A-Z]{3})(\d{2})-(\d+)-([CP])")


@dataclass(frozen=True)
class Option:
    """One row of the summary, read; volatility in percent a year, None where the row defines none."""

    expiry: date
    strike: float
    call: bool
    days: float  # to 08:00 UTC of the expiry, from the row's own moment
    forward: float
    iv_pct: float | None
    open_interest_coin: Decimal
    told_at: datetime

    @property
    def point(self) -> black76.Point | None:
        """(delta, iv), or None."""
        if self.iv_pct is None:
            return None
        return black76.delta(self.forward, self.strike, self.iv_pct, self.days, self.call), self.iv_pct


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """One part and one market per coin: `BTC-OPTIONS` stands for the whole chain."""
    return [Part(asset, (f"{asset}-OPTIONS",), {"asset": asset}) for asset in asked(assets)]


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The chain of a coin: one moment, whatever the window."""
    query = {"currency": part.context["asset"], "kind": "option"}
    yield client.get(UPSTREAM, "/api/v2/public/get_book_summary_by_currency", query, whole=whole_list)


def parse(answer: Answer) -> pl.DataFrame:
    """Columns of option_volatility; a measure that the chain does not define has no row."""
    asset = answer.context["asset"]
    named: dict[str, Option] = {}
    for row in rows_of(answer):
        name = str(numbers.required(row, "instrument_name", "summary"))
        option = _option(row, name, asset)
        if named.setdefault(name, option) != option:
            raise Unparsable(f"summary: two values for {name} in one answer")
    options = list(named.values())
    if not options:
        return frame("option_volatility", [], VOLATILITY_KEY)
    measured_at = max(option.told_at for option in options)
    rows = [
        (VENUE, f"{asset}-OPTIONS", asset, measure, measured_at, numbers.exact(value, measure, PLACES))
        for measure, value in _measures([option for option in options if option.days > 0]).items()
    ]
    return frame("option_volatility", rows, VOLATILITY_KEY)


def _option(row: dict[str, Any], name: str, asset: str) -> Option:
    found = _NAME.fullmatch(name)
    if not found or found[1] != asset or found[3] not in MONTHS:
        raise Unparsable(f"summary: {name!r} is not the name of an option on {asset}")
    try:
        expiry = date(2000 + int(found[4]), MONTHS.index(found[3]) + 1, int(found[2]))
    except ValueError:
        raise Unparsable(f"summary: {name!r} has no expiry that is a date") from None
    created, underlying, interest, mark = (
        numbers.required(row, field, name)
        for field in ("creation_timestamp", "underlying_price", "open_interest", "mark_price")
    )
    told_at = numbers.moment(created, f"{name} creation_timestamp", "ms")
    expires_at = datetime(expiry.year, expiry.month, expiry.day, EXPIRY_HOUR, tzinfo=UTC)
    days = (expires_at - told_at).total_seconds() / 86_400
    forward = float(numbers.price(underlying, f"{name} underlying_price"))
    premium = float(numbers.price(mark, f"{name} mark_price")) * forward
    strike, call = float(found[5]), found[6] == "C"
    if forward <= 0 or strike <= 0:
        raise Unparsable(f"{name}: underlying_price and strike must be positive, found {underlying!r}")
    iv_pct: float | None = None
    if row.get("mark_iv") is not None:
        stated = float(numbers.exact(row["mark_iv"], f"{name} mark_iv", 12))
        iv_pct = stated if stated > 0 else None
    elif days > 0:
        iv_pct = black76.implied_pct(premium, forward, strike, days, call)
    coins = numbers.price(interest, f"{name} open_interest")
    return Option(expiry, strike, call, days, forward, iv_pct, coins, told_at)


def _measures(options: list[Option]) -> dict[str, float]:
    """Every measure that these options define, by name."""
    found: dict[str, float] = {}
    terms: dict[str, list[black76.Point]] = defaultdict(list)
    by_expiry: dict[date, list[Option]] = defaultdict(list)
    for option in options:
        by_expiry[option.expiry].append(option)
    for expiry, chain in sorted(by_expiry.items()):
        days = max(option.days for option in chain)
        puts, calls = ([p for o in chain if o.call is side and (p := o.point)] for side in (False, True))
        put, call = black76.at_delta(puts, -0.25), black76.at_delta(calls, 0.25)
        atm = black76.at_delta(calls, 0.5)
        if put is not None and call is not None:
            found[f"skew_25d_{expiry:%Y%m%d}"] = put - call
            terms["put"].append((days, put))
            terms["call"].append((days, call))
        if atm is not None:
            found[f"atm_{expiry:%Y%m%d}"] = atm
            terms["atm"].append((days, atm))
    for suffix, at_term in (("", black76.at_days), ("_variance", black76.at_days_by_variance)):
        put, call, atm = (at_term(terms[leg], TERM_DAYS) for leg in ("put", "call", "atm"))
        if put is not None and call is not None:
            found[f"skew_25d_30d{suffix}"] = put - call
            found[f"risk_reversal_25d_30d{suffix}"] = call - put
        if atm is not None:
            found[f"atm_30d{suffix}"] = atm
    puts_coin, calls_coin = (
        sum((o.open_interest_coin for o in options if o.call is side), Decimal(0)) for side in (False, True)
    )
    if calls_coin:
        found["put_call_open_interest_ratio"] = float(puts_coin / calls_coin)
    return found


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="deribit_option_skew",
        source="deribit",
        kind="option_volatility",
        title="Deribit option skew (snapshot)",
        earliest=date(2020, 1, 1),
        cut=Cut.SNAPSHOT,
        parts=parts,
        fetch=fetch,
        parse=parse,
        tail_days=0,
    ),
)
