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
from pipelines.storage.contracts import KINDS
from pipelines.storage.duck import writer


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
    for kind, contract in KINDS.items():
        columns = ", ".join(f"max({c})" for c in raw.raw_columns(contract))
        conn.execute(f"select {columns} from raw.{kind}").fetchall()


def _copy_file(file: Path, scratch: Path) -> None:
    copy = scratch / "copy.duckdb"
    shutil.copyfile(file, copy)
    with copy.open("rb") as handle:
        os.fsync(handle.fileno())


if __name__ == "__main__":
    main()
