"""The one op that asks and loads: sources/<dataset>, then raw/<kind>.

One op, because a dataset that is skipped would skip every op below it, and the run would look green.
"""

# dagster reads the annotation of `context` as it stands: no `from __future__ import annotations` here

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import dagster as dg

from pipelines.assets.describe import Metadata, columns_of_kind, describe_dataset, describe_raw, markdown
from pipelines.assets.partitions import (
    MONTHS,
    NIGHT_REPORT,
    NIGHT_TAG,
    SINGLE_RUN,
    configured_datasets,
    datasets_of,
    days_asked,
    kinds_of,
    source_key,
    table_key,
)
from pipelines.assets.watch import command, watching
from pipelines.runs import night
from pipelines.runs.load import load_all
from pipelines.runs.plan import Asked
from pipelines.runs.status import BAD_LOADS, unhealed
from pipelines.settings import Settings
from pipelines.sources import registry
from pipelines.sources.contract import Dataset
from pipelines.storage.contracts import KINDS, Kind
from pipelines.storage.duck import writer
from pipelines.storage.ledger import Ledger

ARRIVED, LOADED = "arrived", "loaded"
SHOWN = 20  # missing windows, a check

Event = dg.MaterializeResult[None] | dg.AssetCheckResult


def _source_spec(dataset: Dataset) -> dg.AssetSpec:
    return dg.AssetSpec(
        source_key(dataset.name),
        description=f"{dataset.title}. Answers of {dataset.source}, as they came, in landing.",
        partitions_def=MONTHS if dataset.partitioned else None,
        skippable=True,
        group_name="sources",
        kinds={"python"},
        metadata={
            "source": dataset.source,
            "earliest": dataset.earliest.isoformat(),
            "restates_days": dataset.tail_days,
            "raw_table": f"raw.{dataset.kind}",
            "dagster/column_schema": columns_of_kind(KINDS[dataset.kind]),
        },
    )


def _raw_spec(kind: Kind) -> dg.AssetSpec:
    about = (kind.schema.__doc__ or kind.name).strip().splitlines()[0]
    return dg.AssetSpec(
        table_key(f"raw.{kind.name}"),
        deps=[source_key(d.name) for d in datasets_of([kind.name])],
        description=f"{about} Every vintage is a row; the key is dataset, {', '.join(kind.key)}.",
        group_name="raw",
        kinds={"duckdb"},
        metadata={
            "dagster/table_name": f"pipeline.raw.{kind.name}",
            "dagster/column_schema": columns_of_kind(kind),
        },
    )


def not_configured(settings: Settings) -> list[dg.AssetSpec]:
    """The datasets that wait for their key: shown, not executable."""
    return [
        dg.AssetSpec(
            source_key(d.name),
            description=f"not configured: {f'set {d.key}' if d.key else 'not in the sample'}. {d.title}.",
            group_name="sources",
            kinds={"python"},
        )
        for d in registry.datasets().values()
        if not registry.configured(d, settings)
    ]


@dataclass
class _Done:
    """What a run of the op did, and what its tables show."""

    report: night.RunReport = field(default_factory=night.RunReport)
    tables: dict[dg.AssetKey, Metadata] = field(default_factory=dict)


def ingest_asset(settings: Settings) -> dg.AssetsDefinition:
    """The op with every configured dataset and every raw table; any part of it can be run."""
    datasets = configured_datasets(settings)

    @dg.multi_asset(
        name="ingest",
        specs=[*map(_source_spec, datasets), *map(_raw_spec, KINDS.values())],
        check_specs=[
            *(
                dg.AssetCheckSpec(
                    ARRIVED,
                    asset=source_key(d.name),
                    description="Every window that was asked for arrived whole",
                )
                for d in datasets
            ),
            *(
                dg.AssetCheckSpec(
                    LOADED,
                    asset=table_key(f"raw.{kind}"),
                    description="Every answer could be read, none was refused, no row broke the contract",
                )
                for kind in KINDS
            ),
        ],
        can_subset=True,
        backfill_policy=SINGLE_RUN,
    )
    def ingest(context: dg.AssetExecutionContext) -> Iterator[Event]:
        settings = Settings()
        selected = context.selected_asset_keys
        chosen = [d for d in datasets if source_key(d.name) in selected]
        asked = days_asked(context)
        by_month = [d.name for d in chosen if d.partitioned]
        if by_month and asked is None and NIGHT_TAG not in context.run.tags:
            raise dg.Failure(
                f"{', '.join(by_month)}: kept by month; choose a month or a range of months "
                "(in the launch dialog, or with --partition or --partition-range)",
                allow_retries=False,
            )
        done = _ask_and_load(context, settings, chosen, kinds_of(selected), asked)
        yield from _sources(done, chosen, asked)
        yield from _raw(done, kinds_of(selected))
        yield from _checks_alone(context, settings)
        failures = done.report.failures
        if failures and NIGHT_REPORT not in context.job_def.asset_layer.executable_asset_keys:
            raise dg.Failure(named(failures), allow_retries=False)

    return ingest


