"""A page that a user saved in a browser, taken the way of every answer: ledger, landing, raw, published.

For sites that answer this machine with a browser check.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from pipelines.runs.ingest import DatasetReport, LedgerRecorder
from pipelines.runs.night import RunReport, Watch, finish, opened, recorded
from pipelines.settings import Settings
from pipelines.sources import registry
from pipelines.sources.contract import Answer, Dataset, Verdict, Window, midnight
from pipelines.sources.farside_saved import answer_from_file
from pipelines.sources.transport import Attempt
from pipelines.storage.landing import Landing
from pipelines.storage.ledger import Ledger
from pipelines.storage.locks import exclusive


class NotTaken(Exception):
    """A saved page that this data folder cannot take."""


def read(settings: Settings, path: Path) -> tuple[Dataset, Answer]:
    """The page as an answer of its dataset, its window being what the page itself spans.

    `Unparsable` where it is no whole page of a known name, `NotTaken` where it does not belong here.
    """
    if settings.sample:
        raise NotTaken("the sample is generated: a page of the real site does not go into it")
    answer = answer_from_file(path)
    if answer.observed_at > settings.now():
        raise NotTaken(f"{path.name} was saved at {answer.observed_at:%Y-%m-%d %H:%M} UTC, later than now")
    dataset = registry.datasets()[answer.dataset]
    sessions: list[date] = dataset.parse(answer)["session_date"].to_list()
    # the page of the last weeks says nothing of the years before it, an old copy nothing of the days since
    first = max(answer.window.start, min(map(midnight, sessions), default=answer.window.end))
    end = min(answer.window.end, max(map(midnight, sessions), default=first) + timedelta(days=1))
    if first >= end:
        raise NotTaken(f"{path.name} has no session before the day on which it was saved")
    return dataset, replace(answer, window=Window(first, end))


def load_page(settings: Settings, path: Path, watch: Watch | None = None) -> RunReport:
    """Land a saved page as one complete window, then load, build and publish."""
    watch, command = watch or Watch(), f"floodmark load-page {path.name}"
    dataset, answer = read(settings, path)
    report = RunReport()
    with opened(settings) as (folder, ledger, landing):
        with (
            exclusive(folder.root / "fetch.lock", command, watch.waiting),
            recorded(ledger, command) as run_id,
        ):
            _land(ledger, landing, run_id, dataset, answer)
        report.datasets[dataset.name] = DatasetReport(dataset.name, dataset.source, planned=1, complete=1)
        finish(report, settings, folder, ledger, landing, command=command, watch=watch)
    return report


def _land(ledger: Ledger, landing: Landing, run_id: int, dataset: Dataset, answer: Answer) -> None:
    """The body into landing, and what a request for it would have left in the ledger; none was made."""
    markets = sorted(set(dataset.parse(answer)["market"]))
    window_id = ledger.open_window(
        run_id, dataset.name, answer.part, markets, answer.window.start, answer.window.end
    )
    attempt = Attempt(
        dataset=dataset.name,
        source=dataset.source,
        part=answer.part,
        window=answer.window,
        window_id=window_id,
        method="SAVED",
        url=answer.url,
        status=answer.status,
        observed_at=answer.observed_at,
        elapsed_ms=0,
        bytes=len(answer.body),
        verdict="ok",
        error=None,
        context=answer.context,
    )
    LedgerRecorder(ledger, landing).record(attempt, answer.body)
    page = landing.write(answer.body)
    ledger.close_window(window_id, Verdict.COMPLETE, None, answer.observed_at, [page])
