"""OKX: open interest of the swaps at 00:00 UTC, the last month.

Upstream: www.okx.com v5 rubik, keyless, 10 calls per 2 s and instrument. Units: coins and USD, one side.
Depth: hourly rows about a month. Terms: public market data, no licence stated.
Traps: rows of `1D` are cut at UTC+8, so hourly rows are asked and the one at 00:00 UTC is kept; a call
holds 100 rows, the newest, so a window is four days; `begin` alone is ignored for old data, so both ends
are sent; an impossible range is code 50030 with HTTP 200.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time

import polars as pl

from pipelines.sources import numbers, okx
from pipelines.sources.bodies import json_of
from pipelines.sources.contract import Answer, Cut, Dataset, Part, Retry, Unparsable, Window
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.upstream import Reply

ROW_FIELDS = ("ts", "contracts", "coins", "usd")
ROWS_A_CALL = 100
DAYS_A_WINDOW = 4  # 96 hourly rows
DEPTH_DAYS = 29
HOUR_SECONDS = 3600
KEY = ("venue", "market", "asset", "measured_at")


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The hours of the window in one answer; more than fit would be cut without a word."""
    if (window.end - window.start).total_seconds() / HOUR_SECONDS >= ROWS_A_CALL:
        raise ValueError(f"{window} is more than {ROWS_A_CALL} hours: the upstream would cut it silently")
    asked = {
        "instId": part.name,
        "period": "1H",
        "begin": window.start_ms - 1,  # whether the bounds count is not documented
        "end": window.end_ms,
        "limit": ROWS_A_CALL,
    }
    yield client.get(
        okx.REST,
        "/api/v5/rubik/stat/contracts/open-interest-history",
        asked,
        whole=_whole,
        rate_key=f"rubik {part.name}",
    )


def _whole(reply: Reply) -> None:
    if not isinstance(reply.json, dict):
        raise Retry(f"expected an object, found {type(reply.json).__name__}")
    for field in ("code", "data"):
        numbers.required(reply.json, field, "answer")


def parse(answer: Answer) -> pl.DataFrame:
    """Columns of open_interest: coins and USD at 00:00 UTC."""
    swap, asset, margin = (answer.context[name] for name in ("swap", "asset", "margin"))
    data = numbers.required(json_of(answer), "data", "answer")
    if not isinstance(data, list):
        raise Unparsable(f"data: expected a list, found {type(data).__name__}")
    rows = []
    for row in data:
        if not isinstance(row, list) or len(row) != len(ROW_FIELDS):
            raise Unparsable(f"open interest: a row is {', '.join(ROW_FIELDS)}; found {str(row)[:120]}")
        measured_at = numbers.moment(row[0], "ts", "ms")
        _, coins, usd = (numbers.price(v, name) for v, name in zip(row[1:], ROW_FIELDS[1:], strict=True))
        if measured_at.time() == time.min and numbers.ended(measured_at, 0, answer.observed_at):
            rows.append((okx.VENUE, swap, asset, margin, measured_at, coins, usd))
    return frame("open_interest", rows, KEY)


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="okx_open_interest",
        source="okx",
        kind="open_interest",
        title="OKX open interest at 00:00 UTC (last month)",
        earliest=date(2020, 1, 1),
        cut=Cut.DAYS,
        days_per_window=DAYS_A_WINDOW,
        depth_days=DEPTH_DAYS,
        parts=okx.parts,
        fetch=fetch,
        parse=parse,
        tail_days=1,
    ),
)
