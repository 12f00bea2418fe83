"""The Dagster code location: a table of contents, nothing else."""

from __future__ import annotations

import dagster as dg

from pipelines.assets.briefs import briefs_job, event_briefs
from pipelines.assets.claims import verdicts
from pipelines.assets.ingest import ingest_asset, not_configured
from pipelines.assets.models import broken_models, models_asset
from pipelines.assets.partitions import rolling_datasets
from pipelines.assets.publish import night_report, publish_asset
from pipelines.assets.schedules import (
    build_job,
    nightly_job,
    nightly_schedule,
    rolling_job,
    rolling_schedule,
)
from pipelines.assets.sensors import landed
from pipelines.settings import Settings


@dg.definitions
def floodmark() -> dg.Definitions:
    settings = Settings()
    feeds = rolling_datasets(settings)  # the sample plays none
    return dg.Definitions(
        assets=[
            ingest_asset(settings),
            models_asset(),
            publish_asset(),
            night_report,
            verdicts,
            event_briefs,
            *not_configured(settings),
            *broken_models(),
        ],
        jobs=[nightly_job(settings), build_job, briefs_job, *([rolling_job(feeds)] if feeds else [])],
        schedules=[nightly_schedule, *([rolling_schedule] if feeds else [])],
        sensors=[landed],
        executor=dg.in_process_executor,  # one process writes DuckDB
    )
