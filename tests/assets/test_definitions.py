"""The code location as it stands: which assets, jobs, checks and schedules the UI shows."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from pipelines.assets.briefs import EVENTS
from pipelines.assets.partitions import MONTHS
from pipelines.definitions import floodmark
from pipelines.runs.build import models
from pipelines.sources import registry
from pipelines.sources.contract import Cut
from pipelines.storage.contracts import KINDS


@pytest.fixture(scope="module")
def shown() -> dg.Definitions:
    return floodmark()


@pytest.fixture(scope="module")
def specs(shown: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {s.key.to_user_string(): s for s in shown.resolve_all_asset_specs()}


def test_assets_are_datasets_raw_tables_models_publish_and_the_report(specs: dict[str, dg.AssetSpec]) -> None:
    assert set(specs) == {
        *(f"sources/{name}" for name in registry.datasets()),
        *(f"raw/{kind}" for kind in KINDS),
        *(name.replace(".", "/") for name in models()),
        "publish",
        "night_report",
        "claims/verdicts",
        "briefs/events",
    }
    for headline in (
        "sources/coinalyze_liquidations",
        "raw/liquidation_buckets",
        "facts/liquidations_daily",
        "rankings/largest_liquidation_days",
    ):
        assert headline in specs


def test_lineage_runs_from_sources_to_the_report(specs: dict[str, dg.AssetSpec]) -> None:
    above = {name: {d.asset_key.to_user_string() for d in spec.deps} for name, spec in specs.items()}
    assert "sources/coinalyze_liquidations" in above["raw/liquidation_buckets"]
    assert above["staging/liquidation_buckets"] == {"raw/liquidation_buckets"}
    assert "facts/liquidation_totals_daily" in above["rankings/largest_liquidation_days"]
    assert above["publish"] == {name.replace(".", "/") for name in models()}
    assert above["night_report"] == above["claims/verdicts"] == above["briefs/events"] == {"publish"}
    models_of_sources = [
        n
        for n, deps in above.items()
        if n.split("/")[0] in ("facts", "staging", "rankings") and any(d.startswith("sources/") for d in deps)
    ]
    assert models_of_sources == []


def test_windows_are_kept_by_month_and_briefs_by_event(specs: dict[str, dg.AssetSpec]) -> None:
    configured = {n: s for n, s in specs.items() if not (s.description or "").startswith("not configured")}
    assert configured.pop("briefs/events").partitions_def == EVENTS
    for name, spec in configured.items():
        dataset = registry.datasets().get(name.removeprefix("sources/"))
        assert spec.partitions_def == (MONTHS if dataset and dataset.partitioned else None), name
    of_the_present = {d.name for d in registry.datasets().values() if d.rolling or d.cut is Cut.SNAPSHOT}
    assert "okx_liquidation_orders" in of_the_present
    assert {specs[f"sources/{name}"].partitions_def for name in of_the_present} == {None}
    assert MONTHS.get_partition_keys()[0] == "2020-01-01"


def test_one_run_for_a_backfill_of_any_asset(shown: dg.Definitions) -> None:
    graph = shown.resolve_asset_graph()
    for key in graph.executable_asset_keys:
        assert graph.get(key).backfill_policy == dg.BackfillPolicy.single_run(), key


def test_a_dataset_without_its_key_is_shown_and_not_executable(
    specs: dict[str, dg.AssetSpec], shown: dg.Definitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = dg.AssetKey(["sources", "coinalyze_liquidations"])
    assert "not configured: set COINALYZE_API_KEY" in (specs[key.to_user_string()].description or "")
    assert key not in shown.resolve_asset_graph().executable_asset_keys
    assert key not in shown.resolve_job_def("nightly").asset_layer.executable_asset_keys
    monkeypatch.setenv("COINALYZE_API_KEY", "any")
    assert key in floodmark().resolve_asset_graph().executable_asset_keys


def test_checks_come_from_the_headers(shown: dg.Definitions) -> None:
    graph = shown.resolve_asset_graph()
    for name, model in models().items():
        key = dg.AssetKey(name.split("."))
        blocking = {
            check.name: graph.get(check).blocking
            for check in graph.asset_check_keys
            if check.asset_key == key
        }
        assert blocking == {"grain": True} | {c.name: c.severity == "assert" for c in model.checks}, name


def test_a_model_shows_its_sql_units_and_where_each_column_comes_from(specs: dict[str, dg.AssetSpec]) -> None:
    metadata = specs["rankings/largest_liquidation_days"].metadata
    assert metadata["dagster/table_name"] == "floodmark.rankings.largest_liquidation_days"
    assert "from facts.liquidation_totals_daily" in metadata["sql"].md_str
    column = next(c for c in metadata["dagster/column_schema"].columns if c.name == "total_usd")
    assert column.description.startswith("usd: ")
    assert "facts.liquidation_totals_daily.total_usd" in column.description
    deps = metadata["dagster/column_lineage"].deps_by_column["total_usd"]
    assert dg.TableColumnDep(dg.AssetKey(["facts", "liquidation_totals_daily"]), "total_usd") in deps


def test_build_asks_no_source(shown: dg.Definitions) -> None:
    keys = {k.to_user_string() for k in shown.resolve_job_def("build").asset_layer.executable_asset_keys}
    assert {"raw/prices", "facts/prices_daily", "publish", "night_report"} <= keys
    assert not [k for k in keys if k.startswith(("sources/", "briefs/"))]
    assert "claims/verdicts" in keys


def test_a_night_asks_for_the_plain_datasets_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FLOODMARK_WAREHOUSE", str(tmp_path))
    monkeypatch.setenv("COINALYZE_API_KEY", "any")
    keys = {
        k.to_user_string() for k in floodmark().resolve_job_def("nightly").asset_layer.executable_asset_keys
    }
    assert {"claims/verdicts", "publish", "night_report"} <= keys
    assert "briefs/events" not in keys
    asked = {k.removeprefix("sources/") for k in keys if k.startswith("sources/")}
    assert "coinalyze_liquidations" in asked
    assert not asked & registry.ON_REQUEST
    assert {d.name for d in registry.select() if not d.key} <= asked


def test_the_rolling_job_asks_the_rolling_feeds_and_loads_them(shown: dg.Definitions) -> None:
    keys = {k.to_user_string() for k in shown.resolve_job_def("rolling").asset_layer.executable_asset_keys}
    assert keys == {"sources/okx_liquidation_orders", "raw/liquidation_orders"}
    assert shown.resolve_job_def("rolling").partitions_def is None
    schedule = shown.resolve_schedule_def("rolling")
    assert (schedule.cron_schedule, schedule.default_status) == (
        "15 */6 * * *",
        dg.DefaultScheduleStatus.RUNNING,
    )


def test_the_sample_has_no_rolling_feed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FLOODMARK_WAREHOUSE", str(tmp_path))
    monkeypatch.setenv("FLOODMARK_SAMPLE", "1")
    sample = floodmark()
    assert [s.name for s in sample.schedules or []] == ["nightly"]
    assert "rolling" not in {getattr(j, "name", None) for j in sample.jobs or []}


def test_the_night_starts_itself_at_six_utc(shown: dg.Definitions) -> None:
    schedule = shown.resolve_schedule_def("nightly")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 6 * * *", "UTC")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    assert schedule.job_name == "nightly"
    assert shown.resolve_sensor_def("landed").default_status is dg.DefaultSensorStatus.RUNNING
