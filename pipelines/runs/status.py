"""What is configured, reachable, fresh and missing, told from the ledger and the published version.

Never opens the pipeline's database, so it answers while a run writes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from pipelines.runs.plan import DISCOVERY, SNAPSHOT_SPAN, Stretch, subtract
from pipelines.settings import Settings
from pipelines.sources import registry
from pipelines.sources.contract import Dataset, Window
from pipelines.storage.duck import NothingPublished, reader
from pipelines.storage.folder import DamagedFolder, Folder
from pipelines.storage.ledger import Ledger, WindowRow
from pipelines.storage.locks import Holder, holder
from pipelines.storage.publish import current_version, manifest

BAD_LOADS = ("unparsable", "shrunken")


@dataclass(frozen=True)
class MissingWindow:
    """A window that was asked for and is not had."""

    dataset: str
    part: str
    window: str
    verdict: str
    reason: str


@dataclass
class DatasetStatus:
    """One dataset as the ledger knows it."""

    dataset: str
    source: str
    kind: str
    state: str  # fresh | behind | failing | unreachable | not_configured | never_asked | on_request
    key_variable: str | None
    last_asked_at: datetime | None
    complete_to: date | None
    windows: int
    missing: list[MissingWindow] = field(default_factory=list)
    reason: str | None = None


@dataclass
class Status:
    """The folder as a whole."""

    folder: str
    origin: str | None
    version: str | None
    published_at: str | None
    newest_fact_day: date | None
    unpublished_windows: int
    busy: Holder | None
    datasets: list[DatasetStatus]

    @property
    def missing(self) -> list[MissingWindow]:
        return [m for d in self.datasets for m in d.missing]


def unhealed(windows: list[WindowRow]) -> list[WindowRow]:
    """The windows that ended badly and whose stretch no later (or other) attempt has filled.

    Filled is what is had of every market of the window: a part may have another name by now.
    """
    had: dict[str, list[Stretch]] = {}
    absent: dict[str, list[WindowRow]] = {}
    for w in windows:
        for market in w.markets or (w.part,):
            if w.verdict == "complete" and w.load_verdict not in BAD_LOADS:
                had.setdefault(market, []).append((w.start_at, w.end_at))
            elif w.verdict == "absent":
                absent.setdefault(market, []).append(w)
    found: dict[tuple[str, datetime, datetime], WindowRow] = {}
    for w in windows:
        is_unreadable = w.verdict == "complete" and w.load_verdict in BAD_LOADS
        if not is_unreadable and w.verdict not in ("failed", "unreachable", "key_rejected"):
            continue
        for market in w.markets or (w.part,):
            # what was not reached may turn out later not to exist; what cannot be read does exist
            gone = [] if is_unreadable else [x for x in absent.get(market, []) if x.id > w.id]
            if _lacks(w, [*had.get(market, []), *((x.start_at, x.end_at) for x in gone)]):
                found[w.part, w.start_at, w.end_at] = w  # the last attempt speaks
    return list(found.values())


def _lacks(w: WindowRow, had: list[Stretch]) -> bool:
    """Whether some of the window is not had; a snapshot cannot be taken again, so a later one will do."""
    if w.end_at - w.start_at <= SNAPSHOT_SPAN:
        return all(start < w.start_at for start, _ in had)
    return bool(subtract((w.start_at, w.end_at), had))


def dataset_status(dataset: Dataset, windows: list[WindowRow], settings: Settings) -> DatasetStatus:
    """One dataset's state from its windows."""
    configured = registry.configured(dataset, settings)
    data = [w for w in windows if w.part != DISCOVERY]
    good = [w for w in data if w.verdict == "complete" and w.load_verdict not in BAD_LOADS]
    complete_to = max((Window(w.start_at, w.end_at).last_day for w in good), default=None)
    missing = [
        MissingWindow(
            dataset.name,
            "all parts" if w.part == DISCOVERY else w.part,
            str(Window(w.start_at, w.end_at)),
            w.load_verdict if w.load_verdict in BAD_LOADS else str(w.verdict),
            w.load_reason or w.reason or "",
        )
        for w in unhealed(windows)
    ]
    last = max((w.observed_at for w in windows if w.observed_at), default=None)
    if not configured:
        state, reason = "not_configured", f"set {dataset.key}" if dataset.key else "not in the sample"
    elif not windows and dataset.name in registry.ON_REQUEST:
        state, reason = "on_request", f"floodmark run --source {dataset.name}"
    elif not windows:
        state, reason = "never_asked", None
    elif any(m.verdict in ("unreachable", "key_rejected") for m in missing):
        state = "unreachable"
        reason = next(m.reason for m in missing if m.verdict in ("unreachable", "key_rejected"))
    elif missing:
        state, reason = "failing", missing[-1].reason
    elif last and (settings.now() - last).total_seconds() > 36 * 3600:
        state, reason = "behind", f"last asked {last:%Y-%m-%d %H:%M} UTC"
    else:
        state, reason = "fresh", None
    return DatasetStatus(
        dataset.name,
        dataset.source,
        dataset.kind,
        state,
        dataset.key,
        last,
        complete_to,
        len(data),
        missing if configured else [],
        reason,
    )


def status(settings: Settings) -> Status:
    """The status of the settings' data folder; a folder that was never written to is all `never_asked`."""
    folder = Folder(settings.warehouse)
    windows: dict[str, list[WindowRow]] = {}
    unpublished = 0
    if folder.ledger.exists():
        with Ledger(folder.ledger) as ledger:
            for w in ledger.windows():
                windows.setdefault(w.dataset, []).append(w)
            last = ledger.last_publication()
            published_to = last["last_window_id"] if last else 0
            unpublished = sum(
                w.id > published_to or (w.verdict == "complete" and bool(w.markets) and not w.load_verdict)
                for ws in windows.values()
                for w in ws
                if w.part != DISCOVERY  # a listing is no data
            )
    try:
        note = manifest(folder)
    except ValueError:
        raise DamagedFolder(
            f"{folder.current / 'manifest.json'} is no JSON: `floodmark reparse` publishes anew"
        ) from None
    return Status(
        folder=str(folder.root),
        origin=folder.origin(),
        version=current_version(folder),
        published_at=str(note["published_at"]) if note else None,
        newest_fact_day=_newest_day(folder),
        unpublished_windows=unpublished,
        busy=holder(folder.root / "pipeline.lock") or holder(folder.root / "fetch.lock"),
        datasets=[dataset_status(d, windows.get(d.name, []), settings) for d in registry.datasets().values()],
    )


def _newest_day(folder: Folder) -> date | None:
    try:
        with reader(folder) as conn:
            rows = conn.execute("select max(day) from facts.liquidation_totals_daily").fetchall()
    except NothingPublished:
        return None
    newest: date | None = rows[0][0] if rows else None
    return newest
