"""HTX: open interest of the perpetuals at 00:00 UTC, the last month.

Upstream: api.hbdm.com, keyless, see htx.py. Units: linear contracts in coins (`amount_type` 2) and USDT,
taken as dollars; inverse ones in contracts (`amount_type` 1) of `face` dollars; one side. Depth: the newest
200 rows and nothing older, which is 33 days of four hours. Terms: public market data, no licence stated.
Traps: BOTH sides are counted, so everything is halved here; there is no from and no to, only a number of
rows; day rows may be cut at UTC+8, so rows of four hours are asked and the one at 00:00 UTC is kept; whether
`ts` is the start or the end of its four hours is not documented, so a row counts once it is over either way;
inverse rows have no `value`; what a coin is in a contract on a thousand of them is not documented (null).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from pipelines.sources import htx, numbers
from pipelines.sources.bodies import json_of
from pipelines.sources.contract import Answer, Cut, Dataset, Incomplete, Part, Unparsable, Window, midnight
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.upstream import Reply

KEY = ("venue", "market", "asset", "measured_at")
PERIOD, BUCKET = "4hour", timedelta(hours=4)
MOST_ROWS = 200
DEPTH_DAYS = 32  # of six rows each, and the running day is one of them
SIDES = 2
AMOUNT_TYPES = {"linear": 2, "inverse": 1}  # coins | contracts


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """One part per perpetual of the asked coins (all where none is named), linear and inverse."""
    return [part for margin in htx.APIS for part in htx.contracts(client, margin, assets)]


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """As many of the newest rows as reach back to the start of the window; fewer are all there is."""
    margin = part.context["margin"]
    # the newest row may be stamped with the start of the running four hours or with their end
    size = min(MOST_ROWS, (client.now - window.start) // BUCKET + 2)
    asked = {
        "contract_code": part.name,
        "period": PERIOD,
        "size": size,
        "amount_type": AMOUNT_TYPES[margin],
    }
    answer = client.get(htx.UPSTREAM, f"{htx.APIS[margin]}/v1/swap_his_open_interest", asked, whole=_whole)
    times = [_time(row) for row in _ticks(json_of(answer))]
    begins = max(window.start, midnight(part.since)) if part.since else window.start
    if len(times) >= size and min(times) > begins:
        raise Incomplete(
            f"the newest {len(times)} rows begin {min(times):%Y-%m-%d %H:%M} UTC, asked since {window.first_day}"
        )
    yield answer


def _whole(reply: Reply) -> None:
    htx.whole(reply)
    _ticks(reply.json)


def _ticks(body: Any) -> list[Any]:
    rows = numbers.required(numbers.required(body, "data", "answer"), "tick", "data")
    if not isinstance(rows, list):
        raise Unparsable(f"data.tick: expected a list, found {type(rows).__name__}")
    return rows


def _time(row: Any) -> datetime:
    at = numbers.moment(numbers.required(row, "ts", "tick"), "ts", "ms")
    if (at - midnight(at.date())) % BUCKET:
        raise Unparsable(f"ts: {at.isoformat()} is not on the grid of four hours")
    return at


def parse(answer: Answer) -> pl.DataFrame:
    """Columns of open_interest at 00:00 UTC: coins and USD where linear, USD where inverse, one side."""
    contract, asset, margin = (answer.context[name] for name in ("contract", "asset", "margin"))
    body = json_of(answer)
    ticks = _ticks(body)
    if (found := numbers.required(body["data"], "contract_code", "data")) != contract:
        raise Unparsable(f"contract_code: asked for {contract}, found {found!r}")
    rows = []
    for row in ticks:
        measured_at = _time(row)
        coins, usd = _amounts(row, answer)
        if measured_at.time() == time.min and measured_at + BUCKET <= answer.observed_at:
            rows.append((htx.VENUE, contract, asset, margin, measured_at, coins, usd))
    return frame("open_interest", rows, KEY)


def _amounts(row: Any, answer: Answer) -> tuple[Decimal | None, Decimal]:
    """Coins and dollars of one side."""
    contract, asset, margin = (answer.context[name] for name in ("contract", "asset", "margin"))
    stated = numbers.whole_number(numbers.required(row, "amount_type", "tick"), "amount_type")
    if stated != AMOUNT_TYPES[margin]:
        raise Unparsable(f"amount_type: asked for {AMOUNT_TYPES[margin]} of {contract}, found {stated}")
    volume = numbers.price(numbers.required(row, "volume", "tick"), "volume")
    if margin == "inverse":
        return None, numbers.price(volume * Decimal(answer.context["face"]) / SIDES, "volume")
    value = numbers.price(numbers.required(row, "value", "tick"), "value")
    counts_coins = contract.partition("-")[0] == asset
    coins = numbers.price(volume / SIDES, "volume") if counts_coins else None
    return coins, numbers.price(value / SIDES, "value")


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="htx_open_interest",
        source="htx",
        kind="open_interest",
        title="HTX open interest at 00:00 UTC (last month)",
        earliest=htx.EARLIEST,
        cut=Cut.DAYS,
        days_per_window=DEPTH_DAYS,
        depth_days=DEPTH_DAYS,
        parts=parts,
        fetch=fetch,
        parse=parse,
        tail_days=1,
    ),
)
