"""What a run tells its log in the UI: progress now and then, and whom it waits for.

The run itself knows nothing of Dagster; it is handed a Watch.
"""

from __future__ import annotations

import time

import dagster as dg

from pipelines.runs.night import Watch
from pipelines.storage.locks import Holder

EVERY_SECONDS = 15.0  # each line is a row in Dagster's database


def watching(context: dg.AssetExecutionContext) -> Watch:
    """A watch that logs; fetching speaks at its end and every 15 seconds a dataset."""
    spoken: dict[str, float] = {}

    def fetching(dataset: str, done: int, planned: int) -> None:
        now = time.monotonic()
        if done == planned or now - spoken.setdefault(dataset, now) >= EVERY_SECONDS:
            spoken[dataset] = now
            context.log.info(f"{dataset}: {done} of {planned} windows")

    def waiting(holder: Holder | None) -> None:
        context.log.info(f"waiting for {holder or 'another process'}")

    return Watch(
        fetching=fetching,
        loading=lambda dataset: context.log.debug(f"loading {dataset}"),
        model=lambda name, number, count: context.log.debug(f"{number}/{count} {name}"),
        publishing=lambda: context.log.info("publishing"),
        waiting=waiting,
    )


def command(context: dg.AssetExecutionContext) -> str:
    """How the run is called in the ledger and in the notes of the locks."""
    return f"dagster {context.job_name} {context.run.run_id[:8]}"
