"""The briefs over the replay server's real numbers, opened in a real browser as a phone and at a desk."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from browser import CHROMIUM, Browser, chromium

from pipelines.research.brief import write_brief
from pipelines.research.brief.figures import exact
from pipelines.research.site import PAGES, write_site
from pipelines.runs.night import run
from pipelines.runs.plan import Asked
from pipelines.settings import Settings
from pipelines.storage.duck import reader
from pipelines.storage.folder import Folder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here"),
]

DAYS = ("2021-05-19", "2024-08-05", "2024-12-09")
PROJECT = Path(__file__).resolve().parents[2]
SERVER = PROJECT.parent / "shared" / "replay" / "serve.py"
WAIT = 20


@pytest.fixture(scope="module")
def briefs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The briefs and the site of the replayed years, written once."""
    if not SERVER.exists():
        pytest.skip("the replay server is not beside this checkout")
    root = tmp_path_factory.mktemp("replay")
    port = root / "port"
    server = subprocess.Popen(
        [sys.executable, str(SERVER), "--port", "0", "--port-file", str(port), "--rate-scale", "60"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        ends = time.monotonic() + WAIT
        while not port.exists() and time.monotonic() < ends:
            time.sleep(0.05)
        settings = Settings(
            FLOODMARK_WAREHOUSE=root / "folder",
            FLOODMARK_MIRROR=f"http://127.0.0.1:{port.read_text().strip()}",
            FLOODMARK_NOW="2025-01-01T03:00:00Z",
            FLOODMARK_RATE_SCALE=60,
            COINALYZE_API_KEY="free-key",
            COINGLASS_API_KEY="paid-key",
        )
        report = run(settings, asked=Asked(date(2020, 1, 1), date(2024, 12, 31)))
        assert report.version, report.build_error
    finally:
        server.terminate()
        server.wait(10)
    for day in DAYS:
        write_brief(settings, date.fromisoformat(day), root / "briefs")
    write_site(settings, root / "site", include_all=True)
    return root


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.mark.parametrize("page", [*(f"briefs/{d}/index.html" for d in DAYS), *(f"site/{p}" for p in PAGES)])
@pytest.mark.parametrize("width", [390, 1200])
def test_a_page_opens_without_complaint_or_sideways_scroll(
    briefs: Path, browser: Browser, page: str, width: int
) -> None:
    seen = browser.visit(briefs / page, width)
    assert seen.complaints == []
    assert seen.requests == [(briefs / page).as_uri()]
    assert seen.scroll_width <= seen.client_width <= width


def test_dark_is_dark_and_print_is_light(briefs: Path, browser: Browser) -> None:
    page = briefs / "briefs/2024-12-09/index.html"
    colour = "getComputedStyle(document.body).backgroundColor"
    browser.visit(page, 390)
    light = browser.evaluate(colour)
    browser.visit(page, 390, dark=True)
    assert browser.evaluate(colour) != light
    browser.call("Emulation.setEmulatedMedia", media="print")
    assert browser.evaluate(colour) == light
    assert browser.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    browser.call("Emulation.setEmulatedMedia", media="")


def test_the_article_s_day_among_what_is_measured_here(briefs: Path) -> None:
    text = (briefs / "briefs/2024-12-09/brief.md").read_text()
    assert text.startswith("# $557.8 m of liquidations on 2024-12-09, the largest since 2024-12-05\n")
    assert "among 7 assets on 3 venues (Binance, Bybit, OKX), coverage complete" in text
    assert "$1.750 bn (ForkLog/CoinGlass" in text


def test_every_figure_of_the_briefs_derives_again(briefs: Path) -> None:
    with reader(Folder(briefs / "folder")) as conn:
        for day in DAYS:
            figures = json.loads((briefs / "briefs" / day / "figures.json").read_text())
            assert len(figures) > 500
            for figure in figures:
                ((again,),) = conn.execute(figure["sql"]).fetchall()
                assert exact(again) == exact(figure["value"]), figure["id"]
