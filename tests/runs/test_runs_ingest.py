"""Asking side by side over real HTTP: who fails is named with every window, the others complete."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from datetime import date
from typing import Any

import pytest
from small_exchange import Exchange, Question, book, dataset, slow

from pipelines.runs.plan import DISCOVERY
from pipelines.sources.contract import Cut, Part, Unparsable, Verdict
from pipelines.sources.upstream import Upstream
from pipelines.storage.ledger import Ledger

DECEMBER = ("2024-12-01", "2024-12-30")  # three windows of ten days
WINDOWS = ["2024-12-01..2024-12-10", "2024-12-11..2024-12-20", "2024-12-21..2024-12-30"]
KEY = "5f1c0ffee-secret-key-0815"


def reply(status: int, body: bytes = b"", **headers: str) -> Any:
    return lambda question: (status, headers, body)


def test_one_bad_neighbour_never_stops_the_others(runs: Any, exchange: Exchange) -> None:
    names = ("good", "slow", "down", "banned", "badkey", "html", "broken", "nokey")
    for name in names:
        exchange.host(name)["BTC"] = book(date(2024, 12, 1), 30)
    exchange.troubles["slow.example"] = slow(0.3)
    exchange.troubles["down.example"] = reply(500, b"internal error")
    exchange.troubles["banned.example"] = reply(403, b"<h1>Just a moment...</h1>")
    exchange.troubles["badkey.example"] = reply(401, b'{"message": "invalid key"}')
    exchange.troubles["html.example"] = reply(200, b"<html>maintenance</html>")
    exchange.troubles["broken.example"] = reply(400, b'{"error": "unknown market"}')
    runs.variables = {"COINALYZE_API_KEY": KEY}
    told = runs.ask(
        *(dataset(n) for n in ("good", "slow", "down", "banned", "html", "broken")),
        dataset("badkey", key="COINALYZE_API_KEY"),
        dataset("nokey", key="COINGLASS_API_KEY"),
        days=DECEMBER,
    )
    report = {name.removesuffix("_liquidations"): r for name, r in told.items()}
    assert {name: str(r.state) for name, r in report.items()} == {
        "good": "complete",
        "slow": "complete",
        "down": "failed",
        "banned": "unreachable",
        "badkey": "key_rejected",
        "html": "failed",
        "broken": "failed",
        "nokey": "not_configured",
    }
    assert (report["good"].complete, report["slow"].complete) == (3, 3)
    assert report["nokey"].reasons == ["COINGLASS_API_KEY is not set"]
    assert not report["nokey"].failed and not report["nokey"].planned
    assert exchange.asked_of("nokey") == []
    assert {q.headers.get("x-key") for q in exchange.asked_of("badkey")} == {KEY}
    for name in ("down", "banned", "badkey", "html", "broken"):
        missing = report[name].missing
        assert [m.split(": ")[0] for m in missing] == [f"BTC {w}" for w in WINDOWS], name
        ledger = [(w.verdict, bool(w.reason)) for w in runs.windows(f"{name}_liquidations")]
        assert ledger == [(str(report[name].state), True)] * 3, name
    assert report["down"].reasons == ["gave up after 8 attempts: HTTP 500: internal error"]
    assert "not whole JSON" in report["html"].reasons[0]
    assert report["broken"].reasons == ['HTTP 400: {"error": "unknown market"}']
    assert len(exchange.asked_of("broken")) == 3, "a refusal of one window says nothing of the next"


def test_after_an_unreachable_answer_the_rest_is_named_but_not_asked(runs: Any, exchange: Exchange) -> None:
    days = book(date(2024, 12, 1), 30)
    exchange.host("small")["BTC"] = days
    first = reply(451, b"unavailable for legal reasons")

    def second_window(question: Question) -> Any:
        return first(question) if question.query["from"] == "2024-12-11" else None

    exchange.troubles["small.example"] = second_window
    report = runs.ask(dataset(), days=DECEMBER)["small_liquidations"]
    assert (report.planned, report.complete, len(report.missing)) == (3, 1, 2)
    assert report.state is Verdict.UNREACHABLE
    assert len(report.reasons) == 1
    assert report.missing[1].startswith(f"BTC {WINDOWS[2]}: not asked: HTTP 451")
    assert [q.query["from"] for q in exchange.asked] == ["2024-12-01", "2024-12-11"]
    assert [w.verdict for w in runs.windows()] == ["complete", "unreachable", "unreachable"]
    exchange.troubles.clear()
    again = runs.ask(dataset(tail_days=0), days=DECEMBER)["small_liquidations"]
    assert (again.planned, again.complete) == (2, 2), "the next run asks for what was missing"


def test_an_upstream_that_asks_for_a_long_pause_rests_until_the_next_run(
    runs: Any, exchange: Exchange
) -> None:
    exchange.troubles["small.example"] = reply(429, b"{}", **{"Retry-After": "7200"})
    report = runs.ask(dataset(), days=DECEMBER)["small_liquidations"]
    assert report.state is Verdict.FAILED
    assert len(exchange.asked) == 1
    assert [m.split(": ", 1)[1].startswith("not asked: ") for m in report.missing] == [False, True, True]
    assert "pause of 7200 s" in report.reasons[0]


def test_an_answer_that_breaks_off_is_asked_for_again(runs: Any, exchange: Exchange) -> None:
    exchange.host("small")["BTC"] = book(date(2024, 12, 1), 30)
    cut = [reply(200, b'[["2024-12-01", "1"', **{"Content-Length": "400", "Connection": "close"})]
    exchange.troubles["small.example"] = lambda q: cut.pop()(q) if cut else None
    report = runs.ask(dataset(), days=DECEMBER)["small_liquidations"]
    assert (report.state, report.complete) == (Verdict.COMPLETE, 3)
    with Ledger(runs.folder.ledger) as ledger:
        verdicts = [f["verdict"] for f in ledger.table("fetches")]
    assert verdicts == ["retry", "ok", "ok", "ok"]


def test_a_fault_of_our_own_is_a_failure_with_a_name(runs: Any, exchange: Exchange) -> None:
    exchange.host("small")["BTC"] = book(date(2024, 12, 1), 30)

    def wrong(client: object, assets: object) -> list[Part]:
        raise ZeroDivisionError("a bug")

    def renamed(client: object, assets: object) -> list[Part]:
        raise Unparsable("future-markets: the field symbol is missing")

    told = runs.ask(dataset("bug", parts=wrong), dataset("renamed", parts=renamed), dataset(), days=DECEMBER)
    assert told["bug_liquidations"].reasons == ["internal error: ZeroDivisionError: a bug"]
    assert told["renamed_liquidations"].reasons == ["future-markets: the field symbol is missing"]
    assert told["small_liquidations"].complete == 3
    with Ledger(runs.folder.ledger) as ledger:
        kept = {(w.dataset, w.part): w.verdict for w in ledger.windows()}
    assert kept["bug_liquidations", DISCOVERY] == kept["renamed_liquidations", DISCOVERY] == "failed"


def test_a_page_that_was_not_landed_is_no_complete_window(runs: Any, exchange: Exchange) -> None:
    exchange.host("small")["BTC"] = book(date(2024, 12, 1), 30)
    honest = dataset()

    def altered(client: Any, part: Part, window: Any) -> Any:
        from dataclasses import replace

        for answer in honest.fetch(client, part, window):
            yield replace(answer, body=answer.body + b" ")

    report = runs.ask(dataset(fetch=altered), days=DECEMBER)["small_liquidations"]
    assert (report.complete, len(report.missing)) == (0, 3)
    assert "no recorded answer" in report.reasons[0]


def test_a_series_that_does_not_exist_is_asked_for_once_a_run(runs: Any, exchange: Exchange) -> None:
    exchange.host("small")["ETH"] = book(date(2024, 12, 1), 30)
    runs.variables = {"FLOODMARK_ASSETS": "btc, eth"}
    of = dataset(cut=Cut.DAY)  # an archive: every file stands for itself
    report = runs.ask(of, days=("2024-12-01", "2024-12-03"))["small_liquidations"]
    assert (report.planned, report.complete, report.absent, report.missing) == (6, 3, 3, [])
    assert [w.verdict for w in runs.windows() if w.part == "BTC"] == ["absent"] * 3
    assert report.state is Verdict.COMPLETE, "an archive's 404 is an answer"


def test_windows_side_by_side_are_all_counted(runs: Any, exchange: Exchange) -> None:
    exchange.host("small")["BTC"] = book(date(2024, 11, 1), 60)
    seen: list[tuple[str, int, int]] = []
    of = dataset(workers=4, days_per_window=1, tail_days=0)
    from pipelines.runs.night import Watch

    report = runs.ask(
        of,
        days=("2024-11-01", "2024-12-30"),
        watch=Watch(fetching=lambda name, done, total: seen.append((name, done, total))),
    )["small_liquidations"]
    assert (report.planned, report.complete) == (60, 60)
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert seen[0][1:] == (0, 60) and seen[-1][1:] == (60, 60)


# ---- secrets -----------------------------------------------------------------------------------------


def test_a_key_that_the_upstream_echoes_is_never_kept(
    runs: Any, exchange: Exchange, capfd: pytest.CaptureFixture[str]
) -> None:
    def echo(question: Question) -> Any:
        if question.query["from"] == "2024-12-11":  # and once in an answer that stands
            return 200, {}, json.dumps([["2024-12-12", "1", "2"]]).encode() + b" " * 9
        told = {"url": f"https://x/?api_key={KEY}", "headers": question.headers, "message": f"bad {KEY}!"}
        return 400, {}, json.dumps(told).encode()

    exchange.troubles["small.example"] = echo
    runs.variables = {"COINALYZE_API_KEY": KEY}
    of = dataset(key="COINALYZE_API_KEY")
    report = runs.both(of, days=DECEMBER)["small_liquidations"]
    assert exchange.asked[0].headers["x-key"] == KEY, "it was sent"
    assert "[secret]" in report.reasons[0]
    assert KEY not in repr(report)
    for path in runs.folder.root.rglob("*"):
        if path.is_file():
            assert KEY.encode() not in path.read_bytes(), path.name
    with Ledger(runs.folder.ledger) as ledger:
        assert KEY not in repr([ledger.table(t) for t in ("runs", "windows", "fetches")])
    out = capfd.readouterr()
    assert KEY not in out.out + out.err


def test_a_key_inside_a_good_answer_does_not_reach_landing(runs: Any, exchange: Exchange) -> None:
    exchange.troubles["small.example"] = lambda q: (200, {"X-Echo": KEY}, json.dumps([KEY]).encode())
    runs.variables = {"COINALYZE_API_KEY": KEY}
    runs.both(dataset(key="COINALYZE_API_KEY"), days=("2024-12-01", "2024-12-01"))
    from pipelines.storage.landing import Landing

    landing = Landing(runs.folder.landing)
    assert [landing.read(name) for name, _ in landing.names()] == [b'["[secret]"]']
    (window,) = runs.windows()
    assert window.load_verdict == "unparsable", "and what it is not is said"


def test_a_key_in_an_address_or_in_a_fault_of_our_own_is_not_kept(runs: Any, exchange: Exchange) -> None:
    """Some upstreams want their key in the address."""
    upstream = Upstream(base="https://small.example")

    def fetch(client: Any, part: Part, window: Any) -> Any:
        asked = {"market": part.name, "from": "2024-12-01", "to": "2024-12-01", "key": KEY}
        yield client.get(upstream, "/liquidations", asked, whole=lambda reply: None)
        if window.first_day.day == 11:
            raise RuntimeError(f"a fault with {KEY}")

    exchange.host("small")["BTC"] = book(date(2024, 12, 1), 30)
    runs.variables = {"COINALYZE_API_KEY": KEY}
    report = runs.ask(dataset(fetch=fetch), days=DECEMBER)["small_liquidations"]
    assert {q.query["key"] for q in exchange.asked} == {KEY}
    assert report.reasons == ["internal error: RuntimeError: a fault with [secret]"]
    with Ledger(runs.folder.ledger) as ledger:
        kept = repr([ledger.table(t) for t in ("windows", "fetches")])
    assert KEY not in kept and "key=[secret]" in kept


# ---- interruptions -----------------------------------------------------------------------------------


def wait_for_requests(exchange: Exchange, count: int, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 30
    while len(exchange.asked) < count:
        assert process.poll() is None and time.monotonic() < until, process.communicate()
        time.sleep(0.02)


def test_a_window_whose_asker_was_killed_is_asked_for_again(runs: Any, exchange: Exchange) -> None:
    exchange.host("small")["BTC"] = book(date(2024, 12, 1), 30)
    exchange.troubles["small.example"] = slow(30, after=1)
    process = runs.start("ask()")
    wait_for_requests(exchange, 2, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert [str(w.verdict) for w in runs.windows()] == ["complete"], "the open window counts for nothing"
    runs.load(dataset())
    assert runs.query("select count(*) from raw.liquidation_buckets") == [(10,)]
    exchange.troubles.clear()
    report = runs.both(dataset(tail_days=0), days=DECEMBER)["small_liquidations"]
    assert (report.planned, report.complete) == (2, 2)
    assert runs.query("select count(*), max(vintage) from raw.liquidation_buckets") == [(30, 1)]


def test_an_interrupt_names_what_was_not_asked_and_ends_soon(runs: Any, exchange: Exchange) -> None:
    exchange.host("small")["BTC"] = book(date(2024, 12, 1), 30)
    exchange.troubles["small.example"] = slow(1.0)
    process = runs.start("ask()")
    wait_for_requests(exchange, 1, process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert "KeyboardInterrupt" in errors
    assert [(str(w.verdict), w.reason) for w in runs.windows()] == [
        ("complete", None),
        ("failed", "not asked: the run was stopped"),
        ("failed", "not asked: the run was stopped"),
    ]
    with Ledger(runs.folder.ledger) as ledger:
        assert ledger.last_runs(1)[0]["outcome"] == "interrupted"
