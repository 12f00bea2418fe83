"""Every SQL model as an asset, built by one op in one transaction and checked before it is committed.

Assets, dependencies, columns and checks come from the files of sql/; nothing is listed here.
"""

# dagster reads the annotation of `context` as it stands: no `from __future__ import annotations` here

import hashlib
from collections.abc import Iterator

import dagster as dg

from pipelines.assets.describe import Metadata, column_deps, columns_of_model, describe_model, markdown
from pipelines.assets.partitions import PUBLISH, SINGLE_RUN, table_key
from pipelines.assets.watch import command, watching
from pipelines.models.contract import ASSERT, GRAIN, Check, Model
from pipelines.models.lineage import upstream
from pipelines.models.results import BlockedBuild, CheckResult, ModelResult
from pipelines.models.runner import verify
from pipelines.models.standing import MadeFromBroken, broken
from pipelines.runs import build as builds
from pipelines.runs.night import opened
from pipelines.settings import Settings
from pipelines.storage.duck import writer

Event = dg.MaterializeResult[None] | dg.AssetCheckResult


def _spec(model: Model) -> dg.AssetSpec:
    return dg.AssetSpec(
        table_key(model.table),
        deps=[table_key(t) for t in sorted(upstream(model)) if not t.startswith("meta.")],
        description=f"{model.description}\n\nOne row per {', '.join(model.grain)}.",
        group_name=model.schema,
        kinds={"duckdb", "sql"},
        # the UI marks a table that an older file built
        code_version=hashlib.sha256(model.sql.encode()).hexdigest()[:12],
        metadata={
            "dagster/table_name": f"floodmark.{model.table}",
            "dagster/column_schema": columns_of_model(model),
            "dagster/column_lineage": column_deps(model),
            "file": f"sql/{model.schema}/{model.name}.sql",
            "sql": dg.MetadataValue.md(f"```sql\n{model.sql}\n```"),
        },
    )


def checks_of(model: Model) -> list[Check]:
    """The checks of a header, with the grain that every model has."""
    keys = ", ".join(model.grain)
    return [Check(GRAIN, f"unique and not null: {keys}", ASSERT), *model.checks]


def _check_specs(model: Model) -> Iterator[dg.AssetCheckSpec]:
    for check in checks_of(model):
        yield dg.AssetCheckSpec(
            check.name,
            asset=table_key(model.table),
            description=check.expression,
            blocking=check.severity == ASSERT,
        )


def broken_models() -> list[dg.AssetSpec]:
    """The models whose file is broken, or is made from a broken one: shown with the reason, not executable."""
    found = broken(builds.models())
    for error in dict.fromkeys(e for e in found.values() if not isinstance(e, MadeFromBroken)):
        dg.get_dagster_logger().error("broken: %s", error)
    return [
        dg.AssetSpec(
            table_key(name),
            description=f"broken: {error}",
            group_name=name.split(".")[0],
            kinds={"duckdb", "sql"},
        )
        for name, error in found.items()
    ]


def models_asset() -> dg.AssetsDefinition:
    """One op over all models; any part of them can be built, on what stands there."""
    every = builds.models()

    @dg.multi_asset(
        name="models",
        specs=[_spec(m) for m in every.values()],
        check_specs=[spec for m in every.values() for spec in _check_specs(m)],
        can_subset=True,
        backfill_policy=SINGLE_RUN,
    )
    def build(context: dg.AssetExecutionContext) -> Iterator[Event]:
        settings = Settings()
        selected = [name for name in every if table_key(name) in context.selected_asset_keys]
        checked = {k.asset_key for k in context.selected_asset_check_keys}
        verified = [name for name in every if table_key(name) in checked and name not in selected]
        watch = watching(context)
        shown: dict[str, Metadata] = {}
        blocked: BlockedBuild | None = None
        results: tuple[ModelResult, ...] = ()
        with opened(settings) as (folder, ledger, _), writer(folder, command(context), watch.waiting) as conn:
            if selected:
                try:
                    built = builds.build_models(conn, settings, ledger, watch.model, select=selected)
                    results = built.models
                    shown = {r.name: describe_model(conn, every[r.name], r.rows) for r in results}
                except BlockedBuild as error:
                    blocked = error
            found = verify(conn, every, verified) if not blocked else []
        wanted = context.selected_asset_check_keys
        if blocked:  # nothing was committed, so only what is wrong is told
            for result, check in blocked.result.failures():
                if dg.AssetCheckKey(table_key(result.name), check.name) in wanted:
                    yield check_result(result.name, check)
            raise dg.Failure(str(blocked), allow_retries=False)
        for result in results:
            shown[result.name]["seconds"] = round(result.seconds, 2)
            yield dg.MaterializeResult(asset_key=table_key(result.name), metadata=shown[result.name])
        for result in [*results, *found]:
            for check in result.checks:
                if dg.AssetCheckKey(table_key(result.name), check.name) in wanted:
                    yield check_result(result.name, check)
        if PUBLISH in context.job_def.asset_layer.executable_asset_keys:
            for reason in broken(every).values():  # half of the tables are not published
                raise dg.Failure(f"not published: {reason}", allow_retries=False)

    return build


def check_result(table: str, check: CheckResult) -> dg.AssetCheckResult:
    """A check of the runner as Dagster shows it, with the first failing rows."""
    metadata: Metadata = {"failing_rows": check.failing_rows}
    if check.sample:
        metadata["first_failing_rows"] = dg.MetadataValue.md(
            markdown(["row"], [[row] for row in check.sample[:10]])
        )
    return dg.AssetCheckResult(
        asset_key=table_key(table),
        check_name=check.name,
        passed=check.passed,
        severity=dg.AssetCheckSeverity.ERROR if check.severity == ASSERT else dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )
