"""Landing names bodies by their content and says when one is damaged; the ledger keeps what was asked."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from pipelines.storage.landing import Landing, LandingDamaged, digest
from pipelines.storage.ledger import Ledger, stamp

NOW = datetime(2024, 12, 31, 6, tzinfo=UTC)


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path / "landing")


def test_a_body_is_kept_once_under_its_own_hash(landing: Landing) -> None:
    body = b'{"rows": [1, 2, 3]}' * 500
    name = landing.write(body)
    assert name == digest(body) == landing.write(body)
    assert [n for n, _ in landing.names()] == [name]
    assert landing.read(name) == body
    packed = landing.path(name).read_bytes()
    assert len(packed) < len(body) / 5
    assert zstandard.ZstdDecompressor().decompress(packed) == body, "any zstd reads it"
    assert not list(landing.leftovers())


def test_an_empty_body_is_a_body(landing: Landing) -> None:
    assert landing.read(landing.write(b"")) == b""


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: path.unlink(), "is gone"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "cannot be read"),
        (lambda path: path.write_bytes(b"not zstd"), "cannot be read"),
        (lambda path: path.write_bytes(zstandard.compress(b"[]")), "something else"),
    ],
    ids=["missing", "cut", "foreign", "exchanged"],
)
def test_a_damaged_body_is_named(landing: Landing, damage: object, said: str) -> None:
    name = landing.write(b"[[1, 2]]" * 20)
    damage(landing.path(name))  # type: ignore[operator]
    with pytest.raises(LandingDamaged, match=said) as raised:
        landing.read(name)
    assert name in str(raised.value)


def test_many_threads_may_land_the_same_body(landing: Landing) -> None:
    body = b"x" * 300_000
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(landing.write, [body] * 40)) == {digest(body)}
    assert landing.read(digest(body)) == body
    assert not list(landing.leftovers())


# ---- ledger ------------------------------------------------------------------------------------------


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite")


def fetched(
    ledger: Ledger, window: int, sha256: str, verdict: str = "ok", url: str = "https://a.example/"
) -> int:
    return ledger.add_fetch(
        window_id=window,
        dataset="a_d",
        source="a",
        part="BTC",
        method="GET",
        url=url,
        status=200,
        observed_at=stamp(NOW),
        elapsed_ms=1,
        bytes=2,
        sha256=sha256,
        verdict=verdict,
        context="{}",
    )


def opened(ledger: Ledger) -> int:
    return ledger.open_window(1, "a_d", "BTC", ("BTC",), NOW.replace(day=1), NOW)


def test_an_open_window_counts_for_nothing(ledger: Ledger) -> None:
    window = opened(ledger)
    fetched(ledger, window, "aa")
    assert ledger.windows() == []
    assert ledger.answers(window) == []
    assert ledger.last_window_id() == 0


def test_a_closed_window_has_its_pages_in_order_and_no_others(ledger: Ledger) -> None:
    window, other = opened(ledger), opened(ledger)
    fetched(ledger, window, "retried", verdict="retry")
    for sha256, page in (("bb", 1), ("probe", 2), ("aa", 3), ("aa", 4)):
        fetched(ledger, window, sha256, url=f"https://a.example/{page}")
    fetched(ledger, other, "aa")
    ledger.close_window(window, "complete", None, NOW, ["bb", "aa", "aa"])
    assert [(a.sha256, a.url[-1]) for a in ledger.answers(window)] == [("bb", "1"), ("aa", "3"), ("aa", "4")]
    assert [w.id for w in ledger.windows("a_d", complete_only=True)] == [window]
    assert ledger.bodies(window) == {"aa", "bb"}


def test_a_page_that_was_never_recorded_does_not_close_a_window(ledger: Ledger) -> None:
    window = opened(ledger)
    fetched(ledger, window, "aa")
    with pytest.raises(LookupError, match="page 2"):
        ledger.close_window(window, "complete", None, NOW, ["aa", "bb"])
    assert ledger.windows() == []
    assert ledger.answers(window) == [], "nothing half-marked"


def test_windows_come_in_the_order_of_their_answers(ledger: Ledger) -> None:
    late, early = opened(ledger), opened(ledger)
    ledger.close_window(late, "complete", None, NOW)
    ledger.close_window(early, "failed", "HTTP 500", NOW.replace(hour=5))
    assert [(w.id, w.verdict) for w in ledger.windows()] == [(early, "failed"), (late, "complete")]
    assert ledger.windows()[0].observed_at == NOW.replace(hour=5)


def test_only_a_shrunken_window_can_be_accepted(ledger: Ledger) -> None:
    window = opened(ledger)
    ledger.close_window(window, "complete", None, NOW)
    assert not ledger.accept_shrunken(window)
    ledger.note_loads([(window, "shrunken", "lacks 4 of 5", 1)])
    assert ledger.accept_shrunken(window)
    assert ledger.windows()[0].accept_shrunken
    assert not ledger.accept_shrunken(window + 1)


def test_threads_share_one_ledger(ledger: Ledger) -> None:
    def one(n: int) -> int:
        window = opened(ledger)
        fetched(ledger, window, f"{n}")
        ledger.close_window(window, "complete", None, NOW, [f"{n}"])
        return window

    with ThreadPoolExecutor(8) as pool:
        windows = list(pool.map(one, range(60)))
    assert len(set(windows)) == 60
    assert {a.sha256 for w in windows for a in ledger.answers(w)} == {str(n) for n in range(60)}


def test_processes_may_make_one_ledger_at_once(tmp_path: Path) -> None:
    program = (
        "import sys; from datetime import datetime, UTC; from pathlib import Path\n"
        "from pipelines.storage.ledger import Ledger\n"
        "for n in range(10):\n"
        "    with Ledger(Path(sys.argv[1])) as ledger:\n"
        "        now = datetime.now(UTC)\n"
        "        ledger.close_window(ledger.open_window(1, 'a', 'b', ('c',), now, now), 'complete', None, now)\n"
    )
    path = tmp_path / "ledger.sqlite"
    started = [
        subprocess.Popen([sys.executable, "-c", program, str(path)], stderr=subprocess.PIPE) for _ in range(4)
    ]
    errors = [process.communicate(timeout=60)[1].decode() for process in started]
    assert errors == [""] * 4
    with Ledger(path) as ledger:
        assert len(ledger.windows()) == 40
