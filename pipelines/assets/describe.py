"""What the UI shows of a table: row count, columns with units and lineage, newest day, preview, picture.

Definition metadata comes from the contracts; the rest is read through the connection that built the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import dagster as dg

from pipelines.assets.partitions import table_key
from pipelines.assets.pictures import bars
from pipelines.models.columns import Origin, column_lineage
from pipelines.models.contract import Model
from pipelines.runs import build as builds
from pipelines.storage.contracts import KINDS, Kind
from pipelines.storage.duck import Connection
from pipelines.storage.raw import raw_columns

Metadata = dict[str, Any]
PREVIEW_ROWS, TOP_ROWS = 5, 10
NOT_SHOWN = ("landing",)  # 64 characters of a hash say nothing in a preview


@cache
def lineage() -> dict[str, dict[str, list[Origin]]]:
    """For each model and column the columns that it is computed from, one step up."""
    return column_lineage(builds.models(), builds.external_columns())


def columns_of_model(model: Model, types: Mapping[str, str] | None = None) -> dg.TableSchema:
    """Name, type (before a build its unit), meaning and origin of each column."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                c.name,
                type=(types or {}).get(c.name, c.unit),
                description=f"{c.unit}: {c.meaning}{_from(lineage()[model.table][c.name])}",
            )
            for c in model.columns
        ]
    )


def _from(origins: Iterable[Origin]) -> str:
    names = [f"rows of {table}" if column == "*" else f"{table}.{column}" for table, column in origins]
    return f" ← {', '.join(names)}" if names else ""


def column_deps(model: Model) -> dg.TableColumnLineage:
    """The same lineage as Dagster keeps it; tables of meta are no assets, and a count has no column."""
    return dg.TableColumnLineage(
        {
            column: deps
            for column, origins in lineage()[model.table].items()
            if (
                deps := [
                    dg.TableColumnDep(table_key(table), name)
                    for table, name in origins
                    if not table.startswith("meta.") and name != "*"
                ]
            )
        }
    )


def columns_of_kind(kind: Kind) -> dg.TableSchema:
    """The columns of a raw table."""
    return dg.TableSchema([dg.TableColumn(name, type=type_) for name, type_ in raw_columns(kind).items()])


def describe_model(conn: Connection, model: Model, rows: int) -> Metadata:
    """What a materialisation of a model shows; a ranking its top ten and a picture of them."""
    types = {r[0]: r[1] for r in conn.execute(f"describe {model.quoted}").fetchall()}
    found: Metadata = {
        "dagster/row_count": rows,
        "dagster/column_schema": columns_of_model(model, types),
        "dagster/column_lineage": column_deps(model),
    }
    if model.schema == "rankings":
        order = ", ".join(f'"{name}"' for name in sorted(types, key=lambda name: name != "rank"))
        names, top = _rows(conn, f"select * from {model.quoted} order by {order} limit {TOP_ROWS}")
        found["top_ten"] = dg.MetadataValue.md(markdown(names, top))
        picture = bars(model, names, top)
        if picture:
            found["picture"] = dg.MetadataValue.md(picture)
        return found
    clock = next((c.name for c in model.columns if c.unit in ("date", "timestamptz")), None)
    return found | _newest_and_preview(conn, model.quoted, clock, "true")


def describe_raw(conn: Connection, kind: str) -> Metadata:
    """What a materialisation of a raw table shows: every vintage counts as a row."""
    table = f"raw.{kind}"
    names, shares = _rows(
        conn,
        f"select dataset, count(*) as rows, max(vintage) as newest_vintage, max(observed_at) as observed_at"
        f" from {table} group by dataset order by dataset",
    )
    return {
        "dagster/row_count": sum(r[1] for r in shares),
        "dagster/column_schema": columns_of_kind(KINDS[kind]),
        "datasets": dg.MetadataValue.md(markdown(names, shares)),
        **_newest_and_preview(conn, table, KINDS[kind].time, "true"),
    }


def describe_dataset(conn: Connection, kind: str, dataset: str) -> Metadata:
    """The rows of one dataset in its raw table."""
    table, its = f"raw.{kind}", f"dataset = '{dataset}'"
    count = conn.execute(f"select count(*) from {table} where {its}").fetchall()[0][0]
    return {"dagster/row_count": count, **_newest_and_preview(conn, table, KINDS[kind].time, its)}


def _newest_and_preview(conn: Connection, table: str, clock: str | None, condition: str) -> Metadata:
    names, _ = _rows(conn, f"select * from {table} limit 0")
    order = ", ".join([f"{clock} desc nulls last"] * bool(clock) + [f'"{n}"' for n in names])
    _, rows = _rows(conn, f"select * from {table} where {condition} order by {order} limit {PREVIEW_ROWS}")
    found: Metadata = {"preview": dg.MetadataValue.md(markdown(names, rows))}
    if clock:
        newest = rows[0][names.index(clock)] if rows else None
        found["newest_day"] = _text(newest)[:10]
    return found


def _rows(conn: Connection, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    cursor = conn.execute(query)
    names = [d[0] for d in cursor.description or ()]
    return names, cursor.fetchall()


def markdown(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows as a Markdown table; what is missing shows as –, never as 0."""
    if not rows:
        return "no rows"
    shown = [i for i, name in enumerate(names) if name not in NOT_SHOWN]
    lines = ["| " + " | ".join(names[i] for i in shown) + " |", "|" + " --- |" * len(shown)]
    lines += ["| " + " | ".join(_cell(row[i]) for i in shown) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    text = _text(value).replace("|", "\\|").replace("\n", " ")
    return text if len(text) <= 80 else f"{text[:79]}…"


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return ", ".join(map(_text, value)) if isinstance(value, list) else str(value)
