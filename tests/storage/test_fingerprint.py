"""A fingerprint knows no order, sees one changed cell, and counts what occurs twice."""

from __future__ import annotations

import duckdb
import pytest

from pipelines.storage.duck import in_memory
from pipelines.storage.fingerprint import TablePrint, fingerprint


def of(query: str) -> TablePrint:
    conn = in_memory()
    conn.execute("create schema s")
    conn.execute(f"create table s.t as {query}")
    (found,) = fingerprint(conn)
    conn.close()
    return found


ROWS = "select i as day, (i * 1.25)::decimal(18, 4) as usd, 'v' || i as venue from range(2000) r(i)"


def test_order_does_not_count() -> None:
    assert of(f"{ROWS} order by i") == of(f"{ROWS} order by hash(i)") == of(f"{ROWS} order by i desc")
    assert of(ROWS).rows == 2000


@pytest.mark.parametrize(
    "changed",
    [
        "select day, if(day = 7, usd + 0.0001, usd)::decimal(18, 4) as usd, venue from ({0})",
        "select day, usd, if(day = 7, null, venue) as venue from ({0})",
        "select day, usd, if(day = 7, 'NULL', venue) as venue from ({0})",
        "select day, usd, if(day = 7, '', venue) as venue from ({0})",
        "select day, usd as amount_usd, venue from ({0})",
        "select day, usd, venue from ({0}) where day <> 7",
        "({0}) union all ({0}) order by 1",
        "({0}) union all (from ({0}) where day = 7)",
        # two cells exchanged between rows
        "select day, case day when 7 then 10.0000 when 8 then 8.7500 else usd end::decimal(18, 4) as usd, venue from ({0})",
    ],
)
def test_one_changed_cell_is_seen(changed: str) -> None:
    assert of(changed.format(ROWS)).hash != of(ROWS).hash


def test_what_occurs_twice_counts_twice() -> None:
    once, twice, thrice = (of(f"select 1 as x, 'a' as y from range({n})") for n in (1, 2, 3))
    assert len({once.hash, twice.hash, thrice.hash}) == 3


def test_text_cannot_pass_for_another_row() -> None:
    assert of("select 'x' as a, 'y' as b").hash != of("select 'x, ''b'': y' as a, null as b").hash
    assert of("select ['a', 'b'] as a").hash != of("select ['a, b'] as a").hash
    assert of("select null::varchar as a").hash != of("select 'NULL' as a").hash


def test_a_column_may_be_called_like_anything() -> None:
    assert of("select 1 as t, 2 as u").hash != of("select 1 as t, 3 as u").hash


def test_every_table_is_printed_and_nothing_of_the_session(tmp_path: object) -> None:
    conn = duckdb.connect()
    conn.execute("create schema b; create schema a; create table b.one as select 1 as x")
    conn.execute("create table a.none (x integer); create temp table scratch as select 1 as x")
    assert [(p.schema, p.table, p.rows) for p in fingerprint(conn)] == [("a", "none", 0), ("b", "one", 1)]
    assert fingerprint(conn)[0].hash == "0" * 16
    conn.close()
