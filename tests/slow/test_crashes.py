"""A run that is killed anywhere leaves the published version usable, and the next run heals everything."""

from __future__ import annotations

import contextlib
import os
import random
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

from pipelines.runs import night
from pipelines.runs.ask import fingerprints
from pipelines.settings import Settings
from pipelines.storage.duck import open_read_only
from pipelines.storage.fingerprint import fingerprint
from pipelines.storage.folder import Folder
from pipelines.storage.publish import current_version, manifest

pytestmark = pytest.mark.slow
DAYS = date(2024, 6, 1)

# One run in a process of its own that dies at the place named by its argument, as if the power went.
RUN = """
import os, sys
from datetime import date
from pathlib import Path
import small_exchange
from small_exchange import dataset
sql, place = Path(sys.argv[1]), sys.argv[2]
small_exchange.install(setattr, sql, [dataset(earliest=date(2024, 6, 1)), dataset("other", earliest=date(2024, 6, 1))])
from pipelines.runs import build, ingest, load, night
from pipelines.settings import Settings
from pipelines.storage import landing, ledger, publish, raw

def die_in(where, name, turn=1, after=False):
    whole, calls = getattr(where, name), iter(range(1, 10**6))
    def dying(*arguments, **named):
        now = next(calls) == turn
        if now and not after:
            os.kill(os.getpid(), 9)
        done = whole(*arguments, **named)
        if now:
            os.kill(os.getpid(), 9)
        return done
    setattr(where, name, dying)

PLACES = {
    "landing a body": lambda: die_in(landing.os, "fsync", turn=2),
    "noting a request": lambda: die_in(ledger.Ledger, "add_fetch", turn=2, after=True),
    "closing a window": lambda: die_in(ledger.Ledger, "close_window", turn=4),
    "making raw tables": lambda: die_in(raw, "_create_missing", after=True),
    "loading": lambda: die_in(raw, "load", after=True),
    "after the load": lambda: die_in(load, "_tell_ledger"),
    "between datasets": lambda: die_in(load, "load_dataset", after=True),
    "laying meta": lambda: die_in(build.meta, "write_ledger", after=True),
    "building": lambda: die_in(build, "build"),
    "after the build": lambda: die_in(build, "build", after=True),
    "copying": lambda: die_in(publish, "_copy"),
    "after the copy": lambda: die_in(publish, "_parquet", after=True),
    "before the link": lambda: die_in(publish, "_point"),
    "after the link": lambda: die_in(publish, "_point", after=True),
    "dropping old ones": lambda: die_in(publish, "_drop_old"),
    "telling the ledger": lambda: die_in(ledger.Ledger, "note_publication"),
    "nowhere": lambda: None,
}
PLACES[place]()
night.run(Settings(_env_file=None))
"""
PLACES = [line.split('"')[1] for line in RUN.splitlines() if ": lambda: die_in(" in line]


@pytest.fixture
def start(
    tmp_path: Path, exchange: Exchange, small_world: Callable[..., None]
) -> Callable[[str, str, str], subprocess.Popen[bytes]]:
    """`start(folder, now, place)`: a night in a real process, killed at `place`."""
    small_world(dataset(earliest=DAYS), dataset("other", earliest=DAYS))
    for name in ("small", "other"):
        exchange.host(name)["BTC"] = book(DAYS, 90)

    def begin(folder: str, now: str, place: str) -> subprocess.Popen[bytes]:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).parent.parent),
            "FLOODMARK_WAREHOUSE": str(tmp_path / folder),
            "FLOODMARK_MIRROR": exchange.url,
            "FLOODMARK_NOW": now,
            "FLOODMARK_ASSETS": "BTC",
        }
        return subprocess.Popen(
            [sys.executable, "-c", RUN, str(tmp_path / "sql"), place], env=environment, cwd=tmp_path
        )

    return begin


FIRST, SECOND, THIRD = (f"2024-08-{day}T06:00:00Z" for day in (20, 21, 22))


def restate(exchange: Exchange) -> None:
    """What the upstream says differently in the second night."""
    exchange.host("small")["BTC"][date(2024, 8, 18)] = ("4242.4242", "1")
    exchange.host("other")["BTC"].pop(date(2024, 8, 19), None)


def prints(settings: Settings) -> dict[str, str]:
    """The data in both databases; meta tells of runs, which differ."""
    return {
        f"{where} {p.schema}.{p.table}": p.hash
        for where, p in fingerprints(settings)
        if p.schema in ("raw", "facts", "rankings")
    }


