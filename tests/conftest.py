"""What every test may rely on: an environment without keys, and a small exchange to ask.

What a test wants to know stands in the test; here is only the making.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import small_exchange
from small_exchange import Exchange

from pipelines.settings import Settings
from pipelines.sources.contract import Dataset

NOW = "2024-12-31T06:00:00Z"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the caller's reaches a test: neither a key nor a data folder."""
    for name in list(os.environ):
        if name.startswith("FLOODMARK_") or name.endswith("_API_KEY"):
            monkeypatch.delenv(name)
    monkeypatch.setitem(Settings.model_config, "env_file", None)


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    """A small exchange that listens on loopback."""
    with small_exchange.open_exchange() as opened:
        yield opened


@pytest.fixture
def settings_at(tmp_path: Path, exchange: Exchange) -> Callable[..., Settings]:
    """`settings_at("2024-12-31T06:00:00Z", COINALYZE_API_KEY=...)`: the data folder `folder`, the exchange as mirror."""

    def build(now: str = NOW, **variables: Any) -> Settings:
        told = {
            "FLOODMARK_WAREHOUSE": tmp_path / "folder",
            "FLOODMARK_MIRROR": exchange.url,
            "FLOODMARK_NOW": now,
            "FLOODMARK_RATE_SCALE": 1000,
            "FLOODMARK_ASSETS": "BTC",
        }
        return Settings(**(told | variables))

    return build


@pytest.fixture
def small_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`small_world(dataset, ...)`: these datasets are the registry, and the small sql/ the models."""
    sql = small_exchange.write_sql(tmp_path / "sql")

    def install(*datasets: Dataset) -> None:
        small_exchange.install(monkeypatch.setattr, sql, datasets)

    return install
