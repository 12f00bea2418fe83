"""A brief says only what its version says: each number is a figure, each figure derives again, words stay true."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from brief_data import EVENT, FIRST, HOLIDAY, LARGER, LAST, PARTIAL, publish_to, warehouse
from lxml import html

from pipelines.research.brief import NoSuchDay, rederive, write_brief
from pipelines.research.brief.content import Brief, gather, tables_of
from pipelines.research.brief.figures import Result, exact, run
from pipelines.research.brief.page import brief_page
from pipelines.research.brief.queries import QUERIES, queries
from pipelines.research.brief.words import headline, published, shown, standing
from pipelines.settings import Settings
from pipelines.storage.duck import Connection, reader
from pipelines.storage.folder import Folder

# what a sentence says of the measure itself, not of the day
MEASURES = ("per 8 hours", "the 30 days before")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return publish_to(tmp_path_factory.mktemp("folder"), warehouse())


@pytest.fixture(scope="module")
def conn(settings: Settings) -> Iterator[Connection]:
    with reader(Folder(settings.warehouse)) as opened:
        yield opened


@pytest.fixture(scope="module")
def brief(conn: Connection) -> Brief:
    return gather(conn, EVENT)


@pytest.fixture(scope="module")
def folder(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("briefs")
    write_brief(settings, EVENT, out)
    return out / EVENT.isoformat()


def said(sentences: Any) -> str:
    return " ".join(map(str, sentences))


def changed(result: Result, **values: Any) -> Result:
    """The same result with other values in its first row."""
    return Result(result.query, result.version, result.day, ({**result.rows[0], **values},))


# -- figures


def test_every_figure_is_derived_again_by_its_sql(folder: Path, conn: Connection) -> None:
    figures = json.loads((folder / "figures.json").read_text())
    version = conn.execute("select version from meta.snapshot").fetchall()[0][0]
    assert len(figures) > 300
    for figure in figures:
        assert figure["id"].startswith(f"{version}/{EVENT}/")
        ((again,),) = conn.execute(figure["sql"]).fetchall()
        assert exact(again) == exact(figure["value"]), figure["id"]


def test_a_figure_has_one_id_and_says_source_unit_and_coverage(brief: Brief, conn: Connection) -> None:
    figures = list(brief.figures())
    assert len({f.id for f in figures}) == len({f.sql for f in figures}) == len(figures)
    assert all(f.source and f.unit and f.coverage for f in figures)
    total = next(f for f in figures if f.name == f"{EVENT}/day/total_usd")
    assert (total.value, total.unit, total.source, total.coverage) == (
        500_000_000,
        "usd",
        "coinalyze",
        "complete",
    )
    assert rederive(conn, total) == total.value


def test_each_number_on_the_page_is_a_figure(folder: Path, brief: Brief) -> None:
    page = html.fromstring((folder / "index.html").read_text())
    figures = {f.name: f for f in brief.figures()}
    marked = page.findall(".//data")
    assert {element.get("data-figure") for element in marked} == figures.keys()
    for element in marked:
        figure = figures[element.get("data-figure")]
        assert (element.get("value"), element.text) == (figure.exact, shown(figure.value, figure.unit))
        assert element.get("title").startswith(figure.id)
    # without them, the charts that draw them, the queries, and the names of measures, no digit is left
    for path in ("data", "svg", "details", "h3", "th", "dt", "figcaption", "p[@class='says']"):
        for element in page.findall(f".//{path}"):
            element.drop_tree()
    text = page.find("body").text_content()
    for measure in MEASURES:
        text = text.replace(measure, "")
    assert not re.findall(r"\d+", text)


def test_every_query_gives_what_its_header_declares(conn: Connection) -> None:
    asked = [*queries().values(), *queries(QUERIES / "site").values()]
    assert len(asked) > 30
    for query in asked:
        names = [d[0] for d in conn.execute(query.on(EVENT)).description]
        assert {c.name for c in query.columns} | {"source", "coverage"} <= set(names), query.name
        assert set(query.key) | set(query.shown) <= {c.name for c in query.columns}, query.name
        rows = conn.execute(query.on(EVENT)).fetchall()
        keys = [tuple(row[names.index(k)] for k in query.key) for row in rows]
        assert len(set(keys)) == len(keys), query.name


# -- words


def test_the_headline_and_what_it_rests_on(brief: Brief) -> None:
    assert str(brief.headline) == f"$500.0 m of liquidations on {EVENT}, the largest since {LARGER}"
    text = said(brief.standing)
    assert "2 assets on 2 venues (Binance, OKX), coverage complete" in text
    assert f"The last larger day here was {LARGER} with $620.0 m, 45 days earlier" in text
    assert "rank 2" in text
    assert "No larger day has come after it" in text


def test_a_day_in_between_that_is_not_complete_is_told(conn: Connection, brief: Brief) -> None:
    day = gather(conn, PARTIAL + timedelta(days=1))
    assert "1 days in between are not complete and could have been larger" in said(day.standing)
    assert "not complete" not in said(brief.standing)


def test_a_partial_day_is_a_floor_without_a_rank(conn: Connection) -> None:
    brief = gather(conn, PARTIAL)
    assert str(brief.headline) == f"At least $60.0 m of liquidations on {PARTIAL}"
    assert "has no rank" in said(brief.standing)
    assert not any(f.name.endswith("day/rank") for f in brief.cards)


def test_a_comparison_across_a_break_says_so_and_claims_less(brief: Brief) -> None:
    day = changed(
        brief.results["day"],
        day=date(2024, 8, 5),
        previous_larger_day=date(2021, 9, 20),
        comparable_since=date(2021, 10, 1),
    )
    assert str(headline(day, brief.day_figure)).endswith(
        "the largest since collection last changed (2021-10-01)"
    )
    assert "days before 2021-10-01 were collected in another way" in said(standing(day))


def test_the_first_and_the_largest_day_claim_what_they_can(brief: Brief) -> None:
    alone = {"previous_larger_day": None, "previous_larger_usd": None, "comparable_since": FIRST}
    first = changed(brief.results["day"], **alone, rank=2)
    assert str(headline(first, brief.day_figure)).endswith(f"the largest since coverage began on {FIRST}")
    largest = changed(brief.results["day"], **alone, rank=1)
    assert str(headline(largest, brief.day_figure)).endswith("the largest day on record here")


def test_fewer_assets_then_are_named(brief: Brief) -> None:
    assert "then among" not in said(brief.standing)
    assert "then among 1 assets on 2 venues" in said(
        standing(changed(brief.results["day"], previous_assets=1))
    )


def test_missing_is_a_dash_and_never_a_zero(conn: Connection) -> None:
    flows = gather(conn, date.fromisoformat(HOLIDAY)).results["etf_totals"]
    holiday = flows.where("coverage", session_date=date.fromisoformat(HOLIDAY), asset="BTC")
    assert holiday is not None and holiday.value == "holiday"
    row = next(r for r in flows.rows if r["session_date"] == date.fromisoformat(HOLIDAY))
    assert shown(flows.figure(row, "total_usd").value, "usd") == "–"
    text = said(
        s for section in gather(conn, date.fromisoformat(HOLIDAY)).sections for s in section.sentences
    )
    assert "holiday, no total" in text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (Decimal("1716000000"), "usd", "$1.716 bn"),
        (Decimal("-168400000"), "usd", "−$168.4 m"),
        (Decimal(0), "usd", "$0.00"),
        (0.865, "fraction", "86.5 %"),
        (0.000208533333, "fraction", "0.0209 %"),
        (Decimal("0.00001234"), "usd_per_coin", "$0.00001234"),
        (1470, "count", "1,470"),
        (None, "usd", "–"),
    ],
)
def test_how_figures_read(value: Any, unit: str, text: str) -> None:
    assert shown(value, unit) == text


# -- beside, never merged


def test_another_source_and_published_figures_stand_beside(brief: Brief) -> None:
    other = brief.results["spread"]
    assert [(r["other_source"], r["difference_usd"]) for r in other.rows] == [("coinglass", 2000)]
    assert brief.results["day"].rows[0]["total_usd"] == 500_000_000
    assert "$1.750 bn (ForkLog/CoinGlass; coinglass all venues, rolling 24 hours)" in said(brief.published)
    beside = brief.results["published_figures"]
    binance = beside.where("measured_usd", scope="venue binance", metric="liquidations total")
    assert binance is not None and binance.value == 375_000_000
    assert not any(
        r["publisher"] == "seed"
        for name in brief.results
        for r in brief.results[name].rows
        if "publisher" in r
    )


def test_a_figure_known_to_be_false_is_called_so(conn: Connection, brief: Brief) -> None:
    day = date(2021, 9, 7)
    totals = run(conn, queries()["published_totals"], brief.version, day, tables_of(conn))
    text = said(published(totals, Result(queries()["standing"], brief.version, day)))
    assert "Also printed and known to be false: $28.160 bn" in text
    assert "never merged: $3.650 bn (CoinGlass top-10" in text


def test_a_withheld_source_leaves_nothing_behind(conn: Connection) -> None:
    brief = gather(conn, EVENT, frozenset({"coinalyze", "coinglass"}))
    page = brief_page(brief)
    assert str(brief.headline) == f"Liquidations of {EVENT} are left out for their licence"
    assert "left out for the licence of coinalyze" in page
    assert "$500.0 m" not in page and "375000000" not in page
    assert "$1.750 bn" in page  # what others published is cited, not passed on


# -- absent days and tables


def test_a_day_outside_names_the_range(conn: Connection) -> None:
    with pytest.raises(NoSuchDay, match=f"2024-10-19 lies outside .* from {FIRST} to {LAST}"):
        gather(conn, FIRST - timedelta(days=1))


def test_a_day_without_liquidations_is_not_a_day_of_none(brief: Brief) -> None:
    nothing = Result(queries()["day"], brief.version, EVENT, missing="no figure of this day")
    assert str(headline(nothing, brief.day_figure)) == f"Liquidations of {EVENT} are not known here"
    assert standing(nothing) == []


def test_a_table_that_is_absent_is_not_known_here(conn: Connection, brief: Brief) -> None:
    query = queries()["orders"]
    tables = tables_of(conn) - {"facts.liquidation_order_days"}
    result = run(conn, query, brief.version, EVENT, tables)
    assert (bool(result), result.missing) == (False, "this version has no facts.liquidation_order_days")
    assert "Not known here: no figure of this day." in brief_page(brief)  # there are no orders in this market


# -- files


def test_the_page_asks_nobody_and_runs_nothing(folder: Path) -> None:
    page = html.fromstring((folder / "index.html").read_text())
    assert not page.findall(".//script") and not page.findall(".//img")
    assert all(a.get("href").startswith("#") for a in page.findall(".//a"))
    targets = {e.get("id") for e in page.iter() if isinstance(e.tag, str) and e.get("id")}
    assert {a.get("href")[1:] for a in page.findall(".//a")} <= targets
    assert len(page.findall(".//svg")) == len(list(folder.glob("*.png"))) == 8


def test_the_markdown_shows_its_charts(folder: Path) -> None:
    text = (folder / "brief.md").read_text()
    charts = re.findall(r"!\[.*?\]\((.*?)\)", text)
    assert len(charts) == 8
    assert all((folder / c).read_bytes().startswith(b"\x89PNG") for c in charts)
    assert "| Binance | $375.0 m | $360.0 m | $15.0 m | 75.0 % | 96.0 % |" in text


def test_writing_twice_gives_the_same_files(settings: Settings, folder: Path, tmp_path: Path) -> None:
    written = write_brief(settings, EVENT, tmp_path)
    assert sorted(p.name for p in written) == sorted(p.name for p in folder.iterdir())
    assert all(p.read_bytes() == (folder / p.name).read_bytes() for p in written)
