"""A version is whole or it is not there; one link flips; who reads keeps what they have."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime

import duckdb
import pytest
from raw_books import at, batch, load

from pipelines.storage import raw
from pipelines.storage.contracts import KINDS
from pipelines.storage.duck import open_read_only, reader, writer
from pipelines.storage.fingerprint import fingerprint
from pipelines.storage.folder import Folder
from pipelines.storage.publish import KEPT_VERSIONS, Published, current_version, manifest, publish

NOW = datetime(2024, 12, 31, 6, tzinfo=UTC)
MACROS = {"flood": "create macro flood(x) as x * 2"}


def fill(conn: duckdb.DuckDBPyConnection, days: int = 3) -> None:
    """A pipeline database as a build leaves it."""
    raw.ensure_tables(conn)
    conn.execute("create schema if not exists facts; create schema if not exists staging")
    conn.execute(
        f"create or replace table facts.days as select i as day, 1.25::decimal(18, 4) as usd from range({days}) r(i)"
    )
    conn.execute(
        "comment on table facts.days is 'It''s one row a day'; comment on column facts.days.usd is 'usd: money'"
    )
    conn.execute("create or replace table staging.scratch as select 1 as x")


def published(
    folder: Folder, conn: duckdb.DuckDBPyConnection, macros: dict[str, str] | None = None
) -> Published:
    return publish(
        conn, folder, now_at=NOW, origin="mirror", commit="abc", macros=MACROS if macros is None else macros
    )


def test_what_is_published_is_what_people_query(folder: Folder, conn: duckdb.DuckDBPyConnection) -> None:
    fill(conn)
    load(conn, batch(1, at(6), {("BTC", 1): "1", ("BTC", 2): "2"}))
    load(conn, batch(2, at(7), {("BTC", 1): "1.5", ("BTC", 2): "2"}))
    version = published(folder, conn).version
    assert current_version(folder) == version
    with reader(folder) as found:
        tables = {f"{p.schema}.{p.table}" for p in fingerprint(found)}
        assert {"facts.days", "meta.snapshot", "meta.quarantine", "raw.liquidation_buckets"} <= tables
        assert not tables & {"staging.scratch", "meta.loads", "raw.liquidation_orders"}
        assert found.execute("select count(*) from raw.liquidation_buckets").fetchall() == [(3,)]
        assert found.execute("select version, origin, commit, now_at from meta.snapshot").fetchall() == [
            (version, "mirror", "abc", NOW)
        ]
        assert found.execute("select flood(21)").fetchall() == [(42,)]
        comments = "select comment from duckdb_tables() where table_name = 'days' union all select comment from duckdb_columns() where column_name = 'usd' and table_name = 'days'"
        assert found.execute(comments).fetchall() == [("It's one row a day",), ("usd: money",)]
        with pytest.raises(duckdb.Error, match="read-only"):
            found.execute("create table facts.mine as select 1")


def test_the_manifest_has_the_fingerprint_of_what_lies_there(
    folder: Folder, conn: duckdb.DuckDBPyConnection
) -> None:
    fill(conn)
    version = published(folder, conn)
    told = manifest(folder)
    assert told and told["version"] == version.version and told["origin"] == "mirror"
    with reader(folder) as found:
        assert told["tables"] == [p.as_dict() for p in fingerprint(found)]


def test_files_can_only_be_read(folder: Folder, conn: duckdb.DuckDBPyConnection) -> None:
    fill(conn)
    path = published(folder, conn).path
    files = [p for p in path.rglob("*") if p.is_file()]
    assert {p.name for p in files} >= {"floodmark.duckdb", "manifest.json", "days.parquet"}
    assert {stat.S_IMODE(p.stat().st_mode) for p in files} == {0o444}
    assert not [p for p in files if p.suffix == ".wal"], "checkpointed"


def test_parquet_lies_beside_it_and_orders_by_month(folder: Folder, conn: duckdb.DuckDBPyConnection) -> None:
    fill(conn, days=7)
    kind = KINDS["liquidation_orders"]
    conn.execute(
        f"insert into raw.{kind.name} by name select 's' as source, 's_orders' as dataset, 'v' as venue, 'BTC' as market,"
        " 'BTC' as asset, t as liquidated_at, 'long' as side, 5 as usd, now() as observed_at, 1 as vintage, false as retracted"
        " from (values (timestamptz '2024-11-30 23:59:59+00'), (timestamptz '2024-12-01 00:00:00+00'),"
        " (timestamptz '2024-12-31 23:00:00+00')) v(t)"
    )
    path = published(folder, conn).path
    months = sorted((path / "parquet" / "raw" / "liquidation_orders").iterdir())
    assert [m.name for m in months] == ["2024-11.parquet", "2024-12.parquet"]
    counts = [conn.execute(f"select count(*), sum(usd) from '{m}'").fetchall() for m in months]
    assert counts == [[(1, 5)], [(2, 10)]]
    assert conn.execute(f"select count(*) from '{path}/parquet/facts/days.parquet'").fetchall() == [(7,)]


def test_a_reader_keeps_its_version_and_the_next_one_gets_the_new(
    folder: Folder, conn: duckdb.DuckDBPyConnection
) -> None:
    fill(conn, days=3)
    published(folder, conn)
    count = "select count(*) from facts.days"
    with reader(folder) as old:
        assert old.execute(count).fetchall() == [(3,)]
        for days in range(4, 5 + KEPT_VERSIONS):  # until its files are no longer among those kept
            fill(conn, days)
            published(folder, conn)
        assert old.execute(count).fetchall() == [(3,)]
        with reader(folder) as new:
            assert new.execute(count).fetchall() == [(4 + KEPT_VERSIONS,)]
        assert old.execute(count).fetchall() == [(3,)]


def test_the_last_versions_stay_and_the_current_one_always(
    folder: Folder, conn: duckdb.DuckDBPyConnection
) -> None:
    fill(conn)
    for n in range(6):  # left by a machine whose clock ran ahead
        (folder.published / f"2999010{n}T000000Z").mkdir()
    versions = [published(folder, conn).version for _ in range(3)]
    left = {p.name for p in folder.published.iterdir() if p.is_dir() and not p.is_symlink()}
    assert len(left) == KEPT_VERSIONS
    assert versions[-1] in left
    assert current_version(folder) == versions[-1]
    assert len(set(versions)) == 3, "several within a second have names of their own"


def test_what_a_killed_publisher_left_is_removed(folder: Folder, conn: duckdb.DuckDBPyConnection) -> None:
    fill(conn)
    half = folder.published / ".building-20241231T060000Z"
    half.mkdir()
    (half / "floodmark.duckdb").write_bytes(b"half")
    (folder.published / ".current.next").symlink_to("nowhere")
    version = published(folder, conn).version
    assert {p.name for p in folder.published.iterdir()} == {version, "current"}


def test_a_publication_that_fails_leaves_the_old_version_and_a_usable_connection(
    folder: Folder, conn: duckdb.DuckDBPyConnection
) -> None:
    fill(conn, days=3)
    first = published(folder, conn).version
    fill(conn, days=4)
    with pytest.raises(duckdb.Error, match="nonsense"):
        published(folder, conn, macros={"bad": "create macro bad() as nonsense from nowhere"})
    conn.execute('create table facts."odd name" as select 1 as x')
    with pytest.raises(duckdb.Error):
        published(folder, conn)
    assert current_version(folder) == first
    assert {p.name for p in folder.published.iterdir()} == {first, "current"}
    conn.execute('drop table facts."odd name"')
    assert published(folder, conn).version == current_version(folder) != first


def test_the_link_is_relative_so_the_folder_can_be_moved(
    folder: Folder, conn: duckdb.DuckDBPyConnection
) -> None:
    fill(conn)
    published(folder, conn)
    moved = folder.root.rename(folder.root.with_name("moved"))
    with reader(Folder(moved)) as found:
        assert found.execute("select count(*) from facts.days").fetchall() == [(3,)]
    moved.rename(folder.root)


KILLED = """
import os, sys, time
from pathlib import Path
from pipelines.storage import publish
from pipelines.storage.duck import writer
from pipelines.storage.folder import Folder
def stop(*_):
    print("copied", flush=True)
    time.sleep(60)
