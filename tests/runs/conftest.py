"""Runs against the small exchange, step by step: ask, load, and look at what came of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines.runs import night
from pipelines.runs.ingest import DatasetReport
from pipelines.runs.load import LoadReport
from pipelines.runs.plan import Asked
from pipelines.settings import Settings
from pipelines.sources.contract import Dataset
from pipelines.storage.duck import writer
from pipelines.storage.folder import Folder
from pipelines.storage.ledger import Ledger, WindowRow

TESTS = Path(__file__).parent.parent
STARTED = """
import os
from datetime import date
from small_exchange import dataset
from pipelines.runs import load, night
from pipelines.runs.plan import Asked
from pipelines.settings import Settings
from pipelines.storage import raw
settings = Settings(_env_file=None)
def ask():
    with night.opened(settings) as (folder, ledger, landing):
        asked = Asked(date(2024, 12, 1), date(2024, 12, 30))
        night.ingest(settings, folder, ledger, landing, [dataset()], command="asks", asked=asked)
def load_all():
    with night.opened(settings) as (folder, ledger, landing):
        night.load(settings, folder, ledger, landing, [dataset()], command="loads")
def die(*_):
    os.kill(os.getpid(), 9)
"""


@dataclass
class Runs:
    """`ask` and `load` for a list of datasets; each is what a night does, with its locks and its ledger."""

    settings_at: Callable[..., Settings]
    variables: dict[str, Any] = field(default_factory=dict)

    def settings(self, now: str) -> Settings:
        return self.settings_at(now, **self.variables)

    @property
    def folder(self) -> Folder:
        return Folder(self.settings_at().warehouse)

    def ask(
        self,
        *datasets: Dataset,
        now: str = "2024-12-31T06:00:00Z",
        days: tuple[str, str] | None = None,
        **more: Any,
    ) -> dict[str, DatasetReport]:
        asked = Asked(*(date.fromisoformat(d) for d in days)) if days else None
        settings = self.settings(now)
        with night.opened(settings) as (folder, ledger, landing):
            return night.ingest(
                settings, folder, ledger, landing, datasets, command="test", asked=asked, **more
            )

    def load(self, *datasets: Dataset, now: str = "2024-12-31T06:00:00Z") -> dict[str, LoadReport]:
        settings = self.settings(now)
        with night.opened(settings) as (folder, ledger, landing):
            return night.load(settings, folder, ledger, landing, datasets, command="test")

    def both(self, *datasets: Dataset, **more: Any) -> dict[str, DatasetReport]:
        told = self.ask(*datasets, **more)
        self.load(*datasets)
        return told

    def windows(self, dataset: str | None = None) -> list[WindowRow]:
        with Ledger(self.folder.ledger) as ledger:
            return [w for w in ledger.windows(dataset) if w.markets]

    def start(self, program: str) -> subprocess.Popen[str]:
        """A real process with the same settings: `program` runs after STARTED."""
        settings = self.settings("2024-12-31T06:00:00Z")
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(TESTS),
            "FLOODMARK_WAREHOUSE": str(settings.warehouse),
            "FLOODMARK_MIRROR": str(settings.mirror),
            "FLOODMARK_NOW": "2024-12-31T06:00:00Z",
            "FLOODMARK_ASSETS": "BTC",
        }
        return subprocess.Popen(
            [sys.executable, "-c", STARTED + program],
            env=environment,
            cwd=settings.warehouse.parent,
            stderr=subprocess.PIPE,
            text=True,
        )

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with writer(self.folder, "test") as conn:
            return conn.execute(sql).fetchall()


@pytest.fixture
def runs(settings_at: Callable[..., Settings]) -> Iterator[Runs]:
    yield Runs(settings_at)
