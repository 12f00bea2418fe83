"""Runs of the jobs and of single assets, in this process, over a real server on loopback."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import dagster as dg
from dagster_ui import Ui
from small_exchange import Exchange, Question, book, dataset

from pipelines.assets.partitions import NIGHT_TAG
from pipelines.assets.publish import failures_of
from pipelines.settings import Settings
from pipelines.storage.duck import reader
from pipelines.storage.folder import Folder
from pipelines.storage.locks import exclusive
from pipelines.storage.publish import current_version

World = Callable[..., Settings]
DECEMBER = ("2024-12-01", "2024-12-01")
AUTUMN = ("2024-10-01", "2024-12-01")


def forbidden(question: Question) -> tuple[int, dict[str, str], bytes]:
    return 403, {}, b"not from here"


def days(settings: Settings) -> int:
    with reader(Folder(settings.warehouse)) as conn:
        return int(conn.execute("select count(*) from facts.liquidation_totals_daily").fetchall()[0][0])


def test_a_month_is_asked_loaded_built_and_published(world: World, exchange: Exchange, ui: Ui) -> None:
    settings = world()
    exchange.host("small")["BTC"] = book(date(2024, 11, 1), 60)
    result = ui.launch(months=DECEMBER)
    assert result.success
    assert ui.months("sources/small_liquidations") == ["2024-12-01"]
    assert ui.months("raw/liquidation_buckets") == [None]
    assert days(settings) == 30
    raw = ui.shown("raw/liquidation_buckets")
    assert (raw["dagster/row_count"], raw["newest_day"]) == (30, "2024-12-30")
    assert "| small | small_liquidations | small | BTC |" in raw["preview"]
    ranking = ui.shown("rankings/largest_liquidation_days")
    assert ranking["dagster/row_count"] == 30
    assert ranking["top_ten"].splitlines()[2].startswith("| 1 | 2024-12-30 |")
    assert ranking["picture"].startswith("![rankings.largest_liquidation_days](data:image/svg+xml;base64,")
    types = {c.name: c.type for c in ranking["dagster/column_schema"].columns}
    assert types["day"] == "DATE"
    assert ui.shown("publish")["version"] == current_version(Folder(settings.warehouse))
    assert ui.shown("night_report") == {"failed": 0}


def test_a_range_is_one_run_and_marks_every_month(world: World, exchange: Exchange, ui: Ui) -> None:
    settings = world()
    exchange.host("small")["BTC"] = book(date(2024, 9, 1), 120)
    assert ui.launch(months=AUTUMN).success
    assert ui.months("sources/small_liquidations") == ["2024-10-01", "2024-11-01", "2024-12-01"]
    assert days(settings) == 31 + 30 + 29  # the book ends on 29 December
    asked = len(exchange.asked)
    assert ui.launch(months=("2024-10-01", "2024-10-01")).success
    assert len(exchange.asked) == asked  # what is settled is not asked again


def test_a_night_takes_what_is_missing_whatever_its_months_say(
    world: World, exchange: Exchange, ui: Ui
) -> None:
    settings = world(dataset(earliest=date(2024, 11, 20)))
    exchange.host("small")["BTC"] = book(date(2024, 11, 20), 41)
    assert ui.launch(months=DECEMBER, tags={NIGHT_TAG: "true"}).success
    assert days(settings) == 41


def test_one_source_down_is_red_and_yet_published(world: World, exchange: Exchange, ui: Ui) -> None:
    settings = world(dataset(), dataset("other"))
    exchange.host("small")["BTC"] = book(date(2024, 12, 1), 30)
    exchange.troubles["other.example"] = forbidden
    result = ui.launch(months=DECEMBER)
    assert not result.success
    failures = ui.failures(result)
    assert list(failures) == ["night_report"]
    assert "sources/other_liquidations: unreachable" in failures["night_report"]
    assert ui.months("sources/other_liquidations") == []
    assert ui.passed("sources/other_liquidations") is False
    assert ui.passed("sources/small_liquidations") is True
    assert days(settings) == 30
    # a retry of the report alone does not turn the night green
    retry = dg.DagsterRun(
        job_name="nightly", run_id="retry", root_run_id=result.run_id, parent_run_id=result.run_id
    )
    assert list(failures_of(ui.instance, retry)) == ["sources/other_liquidations"]
    # the retry that the UI calls "from asset failure": what failed, and the report
    exchange.troubles.clear()
    exchange.host("other")["BTC"] = book(date(2024, 12, 1), 30)
    months = {
        "dagster/asset_partition_range_start": DECEMBER[0],
        "dagster/asset_partition_range_end": DECEMBER[1],
    }
    assert ui.materialise("sources/other_liquidations", "night_report", tags=months).success
    assert ui.months("sources/other_liquidations") == ["2024-12-01"]


def test_a_failed_source_alone_is_red_at_once(world: World, exchange: Exchange, ui: Ui) -> None:
    world()
    exchange.troubles["small.example"] = forbidden
    months = {"dagster/partition": "2024-12-01"}
    result = ui.materialise("sources/small_liquidations", "raw/liquidation_buckets", tags=months)
    assert "small_liquidations: unreachable" in ui.failures(result)["ingest"]
    assert ui.shown("raw/liquidation_buckets")["dagster/row_count"] == 0


def test_a_windowed_source_without_a_month_says_what_it_needs(
    world: World, exchange: Exchange, ui: Ui
) -> None:
    world()
    result = ui.materialise("sources/small_liquidations")
    assert "kept by month; choose a month" in ui.failures(result)["ingest"]
    assert exchange.asked == []


def test_a_blocking_check_stops_publishing_and_shows_the_rows(
    world: World, exchange: Exchange, ui: Ui
) -> None:
    settings = world()
    exchange.host("small")["BTC"] = {date(2024, 12, 5): ("2000000000.0000", "1.0000")}
    result = ui.launch(months=DECEMBER)
    assert list(ui.failures(result)) == ["models"]
    assert "amount_is_small failed for 1 rows" in ui.failures(result)["models"]
    assert current_version(Folder(settings.warehouse)) is None
    assert ui.shown("facts/liquidations_daily") == {}  # nothing was committed, so nothing is shown
    failed = [e for e in result.get_asset_check_evaluations() if not e.passed]
    assert [(e.asset_key.path, e.check_name) for e in failed] == [
        (["facts", "liquidations_daily"], "amount_is_small")
    ]
    assert "2024-12-05" in failed[0].metadata["first_failing_rows"].value


def test_single_models_are_built_on_what_stands_there(world: World, exchange: Exchange, ui: Ui) -> None:
    world()
    exchange.host("small")["BTC"] = book(date(2024, 12, 1), 30)
    assert ui.launch(months=DECEMBER).success
    result = ui.materialise("rankings/largest_liquidation_days")
    assert result.success
    built = {
        m.asset_key.to_user_string() for m in result.asset_materializations_for_node("models") if m.asset_key
    }
    assert built == {"rankings/largest_liquidation_days"}


def test_who_waits_says_for_whom(world: World, exchange: Exchange, ui: Ui) -> None:
    settings = world()
    held = threading.Event()

    def hold(lock: Path) -> None:
        with exclusive(lock, "a long reparse"):
            held.set()
            time.sleep(0.5)

    lock = Folder(settings.warehouse).root / "pipeline.lock"
    holder = threading.Thread(target=hold, args=(lock,))
    holder.start()
    held.wait(5)
    result = ui.materialise("raw/liquidation_buckets")
    holder.join()
    assert result.success
    said = [e.user_message for e in ui.instance.all_logs(result.run_id) if "waiting for" in e.user_message]
    assert len(said) == 1
    assert "a long reparse" in said[0]
