"""One number, unit, date, scope or direction of the article is changed: the verdict has to follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pipelines.research.claims import VerdictRow

SIX = ["ETH", "SOL", "DOGE", "XRP", "ADA", "SHIB"]

MUTATIONS: list[tuple[str, dict[str, Any], str]] = [
    # a value and its digits, unit, clock, day and scope
    ("L01", {"number": "$1.9 bn"}, "CONTRADICTED"),
    ("L01", {"number": "$1.8 bn"}, "SUPPORTED"),
    ("L01", {"number": "$2 bn"}, "ROUNDED"),
    ("L01", {"number": "17.16亿美元"}, "SUPPORTED"),
    ("L01", {"number": "171600万"}, "SUPPORTED"),
    ("L01", {"number": "1.716 bn EUR"}, "CONTRADICTED"),
    ("L01", {"number": "$1.716 m"}, "CONTRADICTED"),
    ("L01", {"number": "over $1.5 bn"}, "SUPPORTED"),
    ("L01", {"number": "over $2 bn"}, "CONTRADICTED"),
    ("L01", {"number": "$1.55 bn"}, "METRIC_RELABELLED"),  # that many were longs
    ("L01", {"number": "$1.5 bn"}, "CONTRADICTED"),
    ("L01", {"day": "2024-12-08"}, "UNVERIFIABLE"),
    ("L01", {"clock": "utc_day"}, "UNVERIFIABLE"),
    ("L01", {"scope": "asset BTC"}, "CONTRADICTED"),
    ("L01", {"quantity": "rainfall"}, "OUT_OF_SCOPE"),
    ("L01", {"quantity": "market_cap"}, "UNVERIFIABLE"),
    ("L01", {"day": "2021-09-07", "clock": "utc_day", "number": "$3.65 bn"}, "SUPPORTED"),
    ("L01", {"day": "2021-09-07", "clock": "utc_day", "number": "$28.16 bn"}, "CONTRADICTED"),
    ("L01", {"day": "2021-09-07", "number": "$2 bn"}, "CONTRADICTED"),  # the day alone had more
    ("L01", {"day": "2022-06-13", "number": "$6.54 bn"}, "CONTRADICTED"),  # a known false figure
    ("L01", {"day": "2024-11-12", "number": "$850 m"}, "UNVERIFIABLE"),  # only a lower bound is known
    ("L02", {"number": "562,000"}, "UNVERIFIABLE"),
    ("L02", {"quantity": "liquidations_total"}, "CONTRADICTED"),
    # own numbers
    ("L03", {"total": "$1.685 bn"}, "SUPPORTED"),
    ("L03", {"total": "$1.70 bn", "parts.0.number": "$1.55 bn", "parts.1.number": "$150 m"}, "SUPPORTED"),
    ("L03", {"parts.0.number": "$1.54 bn"}, "ARITHMETIC_ERROR"),
    ("L03", {"parts.1.number": "$186 m"}, "CONTRADICTED"),  # it adds up now, and is no published short side
    ("L03", {"total": "$1.75 bn"}, "MIXED_VINTAGES"),
    ("L04", {"share": "over 89 %"}, "SUPPORTED"),
    ("L04", {"share": "over 95 %"}, "ARITHMETIC_ERROR"),
    ("L04", {"share": "91 %"}, "MIXED_VINTAGES"),
    ("L05", {"scope": "group small caps"}, "SUPPORTED"),
    ("L05", {"scope": "group Others", "share": "over 97 %"}, "CONTRADICTED"),
    ("L05", {"total": "$600 m"}, "UNVERIFIABLE"),
    ("L06", {"share": "87 %"}, "CONTRADICTED"),
    ("L06", {"total": "$182 m", "share": "over 75 %"}, "SUPPORTED"),
    ("L06", {"scope": "asset ETH"}, "METRIC_RELABELLED"),
    ("L07", {"number": "$240 m"}, "SUPPORTED"),  # between the snapshots 235 and 243
    ("L07", {"number": "$250 m"}, "CONTRADICTED"),
    ("L08", {"share": "43 %"}, "SUPPORTED"),
    ("L08", {"share": "44 %"}, "MIXED_VINTAGES"),
    ("L08", {"of.number": "$1.75 bn"}, "SUPPORTED"),
    ("L08", {"part.number": "$720 m"}, "CONTRADICTED"),
    ("L09", {"places.0.rank": 3}, "CONTRADICTED"),
    ("L09", {"places.0.number": "$420 m"}, "ROUNDED"),
    ("L09", {"places.1.number": "$469 m"}, "CONTRADICTED"),
    ("L10", {"number": "$29.69 m"}, "CONTRADICTED"),
    ("L10", {"scope": "venue okx symbol ETHUSDT"}, "METRIC_RELABELLED"),
    ("L11", {"universe": SIX}, "CONTRADICTED"),  # three of six are not most
    ("L11", {"universe": SIX, "share": "half"}, "SUPPORTED"),
    ("L11", {"universe": ["XRP", "ADA", "PEPE", "WIF"]}, "UNVERIFIABLE"),
    # comparisons
    ("R01", {"since": "3 years"}, "SUPPORTED"),
    ("R01", {"since": "4 years"}, "CONTRADICTED"),
    ("R01", {"since": "2021-12-03"}, "CONTRADICTED"),
    ("R01", {"since": "2021-12-04"}, "SUPPORTED"),
    ("R01", {"number": "$3 bn"}, "CONTRADICTED"),
    ("R01", {"day": "2024-08-05", "number": "$1.09 bn", "since": "one year"}, "CONTRADICTED"),
    ("R01", {"clock": "utc_day"}, "UNVERIFIABLE"),
    ("R03", {"since": "2022"}, "SUPPORTED"),
    ("R04", {"cycle": "bull-2020"}, "CONTRADICTED"),
    ("R04", {"day": "2024-12-05", "number": "$1.1 bn"}, "CONTRADICTED"),
    ("R05", {"against": "2024-08-05"}, "SUPPORTED"),
    ("R05", {"against": "event 519"}, "CONTRADICTED"),
    ("R05", {"against": "event 519", "word": "far below"}, "NOT_COMPARABLE"),  # throttled since
    ("R05", {"against": "2022-01-21"}, "CONTRADICTED"),  # above, but not far
    ("R05", {"against": "2022-01-21", "word": "above"}, "SUPPORTED"),
    ("R05", {"against": "2023-01-01"}, "UNVERIFIABLE"),
    ("R05", {"word": None, "ratio": "3 times", "against": "2024-08-05"}, "CONTRADICTED"),
    ("R06", {"number": "$800 m"}, "SUPPORTED"),
    ("R06", {"number": "about $2 bn"}, "CONTRADICTED"),
    ("R06", {"period": "2024-10", "number": "$540 m"}, "SUPPORTED"),
    ("R06", {"period": "2023-11"}, "UNVERIFIABLE"),
    ("R07", {"band": "1 bn to 2 bn"}, "CONTRADICTED"),
    ("R07", {"share": "all"}, "CONTRADICTED"),
    ("R02.document", {"members": ["R01", "R02"]}, "INTERNALLY_INCONSISTENT"),
    ("R02.document", {"members": ["R01", "L01"]}, "SUPPORTED"),
    # prices, chains, ETFs, rates
    ("C01", {"number": "$94,150"}, "SUPPORTED"),
    ("C01", {"number": "$93,000"}, "CONTRADICTED"),
    ("C01", {"number": "$101,109.6"}, "METRIC_RELABELLED"),  # that was the open
    ("C02", {"number": "more than $7000"}, "CONTRADICTED"),
    ("C02", {"number": "more than $7000", "measure": "high to low"}, "SUPPORTED"),
    ("C02", {"number": "7 %"}, "SUPPORTED"),
    ("C02", {"direction": "up"}, "CONTRADICTED"),
    ("C02", {"day": "2024-12-08"}, "UNVERIFIABLE"),
    ("C03", {"levels.0.level": "$94000"}, "CONTRADICTED"),
    ("C03", {"levels.1.level": "$4200"}, "CONTRADICTED"),
    ("C03", {"levels.2.level": "$3300"}, "CONTRADICTED"),
    ("C04", {"quantity": "dapp_volume"}, "METRIC_RELABELLED"),  # the change still is of activity
    ("C04", {"quantity": "network_activity", "number": None}, "SUPPORTED"),
    ("C05", {"word": "far below"}, "CONTRADICTED"),
    ("C05", {"left.scope": "chains Ethereum, Base"}, "METRIC_RELABELLED"),
    ("C05", {"left": {"scope": "chain Ethereum", "number": "$24.2 bn"}}, "CONTRADICTED"),
    ("C05", {"quantity": "network_transaction_volume"}, "METRIC_RELABELLED"),
    ("C07.sum", {"number": "$1.32 bn"}, "CONTRADICTED"),  # as of a session that was not over
    ("C07.sum", {"since": "2024-12-02", "number": "$836.8 m"}, "SUPPORTED"),
    ("C07.sum", {"since": "2024-11-25"}, "UNVERIFIABLE"),
    ("C07.record", {"sum_since": None, "day": "2024-12-05", "number": "$428.5 m"}, "SUPPORTED"),
    ("C07.record", {"sum_since": None, "day": "2024-12-03", "number": "$132.6 m"}, "CONTRADICTED"),
    ("C08", {"number": "17 %"}, "UNIT_MISSING"),
    ("C08", {"number": "17 % a month"}, "CONTRADICTED"),
    ("C08", {"number": "25 % annualised"}, "CONTRADICTED"),
    ("C09", {"from": "-5 %"}, "CONTRADICTED"),
    ("C09", {"from": "-2 %", "to": "-7 %"}, "CONTRADICTED"),
    ("C10", {"number": "2.7 % a month"}, "SUPPORTED"),
    ("C10", {"number": "2.7 % per 8h"}, "CONTRADICTED"),
    ("C10", {"number": "32.4 % a year", "with": []}, "SUPPORTED"),
    ("C10", {"unit": "% a month"}, "SUPPORTED"),
    ("C11.january", {"share": "60 %"}, "CONTRADICTED"),
    ("C11.january", {"month": 2}, "UNVERIFIABLE"),
    ("C11.december", {"years": 11}, "CONTRADICTED"),
    ("C11.december", {"years": 11, "share": "5 of 11"}, "SUPPORTED"),
    ("C12", {"quantity": "fear_and_greed"}, "UNVERIFIABLE"),
]


@pytest.mark.parametrize(
    ("claim", "changes", "verdict"), MUTATIONS, ids=[f"{c}-{n}" for n, (c, _, _) in enumerate(MUTATIONS)]
)
def test_the_verdict_follows(
    claim: str, changes: dict[str, Any], verdict: str, mutated: Callable[..., VerdictRow]
) -> None:
    row = mutated(claim, changes)
    assert row.verdict == verdict, row


@pytest.mark.parametrize(
    ("claim", "made_at", "verdict", "note"),
    [
        ("L01", "2024-12-08T09:00:00Z", "UNVERIFIABLE", "published after the claim was made"),
        ("L01", "2024-12-09T11:00:00Z", "SUPPORTED", ""),  # 10 December has begun in the far east
        ("R04", "2025-02-05T00:00:00Z", "CONTRADICTED", ""),
        ("C07.sum", "2024-12-10T04:59:00Z", "SUPPORTED", ""),
        (
            "C07.sum",
            "2024-12-10T05:01:00Z",
            "CONTRADICTED",
            "as of 2024-12-06 it was 1.1697 bn USD and would fit",
        ),
    ],
)
def test_only_what_was_known_counts(
    claim: str, made_at: str, verdict: str, note: str, mutated: Callable[..., VerdictRow]
) -> None:
    row = mutated(claim, {}, made_at=made_at)
    assert row.verdict == verdict, row
    assert note in row.notes


def test_without_a_source_the_listed_article_would_prove_itself(mutated: Callable[..., VerdictRow]) -> None:
    assert "seed" not in mutated("L01", {}).source
    assert "seed" in mutated("L01", {}, source=None).source
