"""A Farside page that a user saved: read as a fetched one, with the time of its file, and nothing taken back."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipelines import cli
from pipelines.commands import saved  # noqa: F401  (registers load-page)
from pipelines.sources.farside import FOOTER
from pipelines.storage.folder import Folder
from pipelines.storage.ledger import Ledger

GOOD, WRONG_USE = 0, 2
FIRST_PAGE = {
    "11 Jan 2024": ("111.7", "(95.1)"),
    "12 Jan 2024": ("386.0", "(484.1)"),
    "15 Jan 2024": ("-", "-"),
}
RECENT = {"15 Jan 2024": ("-", "-"), "16 Jan 2024": ("212.7", "(594.4)")}


def total(cells: tuple[str, ...]) -> str:
    flows = [float(c.strip("()")) * (-1 if c.startswith("(") else 1) for c in cells if c != "-"]
    return f"{sum(flows):.1f}" if sum(flows) >= 0 else f"({-sum(flows):.1f})"


def page(sessions: dict[str, tuple[str, ...]], funds: tuple[str, str] = ("IBIT", "GBTC")) -> str:
    rows = [(day, *cells, total(cells)) for day, cells in sessions.items()]
    rows += [(name, "1.0", "1.0", "1.0") for name in FOOTER]
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    head = "<tr>" + "".join(f"<th>{name}</th>" for name in ("Date", *funds, "Total")) + "</tr>"
    return f'<html><table class="etf"><thead>{head}</thead><tbody>{body}</tbody></table></html>'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """An empty folder whose mirror nobody answers: no test of this file asks anyone."""
    told = {
        "WAREHOUSE": str(tmp_path / "folder"),
        "MIRROR": "http://127.0.0.1:9",
        "NOW": "2024-01-18T03:00:00Z",
    }
    for name, value in told.items():
        monkeypatch.setenv(f"FLOODMARK_{name}", value)
    return Folder(tmp_path / "folder")


def save(path: Path, text: str, at: str) -> Path:
    path.write_text(text, encoding="utf-8")
    seconds = datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp()
    os.utime(path, (seconds, seconds))
    return path


def floodmark(code: int, *arguments: str) -> Result:
    result = CliRunner().invoke(cli.app, list(arguments))
    assert result.exit_code == code, result.output
    return result


def flows(asset: str = "BTC") -> list[tuple[str, str, float | None]]:
    query = f"select session_date, status, total_usd from facts.etf_flow_totals_daily where asset = '{asset}'"
    rows = json.loads(floodmark(GOOD, "sql", query + " order by 1", "--format", "json").stdout)
    return [(r["session_date"], r["status"], r["total_usd"]) for r in rows]


def test_a_saved_page_becomes_facts_with_its_own_time(folder: Folder, tmp_path: Path) -> None:
    path = save(tmp_path / "farside-btc.html", page(FIRST_PAGE), "2024-01-16 09:30")
    told = floodmark(GOOD, "load-page", str(path), "--format", "json")
    (row,) = json.loads(told.stdout)
    assert (row["page"], row["dataset"], row["new_vintages"]) == ("farside-btc.html", "farside_etf_flows", 9)
    assert flows()[:3] == [
        ("2024-01-11", "reported", 16_600_000),
        ("2024-01-12", "reported", -98_100_000),
        ("2024-01-15", "holiday", None),
    ]
    with Ledger(folder.ledger) as ledger:
        (window,) = ledger.windows("farside_etf_flows")
        (fetch,) = ledger.table("fetches")
    assert window.observed_at == datetime(2024, 1, 16, 9, 30, tzinfo=UTC)
    assert (window.verdict, window.load_verdict, str(window.end_at.date())) == (
        "complete",
        "loaded",
        "2024-01-16",
    )
    assert (fetch["method"], fetch["status"]) == ("SAVED", 200)
    assert str(tmp_path) not in json.dumps(fetch), "where the file lay is nobody's business"

    again = floodmark(GOOD, "load-page", str(path), "--format", "json")
    assert json.loads(again.stdout)[0]["new_vintages"] == 0
    before = flows()
    floodmark(GOOD, "reparse")
    assert flows() == before


def test_the_short_page_retracts_nothing_before_its_first_session(folder: Folder, tmp_path: Path) -> None:
    path = save(tmp_path / "farside-btc.html", page(FIRST_PAGE), "2024-01-16 09:30")
    floodmark(GOOD, "load-page", str(path))
    save(path, page(RECENT), "2024-01-17 09:30")
    (row,) = json.loads(floodmark(GOOD, "load-page", str(path), "--format", "json").stdout)
    assert (row["new_vintages"], row["retracted"]) == (3, 0)
    assert flows()[:4] == [
        ("2024-01-11", "reported", 16_600_000),
        ("2024-01-12", "reported", -98_100_000),
        ("2024-01-15", "holiday", None),
        ("2024-01-16", "reported", -381_700_000),
    ]


# The first Monday is a holiday; of the last day of each page not all funds had reported when it was saved.
OLDER = {
    "19 Jan 2026": ("-", "-"),
    "20 Jan 2026": ("5.5", "(1.0)"),
    "21 Jan 2026": ("2.5", "-"),
    "22 Jan 2026": ("-", "0.5"),
}
NEWER = {"21 Jan 2026": ("2.5", "0.5"), "22 Jan 2026": ("3.0", "0.5"), "23 Jan 2026": ("1.0", "2.0")}
AFTER_BOTH = [
    ("2026-01-19", "holiday", None),
    ("2026-01-20", "reported", 4_500_000),
    ("2026-01-21", "reported", 3_000_000),
    ("2026-01-22", "reported", 3_500_000),
    ("2026-01-23", "reported", 3_000_000),
]


@pytest.mark.parametrize("newer_first", [False, True], ids=["in order", "the older copy later"])
def test_copies_of_the_solana_page_add_up_in_the_order_of_their_times(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, newer_first: bool
) -> None:
    monkeypatch.setenv("FLOODMARK_NOW", "2026-01-26T03:00:00Z")
    path = tmp_path / "farside-sol.html"
    copies = [(OLDER, "2026-01-22 23:30"), (NEWER, "2026-01-24 09:30")]
    for sessions, at in reversed(copies) if newer_first else copies:
        save(path, page(sessions, ("BSOL", "GSOL")), at)
        (row,) = json.loads(floodmark(GOOD, "load-page", str(path), "--format", "json").stdout)
        assert (row["page"], row["dataset"]) == ("farside-sol.html", "farside_sol_etf_flows")
        assert row["retracted"] == 0
    assert flows("SOL") == AFTER_BOTH
    with Ledger(folder.ledger) as ledger:
        stretches = {(str(w.start_at.date()), str(w.end_at.date())) for w in ledger.windows()}
    assert stretches == {("2026-01-19", "2026-01-22"), ("2026-01-21", "2026-01-24")}


def test_an_old_copy_says_nothing_of_the_days_since(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOODMARK_NOW", "2026-01-30T03:00:00Z")
    path = save(tmp_path / "farside-sol.html", page(NEWER, ("BSOL", "GSOL")), "2026-01-24 09:30")
    floodmark(GOOD, "load-page", str(path))
    # a copy of a few days before, put into the folder by hand a week later
    older = {day: cells for day, cells in OLDER.items() if day < "21"}
    save(path, page(older, ("BSOL", "GSOL")), "2026-01-29 09:30")
    (row,) = json.loads(floodmark(GOOD, "load-page", str(path), "--format", "json").stdout)
    assert row["retracted"] == 0
    with Ledger(folder.ledger) as ledger:
        assert str(ledger.windows()[-1].end_at.date()) == "2026-01-21"
    assert flows("SOL")[:5] == AFTER_BOTH


@pytest.mark.parametrize(
    ("name", "text", "at", "said"),
    [
        ("btc.html", page(FIRST_PAGE), "2024-01-16 09:30", "expected one of farside-btc.html"),
        ("farside-btc.html", page(FIRST_PAGE)[:250], "2024-01-16 09:30", "farside-btc.html: "),
        ("farside-btc.html", "<title>Just a moment...</title>", "2024-01-16 09:30", "no table of class etf"),
        ("farside-btc.html", page(FIRST_PAGE), "2024-01-19 09:30", "later than now"),
        ("farside-btc.html", page(FIRST_PAGE), "2024-01-11 09:30", "before its first session was over"),
    ],
    ids=[
        "another name",
        "half a page",
        "a browser check",
        "from the future",
        "before the first session ended",
    ],
)
def test_what_cannot_be_taken_is_wrong_use_and_leaves_nothing(
    folder: Folder, tmp_path: Path, name: str, text: str, at: str, said: str
) -> None:
    path = save(tmp_path / name, text, at)
    assert said in " ".join(floodmark(WRONG_USE, "load-page", str(path)).stderr.split())
    assert not folder.root.exists()


def test_the_sample_takes_no_real_page(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path / "farside-btc.html", page(FIRST_PAGE), "2024-01-16 09:30")
    monkeypatch.setenv("FLOODMARK_SAMPLE", "1")
    assert "the sample is generated" in floodmark(WRONG_USE, "load-page", str(path)).stderr
