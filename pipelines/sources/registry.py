"""The list of all datasets. Adding a source is its own file and one line here."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from pipelines.sources.contract import Dataset

MODULES = (
    "coinalyze",
    "coinglass",
    "farside",
    "defillama",
    "binance",
    "bybit",
    "okx",
    "coinbase",
)


class UnknownSource(Exception):
    """A name that is neither a source nor a dataset."""


@cache
def datasets() -> dict[str, Dataset]:
    """Every dataset by name, in the order of the list."""
    found: dict[str, Dataset] = {}
    for module in MODULES:
        for dataset in import_module(f"pipelines.sources.{module}").DATASETS:
            if dataset.name in found:
                raise ValueError(f"two datasets are called {dataset.name}")
            found[dataset.name] = dataset
    return found


def select(names: list[str] | tuple[str, ...] | None) -> list[Dataset]:
    """The datasets named by dataset or by source; all of them where nothing is named."""
    if not names:
        return list(datasets().values())
    chosen: dict[str, Dataset] = {}
    for name in names:
        match = {d.name: d for d in datasets().values() if name in (d.name, d.source)}
        if not match:
            sources = sorted({d.source for d in datasets().values()})
            raise UnknownSource(f"there is no source {name!r}; there are {', '.join(sources)}")
        chosen |= match
    return list(chosen.values())
