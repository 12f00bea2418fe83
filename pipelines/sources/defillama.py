"""DefiLlama: spot DEX volume per chain and UTC day (no key).

Limits: none published; bursts get 429. Units: USD at 00:00 UTC of the day covered, times in seconds.
Depth: the whole history in one answer. Licence: free API, attribute DefiLlama.
Traps: the chart alone is a daily series (`total24h` is a rolling figure); the breakdown has to be
excluded by name or the answer is tens of MB; null and negative points occur and are kept as they came;
the running day is served in part; adapters are repaired later, so ninety days are restated; an unknown
chain is a 404 in plain text; aggregators and derivatives are other series and would count twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from urllib.parse import quote

import polars as pl

from pipelines.sources.bodies import json_of
from pipelines.sources.contract import Answer, Cut, Dataset, Part, Retry, Unparsable, Window
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.numbers import day_start, ended, price, required
from pipelines.sources.upstream import Reply, Upstream

UPSTREAM = Upstream(base="https://api.llama.fi", rates=((200, 60.0),))
DAY_SECONDS = 86_400
TOTAL = "all"  # the upstream's own total over all chains
METRIC = "dex_volume_usd"
KEY = ("market", "chain", "metric", "day")
# The chains with the largest spot DEX volume, by chain id; the upstream has hundreds.
CHAINS = (
    "ethereum",
    "solana",
    "bsc",
    "base",
    "arbitrum",
    "polygon",
    "optimism",
    "avalanche",
    "sui",
    "tron",
    "hyperliquid l1",
    "sonic",
)
ALIASES = {"op mainnet": "optimism", "binance": "bsc"}  # renamed upstream; the series goes on


def chain_id(name: str) -> str:
    """Lower case, and one id where the upstream has renamed a chain."""
    return ALIASES.get(name.strip().lower(), name.strip().lower())


def whole_overview(reply: Reply) -> None:
    """Every overview is a JSON object."""
    if not isinstance(reply.json, dict):
        raise Retry(f"expected a JSON object, found {reply.excerpt(80)!r}")


def _overview(client: Client, chain: str | None, *, chart: bool, absent: tuple[int, ...] = ()) -> Answer:
    return client.get(
        UPSTREAM,
        "/overview/dexs" + (f"/{quote(chain)}" if chain else ""),
        {"excludeTotalDataChart": str(not chart).lower(), "excludeTotalDataChartBreakdown": "true"},
        whole=whole_overview,
        absent=absent,
    )


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The total, and the large chains that the upstream names now (all, where it names few)."""
    named = required(json_of(_overview(client, None, chart=False)), "allChains", "overview/dexs")
    if not isinstance(named, list) or not all(isinstance(name, str) and name.strip() for name in named):
        raise Unparsable(f"overview/dexs: allChains: expected a list of names, found {named!r:.80}")
    chains = {chain_id(name): name for name in named}
    wanted = sorted(chains) if len(chains) <= len(CHAINS) else [c for c in CHAINS if c in chains]
    total = Part(TOTAL, (TOTAL,), {"chain": TOTAL, "name": None})
    return [total, *(Part(c, (c,), {"chain": c, "name": chains[c]}) for c in wanted)]


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The whole history of one chain in one answer."""
    name = part.context["name"]
    yield _overview(client, name, chart=True, absent=(404,) if name else ())


def parse(answer: Answer) -> pl.DataFrame:
    """Columns of onchain_volume; USD, null and negative points as they came.

    `market` is the chain id, not the upstream's spelling, so that a renamed chain stays one series.
    """
    chain = answer.context["chain"]
    said = json_of(answer)
    chart = required(said, "totalDataChart", f"overview/dexs {chain}")
    if not isinstance(chart, list):
        raise Unparsable(f"{chain}: totalDataChart: expected a list, found {type(chart).__name__}")
    answered = said.get("chain")
    if answered is not None and chain_id(str(answered)) != chain:
        raise Unparsable(f"{chain}: the answer is about chain {answered!r}")
    rows: list[tuple[str, str, str, date, Decimal | None]] = []
    for point in chart:
        if not isinstance(point, list) or len(point) != 2:
            raise Unparsable(f"{chain}: expected points of [time, usd], found {point!r:.60}")
        start = day_start(point[0], f"{chain} time", "s")
        value = None if point[1] is None else price(point[1], f"{chain} {start.date()}")
        if ended(start, DAY_SECONDS, answer.observed_at):
            rows.append((chain, chain, METRIC, start.date(), value))
    if not chart and chain == TOTAL:
        raise Unparsable("all: totalDataChart is empty")
    return frame("onchain_volume", rows, KEY)


DATASETS = (
    Dataset(
        name="defillama_dex_volume",
        source="defillama",
        kind="onchain_volume",
        title="Spot DEX volume per chain and day (DefiLlama)",
        earliest=date(2020, 1, 1),
        cut=Cut.WHOLE,
        parts=parts,
        fetch=fetch,
        parse=parse,
        tail_days=90,
    ),
)
