"""Gate: every single liquidation order of the last 90 days, for the whole market by the hour.

Upstream: api.gateio.ws v4, see gate.py. A question spans at most one hour and 1,000 orders; without
a contract it covers the whole market of a settle coin, 24 calls a day and settle. The upstream keeps
90 days (2,160 calls a settle): a run over all history takes the last days only, days that are named
are asked for whole.
Units: contracts of `quanto_multiplier` coins (settle usdt) or of one dollar (settle btc), at the
price of the fill. Times are seconds.
Traps: `size` is the position, and is repeated while it is closed in steps, so the order counts:
`order_size` less what is `left` of it; orders have no id; a full page may be cut, so the hour is
asked again in halves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

import polars as pl

from pipelines.sources import numbers
from pipelines.sources.bodies import whole_list
from pipelines.sources.contract import Answer, Cut, Dataset, Part, Unparsable, Window
from pipelines.sources.extent import first_day
from pipelines.sources.frames import frame
from pipelines.sources.gate import UPSTREAM, VENUE, contracts, path, rows_of
from pipelines.sources.http import Client
from pipelines.sources.orders import ORDER_KEY, composite_id, inverse_usd, linear_usd, without_doubled_end

HOUR_SECONDS = 3600
ROWS_A_PAGE = 1000
DEPTH_DAYS = 90
USUAL_DAYS = 3


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """One part per settle coin; its context says what a contract of each asked coin is."""
    since = first_day(client, USUAL_DAYS, DEPTH_DAYS, DEPTH_DAYS)
    return [
        Part(settle, tuple(listed), {"settle": settle, "contracts": listed}, since=since)
        for settle, listed in contracts(client, assets).items()
    ]


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """Hour by hour, in halves where an answer is full."""
    end = int(window.end.timestamp())
    for start in range(int(window.start.timestamp()), end, HOUR_SECONDS):
        yield from _between(client, part, start, min(start + HOUR_SECONDS, end) - 1)


def _between(client: Client, part: Part, first: int, last: int) -> Iterator[Answer]:
    """The orders from second `first` to second `last`, both included."""
    asked = {"from": first, "to": last, "limit": ROWS_A_PAGE}
    where = path(part.context["settle"], "liq_orders")
    answer = client.get(UPSTREAM, where, asked, whole=whole_list, rate_key="liq_orders")
    if len(rows_of(answer)) < ROWS_A_PAGE:
        yield answer
    elif first == last:
        raise Unparsable(f"more than {ROWS_A_PAGE} orders in the second {first}: they cannot be paged")
    else:
        middle = (first + last) // 2
        yield from _between(client, part, first, middle)
        yield from _between(client, part, middle + 1, last)


def parse(answer: Answer) -> pl.DataFrame:
    """Orders of the asked contracts as raw.liquidation_orders; the rest of the market is left out."""
    listed = answer.context["contracts"]
    seen: Counter[str] = Counter()
    rows = []
    for row in without_doubled_end(rows_of(answer)):
        contract = numbers.required(row, "contract", "order")
        if not isinstance(contract, str) or "_" not in contract:  # else it would pass for another market
            raise Unparsable(f"contract: expected a name like BTC_USDT, found {contract!r}")
        at = numbers.moment(numbers.required(row, "time", contract), "time", "s")
        position, ordered, left, fill_price = (
            numbers.price(numbers.required(row, field, contract), field)
            for field in ("size", "order_size", "left", "fill_price")
        )
        side, filled = _side(contract, position, ordered), abs(ordered) - abs(left)
        if filled < 0:
            raise Unparsable(f"{contract} left: {left} is more than the order of {ordered}")
        if contract not in listed:
            continue
        about = listed[contract]
        multiplier = Decimal(about["multiplier"])
        linear = about["margin"] == "linear"
        usd = linear_usd(filled, multiplier, fill_price) if linear else inverse_usd(filled, multiplier)
        order_id = composite_id(seen, (contract, at), side, filled, "at", fill_price, "of", abs(position))
        order = (at, order_id, side, fill_price, "fill", filled, "contract", multiplier, usd)
        rows.append((VENUE, contract, about["asset"], *order))
    return frame("liquidation_orders", rows, ORDER_KEY)


def _side(contract: str, position: Decimal, ordered: Decimal) -> str:
    """A long position (size above 0) is closed by an order below 0; both must say the same."""
    if not ordered or (position and (position > 0) == (ordered > 0)):
        raise Unparsable(f"{contract}: an order of {ordered} does not close a position of {position}")
    return "long" if ordered < 0 else "short"


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="gate_liq_orders",
        source="gate",
        kind="liquidation_orders",
        title="Gate liquidation orders (last 90 days)",
        earliest=date(2020, 1, 1),
        cut=Cut.DAYS,
        days_per_window=1,
        depth_days=DEPTH_DAYS,
        parts=parts,
        fetch=fetch,
        parse=parse,
        tail_days=0,
        workers=4,
    ),
)
