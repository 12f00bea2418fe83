"""Saved Farside pages: read as the fetched ones are, under their names, whole or not at all."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from pipelines.sources import farside, farside_recent, farside_saved
from pipelines.sources.contract import Unparsable

SAVED_AT = datetime(2024, 12, 10, 9, 30, tzinfo=UTC)


def page(*sessions, fund="IBIT"):
    rows = [*sessions, *((name, "1.0", "1.0") for name in farside.FOOTER)]
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    head = f"<tr><th>Date</th><th>{fund}</th><th>Total</th></tr>"
    return f'<html><table class="etf"><thead>{head}</thead><tbody>{body}</tbody></table></html>'


def save(folder, name, text, at=SAVED_AT):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def test_a_saved_page_is_parsed_as_a_fetched_one(tmp_path):
    path = save(
        tmp_path, "farside-btc.html", page(("09 Dec 2024", "394.2", "394.2"), ("10 Dec 2024", "-", "0.0"))
    )
    answer = farside_saved.answer_from_file(path)
    assert (answer.dataset, answer.part, answer.observed_at) == ("farside_etf_flows", "BTC", SAVED_AT)
    assert answer.window.last_day == date(2024, 12, 9) and str(tmp_path) not in answer.url
    flows = {(r[2], r[3]): r[4] for r in farside.parse(answer).iter_rows()}
    assert flows[("IBIT", date(2024, 12, 9))] == Decimal("394200000")
    assert flows[("IBIT", date(2024, 12, 10))] is None


def test_each_name_belongs_to_a_dataset_and_a_page(tmp_path):
    at = datetime(2026, 1, 23, 9, tzinfo=UTC)
    whole = page(("22 Jan 2026", "1.5", "1.5"), fund="BSOL")
    answers = [
        farside_saved.answer_from_file(save(tmp_path, name, whole, at)) for name in farside_saved.NAMES
    ]
    assert [(a.dataset, a.part, a.url, a.window.first_day) for a in answers] == [
        (
            "farside_etf_flows",
            "BTC",
            "https://farside.co.uk/bitcoin-etf-flow-all-data/",
            date(2024, 1, 11),
        ),
        (
            "farside_etf_flows",
            "ETH",
            "https://farside.co.uk/ethereum-etf-flow-all-data/",
            date(2024, 7, 23),
        ),
        ("farside_sol_etf_flows", "SOL", "https://farside.co.uk/sol/", date(2025, 10, 28)),
    ]
    assert set(farside_recent.parse(answers[2])["asset"]) == {"SOL"}


def test_another_name_or_half_a_page_is_named(tmp_path):
    names = "expected one of farside-btc.html, farside-eth.html, farside-sol.html"
    with pytest.raises(Unparsable, match=names):
        farside_saved.answer_from_file(save(tmp_path, "btc.html", page()))
    whole = page(("09 Dec 2024", "394.2", "394.2"))
    with pytest.raises(Unparsable, match="the table"):
        farside_saved.answer_from_file(save(tmp_path, "farside-eth.html", whole[: len(whole) * 2 // 3]))
