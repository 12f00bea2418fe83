"""Loading: good rows go on, what is bad or unreadable is named, and a killed load leaves nothing half."""

from __future__ import annotations

import signal
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest
from small_exchange import Exchange, book, dataset, parse

from pipelines.runs import load as loading
from pipelines.runs.status import unhealed
from pipelines.sources.contract import Answer, Unparsable
from pipelines.storage import meta
from pipelines.storage.duck import in_memory
from pipelines.storage.landing import Landing
from pipelines.storage.ledger import Ledger

DECEMBER = ("2024-12-01", "2024-12-30")
COUNT = "select count(*), max(vintage), count(*) filter (retracted) from raw.liquidation_buckets"


@pytest.fixture(autouse=True)
def a_month_of_books(exchange: Exchange) -> None:
    exchange.host("small")["BTC"] = book(date(2024, 12, 1), 30)


def test_bad_rows_are_kept_with_their_reason_and_good_ones_go_on(runs: Any, exchange: Exchange) -> None:
    days = exchange.host("small")["BTC"]
    runs.both(dataset(), days=DECEMBER)
    days[date(2024, 12, 5)] = ("-3.5", "1")
    days[date(2024, 12, 6)] = ("666", "6")
    del days[date(2024, 12, 7)]
    runs.ask(dataset(), days=DECEMBER, refetch=True)
    report = runs.load(dataset())["small_liquidations"]
    assert (report.quarantined, report.retracted, report.new_vintages) == (1, 0, 1)
    assert report.problems == [
        "1 rows broke the contract of raw.liquidation_buckets and stand in meta.quarantine"
    ]
    ((reason, row, landing),) = runs.query("select reason, row_json, landing from meta.quarantine")
    assert reason == "long_usd: min"
    assert '"-3.5000"' in row and "2024-12-05" in row
    assert landing in {name for name, _ in Landing(runs.folder.landing).names()}
    assert runs.query(COUNT) == [(31, 2, 0)]


def test_a_window_of_which_no_row_is_good_is_unreadable(runs: Any, exchange: Exchange) -> None:
    for day in range(1, 11):
        exchange.host("small")["BTC"][date(2024, 12, day)] = ("-1", "1")
    runs.ask(dataset(), days=DECEMBER)
    report = runs.load(dataset())["small_liquidations"]
    assert report.unreadable == [
        "BTC 2024-12-01..2024-12-10: all 10 rows broke the contract of raw.liquidation_buckets: long_usd: min"
    ]
    assert [w.load_verdict for w in runs.windows()] == ["unparsable", "loaded", "loaded"]
    assert runs.query(COUNT) == [(20, 1, 0)]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Unparsable("the field `l` is missing"), "the field `l` is missing"),
        (KeyError("symbol"), "internal error: KeyError: 'symbol'"),
        (pl.exceptions.ComputeError("bad dtype"), "internal error: ComputeError: bad dtype"),
    ],
    ids=lambda v: type(v).__name__,
)
def test_a_parser_that_fails_costs_its_window_and_nothing_else(
    runs: Any, exchange: Exchange, fault: Exception, said: str
) -> None:
    def failing(answer: Answer) -> pl.DataFrame:
        if answer.window.first_day.day == 11:
            raise fault
        return parse(answer)

    exchange.host("other")["BTC"] = book(date(2024, 12, 1), 30)
    both = dataset(parse=failing, tail_days=0), dataset("other")
    runs.ask(*both, days=DECEMBER)
    reports = runs.load(*both)
    assert reports["small_liquidations"].problems == [f"BTC 2024-12-11..2024-12-20: {said}"]
    assert reports["other_liquidations"].rows == 30
    again = runs.load(*both)["small_liquidations"]
    assert (again.windows, again.problems) == (0, []), "not read again with every load"
    healed = dataset(tail_days=0)
    assert runs.both(healed, days=DECEMBER)["small_liquidations"].planned == 1, "but asked for again"
    assert runs.query("select count(*) from raw.liquidation_buckets where dataset like 'small%'") == [(30,)]
    assert unhealed(runs.windows("small_liquidations")) == []


def test_rows_of_a_market_that_was_not_asked_for_are_no_answer(runs: Any) -> None:
    def astray(answer: Answer) -> pl.DataFrame:
        return parse(answer).with_columns(market=pl.lit("ETH"))

    runs.ask(dataset(parse=astray), days=("2024-12-01", "2024-12-02"))
    report = runs.load(dataset(parse=astray))["small_liquidations"]
    assert "rows of a market that was not asked for: ETH" in report.unreadable[0]


