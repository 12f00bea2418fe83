"""What to ask for: the asked range less what the ledger knows to be settled, cut as each source wants it.

Pure functions of the ledger's rows and the clock; nothing here talks to anyone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pipelines.sources.contract import Cut, Dataset, Part, Window, midnight
from pipelines.storage.ledger import WindowRow

# How long after its end an archive file that was not there is still asked for.
ABSENT_IS_YOUNG = {Cut.DAY: timedelta(days=3), Cut.MONTH: timedelta(days=40)}
# How long a series that the upstream never had is left in peace: symbols get listed, but not every night.
UNKNOWN_RESTS = timedelta(days=7)
DISCOVERY = "*"  # the part under which asking for the parts themselves is kept


@dataclass(frozen=True)
class Asked:
    """A range of UTC days, both included; None where a run takes what a night takes."""

    first: date
    last: date


Stretch = tuple[datetime, datetime]
SNAPSHOT_SPAN = timedelta(seconds=1)


def horizon(dataset: Dataset, now: datetime) -> datetime:
    """Where asking for a dataset ends: the running day is left out, but for feeds that would forget it."""
    return now if dataset.rolling else today(now)


def today(now: datetime) -> datetime:
    """00:00 UTC of the running day: the end of everything that may be asked for."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def asked_stretch(
    dataset: Dataset, part: Part, asked: Asked | None, history: Sequence[WindowRow], now: datetime
) -> Stretch | None:
    """The stretch of time to have for a part, before looking at what is there already.

    A night takes everything since the first day that was ever asked for, or the dataset's whole
    history in an empty folder; a part that is new takes what its dataset has.
    """
    end = horizon(dataset, now)
    if asked is not None:
        first = dataset.earliest if dataset.from_earliest else asked.first
        start, end = midnight(first), min(end, midnight(asked.last + timedelta(days=1)))
    else:
        starts = [w.start_at for w in history if part.name == DISCOVERY or w.part in (part.name, DISCOVERY)]
        start = min(starts, default=midnight(dataset.earliest))
    start = max(start, midnight(dataset.earliest))
    if part.since:
        start = max(start, midnight(part.since))
    if part.until:
        end = min(end, midnight(part.until + timedelta(days=1)))
    if dataset.depth_days is not None:
        oldest = timedelta(days=dataset.depth_days)
        start = max(start, now - oldest if dataset.rolling else today(now) - oldest + timedelta(days=1))
    return (start, end) if start < end else None


def settled(dataset: Dataset, windows: Iterable[WindowRow]) -> list[Stretch]:
    """The stretches that need not be asked again: complete, loaded, and older than the tail was then."""
    found: list[Stretch] = []
    young = ABSENT_IS_YOUNG.get(dataset.cut, timedelta.max)
    for w in windows:
        if w.observed_at is None or w.load_verdict in ("unparsable", "shrunken"):
            continue
        if w.verdict == "complete":
            end = w.end_at
            if dataset.tail_days:
                end = min(end, today(w.observed_at) - timedelta(days=dataset.tail_days))
            if w.start_at < end:
                found.append((w.start_at, end))
        elif w.verdict == "absent" and w.observed_at - w.end_at > young:
            found.append((w.start_at, w.end_at))
    return found


def subtract(whole: Stretch, taken: Iterable[Stretch]) -> list[Stretch]:
    """What is left of `whole` without `taken`."""
    left: list[Stretch] = []
    cursor, end = whole
    for start, stop in sorted(taken):
        if stop <= cursor:
            continue
        if start >= end:
            break
        if start > cursor:
            left.append((cursor, start))
        cursor = max(cursor, stop)
    if cursor < end:
        left.append((cursor, end))
    return left


def _is_present(asked: Asked | None, now: datetime) -> bool:
    """Whether a run is about the present: a night, or a range that reaches yesterday."""
    return asked is None or midnight(asked.last) >= today(now) - timedelta(days=1)


def span(dataset: Dataset, asked: Asked | None, history: Sequence[WindowRow], now: datetime) -> Window | None:
    """All that a run can want of a dataset, before its parts are known; None where that is nothing."""
    if dataset.cut is Cut.SNAPSHOT:
        return Window(now, now + SNAPSHOT_SPAN) if _is_present(asked, now) else None
    stretch = asked_stretch(dataset, Part(DISCOVERY, ()), asked, history, now)
    return Window(*stretch) if stretch else None


def cut(dataset: Dataset, stretch: Stretch, now: datetime) -> list[Window]:
    """A stretch cut into the windows that the source wants to be asked for."""
    start, end = stretch
    if dataset.cut is Cut.WHOLE:
        return [Window(start, end)]
    if dataset.cut is Cut.DAYS:
        step = timedelta(days=dataset.days_per_window)
        windows = []
        while start < end:
            windows.append(Window(start, min(end, start + step)))
            start += step
        return windows
    return [w for w in _files(dataset, start, end) if w is not None and _file_end(dataset, w.start) <= now]


def _files(dataset: Dataset, start: datetime, end: datetime) -> Iterable[Window]:
    while start < end:
        stop = min(end, _file_end(dataset, start))
        yield Window(start, stop)
        start = stop


def _file_end(dataset: Dataset, at: datetime) -> datetime:
    """The end of the archive file that holds `at`; some archives cut their files at another clock."""
    offset = timedelta(hours=dataset.cut_offset_hours)
    local = at - offset
    day = local.date()
    if dataset.cut is Cut.DAY:
        following = day + timedelta(days=1)
    else:
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return midnight(following) + offset


def _is_unknown(own: Sequence[WindowRow], now: datetime) -> bool:
    """Whether the upstream said lately that it has no such series, and never had anything of it."""
    absent = [w.observed_at for w in own if w.verdict == "absent" and w.observed_at]
    return (
        bool(absent)
        and all(w.verdict == "absent" for w in own)
        and timedelta(0) <= now - max(absent) < UNKNOWN_RESTS
    )


def plan_part(
    dataset: Dataset,
    part: Part,
    asked: Asked | None,
    history: Sequence[WindowRow],
    now: datetime,
    refetch: bool = False,
) -> list[Window]:
    """The windows to ask for. What is served whole is read once a run; the rest only where it is missing."""
    if dataset.cut is Cut.SNAPSHOT:
        return [Window(now, now + SNAPSHOT_SPAN)] if _is_present(asked, now) else []
    stretch = asked_stretch(dataset, part, asked, history, now)
    if stretch is None:
        return []
    if dataset.cut is Cut.WHOLE or refetch:
        return cut(dataset, stretch, now)
    own = [w for w in history if w.part == part.name]
    if dataset.cut is Cut.DAYS and _is_unknown(own, now):
        return []
    return [w for left in subtract(stretch, settled(dataset, own)) for w in cut(dataset, left, now)]
