"""What the command line did shows in Dagster; and the folder becomes DAGSTER_HOME."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import dagster as dg
import pytest
from dagster_ui import Ui
from small_exchange import Exchange, book, dataset

from pipelines.assets.report import report_cli_run
from pipelines.runs import night
from pipelines.runs.dagster_home import prepare
from pipelines.runs.plan import Asked
from pipelines.settings import Settings

World = Callable[..., Settings]
AUTUMN = Asked(date(2024, 10, 15), date(2024, 12, 31))


@pytest.fixture
def home(world: World) -> Iterator[Callable[..., tuple[Settings, Ui]]]:
    """`home(dataset, ...)`: the settings, and the instance that lives in their data folder."""
    opened: list[dg.DagsterInstance] = []

    def make(*datasets: object) -> tuple[Settings, Ui]:
        settings = world(*datasets)
        prepare(settings)
        opened.append(dg.DagsterInstance.from_config(str(settings.warehouse)))
        return settings, Ui(opened[-1])

    yield make
    for instance in opened:
        instance.dispose()


Home = Callable[..., tuple[Settings, Ui]]


def test_months_tables_and_checks_are_told(home: Home, exchange: Exchange) -> None:
    settings, ui = home(dataset(), dataset("other"))
    exchange.host("small")["BTC"] = book(date(2024, 10, 1), 91)
    exchange.troubles["other.example"] = lambda q: (403, {}, b"not from here")
    told = night.run(settings, asked=AUTUMN)
    assert report_cli_run(told, settings) > 0
    assert ui.months("sources/small_liquidations") == ["2024-10-01", "2024-11-01", "2024-12-01"]
    assert ui.months("sources/other_liquidations") == []
    assert ui.passed("sources/other_liquidations") is False
    assert ui.shown("raw/liquidation_buckets")["dagster/row_count"] == 17 + 30 + 30
    assert ui.shown("facts/liquidation_totals_daily")["newest_day"] == "2024-12-30"
    assert ui.shown("publish")["version"] == told.version
    assert ui.shown("night_report") == {}  # the night was not good


def test_only_what_was_asked_for_is_told_again(home: Home, exchange: Exchange) -> None:
    settings, ui = home()
    exchange.host("small")["BTC"] = book(date(2024, 10, 1), 91)
    report_cli_run(night.run(settings, asked=AUTUMN), settings)
    key = dg.AssetKey(["sources", "small_liquidations"])
    before = len(ui.instance.fetch_materializations(key, limit=100).records)
    report_cli_run(night.run(settings, asked=Asked(date(2024, 11, 1), date(2024, 11, 30))), settings)
    assert len(ui.instance.fetch_materializations(key, limit=100).records) == before  # all of it was settled
    assert ui.passed("sources/small_liquidations") is True


def test_a_blocked_build_tells_the_check_and_no_table(home: Home, exchange: Exchange) -> None:
    settings, ui = home()
    exchange.host("small")["BTC"] = {date(2024, 12, 5): ("2000000000.0000", "1.0000")}
    told = night.run(settings, asked=AUTUMN)
    assert told.build_error
    report_cli_run(told, settings)
    assert ui.passed("facts/liquidations_daily", "amount_is_small") is False
    assert ui.shown("facts/liquidations_daily") == {}
    assert ui.shown("publish") == {}
    assert ui.shown("raw/liquidation_buckets")["dagster/row_count"] == 1


def test_the_folder_is_prepared_once(world: World) -> None:
    settings = world()
    home = prepare(settings)
    assert home == settings.warehouse
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert instance.run_monitoring_enabled
        assert instance.run_monitoring_max_runtime_seconds == 12 * 3600
        assert str(home / "dagster") in instance.storage_directory()
    own = home / "dagster.yaml"
    own.write_text("telemetry:\n  enabled: false\n")
    assert prepare(settings) == home
    assert own.read_text() == "telemetry:\n  enabled: false\n"