def published_is_whole(folder: Folder) -> str | None:
    """The version in force opens, and every table is what its manifest says."""
    told, version = manifest(folder), current_version(folder)
    if version is None:
        return None
    assert told and told["version"] == version
    conn = open_read_only(folder.warehouse.resolve())
    assert told["tables"] == [p.as_dict() for p in fingerprint(conn)]
    conn.close()
    return version


CALM: dict[str, str] = {}  # the same for every test of this module


@pytest.fixture
def never_killed(
    tmp_path: Path, exchange: Exchange, start: Any, settings_at: Callable[..., Settings]
) -> dict[str, str]:
    """What three undisturbed nights leave, the upstream restating before the second."""
    if not CALM:
        for now in (FIRST, SECOND, THIRD):
            if now == SECOND:
                restate(exchange)
            assert night.run(settings_at(now, FLOODMARK_WAREHOUSE=tmp_path / "calm")).good
        for name in ("small", "other"):
            exchange.host(name)["BTC"] = book(DAYS, 90)
        CALM.update(prints(settings_at(THIRD, FLOODMARK_WAREHOUSE=tmp_path / "calm")))
    return CALM


@pytest.mark.parametrize("place", PLACES)
def test_a_night_killed_at(
    place: str,
    tmp_path: Path,
    exchange: Exchange,
    start: Any,
    never_killed: dict[str, str],
    settings_at: Callable[..., Settings],
) -> None:
    folder = Folder(tmp_path / "shaken")
    assert night.run(settings_at(FIRST, FLOODMARK_WAREHOUSE=folder.root)).good
    before = published_is_whole(folder)
    restate(exchange)
    if place == "making raw tables":
        folder.pipeline.unlink()  # lost: it is made again from landing
    assert start("shaken", SECOND, place).wait(60) == -signal.SIGKILL
    after = published_is_whole(folder)
    assert after is not None
    flipped = place in ("after the link", "dropping old ones", "telling the ledger")
    assert (after != before) == flipped
    # what had landed counts, what had not is asked for again; the clock is that of the night that failed
    assert start("shaken", SECOND, "nowhere").wait(60) == 0
    assert night.run(settings_at(THIRD, FLOODMARK_WAREHOUSE=folder.root)).good
    assert prints(settings_at(THIRD, FLOODMARK_WAREHOUSE=folder.root)) == never_killed
    assert published_is_whole(folder)
    assert not list(folder.published.glob(".building-*"))


def test_nights_killed_at_any_moment(
    tmp_path: Path,
    exchange: Exchange,
    start: Any,
    never_killed: dict[str, str],
    settings_at: Callable[..., Settings],
) -> None:
    folder = Folder(tmp_path / "shaken")
    exchange.troubles["small.example"] = slow(0.05)
    began = time.monotonic()
    assert start("timed", FIRST, "nowhere").wait(60) == 0
    whole = time.monotonic() - began
    chance, killed = random.Random(20241209), 0
    for now in (FIRST, SECOND):
        if now == SECOND:
            restate(exchange)
        for _ in range(8):
            process = start("shaken", now, "nowhere")
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0.3, 1.0) * whole)
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
            published_is_whole(folder)
        assert start("shaken", now, "nowhere").wait(60) == 0
    assert killed >= 4
    assert night.run(settings_at(THIRD, FLOODMARK_WAREHOUSE=folder.root)).good
    found = prints(settings_at(THIRD, FLOODMARK_WAREHOUSE=folder.root))
    assert found == never_killed
    assert published_is_whole(folder)


def test_a_killed_night_frees_the_lock_within_a_second(
    tmp_path: Path, exchange: Exchange, start: Any, settings_at: Callable[..., Settings]
) -> None:
    exchange.troubles["small.example"] = slow(60)
    first = start("shaken", FIRST, "nowhere")
    while not exchange.asked:
        time.sleep(0.05)
    waited: list[str] = []
    exchange.troubles.clear()

    def told(held_by: object) -> None:
        waited.append(str(held_by))
        first.send_signal(signal.SIGKILL)

    began = time.monotonic()
    report = night.run(
        settings_at(FIRST, FLOODMARK_WAREHOUSE=tmp_path / "shaken"), watch=night.Watch(waiting=told)
    )
    assert report.good
    assert waited[0].startswith(f"process {first.pid} (floodmark run, since ")
    assert time.monotonic() - began < 20
    first.wait()