def test_an_answer_may_hold_more_than_was_asked_for(runs: Any, exchange: Exchange) -> None:
    exchange.troubles["small.example"] = lambda q: exchange.answer(
        replace(q, host="all.example", query=q.query | {"from": "2024-01-01", "to": "2024-12-31"})
    )
    exchange.host("all")["BTC"] = book(date(2024, 11, 1), 60)
    runs.both(dataset(), days=("2024-12-03", "2024-12-04"))
    assert runs.query(
        "select min(bucket_start)::date, max(bucket_start)::date from raw.liquidation_buckets"
    ) == [(date(2024, 12, 3), date(2024, 12, 4))]


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_damaged_landing_file_is_named_and_the_rest_loads(runs: Any, damage: str) -> None:
    runs.ask(dataset(), days=DECEMBER)
    name, path = next(iter(Landing(runs.folder.landing).names()))
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:20])
    report = runs.load(dataset())["small_liquidations"]
    assert len(report.unreadable) == 1 and name in report.unreadable[0]
    assert report.rows == 20


def test_a_load_that_was_killed_before_it_told_the_ledger_is_told_by_the_next(
    runs: Any, exchange: Exchange
) -> None:
    runs.both(dataset(), days=DECEMBER)
    exchange.host("small")["BTC"] = {}
    runs.ask(dataset(), days=DECEMBER, refetch=True)
    # a real process, which dies between the two databases
    assert runs.start("load._tell_ledger = die; load_all()").wait(30) == -signal.SIGKILL
    assert [w.load_verdict for w in runs.windows()[3:]] == [None] * 3
    assert runs.load(dataset())["small_liquidations"].windows == 0, "it had been loaded"
    assert [w.load_verdict for w in runs.windows()[3:]] == ["shrunken"] * 3
    assert "lacks 10 of 10" in (runs.windows()[3].load_reason or "")


def test_a_load_that_is_killed_half_way_leaves_nothing_and_is_done_again(runs: Any) -> None:
    runs.ask(dataset(), days=DECEMBER)
    assert runs.start("raw.note_unreadable = die; load_all()").wait(30) == -signal.SIGKILL
    assert runs.query(COUNT) == [(0, None, 0)]
    assert runs.load(dataset())["small_liquidations"].rows == 30
    assert runs.query(COUNT) == [(30, 1, 0)]


def test_loading_in_portions_gives_the_same(runs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "ROWS_AT_ONCE", 1)
    of = dataset(days_per_window=4)
    runs.ask(of, days=DECEMBER)
    report = runs.load(of)["small_liquidations"]
    assert (report.windows, report.rows, report.new_vintages) == (8, 30, 30)
    assert runs.query("select count(*), count(distinct window_id) from meta.loads") == [(8, 8)]


def test_a_folder_whose_ledger_was_lost_does_not_pass_over_new_windows(runs: Any, exchange: Exchange) -> None:
    runs.both(dataset(), days=DECEMBER)
    for path in runs.folder.root.glob("ledger.sqlite*"):
        path.unlink()
    exchange.host("small")["BTC"][date(2024, 12, 5)] = ("555", "5")
    runs.both(dataset(), days=DECEMBER, now="2024-12-31T09:00:00Z")  # windows 1.. of a new ledger
    assert runs.query(
        "select long_usd from raw.liquidation_buckets where bucket_start::date = '2024-12-05'"
    ) == [(555,)]


def test_what_waits_to_be_loaded_is_not_called_complete(runs: Any) -> None:
    runs.both(dataset(), days=("2024-12-01", "2024-12-10"))
    runs.ask(dataset(), days=DECEMBER)  # landed, not loaded: its days are not there yet
    conn = in_memory()
    conn.execute("create schema meta")
    with Ledger(runs.folder.ledger) as ledger:
        meta.write_ledger(conn, ledger)
    told = conn.execute(
        "select start_at::date, verdict, rows from meta.windows where part <> '*' order by all"
    ).fetchall()
    assert told == [(date(2024, 12, 1), "complete", 10)]
    assert conn.execute("select count(*) from meta.fetches where verdict = 'ok'").fetchall() == [(3,)]
    conn.close()
