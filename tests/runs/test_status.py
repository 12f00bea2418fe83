"""Status answers at any time, names every window that is missing, and what to do about it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from small_exchange import Exchange, book, dataset

from pipelines.runs import night
from pipelines.runs.plan import DISCOVERY
from pipelines.runs.status import status, unhealed
from pipelines.settings import Settings
from pipelines.sources.contract import Part, midnight
from pipelines.storage.duck import writer
from pipelines.storage.folder import Folder
from pipelines.storage.ledger import WindowRow

DAYS = date(2024, 12, 1)


def window(
    n: int, part: str, days: tuple[int, int], verdict: str, markets: tuple[str, ...] = ()
) -> WindowRow:
    """Window `n` of the ledger over days of December, `days[1]` excluded."""
    start, end = (midnight(date(2024, 12, d)) for d in days)
    at = datetime(2024, 12, 31, n, tzinfo=UTC)
    return WindowRow(
        n,
        1,
        "small_liquidations",
        part,
        markets or (part,),
        start,
        end,
        at,
        verdict,
        None,
        None,
        None,
        1,
        False,
        False,
    )


def test_a_window_is_healed_when_all_of_it_is_had() -> None:
    bad = window(1, "BTC", (1, 11), "failed")
    assert unhealed([bad]) == [bad]
    assert unhealed([bad, window(2, "BTC", (1, 6), "complete")]) == [bad]
    assert unhealed([bad, window(2, "BTC", (1, 6), "complete"), window(3, "BTC", (6, 20), "complete")]) == []
    assert unhealed([bad, window(2, "ETH", (1, 31), "complete")]) == [bad]


def test_the_last_attempt_speaks_for_a_window() -> None:
    bad = [window(n, "BTC", (1, 11), v) for n, v in ((1, "failed"), (2, "unreachable"))]
    assert unhealed(bad) == bad[1:]


def test_what_was_not_reached_is_healed_where_it_turns_out_later_not_to_exist() -> None:
    bad, gone = window(2, "BTC", (1, 11), "unreachable"), window(3, "BTC", (1, 11), "absent")
    assert unhealed([bad, gone]) == []
    assert unhealed([window(1, "BTC", (1, 11), "absent"), bad]) == [bad], "that was before"
    unreadable = replace(window(2, "BTC", (1, 11), "complete"), load_verdict="unparsable")
    assert unhealed([unreadable, gone]) == [unreadable], "what came cannot be read"


def test_a_part_that_goes_by_another_name_by_now_is_healed_by_its_markets() -> None:
    bad = window(1, "BTC 1a2b", (1, 11), "failed", ("BTCUSD.A", "BTCUSDT.A"))
    renamed = window(2, "BTC 3c4d", (1, 12), "complete", ("BTCUSD.A", "BTCUSDT.A", "BTCUSDT.6"))
    assert unhealed([bad, renamed]) == []
    fewer = window(3, "BTC 5e6f", (1, 12), "complete", ("BTCUSD.A",))
    assert unhealed([bad, fewer]) == [bad]


def test_a_folder_that_was_never_written_to(
    small_world: Callable[..., None], settings_at: Callable[..., Settings]
) -> None:
    small_world(dataset(), dataset("paid", key="COINGLASS_API_KEY"))
    found = status(settings_at())
    assert {d.dataset: d.state for d in found.datasets} == {
        "small_liquidations": "never_asked",
        "paid_liquidations": "not_configured",
    }
    assert (found.origin, found.version, found.newest_fact_day, found.busy) == (None, None, None, None)
    assert not settings_at().warehouse.exists(), "looking writes nothing"


def test_every_state_has_its_name(
    small_world: Callable[..., None], settings_at: Callable[..., Settings], exchange: Exchange
) -> None:
    names = ("fresh", "failing", "blocked")
    small_world(*(dataset(n, earliest=DAYS) for n in names), dataset("paid", key="COINGLASS_API_KEY"))
    for name in names:
        exchange.host(name)["BTC"] = book(DAYS, 30)
    exchange.troubles["failing.example"] = lambda q: (400, {}, b"odd")
    exchange.troubles["blocked.example"] = lambda q: (403, {}, b"no")
    night.run(settings_at())

    def states(now: str) -> dict[str, tuple[str, Any]]:
        return {d.source: (d.state, d.reason) for d in status(settings_at(now)).datasets}

    assert states("2024-12-31T07:00:00Z") == {
        "fresh": ("fresh", None),
        "failing": ("failing", "HTTP 400: odd"),
        "blocked": ("unreachable", "HTTP 403: refused for this route (no)"),
        "paid": ("not_configured", "set COINGLASS_API_KEY"),
    }
    assert states("2025-01-02T07:00:00Z")["fresh"] == ("behind", "last asked 2024-12-31 06:00 UTC")
    found = status(settings_at())
    assert {d.source: d.complete_to for d in found.datasets}["fresh"] == date(2024, 12, 30)
    assert len(found.missing) == 6


def test_a_listing_that_could_not_be_had_is_a_missing_window_of_all_parts(
    small_world: Callable[..., None], settings_at: Callable[..., Settings], exchange: Exchange
) -> None:
    healthy = dataset(earliest=DAYS)

    def parts(client: Any, assets: Any) -> list[Part]:
        client.get(upstream, "/listing", {"from": "", "to": ""}, whole=lambda reply: None)
        return list(healthy.parts(client, assets))

    from pipelines.sources.upstream import Upstream

    upstream = Upstream(base="https://small.example")
    exchange.host("small")["BTC"] = book(DAYS, 30)
    small_world(dataset(earliest=DAYS, parts=parts))
    exchange.troubles["small.example"] = lambda q: (400, {}, b"no") if q.path == "listing" else None
    night.run(settings_at())
    (missing,) = status(settings_at()).missing
    assert (missing.part, missing.window) == ("all parts", "2024-12-01..2024-12-30")
    exchange.troubles["small.example"] = lambda q: (200, {}, b"[]") if q.path == "listing" else None
    night.run(settings_at())
    assert status(settings_at()).missing == []


def test_listings_are_no_windows_that_wait_to_be_published(
    small_world: Callable[..., None], settings_at: Callable[..., Settings], exchange: Exchange
) -> None:
    small_world(dataset(earliest=DAYS))
    exchange.host("small")["BTC"] = book(DAYS, 30)
    settings = settings_at()
    with night.opened(settings) as (folder, ledger, landing):
        night.ingest(settings, folder, ledger, landing, night.chosen(settings, ledger), command="test")
        parts = [w.part for w in ledger.windows()]
    assert sorted(parts) == [DISCOVERY, "BTC", "BTC", "BTC"]
    assert status(settings).unpublished_windows == 3
    night.run(settings)
    assert status(settings).unpublished_windows == 0
    with night.opened(settings) as (_, ledger, _landing), night.recorded(ledger, "test") as run:
        at = midnight(DAYS)
        listing = ledger.open_window(run, "small_liquidations", DISCOVERY, [], at, at)
        published = ledger.last_publication()
        assert published and listing > published["last_window_id"]
    assert status(settings).unpublished_windows == 0, "a night that only listed has nothing to publish"


def test_status_answers_while_another_holds_the_lock(
    small_world: Callable[..., None], settings_at: Callable[..., Settings], exchange: Exchange
) -> None:
    small_world(dataset(earliest=DAYS))
    exchange.host("small")["BTC"] = book(DAYS, 30)
    night.run(settings_at())
    inside, done = threading.Event(), threading.Event()

    def write() -> None:
        with writer(Folder(settings_at().warehouse), "floodmark run") as conn:
            conn.execute("begin")
            conn.execute("create table x as select 1 as y")
            inside.set()
            done.wait(20)

    writing = threading.Thread(target=write)
    writing.start()
    assert inside.wait(10)
    began = time.monotonic()
    found = status(settings_at())
    assert time.monotonic() - began < 5
    assert found.newest_fact_day == date(2024, 12, 30)
    assert found.busy and found.busy.purpose == "floodmark run"
    done.set()
    writing.join()
    assert status(settings_at()).busy is None
