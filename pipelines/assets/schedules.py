"""The jobs, and the schedules that start themselves: the night, and the feeds that forget within the day.

After a pause only the newest tick runs, so what a run asks for comes from the ledger, not from the tick.
"""

from __future__ import annotations

import dagster as dg

from pipelines.assets.briefs import BRIEFS
from pipelines.assets.partitions import (
    NIGHT_TAG,
    RANGE_END_TAG,
    RANGE_START_TAG,
    night_months,
    nightly_datasets,
    source_key,
    table_key,
)
from pipelines.settings import Settings
from pipelines.sources import registry
from pipelines.sources.contract import Dataset


def nightly_job(settings: Settings) -> dg.UnresolvedAssetJobDefinition:
    """Ask, load, build, publish, report; for the months of the run, or as a night."""
    wanted = {d.name for d in nightly_datasets(settings)}
    others = [source_key(name) for name in registry.datasets() if name not in wanted]
    return dg.define_asset_job(
        "nightly",
        selection=dg.AssetSelection.all() - dg.AssetSelection.assets(BRIEFS, *others),
        description="Ask every source, load, build, publish, judge the claims. For one month, a range, or (from "
        "the schedule) everything that is missing. A dataset on request belongs to it once it was asked for and "
        "the code location was loaded again.",
    )


build_job = dg.define_asset_job(
    "build",
    selection=dg.AssetSelection.all()
    - dg.AssetSelection.groups("sources")
    - dg.AssetSelection.assets(BRIEFS),
    description="Load what has landed, build every model, publish, judge the claims. Asks no source.",
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


def _with_their_tables(datasets: list[Dataset]) -> list[dg.AssetKey]:
    return [source_key(d.name) for d in datasets] + [
        table_key(f"raw.{kind}") for kind in sorted({d.kind for d in datasets})
    ]


def rolling_job(feeds: list[Dataset]) -> dg.UnresolvedAssetJobDefinition:
    """Ask the rolling feeds and load them; what follows is the sensor's to start."""
    return dg.define_asset_job(
        "rolling",
        selection=dg.AssetSelection.assets(*_with_their_tables(feeds)),
        description=f"Ask the feeds that forget within the day ({', '.join(d.name for d in feeds)}) and load them. "
        "The sensor landed builds and publishes. Launched by hand, it asks for the first time.",
    )


@dg.schedule(
    name="rolling",
    job_name="rolling",
    cron_schedule="15 */6 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every six hours, what the rolling feeds have said since: after a day it is gone. They are on "
    "request, so a tick is skipped until the feed was asked for once (job rolling, or floodmark run --source).",
)
def rolling_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    feeds = [d for d in nightly_datasets(Settings()) if d.rolling]
    if not feeds:
        return dg.SkipReason("no rolling feed was ever asked for: launch the job rolling once to begin")
    return dg.RunRequest(asset_selection=_with_their_tables(feeds))
