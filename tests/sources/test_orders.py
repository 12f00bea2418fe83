"""What liquidation feeds share: notional, ids of orders without one, doubled ends, pages read backwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources.contract import Answer, Unparsable, Window
from pipelines.sources.extent import first_day, leading
from pipelines.sources.orders import (
    backwards,
    composite_id,
    inverse_usd,
    linear_usd,
    liquidated_side,
    whole_moments,
    without_doubled_end,
)

DAY = Window.of_days(date(2024, 12, 9), date(2024, 12, 9))


def test_linear_is_coins_times_price_and_inverse_is_face_alone() -> None:
    assert linear_usd(Decimal(2880), Decimal("0.0001"), Decimal(50000)) == Decimal("14400.0000")
    assert inverse_usd(Decimal(43), Decimal(100)) == Decimal("4300.0000")


@pytest.mark.parametrize(
    ("word", "side"), [("sell", "long"), ("SELL", "long"), ("buy", "short"), ("BUY", "short")]
)
def test_a_selling_order_closed_a_long(word: str, side: str) -> None:
    assert liquidated_side(word, "side") == side


@pytest.mark.parametrize("word", ["long", "", None, 1])
def test_another_word_is_no_side(word: Any) -> None:
    with pytest.raises(Unparsable, match="sell or buy"):
        liquidated_side(word, "side")


def test_equal_orders_of_one_moment_are_told_apart_and_others_are_not_numbered() -> None:
    seen: Counter[str] = Counter()
    ids = [composite_id(seen, at, "long", Decimal("1.50")) for at in (1, 1, 2, 1)]
    assert ids == ["long 1.5", "long 1.5 #2", "long 1.5", "long 1.5 #3"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("abcdefdef", "abcdef"),
        ("abcabc", "abc"),
        ("abab", "ab"),
        ("aa", "a"),
        ("", ""),
        ("a", "a"),
        ("xaay", "xaay"),  # equal orders inside are events of their own
        ("xaa", "xaa"),
        ("abcdab", "abcdab"),
    ],
)
def test_an_end_that_was_sent_twice_counts_once(sent: str, kept: str) -> None:
    assert list(without_doubled_end(list(sent))) == list(kept)


# ---- pages ------------------------------------------------------------------------------------------


def read(tape: Sequence[int], page_rows: int | None, cap: int, answer: Answer) -> list[int]:
    """Every millisecond of the tape that paging through it gives, in the order in which it is read."""
    pages: dict[str, list[int]] = {}

    def ask(last: int) -> Answer:
        pages[str(last)] = sorted((t for t in tape if t <= last), reverse=True)[:cap]
        return replace(answer, url=str(last))

    got = []
    for page in backwards(ask, lambda a: pages[a.url], DAY, page_rows):
        rows = pages[page.url]
        if page_rows is not None:
            rows = whole_moments(rows, rows, full=len(rows) >= page_rows)
        got += rows
    return [t for t in got if DAY.start_ms <= t < DAY.end_ms]


@settings(max_examples=60)
@given(moments=st.lists(st.integers(-3, 12), max_size=40), newest=st.integers(0, 3))
def test_pages_neither_lose_nor_double_what_shares_a_moment(
    answer_of: Any, moments: list[int], newest: int
) -> None:
    tape = [DAY.start_ms + m for m in moments] + [DAY.end_ms - 1] * newest
    inside = [t for t in tape if t >= DAY.start_ms]  # what shares a moment before the window is not read
    if max(Counter(inside).values(), default=0) >= 5:
        with pytest.raises(Unparsable, match="share the moment"):
            read(tape, 5, 5, answer_of([], {}))
    else:
        assert sorted(read(tape, 5, 5, answer_of([], {}))) == sorted(inside)


def test_one_row_a_moment_is_paged_to_the_start_or_to_an_empty_page(answer_of: Any) -> None:
    hours = [DAY.start_ms + 3_600_000 * n for n in range(24)]
    assert read(hours, None, 7, answer_of([], {})) == hours[::-1]
    assert read(hours[20:], None, 7, answer_of([], {})) == hours[:19:-1]


def test_an_upstream_that_ignores_the_cursor_is_caught(answer_of: Any) -> None:
    with pytest.raises(Unparsable, match="newer than the asked"):
        list(backwards(lambda last: answer_of([], {}), lambda a: [DAY.start_ms + 5], DAY))


# ---- how much is asked for --------------------------------------------------------------------------


def test_named_days_are_asked_for_whole_and_all_there_is_is_not(open_client: Any) -> None:
    client = open_client()  # the clock stands on 2024-12-10

    def since(first: date, last: date, depth_days: int | None = 90) -> date:
        bound = client.bind("*", Window.of_days(first, last), None, {})
        return first_day(bound, usual_days=3, most_days=90, depth_days=depth_days)

    usual, yesterday = date(2024, 12, 7), date(2024, 12, 9)
    assert since(date(2024, 11, 1), date(2024, 11, 30)) == date(2024, 11, 1)
    assert since(date(2020, 3, 13), date(2020, 3, 13), depth_days=None) == date(2020, 3, 13)
    assert since(date(2020, 1, 1), yesterday, depth_days=None) == usual
    assert since(date(2024, 9, 12), yesterday) == usual  # 90 days with today: cut off by the depth
    assert since(date(2024, 9, 12), date(2024, 11, 1)) == usual
    assert first_day(client, usual_days=3, most_days=90) == usual


def test_the_leading_assets_are_the_first_of_the_list_and_all_stay_all() -> None:
    assert list(leading(tuple("ABCDEFG"))) == list("ABCDE")
    assert list(leading(())) == []
