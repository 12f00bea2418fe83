"""Blockchain.com: estimated value moved on the bitcoin chain per UTC day (no key).

Limits: none published, about a call every ten seconds is polite. Units: USD at 00:00 UTC of the day
covered, change outputs left out by the publisher's own estimate; times in seconds. Depth: since 2009 in
one answer. Licence: none stated, attribute Blockchain.com.
Traps: without `sampled=false` the answer is thinned to about 1,500 points without a word, so thin answers
are refused here; values are revised; the newest day comes about a day late.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import polars as pl

from pipelines.sources import numbers
from pipelines.sources.bodies import json_of
from pipelines.sources.contract import Answer, Cut, Dataset, Part, Retry, Unparsable, Window
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.upstream import Reply, Upstream

UPSTREAM = Upstream("https://api.blockchain.info", rates=((1, 10.0),))
DAY_SECONDS = 86_400
CHAIN, CHART, METRIC = "bitcoin", "estimated-transaction-volume-usd", "transfer_volume_usd"
KEY = ("market", "chain", "metric", "day")


def _whole(reply: Reply) -> None:
    if not isinstance(reply.json, dict):
        raise Retry(f"expected a JSON object, found {reply.excerpt(80)!r}")


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The one chart, whatever assets are asked: it is a chain's, not an asset's."""
    return [Part(CHART, (CHART,))]


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The whole history, unsampled, in one answer."""
    asked = {"timespan": "all", "format": "json", "sampled": "false"}
    yield client.get(UPSTREAM, f"/charts/{part.name}", asked, whole=_whole)


def parse(answer: Answer) -> pl.DataFrame:
    """Columns of onchain_volume, USD per day of the bitcoin chain."""
    said = json_of(answer)
    for field, expected in (("status", "ok"), ("unit", "USD"), ("period", "day")):
        if (found := numbers.required(said, field, CHART)) != expected:
            raise Unparsable(f"{CHART}: {field}: expected {expected!r}, found {found!r:.40}")
    points = numbers.required(said, "values", CHART)
    if not isinstance(points, list) or not points:
        raise Unparsable(f"{CHART}: values: expected points, found {str(points)[:40]!r}")
    rows: list[tuple[Any, ...]] = []
    for point in points:
        start = numbers.day_start(numbers.required(point, "x", CHART), "x", "s")
        value = numbers.price(numbers.required(point, "y", CHART), f"y {start.date()}")
        if numbers.ended(start, DAY_SECONDS, answer.observed_at):
            rows.append((CHART, CHAIN, METRIC, start.date(), value))
    table = frame("onchain_volume", rows, KEY)
    _refuse_thinned(sorted(table["day"].to_list()))
    return table


def _refuse_thinned(days: list[date]) -> None:
    """Every day should be there; a sampled answer has every other one at most."""
    if days and 5 * len(days) < 3 * ((days[-1] - days[0]).days + 1):
        raise Unparsable(f"{CHART}: {len(days)} points for {days[0]} to {days[-1]}: the answer was sampled")


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="blockchain_transfer_volume",
        source="blockchain",
        kind="onchain_volume",
        title="Value moved on the bitcoin chain per day (Blockchain.com)",
        earliest=date(2020, 1, 1),
        cut=Cut.WHOLE,
        parts=parts,
        fetch=fetch,
        parse=parse,
        tail_days=30,
    ),
)
