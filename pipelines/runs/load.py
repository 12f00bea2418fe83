"""From landing into raw: parse, sift, clip, and store what is new, dataset by dataset.

Reads the ledger and landing only; the same windows always give the same raw tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

import polars as pl

from pipelines.sources.contract import Answer, Cut, Dataset, SourceError, Window
from pipelines.storage import raw
from pipelines.storage.contracts import KINDS, Kind
from pipelines.storage.duck import Connection
from pipelines.storage.landing import Landing, LandingDamaged
from pipelines.storage.ledger import AnswerRow, Ledger, WindowRow
from pipelines.storage.sift import require_columns, sift

ROWS_AT_ONCE = 1_000_000
TIME = pl.Datetime("us", "UTC")
T = TypeVar("T")


@dataclass
class LoadReport:
    """What loading did for one dataset."""

    dataset: str
    windows: int = 0
    rows: int = 0
    new_vintages: int = 0
    retracted: int = 0
    quarantined: int = 0
    problems: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)  # those of the problems that lost a whole window


def pending(ledger: Ledger, dataset: Dataset, loaded: dict[int, datetime]) -> tuple[list[WindowRow], bool]:
    """The windows to load, oldest answer first, and whether the dataset has to be loaded anew.

    An older answer that arrives after a newer one was loaded would land between vintages: then the
    dataset is read again from landing, in order, and no false vintage appears. The same where raw
    knows windows that the ledger does not: it was loaded from a ledger that is lost.
    """
    windows = ledger.windows(dataset.name)
    complete = [w for w in windows if w.verdict == "complete" and w.markets and not w.pruned]
    asked_at = {w.id: w.observed_at for w in windows}
    if any(asked_at.get(window) != at for window, at in loaded.items()):
        return complete, True
    fresh = [w for w in complete if w.id not in loaded]
    if not fresh:
        return [], False
    newest = max(((at, window) for window, at in loaded.items()), default=None)
    first = min((w.observed_at, w.id) for w in fresh if w.observed_at)
    if newest is not None and first < newest:
        return complete, True
    return fresh, False


def load_dataset(
    conn: Connection, ledger: Ledger, landing: Landing, dataset: Dataset, anew: bool = False
) -> LoadReport:
    """Load everything of a dataset that waits in the ledger, in one transaction; `anew`: all there is."""
    report = LoadReport(dataset.name)
    kind = KINDS[dataset.kind]
    windows, disordered = pending(ledger, dataset, {} if anew else raw.loaded_windows(conn, dataset.name))
    conn.execute("begin")
    try:
        if anew or disordered:
            raw.forget_dataset(conn, kind, dataset.name)
        for batches, unreadable in _read(ledger, landing, dataset, kind, windows):
            for result in raw.load(conn, kind, dataset.source, dataset.name, batches):
                report.windows += 1
                report.rows += result.rows
                report.new_vintages += result.new_vintages
                report.retracted += result.retracted
                if result.reason:
                    report.problems.append(result.reason)
            raw.note_unreadable(conn, kind, dataset.name, unreadable)
            report.unreadable += [reason for _, _, reason in unreadable]
            report.quarantined += sum(len(b.quarantined) for b in batches)
        conn.execute("commit")
    except BaseException:
        conn.execute("rollback")
        raise
    _tell_ledger(conn, ledger, dataset)
    report.problems += report.unreadable
    if report.quarantined:
        report.problems.append(
            f"{report.quarantined} rows broke the contract of raw.{kind.name} and stand in meta.quarantine"
        )
    return report


def _tell_ledger(conn: Connection, ledger: Ledger, dataset: Dataset) -> None:
    """Note in the ledger what came of every window; what a killed load had left untold is told now."""
    told = {w.id: (w.load_verdict, w.load_reason, w.rows) for w in ledger.windows(dataset.name)}
    verdicts = raw.load_verdicts(conn, dataset.name)
    ledger.note_loads(
        (window, *verdict) for window, verdict in verdicts.items() if told.get(window) != verdict
    )


Unreadable = tuple[int, datetime | None, str]
Page = tuple[AnswerRow, pl.DataFrame]  # an answer and its rows, not sifted yet


def _read(
    ledger: Ledger, landing: Landing, dataset: Dataset, kind: Kind, windows: Sequence[WindowRow]
) -> Iterator[tuple[list[raw.Batch], list[Unreadable]]]:
    """The windows in order, in portions that fit into memory, and those that cannot be read with their reason."""
    parsed: list[tuple[WindowRow, list[Page]]] = []
    unreadable: list[Unreadable] = []
    rows = 0
    for w in windows:
        pages = _attempt(w, unreadable, partial(read_pages, ledger, landing, dataset, kind, w))
        if pages is not None:
            parsed.append((w, pages))
            rows += sum(page.height for _, page in pages)
        if rows > ROWS_AT_ONCE:
            yield _batches(kind, parsed, unreadable), unreadable
            parsed, unreadable, rows = [], [], 0
    yield _batches(kind, parsed, unreadable), unreadable


def _attempt(w: WindowRow, unreadable: list[Unreadable], work: Callable[[], T]) -> T | None:
    """What `work` makes of a window, or None and the reason why it cannot be read."""
    where = f"{w.part} {Window(w.start_at, w.end_at)}"
    try:
        return work()
    except (SourceError, LandingDamaged, ValueError) as error:
        unreadable.append((w.id, w.observed_at, f"{where}: {error}"))
    except Exception as error:  # a bug in one parser must not take the other datasets with it
        reason = f"{where}: internal error: {type(error).__name__}: {error}"
        unreadable.append((w.id, w.observed_at, reason))
    return None


def read_pages(ledger: Ledger, landing: Landing, dataset: Dataset, kind: Kind, w: WindowRow) -> list[Page]:
    """The rows of a window's answers; raises `Unparsable` where one cannot be read."""
    window = Window(w.start_at, w.end_at)
    pages: list[Page] = []
    for a in ledger.answers(w.id):
        answer = Answer(
            w.dataset, w.part, window, a.context, a.url, a.status, landing.read(a.sha256), a.observed_at
        )
        rows = dataset.parse(answer)
        require_columns(kind, rows)
        if dataset.cut is not Cut.SNAPSHOT:  # a snapshot carries the upstream's own moment
            rows = _clip(rows, kind, window)
        strangers = sorted(set(rows["market"].unique()) - set(w.markets))
        if strangers:
            raise ValueError(f"rows of a market that was not asked for: {', '.join(map(str, strangers[:3]))}")
        pages.append((a, rows))
    return pages


