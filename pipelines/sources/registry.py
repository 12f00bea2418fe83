"""The list of all datasets. Adding a source is its own file and one line here."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from importlib import import_module

from pipelines.settings import Settings
from pipelines.sources.contract import Dataset

MODULES = (
    "coinalyze",
    "coinglass",
    "farside",
    "farside_recent",
    "defillama",
    "binance",
    "bybit",
    "okx",
    "coinbase",
    "kraken",
    "blockchain",
    "coinmetrics",
    "sosovalue",
    "ishares",
    "defillama_extra",
    "deribit",
    "deribit_interest",
    "deribit_options",
    "deribit_trades",
    "gate",
    "gate_orders",
    "htx",
    "htx_interest",
    "htx_orders",
    "okx_orders",
    "bitget",
    "hyperliquid",
    "dydx",
    "binance_contracts",
    "binance_snapshots",
    "binance_context",
    "bybit_interest",
    "okx_interest",
    "coinalyze_context",
    "coinglass_funding",
    "tardis",
)

# Long (a request a day or an hour), a further venue of what is there already, or refused in many countries: a
# plain run asks for them only once they have been named (--source), and every night from then on.
ON_REQUEST = frozenset(
    {
        "ishares_holdings",
        "deribit_open_interest",
        "deribit_funding",
        "deribit_liquidations",
        "gate_funding",
        "gate_liq_orders",
        "htx_funding",
        "htx_inverse_funding",
        "htx_open_interest",
        "htx_liquidation_orders",
        "bitget_funding",
        "hyperliquid_funding",
        "dydx_funding",
        "dydx_liquidations",
        "binance_cm_contracts",
        "binance_cm_liquidations",
        "binance_basis",
        "binance_funding",
        "binance_open_interest",
        "okx_open_interest",
        "coinalyze_funding",
        "tardis_liquidations",
    }
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


def configured(dataset: Dataset, settings: Settings) -> bool:
    """Whether a dataset can be asked for: its key is set or it needs none; in the sample, whether it plays it."""
    if settings.sample:
        from pipelines.sources.sample import DATASETS

        return dataset.name in DATASETS
    return not dataset.key or settings.key(dataset.key) is not None


def select(names: Collection[str] = (), started: Collection[str] = ()) -> list[Dataset]:
    """The datasets named by dataset or by source; where nothing is named, those that are not ON_REQUEST and those
    that were `started` before. `all` names every one; an unknown name raises UnknownSource."""
    if not names:
        return [d for d in datasets().values() if d.name not in ON_REQUEST or d.name in started]
    if "all" in names:
        return list(datasets().values())
    chosen: set[str] = set()
    for name in names:
        match = {d.name for d in datasets().values() if name in (d.name, d.source)}
        if not match:
            sources = sorted({d.source for d in datasets().values()})
            raise UnknownSource(f"there is no source {name!r}; there are all, {', '.join(sources)}")
        chosen |= match
    return [d for d in datasets().values() if d.name in chosen]
