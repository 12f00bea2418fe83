"""The models of sql/ that stand, and of every other why it does not: one bad file leaves the rest to work with.

Whoever needs all of them (a whole build, publishing, the dictionary) asks with `require_whole`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipelines.models.columns import column_lineage
from pipelines.models.contract import ContractError, Model, model_files, parse_model
from pipelines.models.lineage import LineageError, build_order, descendants


class MadeFromBroken(LineageError):
    """A model that is sound itself, but reads one that is not."""


class Standing(dict[str, Model]):
    """The models that can be built, by schema.table; `broken` has the reason for each of the others."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: dict[str, ContractError | LineageError] = {}

    def __missing__(self, name: str) -> Model:
        raise self.broken.get(name) or KeyError(name)

    def take_out(self, names: Sequence[str], error: ContractError | LineageError) -> None:
        """Move models that are at fault, and everything made from them, to `broken`."""
        for name in names:
            self.pop(name, None)
            self.broken[name] = error
        for name in names:
            for below in sorted(descendants(self, name)):
                made_from = f"{self.pop(below).path}: made from {name}, which is broken: {error}"
                self.broken[below] = MadeFromBroken(made_from, below)


def standing_models(sql_root: Path, external_columns: Mapping[str, Sequence[str]]) -> Standing:
    """Every model of `sql_root` that keeps its contract and whose columns can be followed.

    `external_columns` holds the columns of the tables that no model makes.
    """
    models, unread = Standing(), {}
    for path in model_files(sql_root):
        try:
            model = parse_model(path)
            models[model.table] = model
        except ContractError as error:
            unread[f"{path.parent.name}.{path.stem}"] = error
    for name, reason in unread.items():
        models.take_out([name], reason)
    while True:
        try:
            build_order(models, external_columns)
            column_lineage(models, external_columns)
            return models
        except LineageError as error:
            if not error.models:
                raise
            models.take_out(error.models, error)


def broken(models: Mapping[str, Model]) -> Mapping[str, ContractError | LineageError]:
    """Table to reason, for the files of sql/ that are no part of `models`."""
    return models.broken if isinstance(models, Standing) else {}


def require_whole(models: Mapping[str, Model]) -> None:
    """Raise the first reason why a model does not stand."""
    for error in broken(models).values():
        raise error
