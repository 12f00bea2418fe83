"""The Dagster code location: a table of contents, nothing else."""

from __future__ import annotations

import dagster as dg

from pipelines.assets.ingest import ingest_asset, not_configured
from pipelines.assets.models import models_asset
from pipelines.assets.publish import night_report, publish_asset
from pipelines.assets.schedules import build_job, nightly_job, nightly_schedule
from pipelines.assets.sensors import landed
from pipelines.settings import Settings


@dg.definitions
def floodmark() -> dg.Definitions:
    settings = Settings()
    return dg.Definitions(
        assets=[
            ingest_asset(settings),
            models_asset(),
            publish_asset(),
            night_report,
            *not_configured(settings),
        ],
        jobs=[nightly_job(settings), build_job],
        schedules=[nightly_schedule],
        sensors=[landed],
        executor=dg.in_process_executor,  # one process writes DuckDB
    )
