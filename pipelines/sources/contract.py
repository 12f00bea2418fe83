"""What a source is: datasets, parts, windows, answers, and the ways in which asking can go wrong.

Every module of this room imports from here; nothing here talks to the network or to a database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

    from pipelines.sources.http import Client


class Verdict(StrEnum):
    """How one window of one part ended."""

    COMPLETE = "complete"  # every page arrived whole; zero rows is a legitimate content
    ABSENT = "absent"  # the upstream has no such file (an archive's 404); asked again while young
    FAILED = "failed"  # gave up after retries, or the answer broke its own format
    UNREACHABLE = "unreachable"  # refused by route (403, 451) or no connection at all
    KEY_REJECTED = "key_rejected"  # the upstream says the key is wrong
    NOT_CONFIGURED = "not_configured"  # the dataset needs a key that is not set


class SourceError(Exception):
    """Base of everything that can go wrong while asking; `verdict` is what the ledger records."""

    verdict = Verdict.FAILED
    stops_dataset = False  # True: further windows of this dataset would end the same way

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unreachable(SourceError):
    """The upstream refuses this route (403, 451, a challenge page) or cannot be connected to."""

    verdict = Verdict.UNREACHABLE
    stops_dataset = True


class KeyRejected(SourceError):
    """The upstream says the key is missing, wrong or not good for this plan."""

    verdict = Verdict.KEY_REJECTED
    stops_dataset = True


class RateStopped(SourceError):
    """The upstream asks for a pause longer than the cap; the source rests until the next run."""

    stops_dataset = True


class Refused(SourceError):
    """The upstream understood the request and refused it (a 4xx that is none of the above)."""


class Incomplete(SourceError):
    """After all retries the answer was still cut, garbled or an upstream error."""


class Unparsable(SourceError):
    """A whole answer whose format is not the documented one: a renamed field, an unknown unit."""


class NotPublished(SourceError):
    """The archive has no such file; an answer, not an accident."""

    verdict = Verdict.ABSENT


class Retry(Exception):
    """Raised by a completeness test: the answer is not whole, ask again.

    `after_seconds` is the upstream's own wish, where it states one.
    """

    def __init__(self, reason: str, after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after_seconds = after_seconds


@dataclass(frozen=True)
class Window:
    """A half-open stretch of UTC time, `start <= t < end`."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a window is made of aware datetimes")
        if self.start >= self.end:
            raise ValueError(f"an empty window: {self.start} .. {self.end}")

    @classmethod
    def of_days(cls, first: date, last: date) -> Window:
        """The window of the UTC days `first` to `last`, both included."""
        return cls(midnight(first), midnight(last + timedelta(days=1)))

    @property
    def first_day(self) -> date:
        return self.start.date()

    @property
    def last_day(self) -> date:
        return (self.end - timedelta(microseconds=1)).date()

    @property
    def start_ms(self) -> int:
        return int(self.start.timestamp() * 1000)

    @property
    def end_ms(self) -> int:
        """The exclusive end; most upstreams take inclusive ends, so ask for `end_ms - 1`."""
        return int(self.end.timestamp() * 1000)

    def __str__(self) -> str:
        return f"{self.first_day}..{self.last_day}"


def midnight(day: date) -> datetime:
    """00:00 UTC of a day."""
    return datetime.combine(day, time.min, tzinfo=UTC)


@dataclass(frozen=True)
class Part:
    """A piece of a dataset that is asked for on its own: a symbol, a page, a chain.

    `markets` are the values of the raw column `market` that its answers may carry: within the
    window of a complete answer, a known row of these markets that is absent has been retracted.
    `context` is kept in the ledger beside every answer, so that `parse` stays pure: what has to be
    known about the part to read its answers (venue, asset, multiplier) stands there, as JSON.
    """

    name: str
    markets: tuple[str, ...]
    context: Mapping[str, Any] = field(default_factory=dict)
    since: date | None = None  # nothing earlier exists (a listing date)
    until: date | None = None  # nothing later exists (a delisting date)


@dataclass(frozen=True)
class Answer:
    """One upstream answer as it came, with what is needed to read it again years later."""

    dataset: str
    part: str
    window: Window
    context: Mapping[str, Any]
    url: str  # the upstream's own address, without secrets, whatever mirror it came through
    status: int
    body: bytes
    observed_at: datetime


class Cut(StrEnum):
    """How the asked range is cut into windows for one part."""

    WHOLE = "whole"  # the upstream serves the whole history in one go: read once a run
    DAYS = "days"  # at most `Dataset.days_per_window` days a request sequence
    MONTH = "month"  # one archive file per calendar month; verified files are never fetched again
    DAY = "day"  # one archive file per UTC day; verified files are never fetched again
    SNAPSHOT = "snapshot"  # the upstream shows the present only: taken once a run, never for the past


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """One kind of data from one upstream: how to ask, what comes, what may be done with it.

    `parts(client, assets)` names what can be asked for now (it may ask the upstream);
    `fetch(client, part, window)` yields whole answers, network only;
    `parse(answer)` is pure and gives the columns of the raw kind (see storage/contracts.py),
    buckets that had not ended at `answer.observed_at` left out, or raises `Unparsable`.
    """

    name: str  # the Dagster asset sources/<name>, for example coinalyze_liquidations
    source: str  # the row of reference.sources, for example coinalyze
    kind: str  # the raw table it fills, for example liquidation_buckets
    title: str
    earliest: date  # nothing older is ever asked for
    cut: Cut
    parts: Callable[[Client, Sequence[str]], Sequence[Part]]
    fetch: Callable[[Client, Part, Window], Iterator[Answer]]
    parse: Callable[[Answer], pl.DataFrame]
    days_per_window: int = 0  # with Cut.DAYS
    cut_offset_hours: int = 0  # windows begin so many hours after 00:00 UTC; -8: files cut at UTC+8 days
    tail_days: int = 2  # how far back the upstream restates
    key: str | None = None  # the environment variable that holds its key
    workers: int = 1  # windows fetched side by side, where the upstream sets no limit
    depth_days: int | None = None  # the upstream keeps only this many days
    from_earliest: bool = False  # a history that is needed whole: a range that is asked cuts off its end only
    rolling: bool = False  # a feed that forgets within the day: asked up to now, not up to midnight

    @property
    def partitioned(self) -> bool:
        """True where Dagster shows months: what can be asked for by window, whenever it was.

        Neither a history that is served whole nor a feed that knows the present only has months.
        """
        return self.cut not in (Cut.WHOLE, Cut.SNAPSHOT) and not self.rolling
