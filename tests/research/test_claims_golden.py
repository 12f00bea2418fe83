"""The article of December 2024: every claim with its verdict, whatever the warehouse holds."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from claims_data import EXAMPLE, facts

from pipelines.research.claims import VerdictRow, check

GOLDEN = {
    ".".join(filter(None, (row["id"], row["part"]))): row["verdict"]
    for row in csv.DictReader((Path(__file__).parent / "golden_claims.csv").open(encoding="utf-8"))
}


def verdicts(conn: duckdb.DuckDBPyConnection) -> dict[str, VerdictRow]:
    return {row.id: row for row in check(EXAMPLE, conn)}


@pytest.fixture(scope="module")
def published(empty: duckdb.DuckDBPyConnection) -> dict[str, VerdictRow]:
    """The article on a database without one table."""
    return verdicts(empty)


def test_the_example_has_every_claim_of_the_golden_list(published: dict[str, VerdictRow]) -> None:
    assert set(published) == set(GOLDEN)


@pytest.mark.parametrize("claim", GOLDEN)
def test_golden_verdict(claim: str, published: dict[str, VerdictRow]) -> None:
    row = published[claim]
    assert row.verdict == GOLDEN[claim], row


@pytest.mark.parametrize("largest", ["event", "day before"])
def test_a_narrower_warehouse_changes_no_verdict(largest: str) -> None:
    """Not even when it says the opposite: its universe is smaller than the claims'."""
    conn = duckdb.connect()
    days = {date(2022, 1, 1) + timedelta(days=n): Decimal(80_000_000) for n in range(1100)}
    days[date(2024, 12, 9 if largest == "event" else 8)] = Decimal(9_000_000_000)
    facts(conn, days)
    rows = verdicts(conn)
    assert {name: row.verdict for name, row in rows.items()} == GOLDEN
    since = "2024-12-08" if largest == "day before" else "coverage began on 2022-01-01"
    assert f"largest UTC day since {since}" in rows["R01"].notes
    assert "2022 29.2 bn USD" in rows["R08"].notes


def test_tables_without_rows_are_no_evidence() -> None:
    conn = duckdb.connect()
    facts(conn, {})
    for table in ("prices_daily", "etf_flow_totals_daily", "onchain_volume_daily"):
        conn.execute(f"delete from facts.{table}")
    assert {name: row.verdict for name, row in verdicts(conn).items()} == GOLDEN


def test_the_sample_says_that_its_evidence_is_circular() -> None:
    conn = duckdb.connect()
    facts(conn, {date(2024, 12, 9): Decimal(1_700_000_000)}, origin="sample")
    rows = verdicts(conn)
    assert {name: row.verdict for name, row in rows.items()} == GOLDEN
    assert all("circular" in row.notes for row in rows.values())


def test_the_article_is_no_evidence_for_itself(published: dict[str, VerdictRow]) -> None:
    for row in published.values():
        assert "seed" not in row.source
        assert "1.716 bn USD [" not in row.evidence


@pytest.mark.parametrize(
    ("claim", "wanted"),
    [
        ("L01", {"recomputed": "1.685 bn USD to 1.75 bn USD", "rule": "between two snapshots"}),
        ("L02", {"notes": "582003 accounts"}),
        ("L03", {"recomputed": "1.685 bn USD", "difference": "31 m USD"}),
        ("L04", {"recomputed": "89.2 %", "rule": "90.8 %"}),
        ("L05", {"notes": "1.291 bn USD; 727 m USD of its total is in no group"}),
        ("L06", {"recomputed": "76.9 %"}),
        ("L07", {"notes": "235 m USD"}),
        ("L08", {"recomputed": "43.1 %", "notes": "1.7619 bn USD"}),
        ("L09", {"notes": "throttled"}),
        ("L11", {"notes": "of 6 known ones 3 lie in the band"}),
        ("R01", {"rewording": "largest since 2021-12-04 (1101 days)", "notes": "bybit liquidation topic"}),
        (
            "R03",
            {"rule": "2021-09-07 3.65 bn USD", "rewording": "2021-12-04", "notes": "bybit liquidation topic"},
        ),
        ("R04", {"notes": "beaten later: 2025-02-03 2.24 bn USD"}),
        ("R05", {"rule": "bitmex", "notes": "3.8 bn USD"}),
        ("R06", {"recomputed": "at least 800 m USD on 2024-11-12", "notes": "2024-12-05 1.1 bn USD"}),
        ("R07", {"recomputed": "6 to 7 of 10", "notes": "selection"}),
        ("C01", {"recomputed": "94150.05 USD"}),
        ("C02", {"recomputed": "6959.55 USD"}),
        ("C04", {"rewording": "dapp_volume of chain ethereum", "notes": "network_activity_change"}),
        ("C05", {"recomputed": "1.65 times", "notes": "optimism", "difference": "64.7 %"}),
        ("C07.sum", {"recomputed": "1.1697 bn USD", "notes": "as of 2024-12-09 it was 1.3195 bn USD"}),
        ("C07.record", {"rewording": "428.5 m USD"}),
        ("C08", {"notes": "tenor, venue"}),
        ("C10", {"notes": "read per 8h: 2956.5 % a year (implausible)", "rewording": "2.7 % per month"}),
        ("C11.december", {"rule": "6 of 12, december of 2012 to 2023", "notes": "2013 to 2023"}),
    ],
)
def test_what_an_answer_says(claim: str, wanted: dict[str, str], published: dict[str, VerdictRow]) -> None:
    row = published[claim].as_dict()
    assert list(row)[:2] == ["id", "verdict"]
    for column, text in wanted.items():
        assert text.lower() in row[column].lower(), row
