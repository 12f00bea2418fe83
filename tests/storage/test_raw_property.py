"""For any answers, loaded in any order and grouping: raw is as if they had been loaded as they arrived."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_books import as_of, at
from small_exchange import dataset

from pipelines.runs.load import load_dataset
from pipelines.storage import raw
from pipelines.storage.duck import in_memory
from pipelines.storage.fingerprint import fingerprint
from pipelines.storage.landing import Landing
from pipelines.storage.ledger import Ledger, stamp

DATASET = dataset()
LAST = 8  # days of December 2024 that answers are about


@dataclass(frozen=True)
class Said:
    """One whole answer: what was asked for (market, days), when it came, and what it held."""

    hour: int  # of the 10th; unique
    market: str
    first: int
    last: int
    rows: tuple[tuple[int, str], ...]  # (day, long_usd)

    @property
    def observed_at(self) -> datetime:
        return at(10, self.hour)

    @property
    def body(self) -> bytes:
        return json.dumps([[str(at(day).date()), usd, "1"] for day, usd in self.rows]).encode()


@st.composite
def answers(draw: st.DrawFn) -> list[Said]:
    found = []
    for hour in draw(st.lists(st.integers(0, 23), unique=True, min_size=1, max_size=7)):
        first = draw(st.integers(1, LAST))
        last = draw(st.integers(first, LAST))
        days = draw(st.sets(st.integers(first, last)))
        market = draw(st.sampled_from(("BTC", "ETH")))
        rows = tuple((d, draw(st.sampled_from(("1", "2.5", "0")))) for d in sorted(days))
        found.append(Said(hour, market, first, last, rows))
    return found


@contextmanager
def world() -> Iterator[tuple[duckdb.DuckDBPyConnection, Ledger, Landing]]:
    with TemporaryDirectory() as name:
        conn = in_memory()
        raw.ensure_tables(conn)
        with Ledger(Path(name) / "ledger.sqlite") as ledger:
            yield conn, ledger, Landing(Path(name) / "landing")
        conn.close()


def land(ledger: Ledger, landing: Landing, said: Said) -> None:
    """What asking leaves behind: the body, the request and the closed window."""
    window = ledger.open_window(
        1, DATASET.name, said.market, (said.market,), at(said.first), at(said.last + 1)
    )
    sha256 = landing.write(said.body)
    ledger.add_fetch(
        window_id=window,
        dataset=DATASET.name,
        source=DATASET.source,
        part=said.market,
        method="GET",
        url="https://small.example/liquidations",
        status=200,
        observed_at=stamp(said.observed_at),
        elapsed_ms=1,
        bytes=len(said.body),
        sha256=sha256,
        verdict="ok",
        context=json.dumps({"asset": said.market}),
    )
    ledger.close_window(window, "complete", None, said.observed_at, [sha256])


def expected(found: list[Said], moment: datetime) -> dict[tuple[str, date], Decimal]:
    """What the newest answers up to `moment` say, each inside its scope; cut ones are not believed."""
    state: dict[tuple[str, int], str] = {}
    for said in sorted(found, key=lambda s: s.hour):
        if said.observed_at > moment:
            break
        known = {k for k in state if k[0] == said.market and said.first <= k[1] <= said.last}
        now = {(said.market, day): usd for day, usd in said.rows}
        gone = known - set(now)
        if len(gone) > raw.SHRINK_ROWS and len(gone) > raw.SHRINK_SHARE * len(known):
            continue
        state = {k: v for k, v in state.items() if k not in gone} | now
    return {(market, at(day).date()): Decimal(usd) for (market, day), usd in state.items()}


def prints(conn: duckdb.DuckDBPyConnection) -> list[object]:
    return [p for p in fingerprint(conn) if p.schema == "raw"]


@settings(max_examples=15, deadline=None)
@given(data=st.data(), found=answers())
def test_order_and_grouping_of_loads_do_not_matter(data: st.DataObject, found: list[Said]) -> None:
    with world() as (conn, ledger, landing):
        for said in sorted(found, key=lambda s: s.hour):
            land(ledger, landing, said)
        load_dataset(conn, ledger, landing, DATASET)
        in_order = prints(conn)
        for moment in [s.observed_at for s in found]:
            assert as_of(conn, moment) == expected(found, moment)
        load_dataset(conn, ledger, landing, DATASET)
        assert prints(conn) == in_order, "loading again"
        load_dataset(conn, ledger, landing, DATASET, anew=True)
        assert prints(conn) == in_order, "loading anew"

    arrived = data.draw(st.permutations(found))
    with world() as (conn, ledger, landing):
        for said in arrived:
            land(ledger, landing, said)
            if data.draw(st.booleans()):
                load_dataset(conn, ledger, landing, DATASET)
        load_dataset(conn, ledger, landing, DATASET)
        assert prints(conn) == in_order, "as they happened to be loaded"
