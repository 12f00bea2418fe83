"""Gate: its contracts, liquidations and open interest per contract and hour, and settled funding.

Upstream: api.gateio.ws v4, keyless, 200 calls per 10 s and endpoint. Terms: public market data, no
licence stated.
Units: liquidations are USD as stated; open interest is contracts of `quanto_multiplier` coins, and
two-sided (halved here); the inverse contract of settle `btc` says multiplier 0, one contract is one
dollar. Funding is a fraction per interval, times are seconds. Depth: statistics 180 days, asking for
more is an error; funding goes back years.
Traps: statistics have no `to`, 30 rows where no limit is asked, and day rows whose alignment is not
documented, so days are built from hours; whether open interest belongs to the start or the end of
its hour is not documented either (it is stamped with `time`); funding runs from new to old.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from pipelines.sources import numbers
from pipelines.sources.bodies import json_of, whole_list
from pipelines.sources.contract import Answer, Cut, Dataset, NotPublished, Part, Refused, Unparsable, Window
from pipelines.sources.extent import leading
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.instruments import Instrument, distinct, instrument_rows
from pipelines.sources.names import listed_asset
from pipelines.sources.orders import backwards
from pipelines.sources.upstream import Reply, Upstream

VENUE = "gate"
SETTLES = {"usdt": "linear", "btc": "inverse"}
BUCKET_KEY = ("venue", "market", "asset", "bucket_start", "bucket_seconds")
FUNDING_KEY = ("venue", "market", "asset", "settled_at", "rate_kind")
INTEREST_KEY = ("venue", "market", "asset", "measured_at")
HOUR_SECONDS = 3600
STATS_DAYS_A_WINDOW = 80  # 1,920 hours: one page
STATS_DEPTH_DAYS = 179  # 180 less the running day, lest midnight passes while asking
FUNDING_ROWS_A_PAGE = 1000
FUNDING_DAYS_A_WINDOW = 330  # 990 settlements every eight hours


def _refusal(reply: Reply) -> None:
    if reply.status != 400 or not reply.body.lstrip().startswith(b"{"):
        return
    label = reply.json.get("label")
    reason = f"{label}: {reply.json.get('message')}"
    if label == "CONTRACT_NOT_FOUND":
        raise NotPublished(reason)
    raise Refused(reason)


UPSTREAM = Upstream("https://api.gateio.ws", rates=((180, 10.0),), refusal=_refusal)


def path(settle: str, name: str) -> str:
    return f"/api/v4/futures/{settle}/{name}"


def rows_of(answer: Answer) -> list[Any]:
    rows = json_of(answer)
    if not isinstance(rows, list):
        raise Unparsable(f"expected a list, found {type(rows).__name__}")
    return rows


# ---- which contracts there are ---------------------------------------------------------------------


def instruments(rows: Sequence[Any], settle: str) -> list[Instrument]:
    """The contracts of a settle coin; the inverse one says multiplier 0, one contract is one dollar.

    Contracts that are settled in bitcoin but follow another coin (multiplier not 0) are left out.
    """
    margin = SETTLES[settle]
    found = []
    for row in rows:
        name = numbers.required(row, "name", "contract")
        if not isinstance(name, str) or "_" not in name:  # else it would pass for a coin of that name
            raise Unparsable(f"name: expected a contract like BTC_USDT, found {name!r}")
        stated = numbers.required(row, "quanto_multiplier", name)
        multiplier = numbers.price(stated, f"{name} quanto_multiplier")
        asset = listed_asset(name.partition("_")[0])
        if asset is None or (margin == "inverse" and multiplier):
            continue
        if margin == "linear" and multiplier <= 0:
            raise Unparsable(f"{name} quanto_multiplier: expected coins a contract, found {stated!r}")
        found.append(Instrument(name, asset, margin, multiplier if margin == "linear" else Decimal(1)))
    return distinct(found)


def listed(client: Client, settle: str, assets: Sequence[str]) -> list[Instrument]:
    """The contracts of a settle coin and the asked assets (all where none is named)."""
    answer = client.listing(UPSTREAM, path(settle, "contracts"), whole=whole_list, rate_key="contracts")
    return [i for i in instruments(rows_of(answer), settle) if not assets or i.asset in assets]


def contracts(client: Client, assets: Sequence[str]) -> dict[str, dict[str, dict[str, str]]]:
    """Settle -> contract -> its asset, margin and multiplier (coins, or USD where inverse) as text."""
    found = {}
    for settle in SETTLES:
        if each := listed(client, settle, assets):
            found[settle] = {
                i.name: {"asset": i.asset, "margin": i.margin, "multiplier": i.face} for i in each
            }
    return found


def lists(client: Client, assets: Sequence[str]) -> list[Part]:
    """One list of contracts per settle coin, whatever assets are asked."""
    return [Part(settle, (settle,), {"settle": settle}) for settle in SETTLES]


def fetch_list(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The list as it stands."""
    yield client.get(UPSTREAM, path(part.name, "contracts"), whole=whole_list, rate_key="contracts")


