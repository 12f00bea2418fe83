"""Liquidation orders as rows: notional in USD, ids where an upstream gives none, pages without overlap.

An order is an event: equal ones are two, while the same one sent twice is one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import TypeVar

from pipelines.sources import numbers
from pipelines.sources.contract import Answer, Unparsable, Window

ORDER_KEY = ("venue", "market", "liquidated_at", "order_id")
DOUBLED_ROWS = 3

Row = TypeVar("Row")


def linear_usd(amount: Decimal, multiplier: Decimal, price: Decimal) -> Decimal:
    """USD of `amount` units of `multiplier` coins each at `price`."""
    return numbers.money(amount * multiplier * price, "usd")


def inverse_usd(amount: Decimal, face_usd: Decimal) -> Decimal:
    """USD of `amount` units of `face_usd` each; the price plays no part."""
    return numbers.money(amount * face_usd, "usd")


def liquidated_side(order_side: object, field: str) -> str:
    """The position behind a liquidation order: it sells to close a long, it buys to close a short."""
    word = str(order_side).lower()
    if word not in ("sell", "buy"):
        raise Unparsable(f"{field}: expected sell or buy, found {str(order_side)[:40]!r}")
    return "long" if word == "sell" else "short"


def composite_id(seen: Counter[str], moment: object, *marks: object) -> str:
    """An id for an order without one: its own marks, and a number where an equal one came before.

    `seen` counts the ids of one answer, in which all orders of one moment must stand.
    """
    name = " ".join(f"{mark.normalize():f}" if isinstance(mark, Decimal) else str(mark) for mark in marks)
    key = f"{moment} {name}"
    seen[key] += 1
    return name if seen[key] == 1 else f"{name} #{seen[key]}"


def without_doubled_end(rows: Sequence[Row]) -> Sequence[Row]:
    """Rows less a last block that repeats the block before it: an answer whose end was sent twice.

    Equal orders elsewhere are events of their own and stay; that the last three, or all there are,
    happened again in the same order is not to be believed.
    """
    block = min(DOUBLED_ROWS, len(rows) // 2)
    whole = block == DOUBLED_ROWS or 2 * block == len(rows)
    if block and whole and rows[-block:] == rows[-2 * block : -block]:
        return rows[:-block]
    return rows


# ---- upstreams that answer newest first --------------------------------------------------------------


def backwards(
    ask: Callable[[int], Answer],
    times: Callable[[Answer], Sequence[int]],
    window: Window,
    page_rows: int | None = None,
) -> Iterator[Answer]:
    """Pages from the last millisecond of the window back to its start.

    `ask(last_ms)` gives what happened at or before that moment, `times` the milliseconds of its rows.
    Where rows may share a moment, `page_rows` is the length of a full page: its oldest moment may be
    cut, so the next page begins with it, and `whole_moments` leaves it out of this one.
    """
    last = window.end_ms - 1
    while last >= window.start_ms:
        answer = ask(last)
        yield answer
        found = times(answer)
        if not found:
            return
        if max(found) > last:
            raise Unparsable(f"a row of {max(found)} is newer than the asked {last}")
        oldest = min(found)
        if page_rows is None:
            last = oldest - 1
        elif len(found) < page_rows:
            return
        elif oldest == last:
            raise Unparsable(f"more than {page_rows} rows share the moment {last}: they cannot be paged")
        else:
            last = oldest


def whole_moments(rows: Sequence[Row], times: Sequence[int], full: bool) -> list[Row]:
    """The rows of a page less its oldest moment where the page is full, see `backwards`."""
    if not full:
        return list(rows)
    oldest = min(times)
    return [row for row, at in zip(rows, times, strict=True) if at > oldest]
