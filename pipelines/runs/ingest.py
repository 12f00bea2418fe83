"""Asking: every dataset in its own thread, every answer into landing and ledger, no DuckDB.

A dataset that fails, is slow or has no key never stops the others; what is missing is named.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime

from pipelines.runs.plan import DISCOVERY, Asked, plan_part, span
from pipelines.settings import Settings
from pipelines.sources import registry
from pipelines.sources.contract import Cut, Dataset, Part, SourceError, Verdict, Window
from pipelines.sources.http import Client
from pipelines.sources.transport import Attempt, Transport
from pipelines.storage.landing import Landing, digest
from pipelines.storage.ledger import Ledger, stamp

Progress = Callable[[str, int, int], None]  # dataset, windows done, windows planned


@dataclass
class DatasetReport:
    """How asking for one dataset went."""

    dataset: str
    source: str
    state: Verdict = Verdict.COMPLETE
    planned: int = 0
    complete: int = 0
    absent: int = 0
    reasons: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # "part window: reason", every window not had
    seconds: float = 0.0
    halted: tuple[Verdict, str] | None = None  # why the rest of the dataset is not asked for

    @property
    def failed(self) -> bool:
        return self.state in (Verdict.FAILED, Verdict.UNREACHABLE, Verdict.KEY_REJECTED)


@dataclass(frozen=True)
class Ended:
    """How one window ended; `halts`: further windows of the dataset would end the same way."""

    part: str
    window: Window
    verdict: Verdict
    reason: str = ""
    halts: bool = False


class LedgerRecorder:
    """Writes every attempt into the ledger, and the bodies of whole answers into landing."""

    def __init__(self, ledger: Ledger, landing: Landing) -> None:
        self.ledger, self.landing = ledger, landing

    def record(self, attempt: Attempt, body: bytes | None) -> None:
        sha256 = self.landing.write(body) if body is not None else None
        self.ledger.add_fetch(
            window_id=attempt.window_id,
            dataset=attempt.dataset,
            source=attempt.source,
            part=attempt.part,
            start_at=stamp(attempt.window.start) if attempt.window else None,
            end_at=stamp(attempt.window.end) if attempt.window else None,
            method=attempt.method,
            url=attempt.url,
            status=attempt.status,
            observed_at=stamp(attempt.observed_at),
            elapsed_ms=attempt.elapsed_ms,
            bytes=attempt.bytes,
            sha256=sha256,
            verdict=attempt.verdict,
            error=attempt.error,
            context=json.dumps(dict(attempt.context), sort_keys=True),
        )


@dataclass
class Ingest:
    """One run's asking."""

    settings: Settings
    ledger: Ledger
    landing: Landing
    run_id: int
    assets: Sequence[str]
    asked: Asked | None = None
    refetch: bool = False
    progress: Progress = lambda dataset, done, total: None

    def __post_init__(self) -> None:
        self.transport = Transport(self.settings, LedgerRecorder(self.ledger, self.landing))

    def run(self, datasets: Sequence[Dataset]) -> dict[str, DatasetReport]:
        """Ask for all of them side by side; Ctrl-C stops after the requests that are under way."""
        with ThreadPoolExecutor(max_workers=max(1, len(datasets)), thread_name_prefix="dataset") as pool:
            jobs = {d.name: pool.submit(self.one, d) for d in datasets}
            try:
                waiting = set(jobs.values())
                while waiting:  # in short turns: a signal may reach any thread, and only this one acts on it
                    _, waiting = wait(waiting, timeout=0.2)
                return {name: job.result() for name, job in jobs.items()}
            except BaseException:
                self.transport.stopped.set()
                raise

    def one(self, dataset: Dataset) -> DatasetReport:
        """Ask for one dataset; never raises for what an upstream does."""
        started = datetime.now()
        report = DatasetReport(dataset.name, dataset.source)
        try:
            if not registry.configured(dataset, self.settings):
                report.state = Verdict.NOT_CONFIGURED
                report.reasons.append(f"{dataset.key} is not set" if dataset.key else "not in the sample")
            else:
                self._ask(dataset, report)
        finally:
            report.seconds = (datetime.now() - started).total_seconds()
        return report

    def _ask(self, dataset: Dataset, report: DatasetReport) -> None:
        client = Client(self.transport, dataset.source, dataset.name)
        now = self.settings.now()
        history = self.ledger.windows(dataset.name)
        whole = span(dataset, self.asked, history, now)
        if whole is None:
            return
        parts = self._discover(dataset, client, whole, report)
        if parts is None:
            return
        work = [
            (part, window)
            for part in parts
            for window in plan_part(dataset, part, self.asked, history, now, self.refetch)
        ]
        report.planned = len(work)
        self.progress(dataset.name, 0, len(work))
        gone: set[str] = set()  # parts that do not exist upstream: their further windows are not asked
        with ThreadPoolExecutor(max_workers=dataset.workers, thread_name_prefix=dataset.name) as pool:
            pending: set[Future[Ended]] = set()
            for part, window in work:
                if len(pending) >= dataset.workers:
                    pending = self._note(dataset, pending, report, gone)
                if self.transport.stopped.is_set():
                    report.halted = report.halted or (Verdict.FAILED, "the run was stopped")
                if part.name in gone:
                    report.absent += 1
                elif report.halted:
                    self._not_asked(dataset, part, window, report)
                else:
                    pending.add(pool.submit(self._window, dataset, client, part, window))
            while pending:
                pending = self._note(dataset, pending, report, gone)

    def _note(
        self, dataset: Dataset, pending: set[Future[Ended]], report: DatasetReport, gone: set[str]
    ) -> set[Future[Ended]]:
        """Wait for a window, write what came of it into the report; the windows still under way.

        Only the dataset's own thread writes into its report.
        """
        finished, under_way = wait(pending, return_when=FIRST_COMPLETED)
        for job in finished:
            ended = job.result()
            if ended.verdict is Verdict.COMPLETE:
                report.complete += 1
            elif ended.verdict is Verdict.ABSENT:
                report.absent += 1
                if dataset.cut is Cut.DAYS:
                    gone.add(ended.part)
            else:
                self._blame(report, ended.verdict, f"{ended.part} {ended.window}: {ended.reason}")
                if ended.halts:
                    report.halted = report.halted or (ended.verdict, ended.reason)
        done = report.complete + report.absent + len(report.missing)
        self.progress(dataset.name, done, report.planned)
        return under_way

    def _not_asked(self, dataset: Dataset, part: Part, window: Window, report: DatasetReport) -> None:
        """Name a window that is left out because the dataset was halted; the next run asks for it."""
        assert report.halted
        verdict, why = report.halted
        reason = f"not asked: {why}"
        window_id = self._open(dataset, part, window)
        self.ledger.close_window(window_id, verdict, reason, self.settings.now())
        self._blame(report, verdict, f"{part.name} {window}: {reason}")

    def _open(self, dataset: Dataset, part: Part, window: Window) -> int:
        return self.ledger.open_window(
            self.run_id, dataset.name, part.name, part.markets, window.start, window.end
        )

    def _discover(
        self, dataset: Dataset, client: Client, span: Window, report: DatasetReport
    ) -> Sequence[Part] | None:
        """The parts that can be asked for now; None where asking for them failed, which is kept as a window."""
        window_id = self.ledger.open_window(self.run_id, dataset.name, DISCOVERY, (), span.start, span.end)
        bound = client.bind(DISCOVERY, span, window_id, {})
        try:
            parts = dataset.parts(bound, self.assets)
        except Exception as error:
            verdict, reason = self._verdict(error)
            self.ledger.close_window(window_id, verdict, reason, self.settings.now())
            self._blame(report, verdict, f"{dataset.name} {span}: {reason}")
            return None
        self.ledger.close_window(window_id, Verdict.COMPLETE, None, self.settings.now())
        return parts

    def _window(self, dataset: Dataset, client: Client, part: Part, window: Window) -> Ended:
        """Ask for one window and close it in the ledger, however it ended."""
        window_id = self._open(dataset, part, window)
        bound = client.bind(part.name, window, window_id, part.context)
        try:
            pages = [digest(answer.body) for answer in dataset.fetch(bound, part, window)]
            self.ledger.close_window(window_id, Verdict.COMPLETE, None, self.settings.now(), pages)
        except Exception as error:
            verdict, reason = self._verdict(error)
            self.ledger.close_window(window_id, verdict, reason, self.settings.now())
            halts = isinstance(error, SourceError) and error.stops_dataset
            return Ended(part.name, window, verdict, reason, halts)
        return Ended(part.name, window, Verdict.COMPLETE)

    def _verdict(self, error: Exception) -> tuple[Verdict, str]:
        if isinstance(error, SourceError):
            return error.verdict, self.transport.redact(error.reason)
        # a bug of ours must not take the other sources with it; it is a failure with a name
        return Verdict.FAILED, self.transport.redact(f"internal error: {type(error).__name__}: {error}")

    @staticmethod
    def _blame(report: DatasetReport, verdict: Verdict, what: str) -> None:
        report.missing.append(what)
        reason = what.split(": ", 1)[-1]
        if reason not in report.reasons and not reason.startswith("not asked"):
            report.reasons.append(reason)
        if not report.failed:
            report.state = verdict