publish._parquet = stop  # the copy is made, nothing points at it yet
folder = Folder(Path(sys.argv[1]))
with writer(folder, "night") as conn:
    conn.execute("insert into facts.days values (99, 1)")
    from datetime import datetime, UTC
    publish.publish(conn, folder, now_at=datetime.now(UTC), origin="mirror", commit="x", macros={})
"""


def test_readers_see_nothing_of_a_publisher_that_is_killed(folder: Folder) -> None:
    with writer(folder, "first") as conn:
        fill(conn)
        first = published(folder, conn).version
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder.root)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout and process.stdout.readline() == "copied\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert current_version(folder) == first
    with reader(folder) as found:
        assert found.execute("select count(*) from facts.days").fetchall() == [(3,)]
    with writer(folder, "next") as conn:  # the lock is free, what was committed stands
        assert conn.execute("select count(*) from facts.days").fetchall() == [(4,)]
        second = published(folder, conn).version
    assert {p.name for p in folder.published.iterdir()} == {second, first, "current"}


def test_a_version_may_be_opened_by_many_at_once(folder: Folder, conn: duckdb.DuckDBPyConnection) -> None:
    fill(conn)
    path = published(folder, conn).path / "floodmark.duckdb"
    assert os.readlink(folder.warehouse) == "published/current/floodmark.duckdb"
    readers = [open_read_only(path) for _ in range(3)]
    assert [r.execute("select count(*) from facts.days").fetchall() for r in readers] == [[(3,)]] * 3
    for r in readers:
        r.close()
    assert json.loads((path.parent / "manifest.json").read_text())["duckdb"] == duckdb.__version__


def test_the_storage_version_is_one_that_1_x_reads(folder: Folder, conn: duckdb.DuckDBPyConnection) -> None:
    fill(conn)
    published(folder, conn)
    told = "select tags['storage_version'] from duckdb_databases() where database_name = current_database()"
    assert conn.execute(told).fetchall()[0][0].startswith("v1.4.0")
    with reader(folder) as found:
        assert found.execute(told).fetchall()[0][0].startswith("v1.4.0")
