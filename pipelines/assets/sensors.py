"""`landed`: what waits in landing, from whatever run or command, gets built and published.

Reads the ledger and tries the locks; it never opens DuckDB and never waits.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg

from pipelines.settings import Settings
from pipelines.storage.folder import Folder
from pipelines.storage.ledger import Ledger
from pipelines.storage.locks import Holder, exclusive

ACTIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dg.sensor(
    name="landed",
    job_name="build",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts the job build where answers have landed since the last version was published.",
)
def landed(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    folder = Folder(Settings().warehouse)
    if not folder.ledger.exists():
        return dg.SkipReason("nothing was ever asked for")
    with Ledger(folder.ledger) as ledger:
        newest = ledger.unpublished_window_id()
    if newest is None:
        return dg.SkipReason("all that landed is published")
    # a run that was cut off by a power failure stays STARTED; it must not stop the builds for ever
    recent = dg.RunsFilter(statuses=ACTIVE, updated_after=datetime.now(UTC) - timedelta(hours=24))
    active = context.instance.get_runs(recent, limit=1)
    if active:
        return dg.SkipReason(f"run {active[0].run_id[:8]} is active, and may build it itself")
    for lock in ("fetch.lock", "pipeline.lock"):
        if (held_by := _holder(folder.root / lock)) is not None:
            return dg.SkipReason(f"{held_by} is at work, and may build it itself")
    return dg.RunRequest(run_key=f"window-{newest}")


class _HeldError(Exception):
    """Somebody holds the lock."""


def _holder(lock: Path) -> Holder | str | None:
    """Who holds a lock now; None where it is free. Does not wait."""

    def held(by: Holder | None) -> None:
        raise _HeldError(by or "another process")

    try:
        with exclusive(lock, "the sensor landed", held):
            return None
    except _HeldError as error:
        found: Holder | str = error.args[0]
        return found
