"""What a run asks for: exactly what is missing, never beyond today, the tail again, files when they are whole."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_exchange import dataset

from pipelines.runs.plan import DISCOVERY, Asked, cut, plan_part, settled, subtract, today
from pipelines.sources.contract import Cut, Dataset, Part, Window, midnight
from pipelines.storage.ledger import WindowRow

NOW = datetime(2024, 12, 31, 6, tzinfo=UTC)
BTC = Part("BTC", ("BTC",))
HOUR = timedelta(hours=1)


def row(
    first: datetime | str,
    end: datetime | str,
    verdict: str = "complete",
    observed_at: datetime = NOW,
    part: str = "BTC",
    **more: Any,
) -> WindowRow:
    """A window of the ledger; days as text mean 00:00 UTC."""
    start, stop = (midnight(date.fromisoformat(t)) if isinstance(t, str) else t for t in (first, end))
    told: dict[str, Any] = {
        "id": 1,
        "run_id": 1,
        "dataset": "small_liquidations",
        "part": part,
        "markets": (part,),
        "reason": None,
        "load_verdict": None,
        "load_reason": None,
        "rows": None,
        "accept_shrunken": False,
        "pruned": False,
    }
    return WindowRow(start_at=start, end_at=stop, observed_at=observed_at, verdict=verdict, **(told | more))


def planned(
    of: Dataset,
    history: Iterable[WindowRow] = (),
    asked: tuple[str, str] | None = None,
    part: Part = BTC,
    now: datetime = NOW,
    refetch: bool = False,
) -> list[str]:
    """The plan as "first..last" days; windows that begin or end inside a day say so."""
    days = Asked(*(date.fromisoformat(d) for d in asked)) if asked else None
    return [shown(w) for w in plan_part(of, part, days, list(history), now, refetch)]


def shown(window: Window) -> str:
    if window.start == today(window.start) and window.end == today(window.end):
        return str(window)
    return f"{window.start:%m-%dT%H}..{window.end:%m-%dT%H}"


# ---- properties --------------------------------------------------------------------------------------

hours = st.integers(0, 24 * 60).map(lambda h: midnight(date(2024, 1, 1)) + h * HOUR)
stretches = st.tuples(hours, hours).filter(lambda s: s[0] != s[1]).map(lambda s: (min(s), max(s)))


def inside(at: datetime, stretches: Iterable[tuple[datetime, datetime]]) -> bool:
    return any(start <= at < end for start, end in stretches)


@given(whole=stretches, taken=st.lists(stretches, max_size=6), at=hours)
def test_what_is_left_is_exactly_what_was_not_taken(
    whole: tuple[datetime, datetime], taken: list[tuple[datetime, datetime]], at: datetime
) -> None:
    left = subtract(whole, taken)
    assert inside(at, left) == (inside(at, [whole]) and not inside(at, taken))
    assert all(start < end for start, end in left)
    assert all(a[1] < b[0] for a, b in pairwise(left)), "in order, apart"


@given(
    days=st.tuples(st.integers(0, 59), st.integers(1, 60)).filter(lambda d: d[0] < d[1]),
    width=st.integers(1, 20),
    taken=st.lists(stretches, max_size=4),
)
def test_windows_partition_the_missing_stretch(
    days: tuple[int, int], width: int, taken: list[tuple[datetime, datetime]]
) -> None:
    first, last = (date(2024, 1, 1) + timedelta(days=d) for d in days)
    of = dataset(days_per_window=width, tail_days=0)
    whole = (midnight(first), midnight(last + timedelta(days=1)))
    plan = plan_part(of, BTC, Asked(first, last), [row(a, b) for a, b in taken], NOW)
    found = [(w.start, w.end) for w in plan]
    assert subtract(whole, found + taken) == [], "nothing is left out"
    assert all(not inside(s, taken) and s >= whole[0] and e <= whole[1] for s, e in found)
    assert all(a[1] <= b[0] for a, b in pairwise(found)), "nothing twice"
    assert all(e - s <= timedelta(days=width) for s, e in found)


@given(
    kind=st.sampled_from((Cut.DAY, Cut.MONTH)),
    offset=st.integers(-12, 12),
    first=st.integers(0, 300),
    length=st.integers(0, 90),
    now_hours=st.integers(0, 24 * 400),
)
def test_an_archive_is_asked_file_by_file_and_only_for_files_that_can_be_whole(
    kind: Cut, offset: int, first: int, length: int, now_hours: int
) -> None:
    of = dataset(cut=kind, cut_offset_hours=offset, tail_days=0)
    now = midnight(date(2024, 1, 2)) + now_hours * HOUR
    begin = date(2024, 1, 1) + timedelta(days=first)
    asked = Asked(begin, begin + timedelta(days=length))
    plan = plan_part(of, BTC, asked, [], now)
    for w in plan:
        start, end = w.start - offset * HOUR, w.end - offset * HOUR - timedelta(microseconds=1)
        assert (start.date() if kind is Cut.DAY else start.date().replace(day=1)) == (
            end.date() if kind is Cut.DAY else end.date().replace(day=1)
        ), "one window, one file"
        file_end = midnight(
            end.date() + timedelta(days=1)
            if kind is Cut.DAY
            else (end.date().replace(day=1) + timedelta(days=32)).replace(day=1)
        )
        assert file_end + offset * HOUR <= now
        assert w.end <= today(now)
    missed = subtract(
        (midnight(asked.first), midnight(asked.last + timedelta(days=1))), [(w.start, w.end) for w in plan]
    )
    longest = timedelta(days=1 if kind is Cut.DAY else 31)
    assert all(end + offset * HOUR + longest > today(now) - longest for _, end in missed), (
        "only the newest waits"
    )


@given(observed=st.integers(1, 40), tail=st.integers(0, 12), length=st.integers(1, 30))
def test_the_tail_as_it_was_when_asked_is_asked_again(observed: int, tail: int, length: int) -> None:
    of = dataset(tail_days=tail)
    then = midnight(date(2024, 2, 1)) + timedelta(days=observed, hours=6)
    window = row(
        midnight(date(2024, 2, 1)),
        min(today(then), midnight(date(2024, 2, 1)) + timedelta(days=length)),
        observed_at=then,
    )
    for start, end in settled(of, [window]):
        assert start == window.start_at
        assert end <= today(then) - timedelta(days=tail) or tail == 0
    again = plan_part(of, BTC, None, [window], then + timedelta(days=1))
    assert again[0].start == max(window.start_at, min(window.end_at, today(then) - timedelta(days=tail)))
    assert again[-1].end == today(then) + timedelta(days=1)


# ---- cases -------------------------------------------------------------------------------------------


def test_a_night_in_an_empty_folder_takes_the_whole_history_up_to_yesterday() -> None:
    plan = planned(dataset(earliest=date(2024, 12, 1), days_per_window=20))
    assert plan == ["2024-12-01..2024-12-20", "2024-12-21..2024-12-30"]


def test_a_night_after_a_backfill_continues_it_and_does_not_go_back_before_it() -> None:
    history = [
        row("2024-12-10", "2024-12-21", part=DISCOVERY),
        row("2024-12-10", "2024-12-20", observed_at=NOW - timedelta(days=5)),
        row("2024-12-20", "2024-12-21", observed_at=NOW - timedelta(days=5)),
    ]
    assert planned(dataset(), history) == ["2024-12-21..2024-12-30"]


def test_a_part_that_is_new_takes_what_its_dataset_has() -> None:
    history = [row("2024-12-10", "2024-12-31", part=DISCOVERY), row("2024-12-10", "2024-12-31")]
    assert planned(dataset(days_per_window=30), history, part=Part("ETH", ("ETH",))) == [
        "2024-12-10..2024-12-30"
    ]
    listed = Part("ETH", ("ETH",), since=date(2024, 12, 28), until=date(2024, 12, 29))
    assert planned(dataset(), history, part=listed) == ["2024-12-28..2024-12-29"]


def test_a_hole_is_asked_for_by_the_next_night() -> None:
    history = [
        row("2024-12-01", "2024-12-11"),
        row("2024-12-11", "2024-12-21", "failed"),
        row("2024-12-21", "2024-12-31"),
    ]
    assert planned(dataset(), history) == ["2024-12-11..2024-12-20", "2024-12-29..2024-12-30"]


@pytest.mark.parametrize("refused", ["unparsable", "shrunken"])
def test_an_answer_that_could_not_be_loaded_is_no_answer(refused: str) -> None:
    history = [row("2024-12-01", "2024-12-11", load_verdict=refused), row("2024-12-11", "2024-12-31")]
    assert planned(dataset(tail_days=0), history) == ["2024-12-01..2024-12-10"]


def test_from_and_to_clip_at_the_running_day_and_at_the_history() -> None:
    of = dataset(earliest=date(2024, 12, 1), days_per_window=50)
    assert planned(of, asked=("2024-12-30", "2025-02-01")) == ["2024-12-30..2024-12-30"]
    assert planned(of, asked=("2019-01-01", "2024-12-02")) == ["2024-12-01..2024-12-02"]
    assert planned(of, asked=("2024-12-31", "2025-01-31")) == [], "today has not ended"
    assert planned(of, asked=("2019-01-01", "2019-12-31")) == [], "before there was anything"


def test_a_history_that_is_needed_whole_is_cut_off_at_its_end_only() -> None:
    needed = dataset(cut=Cut.WHOLE, earliest=date(2011, 12, 1), from_earliest=True)
    (asked,) = plan_part(needed, BTC, Asked(date(2024, 12, 1), date(2024, 12, 9)), [], NOW)
    assert (asked.first_day, asked.last_day) == (date(2011, 12, 1), date(2024, 12, 9))
    assert plan_part(needed, BTC, None, [], NOW) == [Window.of_days(date(2011, 12, 1), date(2024, 12, 30))]


def test_what_is_settled_is_asked_again_only_where_told_to() -> None:
    history = [row("2024-12-01", "2024-12-11")]
    asked = ("2024-12-01", "2024-12-10")
    assert planned(dataset(), history, asked) == []
    assert planned(dataset(), history, asked, refetch=True) == ["2024-12-01..2024-12-10"]


def test_what_is_served_whole_is_read_once_a_run_in_one_piece() -> None:
    of = dataset(cut=Cut.WHOLE, earliest=date(2024, 12, 1))
    assert planned(of, [row("2024-12-01", "2024-12-30")]) == ["2024-12-01..2024-12-30"]
    assert planned(of, asked=("2024-12-05", "2024-12-06")) == ["2024-12-05..2024-12-06"]


def test_an_upstream_that_keeps_little_is_not_asked_for_more() -> None:
    of = dataset(depth_days=5, days_per_window=50)
    assert planned(of) == ["2024-12-27..2024-12-30"], "the fifth day is the running one"


@pytest.mark.parametrize(
    ("kind", "old_enough"), [(Cut.DAY, timedelta(days=3)), (Cut.MONTH, timedelta(days=40))]
)
def test_a_file_that_is_not_there_is_asked_for_while_young(kind: Cut, old_enough: timedelta) -> None:
    of = dataset(cut=kind, tail_days=0, earliest=date(2024, 10, 1))
    end = "2024-10-02" if kind is Cut.DAY else "2024-11-01"
    ended = midnight(date.fromisoformat(end))
    asked = ("2024-10-01", "2024-10-01" if kind is Cut.DAY else "2024-10-31")
    young = row("2024-10-01", end, "absent", observed_at=ended + old_enough)
    old = row("2024-10-01", end, "absent", observed_at=ended + old_enough + HOUR)
    assert len(planned(of, [young], asked)) == 1
    assert planned(of, [young, old], asked) == []


def test_a_series_that_the_upstream_never_had_rests_for_a_week() -> None:
    of = dataset(earliest=date(2024, 12, 21))
    lately = row("2024-12-21", "2024-12-31", "absent", observed_at=NOW - timedelta(days=7) + HOUR)
    assert planned(of, [lately]) == []
    assert planned(of, [lately], refetch=True) == ["2024-12-21..2024-12-30"]
    assert planned(of, [lately], now=NOW + HOUR) == ["2024-12-21..2024-12-30"]


def test_a_series_that_was_there_before_is_asked_for_every_night() -> None:
    of = dataset(earliest=date(2024, 12, 21))
    had, gone = row("2024-12-21", "2024-12-24"), row("2024-12-24", "2024-12-31", "absent")
    assert planned(of, [had, gone]) == ["2024-12-24..2024-12-30"]


def test_files_cut_at_another_clock_are_asked_for_when_they_have_ended() -> None:
    of = dataset(cut=Cut.DAY, cut_offset_hours=-8, tail_days=0)
    asked = ("2024-12-29", "2024-12-30")
    first = planned(of, asked=asked)
    assert first == ["12-29T00..12-29T16", "12-29T16..12-30T16"], "the file of the 30th ends at 16:00"
    windows = plan_part(of, BTC, Asked(*map(date.fromisoformat, asked)), [], NOW)
    had = [row(w.start, w.end) for w in windows]
    tomorrow = NOW + timedelta(days=1)
    assert planned(of, had, ("2024-12-29", "2024-12-31"), now=tomorrow) == ["12-30T16..12-31T16"]


def test_a_monthly_file_is_asked_for_when_its_month_is_over() -> None:
    of = dataset(cut=Cut.MONTH, tail_days=0, earliest=date(2024, 10, 15))
    assert planned(of) == ["2024-10-15..2024-10-31", "2024-11-01..2024-11-30"]
    assert planned(of, now=NOW + timedelta(days=1))[-1] == "2024-12-01..2024-12-31"


def test_the_order_of_the_plan_is_the_order_of_time() -> None:
    starts = [w.start for w in cut(dataset(), (midnight(date(2024, 1, 1)), midnight(date(2024, 6, 1))), NOW)]
    assert starts == sorted(starts)
    assert len(starts) == 16
