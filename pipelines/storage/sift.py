"""Good rows from bad ones by the contract of their kind; the bad are kept with their reason."""

from __future__ import annotations

import json

import polars as pl

from pipelines.storage.contracts import Kind


def require_columns(kind: Kind, rows: pl.DataFrame) -> None:
    """`ValueError` unless `rows` has exactly the columns of the kind, in their types and order."""
    expected = kind.columns
    found = dict(rows.schema)
    if list(found) != list(expected) or any(found[c] != t for c, t in expected.items()):
        raise ValueError(f"raw.{kind.name} expects the columns {expected}, the parser gave {found}")


def sift(kind: Kind, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[tuple[str, str]]]:
    """(good rows, [(reason, row as JSON)]): every rule that a bad row broke is named."""
    require_columns(kind, rows)
    expected = kind.columns
    good, failure = kind.schema.filter(rows)
    if good.height == rows.height:
        return rows, []
    details = failure.details()
    rules = [c for c in details.columns if c not in expected]
    bad = []
    for row in details.iter_rows(named=True):
        broken = [rule.replace("|", ": ") for rule in rules if str(row[rule]) == "invalid"]
        bad.append(("; ".join(broken), json.dumps({c: row[c] for c in expected}, default=str)))
    return good, bad
