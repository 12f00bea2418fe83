"""What the command line did, told to Dagster, so that its UI shows the truth and nothing is fetched twice.

Months come from the ledger's windows of the run, tables from the database that it built.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

import dagster as dg

from pipelines.assets.briefs import offer_events
from pipelines.assets.describe import Metadata, describe_dataset, describe_model, describe_raw
from pipelines.assets.ingest import ARRIVED, LOADED, loaded_problems
from pipelines.assets.models import checks_of
from pipelines.assets.partitions import NIGHT_REPORT, PUBLISH, month_keys, source_key, table_key
from pipelines.assets.publish import describe_publication
from pipelines.models.contract import ASSERT
from pipelines.models.lineage import build_order
from pipelines.runs import build as builds
from pipelines.runs.night import RunReport, opened
from pipelines.settings import Settings
from pipelines.sources import registry
from pipelines.sources.contract import Verdict, Window
from pipelines.storage.contracts import KINDS
from pipelines.storage.duck import Connection, writer
from pipelines.storage.folder import Folder
from pipelines.storage.ledger import Ledger

Event = dg.AssetMaterialization | dg.AssetCheckEvaluation


def report_cli_run(report: RunReport, settings: Settings) -> int:
    """Tell the Dagster instance of the data folder what a run of the command line did; how much was told.

    For the process that ran it, after its run. Needs the dagster.yaml of the folder.
    """
    told = 0
    with (
        dg.DagsterInstance.from_config(str(settings.warehouse)) as instance,
        opened(settings) as (folder, ledger, _),
        writer(folder, "telling Dagster") as conn,
    ):
        for event in events_of(report, folder, ledger, conn):
            instance.report_runless_asset_event(event)
            told += 1
        if report.version is not None:
            offer_events(instance, folder)
    return told


def events_of(report: RunReport, folder: Folder, ledger: Ledger, conn: Connection) -> Iterator[Event]:
    """Materialisations and checks of everything that the run touched, upstream first."""
    own = [run["id"] for run in ledger.last_runs(20) if run["pid"] == os.getpid()]
    yield from _sources(report, ledger, conn, max(own, default=None))
    for kind in KINDS:
        loads = [x for name, x in report.loads.items() if registry.datasets()[name].kind == kind]
        if any(x.windows or x.problems for x in loads):
            key, problems = table_key(f"raw.{kind}"), loaded_problems(report, kind)
            yield dg.AssetMaterialization(key, metadata=describe_raw(conn, kind))
            yield _check(key, LOADED, problems)
    yield from _models(conn, committed=report.version is not None)
    if report.version is not None:
        yield dg.AssetMaterialization(PUBLISH, metadata=describe_publication(folder))
        if report.good:
            yield dg.AssetMaterialization(NIGHT_REPORT, metadata={"failed": 0})


def _sources(report: RunReport, ledger: Ledger, conn: Connection, run_id: int | None) -> Iterator[Event]:
    for name, asked in report.datasets.items():
        if asked.state is Verdict.NOT_CONFIGURED:
            continue
        dataset, key, reason = registry.datasets()[name], source_key(name), report.failures.get(name)
        if reason is None and asked.planned:
            shown: Metadata = {
                "windows_asked": asked.planned,
                "windows_complete": asked.complete,
                "windows_absent": asked.absent,
                **describe_dataset(conn, dataset.kind, name),
            }
            for month in _months(ledger, name, run_id) if dataset.partitioned else [None]:
                yield dg.AssetMaterialization(key, partition=month, metadata=shown)
        yield _check(key, ARRIVED, [reason] if reason else [])


def _months(ledger: Ledger, dataset: str, run_id: int | None) -> list[str]:
    """The months that the windows of a run touch."""
    windows = [
        Window(w.start_at, w.end_at)
        for w in ledger.windows(dataset)
        if w.run_id == run_id and w.verdict in ("complete", "absent") and w.start_at < w.end_at
    ]
    return sorted({month for w in windows for month in month_keys(w.first_day, w.last_day)})


def _models(conn: Connection, committed: bool) -> Iterator[Event]:
    """Every model with its checks; of a build that was blocked only the checks that failed."""
    failing = _failing(conn)
    for name in build_order(builds.models(), builds.external_columns()):
        model, key = builds.models()[name], table_key(name)
        if committed:
            rows = conn.execute(f"select count(*) from {model.quoted}").fetchall()[0][0]
            yield dg.AssetMaterialization(key, metadata=describe_model(conn, model, rows))
        for check in checks_of(model):
            count = failing.get((model.table, check.name), 0)
            if committed or (count and check.severity == ASSERT):
                yield dg.AssetCheckEvaluation(
                    asset_key=key,
                    check_name=check.name,
                    passed=not count,
                    metadata={"kept_failing_rows": count},
                    severity=(
                        dg.AssetCheckSeverity.ERROR
                        if check.severity == ASSERT
                        else dg.AssetCheckSeverity.WARN
                    ),
                )


def _failing(conn: Connection) -> dict[tuple[str, str], int]:
    """Failing rows that the last build kept, a model and check."""
    there = conn.execute(
        "select 1 from duckdb_tables() where schema_name = 'meta' and table_name = 'check_failures'"
        " and database_name = current_database()"
    ).fetchall()
    if not there:
        return {}
    rows = conn.execute('select model, "check", count(*) from meta.check_failures group by all').fetchall()
    return {(model, check): count for model, check, count in rows}


def _check(key: dg.AssetKey, name: str, problems: Iterable[str]) -> dg.AssetCheckEvaluation:
    reasons = list(problems)
    return dg.AssetCheckEvaluation(
        asset_key=key,
        check_name=name,
        passed=not reasons,
        metadata={},
        description="; ".join(reasons[:3]) or None,
    )
