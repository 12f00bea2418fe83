"""A data folder holds one origin for good; one process writes, others wait and are told whom for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelines.settings import Origin
from pipelines.storage.duck import NothingPublished, reader, writer
from pipelines.storage.folder import DamagedFolder, Folder, UnusableFolder, WrongOrigin
from pipelines.storage.locks import Holder, exclusive, holder

HOLD = """
import sys, time
from pathlib import Path
from pipelines.storage.locks import exclusive
with exclusive(Path(sys.argv[1]), "a long night", lambda h: print(f"waits for {h}", flush=True)):
    print("holds", flush=True)
    sys.stdin.readline()
"""


def holding(lock: Path) -> subprocess.Popen[str]:
    """A real process that takes the lock, says so, and keeps it until its standard input closes."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_a_second_process_queues_and_is_told_who_holds(tmp_path: Path) -> None:
    lock = tmp_path / "pipeline.lock"
    first = holding(lock)
    assert line(first) == "holds"
    held_by = holder(lock)
    assert held_by and (held_by.pid, held_by.purpose) == (first.pid, "a long night")
    second = holding(lock)
    assert line(second).startswith(f"waits for process {first.pid} (a long night, since ")
    first.communicate("")
    assert first.returncode == 0
    assert line(second) == "holds"
    assert (held := holder(lock)) and held.pid == second.pid
    second.communicate("")
    assert holder(lock) is None


def test_a_killed_holder_frees_at_once_and_is_no_longer_named(tmp_path: Path) -> None:
    lock = tmp_path / "pipeline.lock"
    first = holding(lock)
    assert line(first) == "holds"
    second = holding(lock)
    assert line(second).startswith("waits for")
    first.send_signal(signal.SIGKILL)
    killed_at = time.monotonic()
    first.wait()
    assert line(second) == "holds"
    assert time.monotonic() - killed_at < 1.5
    second.send_signal(signal.SIGKILL)
    second.wait()
    assert lock.with_suffix(".holder").exists(), "its note stays behind"
    assert holder(lock) is None, "but says nothing any more"


def test_threads_of_one_process_queue_too(tmp_path: Path) -> None:
    inside, most = 0, 0

    def one(_: int) -> None:
        nonlocal inside, most
        with exclusive(tmp_path / "x.lock", "thread"):
            inside += 1
            most = max(most, inside)
            time.sleep(0.01)
            inside -= 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(8)))
    assert most == 1


def test_an_error_inside_frees_the_lock(tmp_path: Path) -> None:
    waited: list[Holder | None] = []
    with pytest.raises(RuntimeError, match="disk"), exclusive(tmp_path / "x.lock", "first"):
        raise RuntimeError("disk full")
    with exclusive(tmp_path / "x.lock", "second", waited.append):
        assert waited == []
        assert str(holder(tmp_path / "x.lock")).startswith(f"process {os.getpid()} (second, since ")


# ---- the folder --------------------------------------------------------------------------------------


@pytest.mark.parametrize("held", list(Origin))
def test_origins_never_mix(tmp_path: Path, held: Origin) -> None:
    folder = Folder(tmp_path / "data")
    assert folder.origin() is None
    folder.claim(held)
    folder.claim(held)
    for other in set(Origin) - {held}:
        with pytest.raises(WrongOrigin, match=f"holds {held} data, and this run would write {other} data"):
            folder.claim(other)
    assert folder.origin() is held


def test_of_many_that_claim_at_once_one_origin_wins(tmp_path: Path) -> None:
    def claim(n: int) -> str:
        try:
            Folder(tmp_path / "data").claim(list(Origin)[n % 3])
        except WrongOrigin:
            return "refused"
        return str(list(Origin)[n % 3])

    with ThreadPoolExecutor(12) as pool:
        said = list(pool.map(claim, range(48)))
    held = Folder(tmp_path / "data").origin()
    assert set(said) == {"refused", str(held)}
    assert said.count("refused") == 32
    assert sorted(p.name for p in (tmp_path / "data").iterdir()) == ["ORIGIN", "landing", "published"]


def test_a_place_is_taken_by_a_file_or_free(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("notes")
    Folder(tmp_path).require_place()
    Folder(tmp_path / "a" / "b").require_place()
    assert not (tmp_path / "a").exists(), "looking makes nothing"
    for place in (tmp_path / "notes", tmp_path / "notes" / "below", tmp_path / ("n" * 300)):
        for use in (
            Folder(place).require_place,
            Folder(place).make,
            lambda p=place: Folder(p).claim(Origin.LIVE),
        ):
            with pytest.raises(
                UnusableFolder, match=r"cannot be the data folder: .*Point FLOODMARK_WAREHOUSE"
            ):
                use()
    Folder(tmp_path / "a" / "b").make()
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_what_a_folder_holds_is_never_guessed(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    for text in ("", "Live", "live mirror"):
        folder.origin_file.write_text(text)
        with pytest.raises(DamagedFolder, match="says none of live, mirror, sample"):
            folder.claim(Origin.LIVE)
        assert folder.origin_file.read_text() == text
    folder.origin_file.unlink()
    folder.ledger.touch()
    with pytest.raises(DamagedFolder, match="ORIGIN is gone"):
        folder.claim(Origin.LIVE)
    assert [p.name for p in tmp_path.iterdir()] == ["ledger.sqlite"]


def test_an_empty_folder_has_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(NothingPublished, match="floodmark run"), reader(Folder(tmp_path)):
        pass
    assert list(tmp_path.iterdir()) == [], "reading leaves no trace"


def test_a_writer_keeps_its_scratch_beside_the_data_and_its_clock_at_utc(folder: Folder) -> None:
    with writer(folder, "test") as conn:
        zone, scratch, here = conn.execute(
            "select current_setting('TimeZone'), current_setting('temp_directory'), current_database()"
        ).fetchall()[0]
        assert zone == "UTC"
        assert Path(scratch).parent == folder.root
        assert here == "pipeline"
        conn.execute("create table t as select 1 as x")
    with writer(folder, "test") as conn:
        assert conn.execute("from t").fetchall() == [(1,)]
