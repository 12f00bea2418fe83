"""Coin Metrics community: activity and closing price of bitcoin and ethereum per UTC day (no key).

Limits: 10 calls per 6 s and address, 10,000 rows a page. Units: counts a day (active addresses,
transactions, transfers) and USD per coin; `time` is the start of the UTC day, values are text.
Depth: the whole history. Licence: CC BY-NC 4.0.
Traps: one metric that is not free fails the whole request with 403, so the catalogue says what is asked
and the ignore flags stand behind it; the default page is 100 rows and begins at the end; pages go on at
`next_page_url`; a row without a figure has null or no field, which is no zero; a price is a close only,
so it is kept as a metric (`price_close_usd`) and not as a bar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from pipelines.sources import numbers
from pipelines.sources.bodies import json_of
from pipelines.sources.contract import Answer, Cut, Dataset, Part, Refused, Retry, Unparsable, Window
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.upstream import Reply, Upstream

DAY_SECONDS = 86_400
ROWS_A_PAGE = 10_000
EARLIEST = date(2020, 1, 1)
KEY = ("market", "chain", "metric", "day")
CHAINS = {"btc": "bitcoin", "eth": "ethereum"}
ACTIVITY = {
    "AdrActCnt": "active_addresses_count",
    "TxCnt": "transactions_count",
    "TxTfrCnt": "transfers_count",
}
PRICES = {"PriceUSD": "price_close_usd"}


def refusal(reply: Reply) -> None:
    """A 403 speaks of the metric, not of the route, where it says so in its own words."""
    if reply.status == 403 and reply.body.lstrip().startswith(b"{"):
        error = reply.json.get("error")
        if isinstance(error, dict):
            raise Refused(f"HTTP 403 {error.get('type')}: {error.get('message')}")


UPSTREAM = Upstream("https://community-api.coinmetrics.io", rates=((8, 6.0),), refusal=refusal)


def _whole(reply: Reply) -> None:
    if not isinstance(reply.json, dict):
        raise Retry(f"expected an object, found {reply.excerpt(80)!r}")
    _rows(reply.json)


def _data(answer: Answer) -> list[Any]:
    return _rows(json_of(answer))


def _rows(said: Any) -> list[Any]:
    data = numbers.required(said, "data", "answer")
    if not isinstance(data, list):
        raise Unparsable(f"data: expected a list, found {type(data).__name__}")
    return data


def _parts_of(metrics: Mapping[str, str]) -> Callable[[Client, Sequence[str]], list[Part]]:
    def parts(client: Client, assets: Sequence[str]) -> list[Part]:
        """One part per chain, whatever assets are asked; its markets are the metrics that are free now."""
        query = {"assets": ",".join(CHAINS), "metrics": ",".join(metrics)}
        answer = client.get(UPSTREAM, "/v4/catalog-v2/asset-metrics", query, whole=_whole)
        found: dict[str, Part] = {}
        for row in _data(answer):
            asset = str(numbers.required(row, "asset", "catalogue"))
            free = [m for m in numbers.required(row, "metrics", f"catalogue {asset}") if _daily(m, asset)]
            names = sorted(m["metric"] for m in free if m["metric"] in metrics)
            if asset in CHAINS and names:
                context = {"asset": asset, "metrics": {name: metrics[name] for name in names}}
                found[asset] = Part(asset, tuple(f"{asset} {name}" for name in names), context)
        if not found:
            raise Unparsable(f"catalogue: none of {', '.join(metrics)} is there for {', '.join(CHAINS)}")
        return list(found.values())

    return parts


def _daily(row: Any, asset: str) -> bool:
    """Has a metric of the catalogue daily figures in our time?"""
    where = f"catalogue {asset}"
    name = numbers.required(row, "metric", where)
    for entry in numbers.required(row, "frequencies", f"{where} {name}"):
        if numbers.required(entry, "frequency", f"{where} {name}") == "1d":
            last = numbers.iso_day(numbers.required(entry, "max_time", f"{where} {name}"), "max_time")
            return last >= EARLIEST
    return False


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The window in pages of 10,000 rows, following the links of the answers."""
    answer = client.get(
        UPSTREAM,
        "/v4/timeseries/asset-metrics",
        {
            "assets": part.context["asset"],
            "metrics": ",".join(part.context["metrics"]),
            "frequency": "1d",
            "start_time": window.first_day.isoformat(),
            "end_time": window.last_day.isoformat(),
            "page_size": ROWS_A_PAGE,
            "paging_from": "start",
            "ignore_forbidden_errors": "true",
            "ignore_unsupported_errors": "true",
        },
        whole=_whole,
    )
    seen: set[str] = set()
    while True:
        yield answer
        following = json_of(answer).get("next_page_url")
        if following is None:
            return
        if not isinstance(following, str) or not following.startswith(UPSTREAM.base) or following in seen:
            raise Unparsable(
                f"next_page_url: expected another page of {UPSTREAM.base}, found {following!r:.80}"
            )
        seen.add(following)
        answer = client.get(UPSTREAM, following, whole=_whole)


def parse(answer: Answer) -> pl.DataFrame:
    """Columns of onchain_volume; the metric's name ends with its unit. A day without a figure has no row."""
    asset, metrics = answer.context["asset"], answer.context["metrics"]
    fields = {"asset", "time"} | set(metrics)
    rows = []
    for row in _data(answer):
        if (found := numbers.required(row, "asset", "row")) != asset:
            raise Unparsable(f"asset: asked for {asset}, found {found!r}")
        start = _time(numbers.required(row, "time", "row"))
        strangers = [f for f in row if f not in fields and not f.endswith(("-status", "-status-time"))]
        if strangers:
            raise Unparsable(f"row of {start.date()}: unknown field {', '.join(strangers)[:80]!r}")
        for name, metric in metrics.items():
            if row.get(name) is not None and numbers.ended(start, DAY_SECONDS, answer.observed_at):
                value = numbers.price(row[name], f"{name} {start.date()}")
                rows.append((f"{asset} {name}", CHAINS[asset], metric, start.date(), value))
    return frame("onchain_volume", rows, KEY)


def _time(value: Any) -> datetime:
    """`2020-02-29T00:00:00.000000000Z`: nine digits of a second, all zero for a day."""
    day = numbers.iso_day(value, "time")
    if str(value) != f"{day}T00:00:00.000000000Z":
        raise Unparsable(f"time: {str(value)[:40]!r} is not the start of a UTC day")
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _dataset(name: str, title: str, metrics: Mapping[str, str], earliest: date = EARLIEST) -> Dataset:
    """All pages of a history are one or two requests, so no range cuts off what lies before it."""
    return Dataset(
        name=name,
        source="coinmetrics",
        kind="onchain_volume",
        title=title,
        earliest=earliest,
        cut=Cut.WHOLE,
        parts=_parts_of(metrics),
        fetch=fetch,
        parse=parse,
        tail_days=30,
        from_earliest=True,
    )


DATASETS: tuple[Dataset, ...] = (
    _dataset("coinmetrics_activity", "Chain activity per day (Coin Metrics community)", ACTIVITY),
    # the closes that seasonality over twelve years needs begin where the question does
    _dataset(
        "coinmetrics_prices", "Closing price per day (Coin Metrics community)", PRICES, date(2011, 12, 1)
    ),
)
