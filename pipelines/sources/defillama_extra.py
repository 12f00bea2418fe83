"""DefiLlama beside DEX volume: fees of all protocols, and value locked per chain, per UTC day (no key).

Limits, licence and spelling of chains as in defillama.py. Units: USD; fees are a day's sum at 00:00 UTC of
the day covered, value locked is a level at 00:00 UTC. Depth: the whole history in one answer.
Traps: `/charts` is the legacy form of value locked with other double-count rules, so `/v2` is asked, which
leaves out liquid staking and double counts; the fees chart has to be asked for by name and its breakdown
excluded; what is not free any more is a 404 in plain text (an answer: absent); an empty history is an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import polars as pl

from pipelines.sources.bodies import json_of, whole_list
from pipelines.sources.contract import Answer, Cut, Dataset, Part, Unparsable, Window
from pipelines.sources.defillama import CHAINS, DAY_SECONDS, KEY, TOTAL, UPSTREAM, chain_id, whole_overview
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.numbers import day_start, ended, price, required

Row = tuple[str, str, str, date, Decimal | None]
FEES, TVL = "fees_usd", "tvl_usd"


def fees_parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The total over all chains alone."""
    return [Part(TOTAL, (TOTAL,), {"chain": TOTAL})]


def fetch_fees(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The whole history in one answer."""
    asked = {
        "excludeTotalDataChart": "false",
        "excludeTotalDataChartBreakdown": "true",
        "dataType": "dailyFees",
    }
    yield client.get(UPSTREAM, "/overview/fees", asked, whole=whole_overview, absent=(404,))


def parse_fees(answer: Answer) -> pl.DataFrame:
    """Columns of onchain_volume; USD, null and negative points as they came."""
    chart = required(json_of(answer), "totalDataChart", "overview/fees")
    if not isinstance(chart, list):
        raise Unparsable(f"totalDataChart: expected a list, found {type(chart).__name__}")
    rows: list[Row] = []
    for point in chart:
        if not isinstance(point, list) or len(point) != 2:
            raise Unparsable(f"fees: expected points of [time, usd], found {point!r:.60}")
        rows += _row(answer, TOTAL, FEES, point[0], point[1])
    return frame("onchain_volume", rows, KEY)


def tvl_parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The total, and the large chains that the upstream names now (all, where it names few)."""
    listed = json_of(client.get(UPSTREAM, "/v2/chains", whole=whole_list))
    chains = {chain_id(str(required(row, "name", "chains"))): str(row["name"]) for row in listed}
    if not chains:
        raise Unparsable("v2/chains is empty")
    wanted = sorted(chains) if len(chains) <= len(CHAINS) else [c for c in CHAINS if c in chains]
    total = Part(TOTAL, (TOTAL,), {"chain": TOTAL, "name": None})
    return [total, *(Part(c, (c,), {"chain": c, "name": chains[c]}) for c in wanted)]


def fetch_tvl(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The whole history of one chain in one answer."""
    name = part.context["name"]
    path = "/v2/historicalChainTvl" + (f"/{quote(name)}" if name else "")
    yield client.get(UPSTREAM, path, whole=whole_list, absent=(404,) if name else ())


def parse_tvl(answer: Answer) -> pl.DataFrame:
    """Columns of onchain_volume; USD locked at 00:00 UTC of the day."""
    chain = answer.context["chain"]
    points = json_of(answer)
    if not isinstance(points, list):
        raise Unparsable(f"{chain}: expected a list, found {type(points).__name__}")
    rows: list[Row] = []
    for point in points:
        rows += _row(answer, chain, TVL, required(point, "date", chain), required(point, "tvl", chain))
    return frame("onchain_volume", rows, KEY)


def _row(answer: Answer, chain: str, metric: str, seconds: Any, usd: Any) -> list[Row]:
    """One row, or none for the running day."""
    start = day_start(seconds, f"{chain} {metric} time", "s")
    value = None if usd is None else price(usd, f"{chain} {metric} {start.date()}")
    over = ended(start, DAY_SECONDS, answer.observed_at)
    return [(chain, chain, metric, start.date(), value)] if over else []


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="defillama_fees",
        source="defillama",
        kind="onchain_volume",
        title="Fees of all protocols per day (DefiLlama)",
        earliest=date(2020, 1, 1),
        cut=Cut.WHOLE,
        parts=fees_parts,
        fetch=fetch_fees,
        parse=parse_fees,
        tail_days=90,
    ),
    Dataset(
        name="defillama_tvl",
        source="defillama",
        kind="onchain_volume",
        title="Value locked per chain and day (DefiLlama)",
        earliest=date(2020, 1, 1),
        cut=Cut.WHOLE,
        parts=tvl_parts,
        fetch=fetch_tvl,
        parse=parse_tvl,
        tail_days=90,
    ),
)
