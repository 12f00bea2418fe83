"""Somebody edits one model and breaks it: the UI still loads, ingest still runs, nothing half is published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from dagster_ui import Ui
from small_exchange import Exchange, book

from pipelines.assets import describe
from pipelines.definitions import floodmark
from pipelines.models.standing import standing_models
from pipelines.runs import build
from pipelines.settings import Settings
from pipelines.storage.duck import reader
from pipelines.storage.folder import Folder
from pipelines.storage.publish import current_version

DECEMBER = ("2024-12-01", "2024-12-01")
TOTALS = "facts/liquidation_totals_daily"
BROKEN = {TOTALS, "rankings/largest_liquidation_days"}
FAULTS = {
    "syntax": ("select day,", "select (day,", ".sql:6: sqlglot cannot read it"),
    "header": ("-- grain: day\n", "", ".sql:1: the header has no grain"),
    "reference": ("from facts.liquidations_daily", "from facts.liquidation_daily", "did you mean facts.liq"),
    "circle": ("from facts.liquidations_daily", "from facts.liquidation_totals_daily", "read each other"),
    "column": ("select day,", "select day as night,", "the select gives (night, total_usd)"),
}

World = Callable[..., Settings]


@pytest.fixture
def edit(
    world: World, exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str], Settings]:
    """Change the model of the daily totals and load the code location anew."""
    settings = world()
    exchange.host("small")["BTC"] = book(date(2024, 12, 1), 30)

    def change(old: str, new: str) -> Settings:
        path = tmp_path / "sql" / f"{TOTALS}.sql"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        models = standing_models(tmp_path / "sql", build.external_columns())
        monkeypatch.setattr(build, "models", lambda: models)
        describe.lineage.cache_clear()
        return settings

    return change


@pytest.mark.parametrize("fault", FAULTS)
def test_the_location_loads_and_shows_what_is_broken_and_why(
    edit: Callable[[str, str], Settings], fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    old, new, said = FAULTS[fault]
    edit(old, new)
    shown = floodmark()
    graph = shown.resolve_asset_graph()
    about = {s.key.to_user_string(): s.description or "" for s in shown.resolve_all_asset_specs()}
    broken = {name: text for name, text in about.items() if text.startswith("broken: ")}
    assert set(broken) == BROKEN
    assert all(said in text and f"{TOTALS}.sql" in text for text in broken.values())
    executable = {key.to_user_string() for key in graph.executable_asset_keys}
    assert not executable & BROKEN
    logged = [r.getMessage() for r in caplog.records if "broken: " in r.getMessage()]
    assert len(logged) == 1, "the file at fault, once"
    assert said in logged[0]
    assert {
        "sources/small_liquidations",
        "raw/liquidation_buckets",
        "facts/liquidations_daily",
        "publish",
    } <= executable
    assert not [k for k in graph.asset_check_keys if k.asset_key.to_user_string() in BROKEN]
    for job in ("nightly", "build"):
        assert (
            dg.AssetKey(TOTALS.split("/")) not in shown.resolve_job_def(job).asset_layer.executable_asset_keys
        )


def test_a_night_asks_loads_builds_the_rest_and_publishes_nothing(
    edit: Callable[[str, str], Settings], ui: Ui, exchange: Exchange
) -> None:
    settings = edit("select day", "select day")
    assert ui.launch(months=DECEMBER).success
    folder = Folder(settings.warehouse)
    before = current_version(folder)
    edit("select day,", "select (day,")
    exchange.host("small")["BTC"] |= book(date(2024, 12, 30), 1, start=900)
    result = ui.launch(months=DECEMBER)
    assert not result.success
    assert list(ui.failures(result)) == ["models"]
    assert (
        f"not published: {settings.warehouse.parent / 'sql' / TOTALS}.sql:6: "
        in ui.failures(result)["models"]
    )
    assert ui.shown("raw/liquidation_buckets")["newest_day"] == "2024-12-30", "what came is loaded"
    assert ui.shown("facts/liquidations_daily")["newest_day"] == "2024-12-30", "what stands is built"
    assert current_version(folder) == before, "and readers see no mixture"

    alone = ui.materialise("publish")
    assert f"{TOTALS}.sql:6: " in ui.failures(alone)["publish"], "nor is it published by hand"
    assert current_version(folder) == before

    assert ui.materialise("facts/liquidations_daily").success, "a part that stands can be run by itself"

    edit("select (day,", "select day,")
    assert ui.launch(months=DECEMBER).success
    assert current_version(folder) != before
    with reader(folder) as conn:
        (newest,) = conn.execute("select max(day) from rankings.largest_liquidation_days").fetchall()[0]
    assert newest == date(2024, 12, 30)