def _batches(
    kind: Kind, parsed: Sequence[tuple[WindowRow, list[Page]]], unreadable: list[Unreadable]
) -> list[raw.Batch]:
    """Windows as they can be loaded. Almost always every row is good, so all are judged at once first."""
    every = [rows for _, pages in parsed for _, rows in pages if rows.height]
    clean = not every or kind.schema.is_valid(pl.concat(every))
    made = (_attempt(w, unreadable, partial(_batch, kind, w, pages, clean)) for w, pages in parsed)
    return [batch for batch in made if batch is not None]


def _batch(kind: Kind, w: WindowRow, pages: Sequence[Page], clean: bool) -> raw.Batch:
    """One window; where not all rows are `clean`, the bad are sifted out and kept with their reason."""
    bad: list[tuple[str, str]] = []
    frames = [pl.DataFrame(schema={**kind.columns, "observed_at": TIME, "landing": pl.String})]
    for a, rows in pages:
        good, broken = (rows, []) if clean else sift(kind, rows)
        if rows.height and not good.height:
            raise ValueError(f"all {rows.height} rows broke the contract of raw.{kind.name}: {broken[0][0]}")
        bad += broken
        frames.append(
            good.with_columns(
                pl.lit(a.observed_at, dtype=TIME).alias("observed_at"), pl.lit(a.sha256).alias("landing")
            )
        )
    rows = pl.concat(frames)
    return raw.Batch(
        window_id=w.id,
        markets=w.markets,
        start=w.start_at,
        end=w.end_at,
        observed_at=w.observed_at or w.end_at,
        landing=pages[-1][0].sha256 if pages else "",
        rows=rows if kind.events else _one_value_a_key(rows, kind),
        quarantined=bad,
        accept_shrunken=w.accept_shrunken,
    )


def _clip(rows: pl.DataFrame, kind: Kind, window: Window) -> pl.DataFrame:
    """Only what was asked for: an answer may hold more than its window."""
    at = pl.col(kind.time).cast(pl.Datetime("us", "UTC"))  # a date is its 00:00 UTC, as in the scopes of raw
    return rows.filter((at >= window.start) & (at < window.end))


def _one_value_a_key(rows: pl.DataFrame, kind: Kind) -> pl.DataFrame:
    """The pages of a window may overlap; where they contradict each other nothing is picked."""
    if not rows.select(kind.key).is_duplicated().any():
        return rows
    same = rows.unique(subset=list(kind.columns), keep="first", maintain_order=True)
    twice = same.filter(pl.struct(list(kind.key)).is_duplicated())
    if not twice.is_empty():
        raise ValueError(f"two pages of one window give different values for {twice.select(kind.key).row(0)}")
    return same


def load_all(
    conn: Connection,
    ledger: Ledger,
    landing: Landing,
    datasets: Iterable[Dataset],
    progress: Callable[[str], None] = lambda dataset: None,
    anew: bool = False,
) -> dict[str, LoadReport]:
    """Load what waits for every dataset (`anew`: everything there is); each is a transaction of its own."""
    raw.ensure_tables(conn)
    reports = {}
    for dataset in datasets:
        progress(dataset.name)
        reports[dataset.name] = load_dataset(conn, ledger, landing, dataset, anew)
    return reports
