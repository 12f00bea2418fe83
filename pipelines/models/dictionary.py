"""The data dictionary: every table and column of the warehouse as a page of Markdown.

Written from the contracts alone, so the same models give the same page.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from pipelines.models.checks import Connection, column_types
from pipelines.models.columns import ROWS, Origin
from pipelines.models.contract import SCHEMAS, Model
from pipelines.models.lineage import Models, readers, upstream
from pipelines.models.units import UNITS

Lineage = Mapping[str, Mapping[str, Sequence[Origin]]]

# What the loader puts around the columns of a raw kind.
BEFORE = {"source": "the upstream", "dataset": "what was asked of it"}
AFTER = {
    "observed_at": "when the answer arrived",
    "vintage": "1, 2, … per dataset and key, in the order of observation; the highest is in force",
    "retracted": "the key vanished from an answer that was complete; the values are null",
    "landing": "sha256 of the answer that it was read from",
}


class RawKind(Protocol):
    """What this page needs of pipelines.storage.contracts.Kind."""

    @property
    def schema(self) -> type: ...
    @property
    def key(self) -> tuple[str, ...]: ...
    @property
    def columns(self) -> Mapping[str, Any]: ...


def raw_tables(raw_kinds: Mapping[str, RawKind]) -> dict[str, list[str]]:
    """The columns of each raw table, `raw.<kind>`, as column lineage wants them."""
    return {f"raw.{name}": [*BEFORE, *kind.columns, *AFTER] for name, kind in sorted(raw_kinds.items())}


def render(
    models: Models,
    column_lineage: Lineage,
    raw_kinds: Mapping[str, RawKind],
    conn: Connection | None = None,
) -> str:
    """The page. With a connection to a built warehouse the columns carry their types as well."""
    lines = [
        "# Data dictionary",
        "",
        "Generated from the headers of sql/ and the raw contracts; do not edit. Times are UTC, money is USD.",
        "",
        *_contents(models, raw_kinds),
        "",
        "## Units",
        "",
        *_table(("unit", "meaning"), ((f"`{name}`", unit.meaning) for name, unit in UNITS.items())),
        "",
        "`per <column>` stands for the unit that another column of the row names.",
        "",
        "## raw",
        "",
        "Typed rows as the upstreams gave them, every vintage. Each table has, around its own columns:",
        "",
        *(f"- `{name}`: {text}" for name, text in (BEFORE | AFTER).items()),
    ]
    for name in sorted(raw_kinds):
        lines += _raw_table(models, name, raw_kinds[name])
    for schema in SCHEMAS:
        members = sorted(m.table for m in models.values() if m.schema == schema)
        if members:
            lines += ["", f"## {schema}"]
        for table in members:
            lines += _model_table(models, models[table], column_lineage[table], conn)
    return "\n".join(lines) + "\n"


def _contents(models: Models, raw_kinds: Mapping[str, RawKind]) -> Iterator[str]:
    groups = {"raw": [f"raw.{name}" for name in sorted(raw_kinds)]}
    groups |= {s: sorted(m.table for m in models.values() if m.schema == s) for s in SCHEMAS}
    for schema, tables in groups.items():
        if tables:
            yield f"- [{schema}](#{schema}): {', '.join(map(_link, tables))}"


def _raw_table(models: Models, name: str, kind: RawKind) -> Iterator[str]:
    table = f"raw.{name}"
    yield from ("", f"### {table}", "", inspect.getdoc(kind.schema) or "", "")
    yield f"Key: dataset, {', '.join(kind.key)}"
    yield ""
    yield from _table(("column", "type"), ((f"`{c}`", f"`{t}`") for c, t in kind.columns.items()))
    yield from _neighbours((), readers(models, table))


def _model_table(
    models: Models, model: Model, lineage: Mapping[str, Sequence[Origin]], conn: Connection | None
) -> Iterator[str]:
    yield from ("", f"### {model.table}", "", model.description, "")
    yield f"Grain: {', '.join(model.grain)}"
    yield ""
    types = column_types(conn, model) if conn else {}
    heads = ("column", *(["type"] if conn else []), "unit", "meaning", "comes from")
    yield from _table(
        heads,
        (
            (
                f"`{c.name}`",
                *([f"`{types[c.name]}`"] if conn else []),
                c.unit,
                c.meaning,
                ", ".join(map(_origin, lineage[c.name])),
            )
            for c in model.columns
        ),
    )
    if model.checks:
        yield ""
        yield from _table(
            ("check", "severity", "holds for each row"),
            ((c.name, c.severity, f"`{c.expression}`") for c in model.checks),
        )
    yield from _neighbours(upstream(model), readers(models, model.table))


def _neighbours(above: frozenset[str] | tuple[()], below: frozenset[str]) -> Iterator[str]:
    for word, tables in (("Made from", above), ("Read by", below)):
        if tables:
            yield from ("", f"{word}: {', '.join(map(_link, sorted(tables)))}")


def _origin(origin: Origin) -> str:
    table, column = origin
    return f"the rows of `{table}`" if column == ROWS else f"`{table}.{column}`"


def _link(table: str) -> str:
    schema, name = table.split(".")
    if schema != "raw" and schema not in SCHEMAS:
        return f"`{table}`"
    return f"[{name if schema == 'raw' else table}](#{schema}{name})"


def _table(heads: Sequence[str], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
