"""The article's claims as data that a test can change, and databases to check them against."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from claims_data import EXAMPLE, Checker, set_at

from pipelines.research.claims import VerdictRow, check


@pytest.fixture(scope="session")
def article() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    return data


@pytest.fixture(scope="session")
def empty() -> duckdb.DuckDBPyConnection:
    """A database without one table: only publication speaks."""
    return duckdb.connect()


@pytest.fixture
def check_claims(tmp_path: Path, empty: duckdb.DuckDBPyConnection) -> Checker:
    """Check claims given as data; `made_at` and the like may be set, the connection too."""

    def run(
        claims: list[dict[str, Any]], conn: duckdb.DuckDBPyConnection | None = None, **document: Any
    ) -> dict[str, VerdictRow]:
        head = {"document": "a test", "made_at": "2024-12-09T23:00:00Z", "source": "seed"} | document
        path = tmp_path / "claims.yaml"
        path.write_text(yaml.safe_dump(head | {"claims": claims}, allow_unicode=True, sort_keys=False))
        return {row.id: row for row in check(path, conn or empty)}

    return run


@pytest.fixture
def mutated(article: dict[str, Any], check_claims: Checker) -> Callable[..., VerdictRow]:
    """One claim of the article, changed and checked alone (a document claim with all others)."""

    def run(claim_id: str, changes: Mapping[str, Any], **document: Any) -> VerdictRow:
        claims = copy.deepcopy(article["claims"])
        claim = next(c for c in claims if c["id"] == claim_id)
        set_at(claim, changes)
        return check_claims(claims if claim["kind"] == "document" else [claim], **document)[claim_id]

    return run
