"""A data folder, and the writer's own connection to a real pipeline.duckdb in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import Origin
from pipelines.storage import raw
from pipelines.storage.duck import writer
from pipelines.storage.folder import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty data folder, claimed for replayed data."""
    made = Folder(tmp_path / "folder")
    made.claim(Origin.MIRROR)
    return made


@pytest.fixture
def conn(folder: Folder) -> Iterator[duckdb.DuckDBPyConnection]:
    """pipeline.duckdb, open for writing, its raw tables made."""
    with writer(folder, "test") as opened:
        raw.ensure_tables(opened)
        yield opened
