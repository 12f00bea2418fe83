"""What is written on top of a publication: the claims judged, a brief per event."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from dagster_ui import Ui
from small_exchange import Exchange, book

from pipelines.assets.briefs import EVENTS, OFFERED, offer_events
from pipelines.assets.claims import EXAMPLES, claims_files
from pipelines.research.claims import Verdict
from pipelines.settings import Settings
from pipelines.storage.duck import reader
from pipelines.storage.folder import Folder

sys.path.append(str(Path(__file__).parent.parent / "research"))
from brief_data import EVENT, LARGER, publish_to, warehouse

World = Callable[..., Settings]

OWN_CLAIMS = """\
document: A test
made_at: 2024-12-20T12:00:00Z
claims:
  - id: own
    kind: value
    says: five hundred millions were liquidated on 9 December
    quantity: liquidations_total
    scope: all venues
    clock: utc_day
    day: 2024-12-09
    number: $500 m
"""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a small market, made by the true models and published."""
    folder = tmp_path_factory.mktemp("research") / "folder"
    publish_to(folder, warehouse())
    return folder


@pytest.fixture
def folder(published: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.setenv("FLOODMARK_WAREHOUSE", str(published))
    monkeypatch.setenv("FLOODMARK_MIRROR", "http://127.0.0.1:9")
    return Folder(published)


def offered(ui: Ui) -> list[str]:
    return list(ui.instance.get_dynamic_partitions(str(EVENTS.name)))


def test_the_claims_are_judged_on_what_is_published(folder: Folder, ui: Ui) -> None:
    folder.claims.mkdir(exist_ok=True)
    (folder.claims / "own.yaml").write_text(OWN_CLAIMS)
    assert ui.materialise("claims/verdicts").success
    shown = ui.shown("claims/verdicts")
    lines = shown["verdicts"].splitlines()
    assert lines[0] == "| file | claim | verdict | claimed | recomputed | rewording |"
    assert shown["dagster/row_count"] == len(lines) - 2
    own = [line for line in lines if line.startswith("| own.yaml | own |")]
    assert len(own) == 1
    assert "$500" in own[0]
    assert any(line.startswith("| claims-2024-12-09.yaml | L01 |") for line in lines)
    verdicts = {v.lower() for v in Verdict} & set(shown)
    assert len(verdicts) > 3
    assert sum(shown[v] for v in verdicts) == shown["dagster/row_count"]
    assert shown["origin"] == "mirror"
    assert ui.passed("claims/verdicts", "judged") is True


def test_a_file_that_cannot_be_checked_is_told_and_stops_no_other(folder: Folder, ui: Ui) -> None:
    folder.claims.mkdir(exist_ok=True)
    broken = folder.claims / "broken.yaml"
    broken.write_text(OWN_CLAIMS.replace("kind: value", "kind: valeu"))
    try:
        result = ui.materialise("claims/verdicts")
    finally:
        broken.unlink()
    assert result.success
    assert ui.passed("claims/verdicts", "judged") is False
    (check,) = result.get_asset_check_evaluations()
    assert "broken.yaml: line 4: claim own: kind 'valeu' is unknown" in (check.description or "")
    assert ui.shown("claims/verdicts")["dagster/row_count"] > 30


def test_without_a_publication_there_is_nothing_to_judge_or_to_tell(world: World, ui: Ui) -> None:
    world()
    result = ui.materialise("claims/verdicts")
    assert "nothing is published" in ui.failures(result)["claims__verdicts"]
    ui.instance.add_dynamic_partitions(str(EVENTS.name), ["2024-12-09"])
    result = ui.materialise("briefs/events", partition_key="2024-12-09")
    assert "nothing is published" in ui.failures(result)["briefs__events"]


def test_a_night_judges_and_offers_and_writes_no_brief(world: World, exchange: Exchange, ui: Ui) -> None:
    settings = world()
    exchange.host("small")["BTC"] = book(date(2024, 12, 1), 30)
    assert ui.launch(months=("2024-12-01", "2024-12-01")).success
    assert ui.passed("claims/verdicts", "judged") is True
    assert claims_files(Folder(settings.warehouse)) == sorted(EXAMPLES.glob("*.yaml"))
    assert offered(ui) == []  # the small models have no events
    assert not Folder(settings.warehouse).briefs.exists()


def test_the_largest_events_are_offered_once(folder: Folder, ui: Ui) -> None:
    days = offer_events(ui.instance, folder)
    assert {EVENT.isoformat(), LARGER.isoformat()} <= set(days)
    assert days == sorted(days)
    assert len(days) < OFFERED + 12
    with reader(folder) as conn:
        (unknown,) = conn.execute(
            "select count(*) from rankings.events where total_usd is null and list_contains(?, peak_day::text)",
            [days],
        ).fetchall()
    assert unknown == (0,)
    assert offer_events(ui.instance, folder) == offered(ui) == days


def test_a_brief_is_written_and_shown(folder: Folder, ui: Ui) -> None:
    offer_events(ui.instance, folder)
    result = ui.definitions.resolve_job_def("briefs").execute_in_process(
        instance=ui.instance, partition_key=EVENT.isoformat(), raise_on_error=False
    )
    assert result.success
    page = folder.briefs / EVENT.isoformat() / "index.html"
    shown = ui.shown("briefs/events")
    assert (shown["page"], page.exists()) == (str(page), True)
    assert shown["brief"].startswith("# $500.0 m of liquidations on 2024-12-09")
    assert "\n## " not in shown["brief"]
    assert shown["picture"].startswith("![venues](data:image/png;base64,iVBOR")
    assert ui.months("briefs/events") == [EVENT.isoformat()]


def test_a_range_of_events_is_one_run_and_a_brief_each(folder: Folder, ui: Ui) -> None:
    ui.instance.add_dynamic_partitions(str(EVENTS.name), [LARGER.isoformat(), EVENT.isoformat()])
    both = {
        "dagster/asset_partition_range_start": LARGER.isoformat(),
        "dagster/asset_partition_range_end": EVENT.isoformat(),
    }
    assert ui.materialise("briefs/events", tags=both).success
    records = ui.instance.fetch_materializations(dg.AssetKey(["briefs", "events"]), limit=9).records
    heads = {r.partition_key: r.asset_materialization.metadata["brief"].value for r in records}  # type: ignore[union-attr]
    assert set(heads) == {LARGER.isoformat(), EVENT.isoformat()}
    assert all(f"on {day}" in str(head).splitlines()[0] for day, head in heads.items())


@pytest.mark.parametrize(
    ("key", "says"), [("2031-01-01", "lies outside what is published"), ("xmas", "xmas: ")]
)
def test_a_day_of_which_nothing_is_known_says_so(folder: Folder, ui: Ui, key: str, says: str) -> None:
    ui.instance.add_dynamic_partitions(str(EVENTS.name), [key])
    result = ui.materialise("briefs/events", partition_key=key)
    assert says in ui.failures(result)["briefs__events"]
    assert not (folder.briefs / key).exists()
