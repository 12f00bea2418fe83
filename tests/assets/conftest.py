"""Dagster in this process over the small exchange: a real instance, real runs, no daemon."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster_ui import Ui
from small_exchange import Exchange, dataset

from pipelines.assets import describe
from pipelines.settings import Settings
from pipelines.sources.contract import Dataset


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("filterwarnings", "ignore::dagster.BetaWarning")


@pytest.fixture
def ui() -> Iterator[Ui]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Ui(instance)


@pytest.fixture
def world(
    small_world: Callable[..., None], tmp_path: Path, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Settings]:
    """`world(dataset, ...)`: these datasets and the small sql/ are all there is, in the environment too."""

    def install(*datasets: Dataset, **variables: str) -> Settings:
        small_world(*(datasets or (dataset(),)))
        told = {
            "FLOODMARK_WAREHOUSE": str(tmp_path / "folder"),
            "FLOODMARK_MIRROR": exchange.url,
            "FLOODMARK_NOW": "2024-12-31T06:00:00Z",
            "FLOODMARK_RATE_SCALE": "1000",
            "FLOODMARK_ASSETS": "BTC",
            **variables,
        }
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        describe.lineage.cache_clear()
        return Settings()

    return install


@pytest.fixture(autouse=True)
def lineage_of_this_test() -> Iterator[None]:
    """What one test's sql/ says must not reach the next."""
    yield
    describe.lineage.cache_clear()
