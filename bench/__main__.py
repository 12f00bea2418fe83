"""`make bench`: how far each stage of a run is from the least that the machine must do for it.

Everything runs over the built-in sample in a temporary folder; two noisy cores make absolute times
mean little, so each stage stands beside its floor, measured a moment before.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import zstandard

from pipelines.runs import night
from pipelines.runs.build import build_models, publish_build
from pipelines.runs.load import load_all
from pipelines.settings import Settings
from pipelines.sources import registry
from pipelines.storage import raw
from pipelines.storage.contracts import KINDS, Kind
from pipelines.storage.duck import writer

ORDERS = 5_000_000


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    """Print stage, seconds, floor, floor seconds, ratio."""
    with tempfile.TemporaryDirectory(prefix="floodmark-bench-") as folder:
        settings = Settings(FLOODMARK_SAMPLE=True, FLOODMARK_WAREHOUSE=Path(folder) / "warehouse")
        rows = measure(settings, Path(folder))
    print(f"{'stage':<10}{'seconds':>9}  {'floor':<58}{'seconds':>9}{'ratio':>8}")
    for stage, took, floor, least in rows:
        print(f"{stage:<10}{took:>9.2f}  {floor:<58}{least:>9.2f}{took / least:>8.1f}")


def measure(settings: Settings, scratch: Path) -> list[tuple[str, float, str, float]]:
    """Each stage of a run with its floor."""
    found: list[tuple[str, float, str, float]] = []
    datasets = list(registry.datasets().values())
    with night.opened(settings) as (folder, ledger, landing):
        fetch = seconds(lambda: night.ingest(settings, folder, ledger, landing, datasets, command="bench"))
        bodies = [landing.read(name) for name, _ in landing.names()]
        found.append(
            (
                "fetch",
                fetch,
                "compress, write and sync the same bodies",
                seconds(lambda: _land(bodies, scratch)),
            )
        )
        with writer(folder, "bench") as conn:
            load = seconds(lambda: load_all(conn, ledger, landing, datasets))
            found.append(
                ("load", load, "copy the same raw rows inside DuckDB", seconds(lambda: _copy_raw(conn)))
            )
            again = seconds(lambda: load_all(conn, ledger, landing, datasets))
            found.append(("idle load", again, "count the raw rows", seconds(lambda: _count_raw(conn))))
            build = seconds(lambda: build_models(conn, settings, ledger))
            found.append(
                (
                    "build",
                    build,
                    "scan the raw rows into memory, every column",
                    seconds(lambda: _scan_raw(conn)),
                )
            )
            publish = seconds(lambda: publish_build(conn, settings, folder, ledger))
            size = folder.warehouse.resolve()
            found.append(
                (
                    "publish",
                    publish,
                    "copy and sync the published file",
                    seconds(lambda: _copy_file(size, scratch)),
                )
            )
            _add_orders(conn, ORDERS)
            with_orders = seconds(lambda: build_models(conn, settings, ledger))
            found.append(
                (
                    f"{ORDERS // 1_000_000}M orders",
                    max(with_orders - build, 0.0),
                    "scan as many orders, every column",
                    seconds(lambda: _scan(conn, KINDS["liquidation_orders"])),
                )
            )
    return found


def _land(bodies: list[bytes], scratch: Path) -> None:
    target = scratch / "floor"
    target.mkdir()
    for n, body in enumerate(bodies):
        with (target / str(n)).open("wb") as file:
            file.write(zstandard.ZstdCompressor(level=1).compress(body))
            os.fsync(file.fileno())


def _copy_raw(conn: duckdb.DuckDBPyConnection) -> None:
    conn.execute("create schema floor")
    for kind in KINDS:
        conn.execute(f"create table floor.{kind} as select * from raw.{kind}")
    conn.execute("drop schema floor cascade")


def _count_raw(conn: duckdb.DuckDBPyConnection) -> None:
    for kind in KINDS:
        conn.execute(f"select count(*) from raw.{kind}").fetchall()


def _scan_raw(conn: duckdb.DuckDBPyConnection) -> None:
    for kind in KINDS.values():
        _scan(conn, kind)


def _scan(conn: duckdb.DuckDBPyConnection, kind: Kind) -> None:
    columns = ", ".join(f"max({c})" for c in raw.raw_columns(kind))
    conn.execute(f"select {columns} from raw.{kind.name}").fetchall()


def _add_orders(conn: duckdb.DuckDBPyConnection, count: int) -> None:
    """Orders of forty coins over two years of one venue: what the models add to a build grows with them."""
    conn.execute(
        "insert into raw.liquidation_orders (source, dataset, venue, market, asset, liquidated_at, order_id,"
        " side, price, price_kind, native_amount, native_unit, multiplier, usd, observed_at, vintage, retracted)"
        " select 'gate', 'gate_liq_orders', 'gate', concat('C', i % 40, '_USDT'), concat('C', i % 40),"
        f" timestamptz '2023-01-01' + to_milliseconds((i * 63072000000 // {count})::bigint), i::varchar,"
        " if(hash(i) % 3 = 0, 'short', 'long'), 50000 + hash(i) % 1000, 'fill', hash(i) % 100, 'contract', 0.0001,"
        " (hash(i) % 700000 / 7)::decimal(18, 4), timestamptz '2025-01-01', 1, false"
        f" from range({count}) orders(i)"
    )


def _copy_file(file: Path, scratch: Path) -> None:
    copy = scratch / "copy.duckdb"
    shutil.copyfile(file, copy)
    with copy.open("rb") as handle:
        os.fsync(handle.fileno())


if __name__ == "__main__":
    main()
