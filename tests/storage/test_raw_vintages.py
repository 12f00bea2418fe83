"""Raw keeps every vintage: a row where the value differs, a retraction where it vanished, nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import duckdb
import polars as pl
import pytest
from raw_books import as_of, at, batch, load, vintages

from pipelines.storage import raw
from pipelines.storage.contracts import KINDS, UTC_TIME
from pipelines.storage.fingerprint import fingerprint

FIRST = {("BTC", d): f"{d}00.25" for d in range(1, 6)}


def raw_prints(conn: duckdb.DuckDBPyConnection) -> list[object]:
    return [p for p in fingerprint(conn) if p.schema == "raw"]


def test_a_restated_value_is_a_second_vintage_and_the_rest_stays(conn: duckdb.DuckDBPyConnection) -> None:
    load(conn, batch(1, at(6), FIRST))
    (told,) = load(conn, batch(2, at(7), FIRST | {("BTC", 3): "333.3333"}))
    assert vintages(conn, "BTC", 3) == [(1, "300.2500", False), (2, "333.3333", False)]
    assert vintages(conn, "BTC", 2) == [(1, "200.2500", False)]
    assert (told.verdict, told.rows, told.new_vintages, told.retracted) == ("loaded", 5, 1, 0)
    assert as_of(conn, at(6))["BTC", at(3).date()] == Decimal("300.2500")
    assert as_of(conn, at(7))["BTC", at(3).date()] == Decimal("333.3333")


def test_the_same_answer_again_changes_nothing(conn: duckdb.DuckDBPyConnection) -> None:
    load(conn, batch(1, at(6), FIRST))
    before = raw_prints(conn)
    (told,) = load(conn, batch(2, at(7), FIRST))
    assert raw_prints(conn) == before
    assert told.new_vintages == told.retracted == 0


def test_a_key_that_vanished_is_retracted_and_may_come_back(conn: duckdb.DuckDBPyConnection) -> None:
    without = {k: v for k, v in FIRST.items() if k != ("BTC", 4)}
    load(conn, batch(1, at(6), FIRST))
    (gone,) = load(conn, batch(2, at(7), without))
    assert gone.retracted == 1
    load(conn, batch(3, at(8), without))
    load(conn, batch(4, at(9), FIRST))  # the very value of the first vintage
    assert vintages(conn, "BTC", 4) == [(1, "400.2500", False), (2, None, True), (3, "400.2500", False)]
    assert ("BTC", at(4).date()) not in as_of(conn, at(8))
    assert ("BTC", at(4).date()) in as_of(conn, at(9))


def test_only_the_scope_of_the_window_is_retracted(conn: duckdb.DuckDBPyConnection) -> None:
    load(conn, batch(1, at(6), FIRST | {("ETH", 2): "7"}, markets=("BTC", "ETH")))
    load(conn, batch(2, at(7), {("BTC", 2): "200.25"}, span=(2, 3)))  # asked for BTC on two days only
    assert {k for k, _ in as_of(conn, at(7)).items()} == {
        *(("BTC", at(d).date()) for d in (1, 2, 4, 5)),
        ("ETH", at(2).date()),
    }


def test_another_dataset_of_the_same_kind_has_vintages_of_its_own(conn: duckdb.DuckDBPyConnection) -> None:
    load(conn, batch(1, at(6), FIRST))
    raw.load(conn, KINDS["liquidation_buckets"], "other", "other_liquidations", [batch(2, at(7), {})])
    assert len(as_of(conn, at(9))) == 5


def test_a_window_with_quarantined_rows_retracts_nothing(conn: duckdb.DuckDBPyConnection) -> None:
    load(conn, batch(1, at(6), FIRST))
    broken = [("long_usd: min", '{"market": "BTC"}')]
    load(conn, batch(2, at(7), {("BTC", 1): "111"}, quarantined=broken))
    assert len(as_of(conn, at(7))) == 5
    assert vintages(conn, "BTC", 1)[-1] == (2, "111.0000", False)
    assert conn.execute("select reason, landing from meta.quarantine").fetchall() == [
        ("long_usd: min", "body-2")
    ]


def test_an_answer_that_takes_most_back_is_refused_and_named(conn: duckdb.DuckDBPyConnection) -> None:
    load(conn, batch(1, at(6), FIRST))
    before = raw_prints(conn)
    (refused,) = load(conn, batch(2, at(7), {("BTC", 1): "999"}))
    assert refused.verdict == "shrunken"
    assert "lacks 4 of 5 rows" in (refused.reason or "")
    assert "--accept-shrunken 2" in (refused.reason or "")
    assert raw_prints(conn) == before, "not even its new value counts"
    (accepted,) = load(conn, batch(3, at(8), {("BTC", 1): "999"}, accept_shrunken=True))
    assert (accepted.verdict, accepted.retracted) == ("loaded", 4)
    assert as_of(conn, at(8)) == {("BTC", at(1).date()): Decimal("999.0000")}


def test_a_refused_window_leaves_its_neighbour_of_the_same_load_alone(
    conn: duckdb.DuckDBPyConnection,
) -> None:
    both = FIRST | {("ETH", d): "5" for d in range(1, 6)}
    load(conn, batch(1, at(6), both, markets=("BTC", "ETH")))
    told = load(
        conn,
        batch(2, at(7), {}, markets=("BTC",)),
        batch(3, at(7, 1), {("ETH", d): "6" for d in range(1, 5)}, markets=("ETH",)),
    )
    assert {t.window_id: t.verdict for t in told} == {2: "shrunken", 3: "loaded"}
    assert len([k for k in as_of(conn, at(7, 2)) if k[0] == "BTC"]) == 5
    assert vintages(conn, "ETH", 5)[-1] == (2, None, True)


def test_windows_that_overlap_in_one_load_count_one_after_the_other(conn: duckdb.DuckDBPyConnection) -> None:
    load(
        conn,
        batch(1, at(6), FIRST),
        batch(2, at(7), FIRST | {("BTC", 2): "2"}),
        batch(3, at(8), FIRST | {("BTC", 2): "3"}, span=(1, 5)),
    )
    assert [v for v, _, _ in vintages(conn, "BTC", 2)] == [1, 2, 3]
    assert [usd for _, usd, _ in vintages(conn, "BTC", 2)] == ["200.2500", "2.0000", "3.0000"]


def test_snapshots_of_one_moment_count_one_after_the_other(conn: duckdb.DuckDBPyConnection) -> None:
    """Their rows lie outside their windows: two that were taken between two moments of the upstream."""
    spans = ((20, 20), (21, 21), (22, 22))
    taken = [
        batch(n, at(d), {("BTC", 5): v}, span=(d, d))
        for n, (d, _), v in zip((1, 2, 3), spans, "778", strict=True)
    ]
    load(conn, *taken)
    assert vintages(conn, "BTC", 5) == [(1, "7.0000", False), (2, "8.0000", False)]


def test_sums_of_money_are_exact(conn: duckdb.DuckDBPyConnection) -> None:
    load(conn, batch(1, at(60), {("BTC", d): "0.1" for d in range(1, 31)}, span=(1, 30)))
    load(conn, batch(2, at(61), {("ETH", d): "99999999999999.9999" for d in (1, 2)}, markets=("ETH",)))
    sums = conn.execute("select market, sum(long_usd) from raw.liquidation_buckets group by 1").fetchall()
    assert dict(sums) == {"BTC": Decimal("3.0000"), "ETH": Decimal("199999999999999.9998")}


def test_the_load_of_a_kind_keyed_by_dates_keeps_to_its_days(conn: duckdb.DuckDBPyConnection) -> None:
    kind = KINDS["etf_flows"]

    def page(
        window_id: int, observed_at: datetime, days: tuple[int, ...], span: tuple[int, int]
    ) -> raw.Batch:
        rows = [("page", "BTC", "IBIT", at(d).date(), Decimal(d), observed_at, "b") for d in days]
        schema = {**kind.columns, "observed_at": UTC_TIME, "landing": pl.String}
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        return raw.Batch(window_id, ("page",), at(span[0]), at(span[1] + 1), observed_at, "b", frame)

    raw.load(conn, kind, "s", "s_flows", [page(1, at(8), (2, 3, 4), (2, 4))])
    raw.load(conn, kind, "s", "s_flows", [page(2, at(9), (3,), (3, 3))])  # says nothing about the 2nd and 4th
    raw.load(conn, kind, "s", "s_flows", [page(3, at(10), (2, 3), (2, 4))])
    gone = conn.execute("select session_date from raw.etf_flows where retracted").fetchall()
    assert gone == [(at(4).date(),)]


def test_a_row_that_says_nothing_yet_is_a_row(conn: duckdb.DuckDBPyConnection) -> None:
    """A fund that has not reported: null is a value, its absence another, its return a third vintage."""
    kind = KINDS["etf_flows"]
    schema = {**kind.columns, "observed_at": UTC_TIME, "landing": pl.String}
    for n, days in enumerate(((2,), (), (2,), (2,)), start=1):
        rows = [("page", "BTC", "IBIT", at(d).date(), None, at(8, n), "b") for d in days]
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        raw.load(conn, kind, "s", "s_flows", [raw.Batch(n, ("page",), at(2), at(3), at(8, n), "b", frame)])
    told = conn.execute("select vintage, flow_usd, retracted from raw.etf_flows order by vintage").fetchall()
    assert told == [(1, None, False), (2, None, True), (3, None, False)]


# ---- events ------------------------------------------------------------------------------------------

ORDERS = KINDS["liquidation_orders"]


def orders(window_id: int, rows: list[tuple[int, int, str]], span: tuple[int, int]) -> raw.Batch:
    """Orders (day, second, usd) without ids, as an archive file has them."""
    told = [
        (
            "small",
            "BTC",
            "BTC",
            at(day) + timedelta(seconds=second),
            None,
            "long",
            Decimal(1),
            "fill",
            Decimal(usd),
            "usd",
            None,
            Decimal(usd),
            at(20),
            f"file-{window_id}",
        )
        for day, second, usd in rows
    ]
    schema = {**ORDERS.columns, "observed_at": UTC_TIME, "landing": pl.String}
    frame = pl.DataFrame(told, schema=schema, orient="row")
    return raw.Batch(window_id, ("BTC",), at(span[0]), at(span[1] + 1), at(20), f"file-{window_id}", frame)


def test_events_replace_their_window_and_equal_ones_are_kept(conn: duckdb.DuckDBPyConnection) -> None:
    twins = [(1, 5, "10"), (1, 5, "10"), (2, 0, "7")]
    for window_id in (1, 2):  # the second time the same file
        raw.load(conn, ORDERS, "s", "s_orders", [orders(window_id, twins, (1, 2))])
        assert conn.execute("select count(*), sum(usd) from raw.liquidation_orders").fetchall() == [
            (3, Decimal("27.0000"))
        ]
    raw.load(conn, ORDERS, "s", "s_orders", [orders(3, [(2, 9, "1")], (2, 2))])
    rows = conn.execute(
        "select usd, vintage, retracted, landing from raw.liquidation_orders order by liquidated_at, usd"
    ).fetchall()
    assert rows == [
        (Decimal(10), 1, False, "file-2"),
        (Decimal(10), 1, False, "file-2"),
        (Decimal(1), 1, False, "file-3"),
    ]


def test_a_raw_table_that_had_to_be_made_again_forgets_what_was_loaded(
    conn: duckdb.DuckDBPyConnection,
) -> None:
    load(conn, batch(1, at(6), FIRST))
    assert raw.loaded_windows(conn, "small_liquidations") == {1: at(6)}
    conn.execute("drop table raw.liquidation_buckets")
    raw.ensure_tables(conn)
    assert raw.loaded_windows(conn, "small_liquidations") == {}


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_the_columns_of_a_raw_table_are_those_of_its_contract(
    conn: duckdb.DuckDBPyConnection, kind: object
) -> None:
    expected = raw.raw_columns(kind)  # type: ignore[arg-type]
    found = conn.execute(
        "select column_name from duckdb_columns() where schema_name = 'raw' and table_name = ?"
        " order by column_index",
        [kind.name],  # type: ignore[attr-defined]
    ).fetchall()
    assert [c for (c,) in found] == list(expected)
    assert list(expected)[:2] == ["source", "dataset"]
    assert list(expected)[-4:] == list(raw.PROVENANCE)
