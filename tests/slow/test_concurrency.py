"""Many processes in one folder: they queue to write, read at any time, and nothing is doubled or lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from small_exchange import Exchange, book, dataset, slow

from pipelines.runs import night, upkeep
from pipelines.runs.ask import ask, fingerprints
from pipelines.runs.status import status
from pipelines.settings import Settings
from pipelines.storage.folder import Folder
from pipelines.storage.publish import KEPT_VERSIONS

pytestmark = pytest.mark.slow
DAYS = date(2024, 12, 1)
TOTAL = "select (select version from meta.snapshot), count(*) from facts.liquidation_totals_daily"

FLOODMARK = """
import sys
from datetime import date
from pathlib import Path
import small_exchange
from small_exchange import dataset
small_exchange.install(setattr, Path(sys.argv.pop(1)), [dataset(earliest=date(2024, 12, 1))])
from pipelines.cli import main
main()
"""
CLAIM = """
import sys
from pathlib import Path
from pipelines.settings import Origin
from pipelines.storage.folder import Folder, WrongOrigin
sys.stdin.readline()
try:
    Folder(Path(sys.argv[1])).claim(Origin(sys.argv[2]))
    print(sys.argv[2])
except WrongOrigin:
    print("refused")
"""


@pytest.fixture
def settings(
    exchange: Exchange, small_world: Callable[..., None], settings_at: Callable[..., Settings]
) -> Settings:
    small_world(dataset(earliest=DAYS))
    exchange.host("small")["BTC"] = book(DAYS, 30)
    return settings_at()


@pytest.fixture
def floodmark(settings: Settings, exchange: Exchange, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """`floodmark("run", ...)`: the command in a process of its own."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).parent.parent),
            "FLOODMARK_WAREHOUSE": str(settings.warehouse),
            "FLOODMARK_MIRROR": exchange.url,
            "FLOODMARK_NOW": "2024-12-31T06:00:00Z",
            "FLOODMARK_ASSETS": "BTC",
        }
        process = subprocess.Popen(
            [sys.executable, "-c", FLOODMARK, str(tmp_path / "sql"), *arguments],
            env=environment,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_runs_queue_and_every_one_is_good(
    settings: Settings, floodmark: Callable[..., Any], exchange: Exchange
) -> None:
    exchange.troubles["small.example"] = slow(0.4)
    processes = [floodmark("run", "--format", "json") for _ in range(3)]
    told = [p.communicate(timeout=120) for p in processes]
    assert [p.returncode for p in processes] == [0, 0, 0], told
    waited = [errors for _, errors in told if "waiting: process" in errors]
    assert waited and "(floodmark run, since " in waited[0]
    assert sum(json.loads(out)[0]["new_vintages"] for out, _ in told) == 30, "loaded once"
    rows = "select count(*), max(vintage), count(distinct bucket_start) from raw.liquidation_buckets"
    assert ask(settings, rows).rows == [(30, 1, 30)]
    first_days = [q.query["from"] for q in exchange.asked]
    assert first_days.count("2024-12-01") == 1, "what one has asked for the next need not"


def test_a_run_a_reparse_and_a_prune_at_once(
    settings: Settings, floodmark: Callable[..., Any], exchange: Exchange
) -> None:
    assert night.run(settings).good
    before = {p.table: p.hash for where, p in fingerprints(settings) if p.schema in ("raw", "facts")}
    commands = (["run", "--refetch"], ["reparse"], ["prune"], ["run"], ["fingerprint"])
    processes = [floodmark(*c) for c in commands]
    told = [p.communicate(timeout=180) for p in processes]
    assert [p.returncode for p in processes] == [0] * 5, told
    assert upkeep.reparse(settings).loads["small_liquidations"].unreadable == []
    after = {p.table: p.hash for where, p in fingerprints(settings) if p.schema in ("raw", "facts")}
    assert after == before


def test_readers_never_fail_while_versions_change(settings: Settings, exchange: Exchange) -> None:
    assert night.run(settings).good
    stop, seen, faults = threading.Event(), set(), []

    def read() -> None:
        while not stop.is_set():
            try:
                seen.add(ask(settings, TOTAL).rows[0])
                status(settings)
            except Exception as error:
                faults.append(error)
                return

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    with night.opened(settings) as (folder, ledger, _):
        for _ in range(2 * KEPT_VERSIONS):
            night.build_and_publish(settings, folder, ledger, command="floodmark run")
    stop.set()
    for reader in readers:
        reader.join()
    assert faults == []
    assert {days for _, days in seen} == {30}
    assert len({version for version, _ in seen}) > 1


def test_a_waiting_command_names_the_holder_and_status_does_not_wait(
    settings: Settings, floodmark: Callable[..., Any], exchange: Exchange
) -> None:
    assert night.run(settings).good
    with night.writer(Folder(settings.warehouse), "a long night"):
        waiting = floodmark("fingerprint", "--format", "csv")
        looking = floodmark("status", "--format", "json")
        out, _ = looking.communicate(timeout=60)
        assert looking.returncode == 0
        told = json.loads(out)
        assert "(a long night, since " in told["busy"]
        assert told["newest_fact_day"] == "2024-12-30"
        line = waiting.stderr.readline()
        assert line.startswith(f"waiting: process {os.getpid()} (a long night, since ")
        assert waiting.poll() is None
    out, _ = waiting.communicate(timeout=60)
    assert waiting.returncode == 0
    assert out.startswith("database,table,rows,hash")


def test_of_processes_that_claim_a_folder_at_once_one_origin_wins(tmp_path: Path) -> None:
    origins = ("live", "mirror", "sample") * 3
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIM, str(tmp_path / "data"), origin],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for origin in origins
    ]
    for process in processes:
        assert process.stdin
        process.stdin.write("now\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60)[0].strip() for process in processes]
    held = str(Folder(tmp_path / "data").origin())
    assert sorted(set(said)) == sorted({held, "refused"})
    assert said.count(held) == 3
