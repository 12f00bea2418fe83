"""What is asked for only once it was named, and feeds that know the present only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import dagster as dg
import pytest
from dagster_ui import Ui
from small_exchange import Exchange, Question, book, dataset

from pipelines.assets.partitions import NIGHT_TAG, RANGE_END_TAG, RANGE_START_TAG
from pipelines.assets.schedules import nightly_schedule, rolling_schedule
from pipelines.settings import Settings
from pipelines.sources import registry
from pipelines.sources.contract import Cut

World = Callable[..., Settings]
DECEMBER = ("2024-12-01", "2024-12-01")
JUNE = ("2024-06-01", "2024-06-01")
FEED = dataset("feed", days_per_window=1, depth_days=1, rolling=True, tail_days=0)
NOTICE = dataset("notice", cut=Cut.SNAPSHOT)


@pytest.fixture
def asked_world(world: World, exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    """One plain dataset; a windowed one, a rolling feed and a snapshot on request. All answer."""
    others = (dataset("other", earliest=date(2021, 3, 1)), FEED, NOTICE)
    world(dataset(), *others)
    monkeypatch.setattr(registry, "ON_REQUEST", frozenset(d.name for d in others))
    for host in ("small", "other", "feed", "notice"):
        exchange.host(host)["BTC"] = book(date(2024, 6, 1), 213)


def asked_by(ui: Ui, job: str) -> set[str]:
    keys = ui.definitions.resolve_job_def(job).asset_layer.executable_asset_keys
    return {k.path[-1].removesuffix("_liquidations") for k in keys if k.path[0] == "sources"}


def rolling_tick() -> dg.RunRequest | dg.SkipReason:
    with dg.build_schedule_context() as context:
        found = rolling_schedule(context)
    assert isinstance(found, dg.RunRequest | dg.SkipReason)
    return found


@pytest.mark.usefixtures("asked_world")
def test_a_dataset_on_request_joins_the_nights_once_a_month_of_it_was_launched(ui: Ui) -> None:
    assert asked_by(ui, "nightly") == {"small"}
    month = {"dagster/partition": "2024-12-01"}
    assert ui.materialise("sources/other_liquidations", "raw/liquidation_buckets", tags=month).success
    assert ui.months("sources/other_liquidations") == ["2024-12-01"]
    assert ui.shown("sources/other_liquidations")["dagster/row_count"] == 30
    assert asked_by(ui, "nightly") == {"small", "other"}


@pytest.mark.usefixtures("asked_world")
def test_the_months_of_a_night_are_those_of_what_it_asks_for() -> None:
    with dg.build_schedule_context() as context:
        request = nightly_schedule(context)
    assert isinstance(request, dg.RunRequest)
    assert request.tags[NIGHT_TAG] == "true"
    # the dataset on request begins in 2021
    assert (request.tags[RANGE_START_TAG], request.tags[RANGE_END_TAG]) == ("2024-01-01", "2024-12-01")


@pytest.mark.usefixtures("asked_world")
def test_a_rolling_feed_is_asked_every_six_hours_once_it_was_asked_for(
    ui: Ui, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    skipped = rolling_tick()
    assert isinstance(skipped, dg.SkipReason)
    assert "launch the job rolling once" in (skipped.skip_message or "")
    assert asked_by(ui, "rolling") == {"feed"}
    assert ui.launch("rolling").success
    assert ui.months("sources/feed_liquidations") == [None]
    assert [q.days for q in exchange.asked_of("feed")] == [("2024-12-30", "2024-12-31")]
    assert exchange.asked_of("small") == []
    tick = rolling_tick()
    assert isinstance(tick, dg.RunRequest)
    assert tick.asset_selection is not None
    assert {k.to_user_string() for k in tick.asset_selection} == {
        "sources/feed_liquidations",
        "raw/liquidation_buckets",
    }
    assert asked_by(ui, "nightly") == {"small", "feed"}
    monkeypatch.setenv("FLOODMARK_NOW", "2024-12-31T12:15:00Z")
    assert ui.launch("rolling", asset_selection=list(tick.asset_selection)).success
    assert [q.days for q in exchange.asked_of("feed")][1:] == [("2024-12-31", "2024-12-31")]


@pytest.mark.usefixtures("asked_world")
def test_a_rolling_feed_that_is_down_turns_the_run_red(ui: Ui, exchange: Exchange) -> None:
    def down(question: Question) -> tuple[int, dict[str, str], bytes]:
        return 403, {}, b"not from here"

    exchange.troubles["feed.example"] = down
    result = ui.launch("rolling")
    assert "feed_liquidations: unreachable" in ui.failures(result)["ingest"]
    assert ui.passed("sources/feed_liquidations") is False


@pytest.mark.usefixtures("asked_world")
@pytest.mark.parametrize("name", ["feed", "notice"])
def test_a_past_month_says_nothing_of_a_feed_of_the_present(ui: Ui, exchange: Exchange, name: str) -> None:
    key = f"sources/{name}_liquidations"
    assert ui.materialise(key, "raw/liquidation_buckets").success  # needs no month
    assert (ui.months(key), ui.passed(key)) == ([None], True)
    requests = len(exchange.asked_of(name))
    assert requests
    before = ui.shown(key)
    assert ui.launch(months=JUNE).success
    assert len(exchange.asked_of(name)) == requests
    assert ui.shown(key) == before
    history = ui.instance.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(dg.AssetKey(key.split("/")), "arrived"), limit=5
    )
    assert len([h for h in history if h.status.value == "SUCCEEDED"]) == 1
    assert ui.launch(months=DECEMBER, tags={NIGHT_TAG: "true"}).success  # a night asks it
    assert ui.months(key) == [None]
