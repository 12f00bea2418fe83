"""Hyperliquid: funding by the hour. It has no feed of liquidations: nothing here stands in for one.

Upstream: api.hyperliquid.xyz, keyless, JSON questions by POST; weight 1,200 a minute and address, a
page of 500 hours weighs 45. Rates are fractions per hour. Depth: from 2023-05-12 on.
Terms: public API, no licence stated.
Traps: pages run from old to new and end at 500 rows without a word; coins are bare names, kPEPE is a
thousand PEPE; an unknown coin is HTTP 500 `null`, so only listed coins are asked for; any question
that is not understood is HTTP 422. Times are some milliseconds late (kept).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from pipelines.sources import numbers
from pipelines.sources.bodies import json_of, whole_list
from pipelines.sources.contract import Answer, Cut, Dataset, Part, Retry, Unparsable, Window
from pipelines.sources.extent import leading
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.names import listed_asset
from pipelines.sources.upstream import Reply, Upstream

VENUE = "hyperliquid"
FUNDING_KEY = ("venue", "market", "asset", "settled_at", "rate_kind")
EARLIEST = date(2023, 5, 12)
HOUR_MS = 3_600_000
INTERVAL_HOURS = Decimal(1)  # the venue pays every hour, by its documentation
DAYS_A_WINDOW = 20  # 480 hours: one page of 500
PAGE_WEIGHT, PLAIN_WEIGHT = 45, 20

UPSTREAM = Upstream("https://api.hyperliquid.xyz", rates=((1150, 60.0),))


def _whole_object(reply: Reply) -> None:
    if not isinstance(reply.json, dict):
        raise Retry(f"expected an object, found {type(reply.json).__name__}")


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The listed coins among the leading assets (all coins where none is named)."""
    answer = client.post(UPSTREAM, "/info", {"type": "meta"}, whole=_whole_object, cost=PLAIN_WEIGHT)
    wanted, found = leading(assets), []
    universe = numbers.required(json_of(answer), "universe", "meta")
    if not isinstance(universe, list):
        raise Unparsable(f"universe: expected a list, found {type(universe).__name__}")
    for row in universe:
        coin = str(numbers.required(row, "name", "universe"))
        asset = listed_asset(coin)
        if asset and (not wanted or asset in wanted):
            found.append(Part(coin, (coin,), {"coin": coin, "asset": asset}))
    return found


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """Pages from the start of the window until its last hour or an empty page is reached."""
    first = window.start_ms
    while first + HOUR_MS <= window.end_ms:
        question = {
            "type": "fundingHistory",
            "coin": part.name,
            "startTime": first,
            "endTime": window.end_ms - 1,
        }
        answer = client.post(UPSTREAM, "/info", question, whole=whole_list, cost=PAGE_WEIGHT)
        yield answer
        times = [_time(row) for row in _rows(answer)]
        if not times:
            return
        if max(times) < first:
            raise Unparsable(f"time: {max(times)} is older than the asked {first}")
        first = max(times) + 1


def _rows(answer: Answer) -> list[Any]:
    rows = json_of(answer)
    if not isinstance(rows, list):
        raise Unparsable(f"fundingHistory: expected a list, found {type(rows).__name__}")
    return rows


def _time(row: Any) -> int:
    return numbers.whole_number(numbers.required(row, "time", "hour"), "time")


def parse(answer: Answer) -> pl.DataFrame:
    """Hours as raw.funding_rates: fraction per hour."""
    coin, asset = answer.context["coin"], answer.context["asset"]
    rows = []
    for row in _rows(answer):
        if (found := numbers.required(row, "coin", "hour")) != coin:
            raise Unparsable(f"coin: asked for {coin}, found {found!r}")
        settled_at = numbers.moment(_time(row), "time", "ms")
        rate = numbers.rate(numbers.required(row, "fundingRate", "hour"), "fundingRate")
        if numbers.ended(settled_at, 0, answer.observed_at):
            rows.append((VENUE, coin, asset, "linear", settled_at, rate, INTERVAL_HOURS, "settled"))
    return frame("funding_rates", rows, FUNDING_KEY)


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="hyperliquid_funding",
        source="hyperliquid",
        kind="funding_rates",
        title="Hyperliquid funding by the hour (leading assets)",
        earliest=EARLIEST,
        cut=Cut.DAYS,
        days_per_window=DAYS_A_WINDOW,
        parts=parts,
        fetch=fetch,
        parse=parse,
        tail_days=2,
    ),
)
