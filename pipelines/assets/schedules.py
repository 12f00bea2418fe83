"""The two jobs, and the nightly schedule that starts itself.

After a pause only the newest tick runs, so the months of a night come from the ledger, not from the tick.
"""

from __future__ import annotations

import dagster as dg

from pipelines.assets.partitions import (
    NIGHT_TAG,
    RANGE_END_TAG,
    RANGE_START_TAG,
    night_months,
    nightly_datasets,
    source_key,
)
from pipelines.settings import Settings
from pipelines.sources import registry


def nightly_job(settings: Settings) -> dg.UnresolvedAssetJobDefinition:
    """Ask, load, build, publish, report; for the months of the run, or as a night."""
    wanted = {d.name for d in nightly_datasets(settings)}
    others = [source_key(name) for name in registry.datasets() if name not in wanted]
    every = dg.AssetSelection.all()
    return dg.define_asset_job(
        "nightly",
        selection=every - dg.AssetSelection.assets(*others) if others else every,
        description="Ask every source, load, build, publish. For one month, a range, or (from the schedule) "
        "everything that is missing.",
    )


build_job = dg.define_asset_job(
    "build",
    selection=dg.AssetSelection.all() - dg.AssetSelection.groups("sources"),
    description="Load what has landed, build every model, publish. Asks no source.",
)


@dg.schedule(
    name="nightly",
    job_name="nightly",
    cron_schedule="0 6 * * *",  # the last ETF funds report at 05:00 UTC
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night: what is missing since the last one, however long ago that was.",
)
def nightly_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    first, last = night_months(Settings())
    return dg.RunRequest(tags={NIGHT_TAG: "true", RANGE_START_TAG: first, RANGE_END_TAG: last})
