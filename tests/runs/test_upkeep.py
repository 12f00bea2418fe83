"""Reparse gives the same tables without a request; prune takes only what no vintage needs."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from datetime import date

import pytest
from small_exchange import Exchange, book, dataset

from pipelines.runs import night, upkeep
from pipelines.runs.ask import fingerprints
from pipelines.runs.status import status
from pipelines.settings import Settings
from pipelines.storage.landing import Landing
from pipelines.storage.locks import exclusive
from pipelines.storage.publish import current_version

DAYS = date(2024, 12, 1)


@pytest.fixture
def settings(
    exchange: Exchange, small_world: Callable[..., None], settings_at: Callable[..., Settings]
) -> Settings:
    """A folder after five nights: an unchanged one, a restated day, a vanished day, a shrunken answer."""
    small_world(dataset(earliest=DAYS, tail_days=30, days_per_window=40))
    days = exchange.host("small")["BTC"] = book(DAYS, 20)
    for n in range(21, 26):
        if n == 23:
            days[date(2024, 12, 3)] = ("3333", "3")
        if n == 24:
            del days[date(2024, 12, 4)]
        if n == 25:
            exchange.host("small")["BTC"] = {date(2024, 12, 1): days[date(2024, 12, 1)]}
        report = night.run(settings_at(f"2024-12-{n}T06:00:00Z"))
        assert report.version, report.build_error
    return settings_at("2024-12-25T07:00:00Z")


def prints(settings: Settings) -> dict[str, str]:
    """Fingerprints of raw, facts and rankings, in both databases."""
    return {
        f"{where} {p.schema}.{p.table}": p.hash
        for where, p in fingerprints(settings)
        if p.schema in ("raw", "facts", "rankings")
    }


def test_reparse_gives_the_same_tables_without_a_request(settings: Settings, exchange: Exchange) -> None:
    before, asked = prints(settings), len(exchange.asked)
    done = upkeep.reparse(settings)
    assert prints(settings) == before
    assert len(exchange.asked) == asked
    load = done.loads["small_liquidations"]
    assert (load.windows, load.new_vintages, load.retracted, load.unreadable) == (5, 21, 1, [])
    assert done.version == current_version(night.Folder(settings.warehouse))


def test_a_shrunken_window_is_named_and_counts_when_accepted(settings: Settings, exchange: Exchange) -> None:
    (missing,) = status(settings).missing
    assert missing.verdict == "shrunken"
    window = int(missing.reason.rsplit(" ", 1)[1].rstrip(")"))
    with pytest.raises(upkeep.NoSuchWindow, match="window 999"):
        upkeep.reparse(settings, accept_shrunken=999)
    done = upkeep.reparse(settings, accept_shrunken=window)
    assert done.loads["small_liquidations"].retracted == 1 + 18
    assert status(settings).missing == []
    with pytest.raises(upkeep.NoSuchWindow):
        upkeep.reparse(settings, accept_shrunken=window)


def test_a_reparse_that_dies_leaves_every_dataset_whole(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = prints(settings)

    def dies(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.storage.raw._add_vintages", dies)
        with pytest.raises(MemoryError):
            upkeep.reparse(settings)
    assert prints(settings) == before


def test_prune_keeps_what_a_reparse_needs(settings: Settings) -> None:
    landing = Landing(settings.warehouse / "landing")
    before, had = prints(settings), {name for name, _ in landing.names()}
    orphan = landing.write(b"an answer whose asker was killed")
    (landing.path(orphan).parent / "x.part").write_bytes(b"half")
    dry = upkeep.prune(settings, dry_run=True)
    assert {name for name, _ in landing.names()} == had | {orphan}
    done = upkeep.prune(settings)
    assert done == dry
    left = {name for name, _ in landing.names()}
    assert done.files == len(had) - len(left) + 2
    assert orphan not in left and not list(landing.leftovers())
    assert upkeep.prune(settings).files == 0
    load = upkeep.reparse(settings).loads["small_liquidations"]
    assert load.unreadable == []
    assert prints(settings) == before


def test_an_unchanged_answer_in_between_is_what_goes(
    settings: Settings, settings_at: Callable[..., Settings], exchange: Exchange
) -> None:
    landing = Landing(settings.warehouse / "landing")
    exchange.host("small")["BTC"] = book(DAYS, 20)
    bodies = []
    for hour, long in ((8, "1"), (9, "1"), (10, "2")):
        exchange.host("small")["BTC"][date(2024, 12, 9)] = (long, "9")
        other = dataclasses.replace(exchange, troubles={})
        exchange.troubles["small.example"] = lambda q, hour=hour, other=other: (
            200,
            {},
            other.answer(q)[2] + b" " * hour,  # the same rows in another body
        )
        had = {name for name, _ in landing.names()}
        night.run(settings_at(f"2024-12-26T{hour:02}:00:00Z"))
        bodies += [name for name, _ in landing.names() if name not in had]
    before = prints(settings)
    upkeep.prune(settings)
    assert [landing.path(body).exists() for body in bodies] == [True, False, True]
    upkeep.reparse(settings)
    assert prints(settings) == before


def test_prune_waits_for_a_run_that_asks(settings: Settings) -> None:
    told: list[str] = []
    watch = night.Watch(waiting=lambda held_by: told.append(str(held_by)))
    with exclusive(settings.warehouse / "fetch.lock", "floodmark run"):
        landed = Landing(settings.warehouse / "landing").write(b"an answer that is just arriving")
        pruning = threading.Thread(target=upkeep.prune, args=(settings, False, watch))
        pruning.start()
        pruning.join(0.5)
        assert pruning.is_alive()
        assert Landing(settings.warehouse / "landing").read(landed)
    pruning.join(20)
    assert not pruning.is_alive()
    assert "floodmark run" in told[0]
