"""One run from asking to publishing, and what it has to say at the end.

`floodmark run` and the nightly job both come through here; without dates it is a night.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pipelines.runs.build import BUILD_ERRORS, build_models, publish_build, universe
from pipelines.runs.ingest import DatasetReport, Ingest, Progress
from pipelines.runs.load import LoadReport, load_all
from pipelines.runs.plan import Asked
from pipelines.settings import Settings
from pipelines.sources import registry
from pipelines.sources.contract import Dataset
from pipelines.storage.duck import writer
from pipelines.storage.folder import Folder
from pipelines.storage.landing import Landing
from pipelines.storage.ledger import Ledger
from pipelines.storage.locks import Holder, exclusive

OnWait = Callable[[Holder | None], None]


def _silent(*_: object) -> None:
    """The progress of a run that nobody watches."""


@dataclass
class Watch:
    """Who is told what a run is doing; every part may be left out."""

    fetching: Progress = _silent
    loading: Callable[[str], None] = _silent
    model: Callable[[str, int, int], None] = _silent
    publishing: Callable[[], None] = _silent
    waiting: OnWait = _silent


@dataclass
class RunReport:
    """What a run did: per dataset, and what came out of it."""

    datasets: dict[str, DatasetReport] = field(default_factory=dict)
    loads: dict[str, LoadReport] = field(default_factory=dict)
    version: str | None = None
    build_error: str | None = None

    @property
    def failures(self) -> dict[str, str]:
        """Dataset to reason, for all that failed; a dataset without its key is none."""
        found = {
            name: f"{r.state}: {'; '.join(r.reasons[:3]) or 'unknown'}"
            for name, r in self.datasets.items()
            if r.failed
        }
        for name, load in self.loads.items():
            if load.problems:
                found.setdefault(name, "; ".join(load.problems[:3]))
        return found

    @property
    def good(self) -> bool:
        return not self.failures and self.build_error is None


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[Folder, Ledger, Landing]]:
    """The data folder of the settings, ready for writing; `WrongOrigin` where it holds other data."""
    folder = Folder(settings.warehouse)
    folder.claim(settings.origin)
    with Ledger(folder.ledger) as ledger:
        yield folder, ledger, Landing(folder.landing)


@contextmanager
def recorded(ledger: Ledger, command: str) -> Iterator[int]:
    """A row in the ledger's runs for the block; an exception is its outcome."""
    run_id = ledger.open_run(command, os.getpid(), datetime.now(UTC))
    outcome = "interrupted"
    try:
        yield run_id
        outcome = "finished"
    except Exception as error:
        outcome = f"failed: {type(error).__name__}"
        raise
    finally:
        ledger.close_run(run_id, outcome, datetime.now(UTC))


def ingest(
    settings: Settings,
    folder: Folder,
    ledger: Ledger,
    landing: Landing,
    datasets: Sequence[Dataset],
    *,
    command: str,
    asked: Asked | None = None,
    refetch: bool = False,
    watch: Watch | None = None,
) -> dict[str, DatasetReport]:
    """Ask for the datasets; one process asks at a time, since limits and keys are shared."""
    watch = watch or Watch()
    with exclusive(folder.root / "fetch.lock", command, watch.waiting), recorded(ledger, command) as run_id:
        asking = Ingest(
            settings, ledger, landing, run_id, universe(settings), asked, refetch, progress=watch.fetching
        )
        return asking.run(datasets)


def load(
    settings: Settings,
    folder: Folder,
    ledger: Ledger,
    landing: Landing,
    datasets: Sequence[Dataset],
    *,
    command: str,
    watch: Watch | None = None,
) -> dict[str, LoadReport]:
    """Load what waits in landing into raw."""
    watch = watch or Watch()
    with writer(folder, command, watch.waiting) as conn:
        return load_all(conn, ledger, landing, datasets, watch.loading)


def build_and_publish(
    settings: Settings, folder: Folder, ledger: Ledger, *, command: str, watch: Watch | None = None
) -> str:
    """Rebuild the models and publish; the version. One of BUILD_ERRORS leaves all as it was."""
    watch = watch or Watch()
    with writer(folder, command, watch.waiting) as conn:
        build_models(conn, settings, ledger, watch.model)
        watch.publishing()
        return publish_build(conn, settings, folder, ledger).version


def chosen(settings: Settings, ledger: Ledger, sources: Sequence[str] = ()) -> list[Dataset]:
    """The datasets of a run: those named, or the plain ones and those that were asked for before."""
    found = registry.select(sources, ledger.datasets_asked())
    return [d for d in found if registry.configured(d, settings)] if settings.sample else found


def run(
    settings: Settings,
    *,
    asked: Asked | None = None,
    sources: Sequence[str] = (),
    refetch: bool = False,
    watch: Watch | None = None,
) -> RunReport:
    """A whole run. With nothing asked it is a night: what is missing since the last one, for every source."""
    command = "floodmark run" if asked is None else f"floodmark run {asked.first}..{asked.last}"
    report = RunReport()
    registry.select(sources)  # a wrong name is wrong use, before anything is written
    with opened(settings) as (folder, ledger, landing):
        datasets = chosen(settings, ledger, sources)
        report.datasets = ingest(
            settings,
            folder,
            ledger,
            landing,
            datasets,
            command=command,
            asked=asked,
            refetch=refetch,
            watch=watch,
        )
        finish(report, settings, folder, ledger, landing, command=command, watch=watch)
    return report


def finish(
    report: RunReport,
    settings: Settings,
    folder: Folder,
    ledger: Ledger,
    landing: Landing,
    *,
    command: str,
    watch: Watch | None = None,
) -> None:
    """What follows the asking: load, build and publish, noted in the report.

    What others have landed waits too, so every dataset is loaded, whichever this run asked for.
    """
    every = list(registry.datasets().values())
    report.loads = load(settings, folder, ledger, landing, every, command=command, watch=watch)
    try:
        report.version = build_and_publish(settings, folder, ledger, command=command, watch=watch)
    except BUILD_ERRORS as error:
        report.build_error = str(error)
