"""The last two assets of a night: publish, and the report that makes a night with failures red.

The report comes after publishing: what arrived is published, what did not is named.
"""

# dagster reads the annotation of `context` as it stands: no `from __future__ import annotations` here

from collections.abc import Iterator
from typing import Any

import dagster as dg

from pipelines.assets.briefs import offer_events
from pipelines.assets.describe import Metadata, markdown
from pipelines.assets.ingest import ARRIVED, LOADED, named
from pipelines.assets.partitions import NIGHT_REPORT, PUBLISH, SINGLE_RUN, table_key
from pipelines.assets.watch import command, watching
from pipelines.runs import build as builds
from pipelines.runs.night import opened
from pipelines.settings import Settings
from pipelines.storage.duck import writer
from pipelines.storage.folder import Folder
from pipelines.storage.publish import manifest


def publish_asset() -> dg.AssetsDefinition:
    """The asset after all models."""

    @dg.asset(
        key=PUBLISH,
        deps=[table_key(name) for name in builds.models()],
        description="A read-only version of everything that people query; then `floodmark.duckdb` points at it.",
        group_name="publish",
        kinds={"duckdb", "parquet"},
        backfill_policy=SINGLE_RUN,
    )
    def publish(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        settings = Settings()
        watch = watching(context)
        with opened(settings) as (folder, ledger, _), writer(folder, command(context), watch.waiting) as conn:
            builds.publish_build(conn, settings, folder, ledger)
            told = describe_publication(folder)
        offer_events(context.instance, folder)
        return dg.MaterializeResult(metadata=told)

    return publish


def describe_publication(folder: Folder) -> Metadata:
    """What the manifest of the current version says."""
    found: dict[str, Any] = manifest(folder) or {}
    rows = [(f"{t['schema']}.{t['table']}", t["rows"], t["hash"]) for t in found["tables"]]
    return {
        "dagster/row_count": sum(count for _, count, _ in rows),
        "version": found["version"],
        "origin": found["origin"],
        "commit": found["commit"],
        "file": dg.MetadataValue.path(str(folder.warehouse)),
        "tables": dg.MetadataValue.md(markdown(["table", "rows", "fingerprint"], rows)),
    }


@dg.asset(
    key=NIGHT_REPORT,
    deps=[PUBLISH],
    description="Fails where a dataset failed, naming each: the run is red, and yet published. "
    "Re-execute the run from asset failure to ask again.",
    group_name="publish",
    kinds={"python"},
    backfill_policy=SINGLE_RUN,
)
def night_report(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    failures = failures_of(context.instance, context.run)
    if failures:
        raise dg.Failure(named(failures), allow_retries=False)
    return dg.MaterializeResult(metadata={"failed": 0})


def failures_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dict[str, str]:
    """Dataset or raw table to reason, for what failed in a run and was not had in a retry of it.

    A retry of the report alone therefore does not turn a night green.
    """
    verdicts: dict[str, str | None] = {}
    for attempt in reversed(list(_attempts(instance, run))):
        events = instance.all_logs(attempt.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
        for event in events:
            found = event.dagster_event.asset_check_evaluation_data if event.dagster_event else None
            if found and found.check_name in (ARRIVED, LOADED):
                reason = None if found.passed else found.description or "unknown"
                verdicts[found.asset_key.to_user_string()] = reason
    return {key: reason for key, reason in verdicts.items() if reason is not None}


def _attempts(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Iterator[dg.DagsterRun]:
    current: dg.DagsterRun | None = run
    while current:
        yield current
        current = instance.get_run_by_id(current.parent_run_id) if current.parent_run_id else None
