"""A data folder that cannot be used is one sentence with its path and a way out, for every command."""

from __future__ import annotations

import errno
import json
import os
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from small_exchange import Exchange, book, dataset
from test_cli import FAILED, FLOODMARK, GOOD, WRONG_USE, commands, expect, floodmark

from pipelines import cli
from pipelines.settings import Origin
from pipelines.storage.folder import Folder

# what each command needs to be told; those that are not here need nothing
ARGUMENTS = {
    "sql": ["select 1"],
    "brief": ["2024-12-09"],
    "check-claims": [str(Path(cli.__file__).parent.parent / "docs/examples/claims-2024-12-09.yaml")],
    "load-page": ["farside-btc.html"],
}
NO_FOLDER = {"dictionary"}  # asks sql/ alone
WRITERS = ("run", "demo", "reparse", "prune", "home")
LEDGER_READERS = ("status", "run", "reparse", "prune")
PUBLISHED_READERS = ("status", "rank", "sql", "coverage", "check-claims", "brief", "site")


@pytest.fixture
def root(
    tmp_path: Path, exchange: Exchange, small_world: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Where the environment says the data folder is; nothing is there yet."""
    small_world(dataset(earliest=date(2024, 12, 1)))
    exchange.host("small")["BTC"] = book(date(2024, 12, 1), 30)
    monkeypatch.setenv("FLOODMARK_MIRROR", exchange.url)
    monkeypatch.setenv("FLOODMARK_NOW", "2024-12-31T06:00:00Z")
    monkeypatch.setenv("FLOODMARK_RATE_SCALE", "1000")
    monkeypatch.setenv("FLOODMARK_ASSETS", "BTC")
    monkeypatch.setenv("FLOODMARK_WAREHOUSE", str(tmp_path / "folder"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "farside-btc.html").write_text("<html></html>")
    return tmp_path / "folder"


def said(code: int, command: str) -> str:
    """What a command says on standard error; `floodmark` raises where it is a traceback."""
    result = expect(code, command, *ARGUMENTS.get(command, []))
    assert result.stdout == ""
    return " ".join(result.stderr.split())


def boxed(*arguments: str) -> str:
    """What the parser of the command line says in its frame, on one line."""
    return " ".join(expect(WRONG_USE, *arguments).stderr.replace("│", " ").split())


@pytest.mark.parametrize("command", sorted(set(commands()) - NO_FOLDER))
def test_a_file_in_the_place_or_in_the_way_is_wrong_use(
    root: Path, command: str, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    root.write_text("notes")
    assert f"{root} cannot be the data folder: {root} is a file. Point FLOODMARK_WAREHOUSE at" in said(
        WRONG_USE, command
    )
    monkeypatch.setenv("FLOODMARK_WAREHOUSE", str(root / "below" / "it"))
    assert f"{root / 'below' / 'it'} cannot be the data folder: {root} is a file" in said(WRONG_USE, command)
    assert exchange.asked == [] and root.read_text() == "notes"


@pytest.mark.parametrize("command", WRITERS)
@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOENT])
def test_a_folder_that_cannot_be_made_is_wrong_use(
    root: Path, command: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert f"{root} cannot be the data folder: {os.strerror(number)}" in said(WRONG_USE, command)


@pytest.mark.parametrize("command", WRITERS)
def test_a_folder_that_cannot_be_written_is_wrong_use(
    root: Path, command: str, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    root.mkdir()
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != root and allowed(path, mode))
    assert f"{root} cannot be the data folder: no permission to write there" in said(WRONG_USE, command)
    assert exchange.asked == [] and list(root.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder where even root writes nothing")
@pytest.mark.parametrize("place", ["/proc", "/proc/nothing/here"])
def test_a_real_place_where_nothing_can_be_written(tmp_path: Path, place: str) -> None:
    done = subprocess.run(
        [*FLOODMARK, "prune"],
        env={"PATH": os.environ["PATH"], "FLOODMARK_WAREHOUSE": place},
        cwd=Path(cli.__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (WRONG_USE, "")
    assert f"{place} cannot be the data folder: " in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("how", ["garbage", "pages", "folder"])
def test_a_damaged_ledger_is_1_and_says_what_still_works(root: Path, how: str) -> None:
    expect(GOOD, "run")
    ledger = Folder(root).ledger
    body = ledger.read_bytes()
    for file in root.glob("ledger.sqlite*"):
        file.unlink()
    if how == "folder":
        ledger.mkdir()
    else:
        head = b"" if how == "garbage" else body[:4096]
        ledger.write_bytes(head + b"\xa5" * (len(body) - len(head)))
    for command in LEDGER_READERS:
        text = said(FAILED, command)
        assert f"{ledger} cannot be used: " in text and "put back a copy" in text, command
        assert "cannot be the data folder" not in text, command
    assert expect(GOOD, "sql", "select count(*) as n from facts.liquidations_daily").stdout.count("30") == 1


@pytest.mark.parametrize("command", ["status", *WRITERS[:-1]])
def test_an_origin_that_is_none_is_damage(root: Path, command: str) -> None:
    root.mkdir()
    (root / "ORIGIN").write_bytes(b"ban\xffna")
    assert f"{root / 'ORIGIN'} says none of live, mirror, sample" in said(FAILED, command)


def test_an_origin_that_was_lost_is_not_guessed(root: Path, exchange: Exchange) -> None:
    expect(GOOD, "run")
    for command in ("run", "reparse", "prune"):
        exchange.asked.clear()
        (root / "ORIGIN").unlink()
        assert f"{root / 'ORIGIN'} is gone" in said(FAILED, command)
        assert exchange.asked == [] and not (root / "ORIGIN").exists()
        (root / "ORIGIN").write_text(Origin.MIRROR)
        expect(GOOD, command)


def damage(file: Path, how: str) -> None:
    """No database at all, or one whose headers are whole and whose blocks are not."""
    kept = 0 if how == "garbage" else 3 * 4096
    file.chmod(0o644)
    body = file.read_bytes()
    file.write_bytes(body[:kept] + b"\xa5" * (len(body) - kept))


@pytest.mark.parametrize("how", ["garbage", "blocks"])
def test_a_damaged_version_is_1_and_reparse_publishes_anew(root: Path, how: str) -> None:
    expect(GOOD, "run")
    damage(Folder(root).warehouse.resolve(), how)
    for command in PUBLISHED_READERS:
        text = said(FAILED, command)
        assert f"in the data folder {root}" in text and "`floodmark reparse` makes both anew" in text, command
    expect(GOOD, "reparse")
    assert json.loads(expect(GOOD, "rank", "--top", "1", "--format", "json").stdout)[0]["rank"] == 1


@pytest.mark.parametrize("how", ["garbage", "blocks"])
def test_a_damaged_pipeline_database_is_1_and_made_anew_from_landing(root: Path, how: str) -> None:
    expect(GOOD, "run")
    pipeline = Folder(root).pipeline
    damage(pipeline, how)
    for command in ("run", "reparse", "prune", "fingerprint"):
        text = said(FAILED, command)
        assert f"in the data folder {root}: move the damaged file away (pipeline.duckdb" in text, command
    pipeline.unlink()
    (row,) = json.loads(expect(GOOD, "reparse", "--format", "json").stdout)
    assert (row["dataset"], row["vintages"]) == ("small_liquidations", 30)


def test_a_database_that_another_program_holds_is_1_and_named(root: Path) -> None:
    expect(GOOD, "run")
    pipeline = Folder(root).pipeline
    holding = f"import duckdb; c = duckdb.connect({str(pipeline)!r}); print(1, flush=True); input()"
    with subprocess.Popen(
        [FLOODMARK[0], "-c", holding], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout and other.stdout.readline() == "1\n"
        text = said(FAILED, "prune")
        other.communicate("\n")
    assert str(pipeline) in text and f"PID {other.pid}" in text and "reparse" not in text


def test_a_manifest_that_is_no_json_is_1(root: Path) -> None:
    expect(GOOD, "run")
    file = (Folder(root).current / "manifest.json").resolve()
    file.chmod(0o644)
    file.write_text("{")
    assert "manifest.json is no JSON: `floodmark reparse` publishes anew" in said(FAILED, "status")
    expect(GOOD, "reparse")
    expect(GOOD, "status")


def test_a_lock_that_may_not_be_written_is_wrong_use(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expect(GOOD, "run")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(root / "pipeline.lock"))

    monkeypatch.setattr("pipelines.storage.locks.FileLock.acquire", refuse)
    assert f"{root / 'pipeline.lock'} cannot be used: Permission denied" in said(WRONG_USE, "fingerprint")


def test_a_home_that_nobody_has_is_wrong_use(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOODMARK_WAREHOUSE", "~nobody-by-this-name/data")
    assert "FLOODMARK_WAREHOUSE: " in said(WRONG_USE, "status")


@pytest.mark.parametrize("command", [["brief", "2024-12-09"], ["site"]])
def test_a_file_cannot_be_written_into(root: Path, command: list[str]) -> None:
    out = root.parent / "out"
    out.write_text("notes")
    assert "is a file" in boxed(*command, "--out", str(out))
    assert out.read_text() == "notes"


def test_claims_are_a_file_that_is_there(root: Path) -> None:
    assert "is a directory" in boxed("check-claims", str(root.parent))
    assert "does not exist" in boxed("check-claims", str(root))


def test_a_bug_keeps_its_traceback(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr("pipelines.runs.status.status", bug)
    with pytest.raises(KeyError, match="a bug"):
        floodmark("status")
