"""Which table is made from which: read from the SQL of the models, never from a list kept by hand.

Columns are traced in pipelines/models/columns.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from pipelines.models.contract import Model
from pipelines.models.syntax import table_references

Models = Mapping[str, Model]


class LineageError(Exception):
    """The models do not fit together; `models` are those to blame, where it lies with any."""

    def __init__(self, message: str, *models: str) -> None:
        super().__init__(message)
        self.models = models


class UnknownReference(LineageError):
    """A model reads a table that no model makes and that is not given from outside."""


class UnknownModel(LineageError):
    """A name was asked for that no model has."""


class CyclicModels(LineageError):
    """Models read each other in a circle."""


def upstream(model: Model) -> frozenset[str]:
    """The tables that a model reads, `schema.table`, models and others alike."""
    return table_references(model.sql)


def build_order(models: Models, external: Collection[str]) -> list[str]:
    """Every model after those that it reads, otherwise by name: the same models give the same order.

    `external` are the tables that come from elsewhere (raw, meta). Raises UnknownReference, CyclicModels.
    """
    require_references(models, external)
    sorter = TopologicalSorter({name: upstream(model) & models.keys() for name, model in models.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))  # graphlib tells it from source to reader
        files = ", ".join(str(models[name].path) for name in dict.fromkeys(circle))
        raise CyclicModels(
            f"models read each other: {' reads '.join(circle)} ({files})", *dict.fromkeys(circle)
        ) from error
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return order


def readers(models: Models, name: str) -> frozenset[str]:
    """The models that read a table directly."""
    return frozenset(other for other, model in models.items() if name in upstream(model))


def ancestors(models: Models, name: str) -> frozenset[str]:
    """Every table that a model is made from, over any number of steps, tables from outside included."""
    require(models, [name])
    found: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        new = upstream(models[current]) - found if current in models else frozenset()
        found |= new
        waiting += new
    return frozenset(found)


def descendants(models: Models, name: str) -> frozenset[str]:
    """Every model that is made from a table, over any number of steps; the table may be one from outside."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = readers(models, waiting.pop()) - found
        found |= new
        waiting += new
    return frozenset(found)


def require_references(models: Models, external: Collection[str]) -> None:
    """Raise UnknownReference for the first table that is read, but neither a model nor in `external`."""
    for name, model in models.items():
        for source in sorted(upstream(model) - models.keys() - set(external)):
            hint = _similar(source, [*models, *external])
            raise UnknownReference(f"{model.path}: {source} is neither a model nor given{hint}", name)


def require(models: Models, names: Iterable[str]) -> None:
    """Raise UnknownModel for the first name that no model has."""
    for name in names:
        if name not in models:
            raise UnknownModel(f"no model {name}{_similar(name, list(models))}")


def _similar(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""
