"""The site: every event has its page, and what may not be passed on stays out unless asked for."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from brief_data import EVENT, LARGER, days, publish_to, warehouse
from lxml import html

from pipelines.research.site import PAGES, write_site
from pipelines.settings import Settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return publish_to(tmp_path_factory.mktemp("folder"), warehouse())


@pytest.fixture(scope="module")
def site(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    assert all(p.is_file() for p in write_site(settings, out, include_all=False))
    return out


@pytest.fixture(scope="module")
def whole(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    write_site(settings, out, include_all=True)
    return out


def text(path: Path) -> str:
    return str(html.fromstring(path.read_text()).text_content())


def test_the_index_lists_the_events_and_links_their_briefs(site: Path) -> None:
    page = html.fromstring((site / "index.html").read_text())
    links = {a.text_content(): a.get("href") for a in page.findall(".//td/a")}
    assert links[EVENT.isoformat()] == f"{EVENT}/index.html"
    assert LARGER.isoformat() in links
    assert "altcoin liquidations of December 2024" in page.text_content()
    # an event before the data is listed with what was published, and has no page
    assert "crash of March 2020" in page.text_content() and "2020-03-12" not in links


def test_every_link_inside_the_site_leads_somewhere(whole: Path) -> None:
    pages = sorted(whole.rglob("*.html"))
    assert {p.name for p in whole.glob("*.html")} == set(PAGES)
    for path in pages:
        page = html.fromstring(path.read_text())
        assert not page.findall(".//script") and not page.findall(".//img")
        for a in page.findall(".//a"):
            href = a.get("href")
            assert href.startswith("#") or (path.parent / href).is_file(), (path, href)


def test_what_may_be_passed_on_is_shown_whole(site: Path) -> None:
    rows = list(csv.DictReader((site / "liquidations.csv").open()))
    assert [r["day"] for r in rows] == [d.isoformat() for d in reversed(days())]
    of_event = next(r for r in rows if r["day"] == EVENT.isoformat())
    assert (of_event["total_usd"], of_event["source"]) == ("500000000", "coinalyze")
    assert "Data: Coinalyze (coinalyze.net)" in text(site / "liquidations.html")
    assert "$500.0 m" in text(site / "largest.html")


@pytest.mark.parametrize(
    ("name", "source", "figure"),
    [
        ("etf_flows", "farside", "$250.0 m"),
        ("onchain_volume", "defillama", "$10.000 bn"),
        ("funding", "binance", "0.0100 %"),
        ("prices", "binance", "$90,000.00"),
    ],
)
def test_what_no_terms_allow_is_left_out_unless_told_otherwise(
    site: Path, whole: Path, name: str, source: str, figure: str
) -> None:
    assert not (site / f"{name}.csv").exists()
    assert f"left out for the licence of {source}" in text(site / f"{name}.html")
    assert figure not in text(site / f"{name}.html")
    assert (whole / f"{name}.csv").exists()
    assert figure in text(whole / f"{name}.html")


def test_a_brief_in_the_site_leaves_it_out_too(site: Path, whole: Path) -> None:
    shown, all_of_it = (text(root / f"{EVENT}/index.html") for root in (site, whole))
    assert "$500.0 m" in shown and "$90,000.00" not in shown
    assert "$90,000.00" in all_of_it
    # CoinGlass must not be passed on: its view of the same venue stays out as well
    assert "$375.0 m" in shown and "$2.0 k" not in shown and "$2.0 k" in all_of_it


def test_the_sources_page_names_each_with_its_terms(site: Path) -> None:
    said = text(site / "attribution.html")
    for line in ("Data: Coinalyze (coinalyze.net)", "Data: CoinGlass (coinglass.com)", "paid plan, own use"):
        assert line in said
    assert "the terms do not say" in said
    footer = html.fromstring((site / "attribution.html").read_text()).find(".//footer").text_content()
    assert "Left out" in footer and "CoinGlass" in footer and "Data: CoinGlass" not in footer