def parse_list(answer: Answer) -> pl.DataFrame:
    """The contracts as raw.instruments."""
    settle = answer.context["settle"]
    return instrument_rows(VENUE, settle, instruments(rows_of(answer), settle), answer.observed_at)


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """One part per contract of the asked coins (all where none is named)."""
    return [
        Part(name, (name,), {"settle": settle, "contract": name, **about})
        for settle, listed in contracts(client, assets).items()
        for name, about in listed.items()
    ]


def funding_parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The same for the leading assets: a year of funding costs two calls a contract."""
    return parts(client, leading(assets))


# ---- statistics: liquidations and open interest by the hour ----------------------------------------


def fetch_stats(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """Pages of hours from the start of the window to its end, or to an empty page."""
    at, end = int(window.start.timestamp()), int(window.end.timestamp())
    while at < end:
        hours = (end - at) // HOUR_SECONDS
        asked = {
            "contract": part.name,
            "interval": "1h",
            "from": at,
            "limit": min(hours, STATS_DAYS_A_WINDOW * 24),
        }
        where = path(part.context["settle"], "contract_stats")
        answer = client.get(UPSTREAM, where, asked, whole=whole_list, rate_key="contract_stats")
        yield answer
        hours_found = [_hour(row) for row in rows_of(answer)]
        if not hours_found:
            return
        newest = int(max(hours_found).timestamp())
        if newest < at:
            raise Unparsable(f"time: the newest hour {newest} is older than the asked {at}")
        at = newest + HOUR_SECONDS


def _hour(row: Any) -> Any:
    at = numbers.moment(numbers.required(row, "time", "hour"), "time", "s")
    if at.minute or at.second:
        raise Unparsable(f"time: {at.isoformat()} is not the start of an hour")
    return at


def parse_stats(answer: Answer) -> pl.DataFrame:
    """Hourly buckets as raw.liquidation_buckets, USD as stated."""
    contract, asset = answer.context["contract"], answer.context["asset"]
    rows = []
    for row in rows_of(answer):
        start = _hour(row)
        usd = [numbers.money(numbers.required(row, f, "hour"), f) for f in ("long_liq_usd", "short_liq_usd")]
        if numbers.ended(start, HOUR_SECONDS, answer.observed_at):
            rows.append((VENUE, contract, asset, start, HOUR_SECONDS, *usd))
    return frame("liquidation_buckets", rows, BUCKET_KEY)


def parse_interest(answer: Answer) -> pl.DataFrame:
    """Open interest at 00:00 UTC as raw.open_interest: half of what is stated, in coins and USD."""
    contract, asset, margin = (answer.context[k] for k in ("contract", "asset", "margin"))
    multiplier = Decimal(answer.context["multiplier"])
    rows = []
    for row in rows_of(answer):
        at = _hour(row)
        stated, usd, mark = (
            numbers.price(numbers.required(row, field, "hour"), field)
            for field in ("open_interest", "open_interest_usd", "mark_price")
        )
        if at.hour or not numbers.ended(at, 0, answer.observed_at):
            continue
        if margin == "linear":
            coins: Decimal | None = stated * multiplier / 2
        else:
            coins = stated * multiplier / 2 / mark if mark else None
        rounded = None if coins is None else numbers.price(coins, "open_interest")
        rows.append(
            (VENUE, contract, asset, margin, at, rounded, numbers.price(usd / 2, "open_interest_usd"))
        )
    return frame("open_interest", rows, INTEREST_KEY)


# ---- funding --------------------------------------------------------------------------------------------


def fetch_funding(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """Pages from the end of the window backwards, until its start or an empty page is reached."""

    def ask(last_ms: int) -> Answer:
        asked = {
            "contract": part.name,
            "from": window.start_ms // 1000,
            "to": last_ms // 1000,
            "limit": FUNDING_ROWS_A_PAGE,
        }
        where = path(part.context["settle"], "funding_rate")
        return client.get(UPSTREAM, where, asked, whole=whole_list, rate_key="funding_rate")

    def times(answer: Answer) -> list[int]:
        return [int(_settled(row).timestamp()) * 1000 for row in rows_of(answer)]

    yield from backwards(ask, times, window)


def _settled(row: Any) -> Any:
    return numbers.moment(numbers.required(row, "t", "settlement"), "t", "s")


def parse_funding(answer: Answer) -> pl.DataFrame:
    """Settlements as raw.funding_rates: fraction per interval; the interval of old rows is not stated."""
    contract, asset, margin = (answer.context[k] for k in ("contract", "asset", "margin"))
    rows = []
    for row in rows_of(answer):
        settled_at = _settled(row)
        rate = numbers.rate(numbers.required(row, "r", "settlement"), "r")
        if numbers.ended(settled_at, 0, answer.observed_at):
            rows.append((VENUE, contract, asset, margin, settled_at, rate, None, "settled"))
    return frame("funding_rates", rows, FUNDING_KEY)


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="gate_contracts",
        source="gate",
        kind="instruments",
        title="Gate contracts and their multipliers, as listed now",
        earliest=date(2020, 1, 1),
        cut=Cut.SNAPSHOT,
        parts=lists,
        fetch=fetch_list,
        parse=parse_list,
        tail_days=0,
    ),
    Dataset(
        name="gate_contract_stats",
        source="gate",
        kind="liquidation_buckets",
        title="Gate liquidations per contract and hour (last 180 days)",
        earliest=date(2020, 1, 1),
        cut=Cut.DAYS,
        days_per_window=STATS_DAYS_A_WINDOW,
        depth_days=STATS_DEPTH_DAYS,
        parts=parts,
        fetch=fetch_stats,
        parse=parse_stats,
        tail_days=2,
        workers=2,
    ),
    Dataset(
        name="gate_open_interest",
        source="gate",
        kind="open_interest",
        title="Gate open interest at 00:00 UTC (last 180 days)",
        earliest=date(2020, 1, 1),
        cut=Cut.DAYS,
        days_per_window=STATS_DAYS_A_WINDOW,
        depth_days=STATS_DEPTH_DAYS,
        parts=parts,
        fetch=fetch_stats,
        parse=parse_interest,
        tail_days=1,
        workers=2,
    ),
    Dataset(
        name="gate_funding",
        source="gate",
        kind="funding_rates",
        title="Gate funding settlements (leading assets)",
        earliest=date(2020, 1, 1),
        cut=Cut.DAYS,
        days_per_window=FUNDING_DAYS_A_WINDOW,
        parts=funding_parts,
        fetch=fetch_funding,
        parse=parse_funding,
        tail_days=2,
    ),
)
