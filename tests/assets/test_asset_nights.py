"""Which months a night touches, and when the sensor builds: from the ledger, never from Dagster's partitions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import dagster as dg
import pytest
from dagster_ui import Ui
from small_exchange import Exchange, Question, book, dataset

from pipelines.assets.partitions import NIGHT_TAG, RANGE_END_TAG, RANGE_START_TAG, month_keys
from pipelines.assets.schedules import nightly_schedule
from pipelines.assets.sensors import landed
from pipelines.runs import night
from pipelines.runs.plan import Asked
from pipelines.settings import Settings
from pipelines.storage.folder import Folder
from pipelines.storage.locks import exclusive

World = Callable[..., Settings]


def tags() -> dict[str, str]:
    """The tags of the night that the schedule would start now."""
    with dg.build_schedule_context() as context:
        request = nightly_schedule(context)
    assert isinstance(request, dg.RunRequest)
    return {k: v for k, v in request.tags.items() if k in (NIGHT_TAG, RANGE_START_TAG, RANGE_END_TAG)}


def night_of(first: str, last: str) -> dict[str, str]:
    return {NIGHT_TAG: "true", RANGE_START_TAG: first, RANGE_END_TAG: last}


def sense(ui: Ui) -> dg.RunRequest | dg.SkipReason:
    with dg.build_sensor_context(instance=ui.instance) as context:
        found = landed(context)
    assert isinstance(found, dg.RunRequest | dg.SkipReason)
    return found


def test_months_of_days() -> None:
    assert month_keys(date(2024, 11, 30), date(2025, 1, 1)) == ["2024-11-01", "2024-12-01", "2025-01-01"]
    assert month_keys(date(2019, 5, 1), date(2020, 1, 3)) == ["2020-01-01"]


def test_the_first_night_takes_the_whole_history(world: World) -> None:
    world(dataset(earliest=date(2024, 3, 5)))
    assert tags() == night_of("2024-03-01", "2024-12-01")


def test_a_night_takes_the_tail_and_what_was_missed_since(
    world: World, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = world(dataset(earliest=date(2024, 3, 5)))
    exchange.host("small")["BTC"] = book(date(2024, 3, 5), 301)
    night.run(settings)
    assert tags() == night_of("2024-12-01", "2024-12-01")
    monkeypatch.setenv("FLOODMARK_NOW", "2025-03-02T06:00:00Z")  # the machine was off for two months
    assert tags() == night_of("2024-12-01", "2025-03-01")


def test_a_night_goes_back_to_what_failed(world: World, exchange: Exchange) -> None:
    settings = world(dataset(earliest=date(2024, 3, 5)))
    exchange.host("small")["BTC"] = book(date(2024, 3, 5), 301)

    def august(question: Question) -> tuple[int, dict[str, str], bytes] | None:
        return (400, {}, b"no") if question.days[0].startswith("2024-08") else None

    exchange.troubles["small.example"] = august
    assert not night.run(settings).good
    assert tags() == night_of("2024-08-01", "2024-12-01")
    exchange.troubles.clear()
    assert night.run(settings).good
    assert tags() == night_of("2024-12-01", "2024-12-01")


def test_what_landed_is_built_once(world: World, exchange: Exchange, ui: Ui) -> None:
    settings = world()
    exchange.host("small")["BTC"] = book(date(2024, 12, 1), 30)
    assert isinstance(sense(ui), dg.SkipReason)
    december = Asked(date(2024, 12, 1), date(2024, 12, 31))
    with night.opened(settings) as (folder, ledger, landing):
        night.ingest(settings, folder, ledger, landing, [dataset()], command="elsewhere", asked=december)
        newest = ledger.last_window_id()
    request = sense(ui)
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == f"window-{newest}"
    assert ui.launch("build").success
    assert isinstance(sense(ui), dg.SkipReason)


def test_what_was_published_around_still_gets_built(world: World, exchange: Exchange, ui: Ui) -> None:
    settings = world()
    exchange.host("small")["BTC"] = book(date(2024, 12, 1), 30)
    assert night.run(settings).good
    with night.opened(settings) as (folder, ledger, landing):
        asked = Asked(date(2024, 11, 1), date(2024, 11, 30))
        night.ingest(settings, folder, ledger, landing, [dataset()], command="elsewhere", asked=asked)
    assert ui.materialise("publish").success  # notes the newest window, which was never loaded
    assert isinstance(sense(ui), dg.RunRequest)


def test_the_sensor_leaves_the_build_to_whoever_is_at_work(world: World, exchange: Exchange, ui: Ui) -> None:
    settings = world()
    with night.opened(settings) as (folder, ledger, landing):
        night.ingest(settings, folder, ledger, landing, [dataset()], command="elsewhere")
    with exclusive(Folder(settings.warehouse).root / "fetch.lock", "floodmark run"):
        found = sense(ui)
    assert isinstance(found, dg.SkipReason)
    assert "floodmark run" in (found.skip_message or "")
    assert isinstance(sense(ui), dg.RunRequest)
