"""A night from asking to publishing: what fails is named, what is good is published, the next night heals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from small_exchange import Exchange, book, dataset

from pipelines.models.contract import load_models
from pipelines.runs import build, night
from pipelines.runs.ask import BadQuery, NoSuchRanking, ask, ranking
from pipelines.runs.plan import Asked
from pipelines.runs.status import status
from pipelines.settings import Settings
from pipelines.sources import registry
from pipelines.storage.folder import Folder, WrongOrigin
from pipelines.storage.ledger import Ledger

DAYS = date(2024, 12, 1)
TOTALS = "select count(*), sum(total_usd), max(day) from facts.liquidation_totals_daily"


@pytest.fixture
def world(small_world: Callable[..., None], exchange: Exchange) -> None:
    """Two sources, `small` and `other`, with a month of books each."""
    small_world(dataset(earliest=DAYS), dataset("other", earliest=DAYS))
    exchange.host("small")["BTC"] = book(DAYS, 31)
    exchange.host("other")["BTC"] = {}


def rows(settings: Settings, sql: str = TOTALS) -> Any:
    return ask(settings, sql).rows


@pytest.mark.usefixtures("world")
def test_a_night_publishes_and_the_next_one_continues(
    settings_at: Callable[..., Settings], exchange: Exchange
) -> None:
    first = night.run(settings_at("2024-12-30T06:00:00Z"))
    assert first.good and not first.failures
    days = book(DAYS, 29)
    exact = sum(Decimal(long) + Decimal(short) for long, short in days.values())
    assert rows(settings_at()) == [(29, exact, date(2024, 12, 29))]
    exchange.asked.clear()
    second = night.run(settings_at("2024-12-31T06:00:00Z"))
    assert second.good and second.version != first.version
    assert rows(settings_at())[0][0] == 30
    assert {q.days for q in exchange.asked_of("small")} == {("2024-12-28", "2024-12-30")}, (
        "the tail and the new day"
    )
    assert second.loads["small_liquidations"].new_vintages == 1


@pytest.mark.usefixtures("world")
def test_a_source_that_is_down_leaves_a_hole_with_a_name_and_the_next_night_heals_it(
    settings_at: Callable[..., Settings], exchange: Exchange
) -> None:
    exchange.troubles["small.example"] = lambda q: (
        (400, {}, b"no") if q.query["from"] == "2024-12-11" else None
    )
    report = night.run(settings_at("2024-12-30T06:00:00Z"))
    assert not report.good and report.version, "published all the same"
    assert report.failures == {"small_liquidations": "failed: HTTP 400: no"}
    assert rows(settings_at())[0][0] == 19
    (hole,) = status(settings_at()).missing
    assert (hole.dataset, hole.part, hole.window, hole.verdict, hole.reason) == (
        "small_liquidations",
        "BTC",
        "2024-12-11..2024-12-20",
        "failed",
        "HTTP 400: no",
    )
    exchange.troubles.clear()
    assert night.run(settings_at("2024-12-31T06:00:00Z")).good
    assert rows(settings_at())[0][0] == 30
    assert status(settings_at()).missing == []


@pytest.mark.usefixtures("world")
def test_a_backfill_asks_for_its_days_of_its_source_only(
    settings_at: Callable[..., Settings], exchange: Exchange
) -> None:
    asked = Asked(date(2024, 12, 5), date(2024, 12, 7))
    report = night.run(settings_at(), asked=asked, sources=["small"])
    assert list(report.datasets) == ["small_liquidations"]
    assert rows(settings_at()) == rows(
        settings_at(), TOTALS + " where day between '2024-12-05' and '2024-12-07'"
    )
    assert rows(settings_at())[0][0] == 3
    with pytest.raises(registry.UnknownSource, match="'nobody'; there are all, other, small"):
        night.run(settings_at(), sources=["nobody"])


@pytest.mark.usefixtures("world")
def test_a_blocking_check_keeps_the_old_version(
    settings_at: Callable[..., Settings], exchange: Exchange
) -> None:
    first = night.run(settings_at("2024-12-30T06:00:00Z"))
    exchange.host("small")["BTC"][date(2024, 12, 29)] = ("5000000000", "0")  # more than the model believes
    second = night.run(settings_at("2024-12-31T06:00:00Z"))
    assert second.version is None and not second.good
    assert "amount_is_small failed for 1 rows" in (second.build_error or "")
    found = status(settings_at())
    assert found.version == first.version
    assert found.unpublished_windows > 0
    assert found.newest_fact_day == date(2024, 12, 29)
    exchange.host("small")["BTC"][date(2024, 12, 29)] = ("500", "0")
    assert night.run(settings_at("2024-12-31T09:00:00Z")).good
    assert status(settings_at()).unpublished_windows == 0


@pytest.mark.usefixtures("world")
def test_models_that_read_each_other_are_an_error_with_a_name(
    settings_at: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "sql" / "facts" / "liquidation_totals_daily.sql"
    model.write_text(model.read_text().replace("facts.liquidations_daily", "facts.nowhere"))
    models = load_models(tmp_path / "sql")
    monkeypatch.setattr(build, "models", lambda: models)
    report = night.run(settings_at())
    assert "facts.nowhere" in (report.build_error or "")
    assert report.loads["small_liquidations"].rows == 30, "what came is loaded all the same"


@pytest.mark.usefixtures("world")
def test_what_lands_while_a_version_is_made_is_not_taken_for_published(
    settings_at: Callable[..., Settings],
) -> None:
    settings = settings_at()
    night.run(settings)
    with night.opened(settings) as (folder, ledger, landing):
        each = list(registry.datasets().values())

        def meanwhile(model: str, number: int, of: int) -> None:
            if number == 1:
                night.ingest(settings, folder, ledger, landing, each, command="other run", refetch=True)

        night.build_and_publish(
            settings, folder, ledger, command="this run", watch=night.Watch(model=meanwhile)
        )
        newest, published = ledger.last_window_id(), ledger.last_publication()
        assert published and newest > published["last_window_id"]
    assert status(settings).unpublished_windows == 6, "three windows of each"


@pytest.mark.usefixtures("world")
def test_another_origin_is_refused_before_anything_is_asked(
    settings_at: Callable[..., Settings], exchange: Exchange
) -> None:
    night.run(settings_at())
    exchange.asked.clear()
    with pytest.raises(WrongOrigin, match="they never mix"):
        night.run(settings_at(FLOODMARK_SAMPLE=True))
    with pytest.raises(WrongOrigin):
        night.run(settings_at(FLOODMARK_MIRROR=None))
    assert exchange.asked == []
    assert str(Folder(settings_at().warehouse).origin()) == "mirror"


@pytest.mark.usefixtures("world")
def test_the_ledger_keeps_every_run(settings_at: Callable[..., Settings]) -> None:
    night.run(settings_at(), asked=Asked(date(2024, 12, 5), date(2024, 12, 7)))
    with Ledger(Folder(settings_at().warehouse).ledger) as ledger:
        (run,) = ledger.last_runs(5)
    assert (run["command"], run["outcome"]) == ("floodmark run 2024-12-05..2024-12-07", "finished")
    assert run["finished_at"] >= run["started_at"]


@pytest.mark.usefixtures("world")
def test_questions_to_what_is_published(settings_at: Callable[..., Settings]) -> None:
    night.run(settings_at())
    top = ranking(settings_at(), "rankings.largest_liquidation_days", 3)
    assert top.columns == ["rank", "day", "total_usd"]
    assert [r[0] for r in top.rows] == [1, 2, 3]
    assert any("origin mirror" in note for note in top.notes)
    assert any("among 1 assets on small (source: small), 2024-12-01 to 2024-12-30" in n for n in top.notes)
    with pytest.raises(NoSuchRanking, match="largest_liquidation_days"):
        ranking(settings_at(), "liquidations; drop table x", 3)
    for query in ("select nonsense", "", "-- nothing", "drop table facts.liquidations_daily", "selec 1"):
        with pytest.raises(BadQuery):
            ask(settings_at(), query)
    assert rows(settings_at())[0][0] == 30
