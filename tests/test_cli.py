"""The command line: exit codes, data on standard output alone, and nothing that only a terminal can show."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from small_exchange import Exchange, book, dataset, slow
from typer.testing import CliRunner, Result

from pipelines import cli
from pipelines.models.standing import standing_models
from pipelines.runs import build
from pipelines.storage.folder import Folder
from pipelines.storage.landing import Landing

DAYS = date(2024, 12, 1)
GOOD, FAILED, WRONG_USE = 0, 1, 2
FLOODMARK = [sys.executable, "-m", "pipelines.cli"]


@pytest.fixture
def folder(
    tmp_path: Path, exchange: Exchange, small_world: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> Folder:
    """An empty folder in the environment, a small exchange behind it."""
    small_world(dataset(earliest=DAYS), dataset("paid", key="COINGLASS_API_KEY", earliest=DAYS))
    exchange.host("small")["BTC"] = book(DAYS, 31)
    told = {
        "WAREHOUSE": str(tmp_path / "folder"),
        "MIRROR": exchange.url,
        "NOW": "2024-12-31T06:00:00Z",
        "RATE_SCALE": "1000",
        "ASSETS": "BTC",
    }
    for name, value in told.items():
        monkeypatch.setenv(f"FLOODMARK_{name}", value)
    return Folder(tmp_path / "folder")


def floodmark(*arguments: str, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(cli.app, list(arguments), input=stdin)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert "\x1b" not in result.stdout + result.stderr, "no terminal, no escape sequences"
    return result


def expect(code: int, *arguments: str, stdin: str | None = None) -> Result:
    result = floodmark(*arguments, stdin=stdin)
    assert result.exit_code == code, result.output
    return result


def test_a_good_run_then_every_question(folder: Folder) -> None:
    ran = expect(GOOD, "run", "--format", "json")
    rows = {r["dataset"]: r for r in json.loads(ran.stdout)}
    assert rows["small_liquidations"]["complete"] == 3
    assert rows["small_liquidations"]["new_vintages"] == 30
    assert rows["paid_liquidations"]["state"] == "not_configured"
    assert "not configured: paid_liquidations: COINGLASS_API_KEY is not set" in ran.stderr
    assert "published: 2" in ran.stderr

    told = json.loads(expect(GOOD, "status", "--format", "json").stdout)
    assert told["origin"] == "mirror" and told["newest_fact_day"] == "2024-12-30"
    assert told["missing"] == [] and told["unpublished_windows"] == 0
    assert {d["state"] for d in told["datasets"]} == {"fresh", "not_configured"}

    top = list(csv.DictReader(io.StringIO(expect(GOOD, "rank", "--top", "3", "--format", "csv").stdout)))
    assert [r["rank"] for r in top] == ["1", "2", "3"]
    assert top[0]["day"] == "2024-12-30"
    assert "largest_liquidation_days" in expect(GOOD, "rank").stdout

    prints = json.loads(expect(GOOD, "fingerprint", "--format", "json").stdout)
    hashes = {(p["database"], p["table"]): p["hash"] for p in prints}
    assert hashes["pipeline", "facts.liquidations_daily"] == hashes["published", "facts.liquidations_daily"]

    assert (
        expect(GOOD, "reparse", "--format", "csv").stdout.splitlines()[1]
        == "small_liquidations,3,30,30,0,0,0"
    )
    assert json.loads(expect(GOOD, "prune", "--dry-run", "--format", "json").stdout)[0]["kept"] == 3
    assert expect(GOOD, "prune").exit_code == GOOD
    again = json.loads(expect(GOOD, "fingerprint", "--format", "json").stdout)
    assert {
        (p["database"], p["table"]): p["hash"] for p in again if p["table"].startswith(("raw", "facts"))
    }.items() <= hashes.items()


def test_every_format_carries_every_kind_of_value(folder: Folder) -> None:
    expect(GOOD, "run")
    query = (
        "select null as nothing, 1.10::decimal(18, 4) as usd, 0.000000000000000001::decimal(28, 18) as rate,"
        " date '2024-12-09' as day, timestamptz '2024-12-09 00:00:00+00' as at, time '12:00' as t, true as yes,"
        " 'nan'::double as nan, ['a', 'b'] as list, {'k': 1} as struct, map {1: 2} as map, interval 1 day as i,"
        " '[red]text[/nonsense]' as text, 'x'::blob as bytes, uuid() as id, 1e300::double as large"
    )
    (row,) = json.loads(expect(GOOD, "sql", query, "--format", "json").stdout, parse_constant=pytest.fail)
    assert row["nothing"] is None and row["nan"] is None
    assert row["usd"] == 1.1
    assert (row["day"], row["list"], row["struct"]) == ("2024-12-09", ["a", "b"], {"k": 1})
    (cells,) = csv.DictReader(io.StringIO(expect(GOOD, "sql", query, "--format", "csv").stdout))
    assert (cells["nothing"], cells["usd"], cells["rate"]) == ("", "1.1", "0.000000000000000001")
    shown = expect(GOOD, "sql", query).stdout
    assert "[red]text[/nonsense]" in "".join(shown.split()), "brackets are text"
    assert "–" in shown, "unknown is a dash"
    assert expect(GOOD, "sql", "-", "--format", "csv", stdin="select 7 as x").stdout == "x\n7\n"
    file = folder.root.parent / "question.sql"
    file.write_text("-- a question\nselect 8 as x;\n")
    assert expect(GOOD, "sql", str(file), "--format", "csv").stdout == "x\n8\n"
    assert f"{file}x.sql cannot be read" in expect(WRONG_USE, "sql", f"{file}x.sql").stderr.replace("\n", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--from", "2024-13-01"], "--from takes a day as YYYY-MM-DD, not '2024-13-01'"),
        (["run", "--to", "tomorrow"], "--to takes a day as YYYY-MM-DD, not 'tomorrow'"),
        (
            ["run", "--from", "2024-12-09", "--to", "2024-12-01"],
            "--from 2024-12-09 lies after --to 2024-12-01",
        ),
        (["run", "--from", "2025-06-01"], "--from 2025-06-01 lies after --to 2024-12-31"),
        (["run", "--source", "nobody"], "there is no source 'nobody'; there are all, paid, small"),
        (["run", "--nonsense"], "No such option"),
        (["rank", "--top", "0"], "--top"),
        (["status", "--format", "xml"], "--format"),
        (["reparse", "--accept-shrunken", "77"], "window 77 was not refused as shrunken"),
        (["nonsense"], "nonsense"),
    ],
)
def test_wrong_use_is_2_and_says_why(
    folder: Folder, exchange: Exchange, arguments: list[str], said: str
) -> None:
    result = expect(WRONG_USE, *arguments)
    assert said in " ".join(result.stderr.split())
    assert result.stdout == ""
    assert exchange.asked == []


@pytest.mark.parametrize(
    ("variable", "value"),
    [("FLOODMARK_MIRROR", "localhost:80"), ("FLOODMARK_NOW", "yesterday"), ("FLOODMARK_RATE_SCALE", "-1")],
)
def test_a_setting_that_cannot_be_is_wrong_use(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert variable in expect(WRONG_USE, "status").stderr


def test_nothing_published_is_1(folder: Folder) -> None:
    for arguments in (["sql", "select 1"], ["rank"], ["fingerprint"]):
        result = expect(FAILED, *arguments)
        assert "run `floodmark run` first" in " ".join(result.stderr.split())
        assert result.stdout == ""
    assert expect(GOOD, "status").exit_code == GOOD
    assert not folder.root.exists()


def test_bad_sql_and_unknown_rankings_are_2(folder: Folder) -> None:
    expect(GOOD, "run")
    assert "nonsense" in expect(WRONG_USE, "sql", "select nonsense").stderr
    assert "no statement" in expect(WRONG_USE, "sql", "").stderr
    assert "read-only" in expect(WRONG_USE, "sql", "drop table facts.liquidations_daily").stderr
    assert "there are largest_liquidation_days" in expect(WRONG_USE, "rank", "smallest").stderr


def test_a_source_that_fails_is_1_and_named_with_every_window(folder: Folder, exchange: Exchange) -> None:
    exchange.troubles["small.example"] = lambda q: (400, {}, b"[/odd] market")
    ran = expect(FAILED, "run")
    assert "failed: small_liquidations: failed: HTTP 400: [/odd] market" in ran.stderr
    assert "published: " in ran.stderr
    shown = expect(GOOD, "status").stdout
    assert shown.count("[/odd] market") >= 3
    assert "2024-12-11..2024-12-20" in shown


def test_a_build_that_is_refused_is_1(folder: Folder, exchange: Exchange) -> None:
    exchange.host("small")["BTC"][date(2024, 12, 9)] = ("7000000000", "0")
    result = expect(FAILED, "run")
    assert "not published: blocking checks failed" in result.stderr
    assert "amount_is_small" in result.stderr
    assert "not published: " in expect(FAILED, "reparse").stderr


def test_a_broken_model_is_1_with_its_line_and_what_came_is_loaded(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder.root.parent / "sql/facts/liquidation_totals_daily.sql"
    path.write_text(path.read_text().replace("select day,", "select (day,"))
    models = standing_models(folder.root.parent / "sql", build.external_columns())
    monkeypatch.setattr(build, "models", lambda: models)
    ran = expect(FAILED, "run", "--format", "json")
    assert [r["new_vintages"] for r in json.loads(ran.stdout)] == [30, 0]
    assert f"not published: {path}:6: sqlglot cannot read it" in ran.stderr
    assert f"not published: {path}:6: " in expect(FAILED, "reparse").stderr
    told = expect(FAILED, "dictionary")
    assert told.stdout == "" and told.stderr.startswith(f"{path}:6: ")
    assert not folder.warehouse.exists()


def test_a_lost_landing_file_makes_reparse_1_and_is_named(folder: Folder) -> None:
    expect(GOOD, "run")
    name, path = next(iter(Landing(folder.landing).names()))
    path.unlink()
    result = expect(FAILED, "reparse")
    assert f"landing file {name} is gone" in result.stderr


def test_another_origin_is_2_and_what_asks_nobody_takes_the_folders_own(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    expect(GOOD, "run")
    monkeypatch.setenv("FLOODMARK_SAMPLE", "1")
    assert "they never mix" in expect(WRONG_USE, "run").stderr
    assert "they never mix" in expect(WRONG_USE, "demo").stderr
    assert expect(GOOD, "reparse").exit_code == GOOD
    monkeypatch.delenv("FLOODMARK_SAMPLE")
    monkeypatch.delenv("FLOODMARK_MIRROR")
    assert "they never mix" in expect(WRONG_USE, "run").stderr
    assert expect(GOOD, "prune").exit_code == GOOD


def commands() -> list[str]:
    return sorted(c.name or c.callback.__name__ for c in cli.app.registered_commands if c.callback)


@pytest.mark.parametrize("command", ["", *commands()])
def test_help_of_every_command(command: str) -> None:
    shown = expect(GOOD, *([command] if command else []), "--help").stdout
    assert "Usage:" in shown
    assert len(shown.split()) > 20
    if not command:
        assert all(name in shown for name in commands())


# ---- real processes ----------------------------------------------------------------------------------


def environment(folder: Folder) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k.startswith("FLOODMARK_")}
    return kept | {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parent)}


SMALL = """
import sys
from datetime import date
from pathlib import Path
import small_exchange
from small_exchange import dataset
small_exchange.install(setattr, Path(sys.argv.pop(1)), [dataset(earliest=date(2024, 12, 1))])
from pipelines.cli import main
main()
"""


def start(folder: Folder, *arguments: str, **streams: Any) -> subprocess.Popen[str]:
    """The command in a process of its own, with the small exchange as its registry."""
    sql = folder.root.parent / "sql"
    return subprocess.Popen(
        [sys.executable, "-c", SMALL, str(sql), *arguments],
        env=environment(folder),
        cwd=folder.root.parent,
        text=True,
        **({"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams),
    )


def test_an_interrupt_says_that_what_landed_stays(folder: Folder, exchange: Exchange) -> None:
    exchange.troubles["small.example"] = slow(1.5, after=1)
    process = start(folder, "run")
    until = time.monotonic() + 30
    while len(exchange.asked) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted; what had landed stays and counts in the next run" in errors
    assert "Traceback" not in errors and out == ""
    exchange.troubles.clear()
    asked = len(exchange.asked)
    expect(GOOD, "run")
    assert {q.query["from"] for q in exchange.asked[asked:]} >= {"2024-12-21"}
    assert "2024-12-01" not in {q.query["from"] for q in exchange.asked[asked:]}


def test_on_a_terminal_there_is_colour_and_elsewhere_none(folder: Folder) -> None:
    """The same command twice: into a pipe and onto a terminal of its own."""
    process = start(folder, "status")
    out, _ = process.communicate(timeout=30)
    assert "small_liquidations" in out and "\x1b" not in out
    master, slave = pty.openpty()
    shown = start(folder, "--help", stdout=slave, stderr=slave)
    shown.wait(timeout=30)
    os.close(slave)
    assert b"\x1b[" in os.read(master, 65536)
    os.close(master)


def test_the_module_runs_as_a_script(tmp_path: Path) -> None:
    done = subprocess.run(
        [*FLOODMARK, "sql", "select 1"],
        env={"PATH": os.environ["PATH"], "FLOODMARK_WAREHOUSE": str(tmp_path)},
        cwd=Path(cli.__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (FAILED, "")
    assert "nothing is published" in done.stderr