def named(failures: dict[str, str]) -> str:
    """Failures as one text: each dataset with its reason."""
    return "\n".join([f"{len(failures)} failed:", *(f"  {name}: {why}" for name, why in failures.items())])


def _ask_and_load(
    context: dg.AssetExecutionContext,
    settings: Settings,
    chosen: list[Dataset],
    kinds: list[str],
    asked: Asked | None,
) -> _Done:
    done = _Done()
    watch, purpose = watching(context), command(context)
    if not chosen and not kinds:
        return done
    with night.opened(settings) as (folder, ledger, landing):
        if chosen:
            done.report.datasets = night.ingest(
                settings, folder, ledger, landing, chosen, command=purpose, asked=asked, watch=watch
            )
        if kinds:
            with writer(folder, purpose, watch.waiting) as conn:
                every = datasets_of(kinds)
                done.report.loads = load_all(conn, ledger, landing, every, watch.loading)
                done.tables = {table_key(f"raw.{kind}"): describe_raw(conn, kind) for kind in kinds}
                for d in chosen:
                    if d.kind in kinds:
                        done.tables[source_key(d.name)] = describe_dataset(conn, d.kind, d.name)
    return done


def _sources(done: _Done, chosen: Iterable[Dataset], asked: Asked | None) -> Iterator[Event]:
    """What arrived, with its check; a dataset that failed is not yielded, so its months show as failed."""
    failures = done.report.failures
    for dataset in chosen:
        key, report = source_key(dataset.name), done.report.datasets[dataset.name]
        load = done.report.loads.get(dataset.name)
        told: Metadata = {
            "days": f"{asked.first} to {asked.last}" if asked else "all that was missing",
            "windows_asked": report.planned,
            "windows_complete": report.complete,
            "windows_absent": report.absent,
            "seconds": round(report.seconds, 1),
        }
        if load:
            told |= {
                "new_vintages": load.new_vintages,
                "retracted": load.retracted,
                "quarantined": load.quarantined,
            }
        reason = failures.get(dataset.name)
        if reason is None and not report.planned and not dataset.partitioned:
            continue  # none of the days is its own (a feed of the present): nothing asked, nothing told
        if reason is None:
            yield dg.MaterializeResult(asset_key=key, metadata=told | done.tables.get(key, {}))
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=ARRIVED,
            passed=reason is None,
            description=reason,
            metadata=told | _missing(report.missing + (load.problems if load else [])),
        )


def _raw(done: _Done, kinds: Iterable[str]) -> Iterator[Event]:
    """Every raw table, always: what could be loaded was loaded."""
    for kind in kinds:
        key = table_key(f"raw.{kind}")
        problems = loaded_problems(done.report, kind)
        yield dg.MaterializeResult(asset_key=key, metadata=done.tables[key])
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=LOADED,
            passed=not problems,
            description="; ".join(problems[:3]) or None,
            metadata=_missing(problems),
        )


def loaded_problems(report: night.RunReport, kind: str) -> list[str]:
    """What could not be loaded into a raw table, by dataset."""
    return [
        f"{name}: {problem}"
        for name, load in report.loads.items()
        if registry.datasets()[name].kind == kind
        for problem in load.problems
    ]


def _missing(reasons: list[str]) -> Metadata:
    if not reasons:
        return {}
    return {"missing": dg.MetadataValue.md(markdown(["missing"], [[r] for r in reasons[:SHOWN]]))}


def _checks_alone(context: dg.AssetExecutionContext, settings: Settings) -> Iterator[dg.AssetCheckResult]:
    """Checks that are run without their asset: asked of the ledger, nothing is fetched."""
    alone = [k for k in context.selected_asset_check_keys if k.asset_key not in context.selected_asset_keys]
    if not alone:
        return
    with night.opened(settings) as (_, ledger, _landing):
        for check in sorted(alone, key=lambda k: k.asset_key):
            name = check.asset_key.path[-1]
            datasets = [registry.datasets()[name]] if check.name == ARRIVED else datasets_of([name])
            problems = [p for d in datasets for p in _unhealed(ledger, d, loads_only=check.name == LOADED)]
            yield dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=check.name,
                passed=not problems,
                description="; ".join(problems[:3]) or None,
                metadata=_missing(problems),
            )


def _unhealed(ledger: Ledger, dataset: Dataset, loads_only: bool) -> list[str]:
    return [
        f"{dataset.name} {w.part} {w.start_at:%Y-%m-%d}: {w.load_reason or w.reason}"
        for w in unhealed(ledger.windows(dataset.name))
        if not loads_only or w.load_verdict in BAD_LOADS
    ]
