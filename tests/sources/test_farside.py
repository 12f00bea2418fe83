"""Farside: a page is whole to its last footer row, and a dash is never a zero."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import farside
from pipelines.sources.contract import Incomplete, Unparsable, Unreachable, Window
from pipelines.storage.contracts import KINDS
from tests.sources.damaged import assert_same_or_named, without_tags

KIND = KINDS["etf_flows"]
PATH = "/farside.co.uk/bitcoin-etf-flow-all-data/"
WINDOW = Window.of_days(date(2024, 1, 11), date(2024, 12, 9))
M = 1_000_000


def span(text):
    return f'<span class="tabletext">{text}</span>'


def cell(text):
    shown = f'<span class="redFont">{text}</span>' if text.startswith("(") else text
    return f'<td><div align="right">{span(shown)}</div></td>'


def line(label, *cells):
    return f"<tr>\n<td>{span(label)}</td>\n" + "\n".join(map(cell, cells)) + "\n</tr>\n"


def page(head, *lines, footer=True):
    width = len(head) - 1
    foot = [(name, *["1.0"] * width) for name in farside.FOOTER] if footer else []
    header = "<tr>" + "".join(f"<th>{span(name)}</th>" for name in head) + "</tr>\n"
    body = "".join(line(*each) for each in (*lines, *foot))
    return (
        '<!DOCTYPE html>\n<html lang="en-GB"><head><meta charset="UTF-8"><title>Flows</title></head><body>\n'
        '<table class="nav"><tbody><tr><td>Home</td></tr></tbody></table>\n<figure class="wp-block-table">\n'
        f'<table class="wide etf">\n<thead>\n{header}</thead>\n<tbody>\n{body}</tbody>\n</table></figure>\n'
        "<p>Source: Farside Investors</p></body></html>\n"
    )


HEAD = ("Date", "IBIT", "FBTC", "GBTC", "BTC", "Total")
LINES = (
    ("Fee", "0.25%", "0.25%", "1.50%", "0.15%", ""),
    ("Seed", "10.0", "20.0", "-", "-", "30.0"),
    ("11 Jan 2024", "111.7", "227.0", "(95.1)", "-", "243.6"),
    ("15 Jan 2024", "-", "-", "-", "-", "0.0"),  # a holiday
    ("07 Nov 2024", "1,119.9", "190.9", "(7.3)", "20.4", "1,323.9"),
    ("09 Dec 2024", "-", "0.0", "(1,234.5)", "-", "(1,234.5)"),  # not all have reported
)
GOOD = page(HEAD, *LINES)
FUNDS = ("IBIT", "FBTC", "GBTC", "BTC", "TOTAL")
TABLE = {
    date(2024, 1, 11): ("111.7", "227.0", "-95.1", None, "243.6"),
    date(2024, 1, 15): (None, None, None, None, "0.0"),
    date(2024, 11, 7): ("1119.9", "190.9", "-7.3", "20.4", "1323.9"),
    date(2024, 12, 9): (None, "0.0", "-1234.5", None, "-1234.5"),
}
ROWS = {
    (fund, session): None if flow is None else Decimal(flow) * M
    for session, flows in TABLE.items()
    for fund, flow in zip(FUNDS, flows, strict=True)
}


@pytest.fixture
def read(answer_of):
    return lambda text, asset="BTC": farside.parse(answer_of(text.encode(), {"asset": asset}))


def flows_of(frame):
    return {(r[2], r[3]): r[4] for r in frame.iter_rows()}


def fetch_btc(client):
    part = farside.parts(client, [])[0]
    return list(farside.fetch(client.bind(part.name, WINDOW, None, part.context), part, WINDOW))


# ---- parts and fetch --------------------------------------------------------------------------------


def test_both_pages_whatever_is_asked(open_client):
    parts = farside.parts(open_client(), ["DOGE"])
    assert [(part.name, part.markets, part.since) for part in parts] == [
        ("BTC", ("btc",), date(2024, 1, 11)),
        ("ETH", ("eth",), date(2024, 7, 23)),
    ]


def test_the_page_with_all_sessions(upstream, open_client):
    upstream.serve(PATH, GOOD)
    [answer] = fetch_btc(open_client("farside", "farside_etf_flows"))
    assert answer.url == "https://farside.co.uk/bitcoin-etf-flow-all-data/"
    assert "Mozilla" in upstream.asked[0].headers["user-agent"]
    assert flows_of(farside.parse(answer)) == ROWS


def test_a_cut_page_that_still_parses_is_asked_again(upstream, attempts, open_client):
    upstream.answers[PATH] = [
        (200, {}, GOOD[: len(GOOD) * 2 // 3].encode()),
        (200, {}, page(HEAD, *LINES, footer=False).encode()),  # closes, and yet its end is not there
        (200, {}, b""),
        (200, {}, b"<html><body><h1>502 Bad Gateway</h1></body></html>"),
        (200, {}, GOOD.replace("</td>\n<td><div", "</td>\n<td></td><td><div", 1).encode()),
        (200, {}, GOOD.encode()),
    ]
    fetch_btc(open_client())
    assert attempts.verdicts == ["retry"] * 5 + ["ok"]
    reasons = [row.error for row in attempts.rows]
    assert "does not end with Total, Average, Maximum, Minimum" in reasons[0] and reasons[1] == reasons[0]
    assert reasons[3] == "the page has no table of class etf"
    assert "has 7 cells under a header of 6" in reasons[4]


def test_it_gives_up_by_name(upstream, open_client):
    upstream.serve(PATH, page(HEAD, *LINES, footer=False))
    with pytest.raises(Incomplete, match="the page was cut"):
        fetch_btc(open_client())


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, "<html><head><title>Just a moment...</title></head></html>"),
        (200, "<html><head><title>Just a moment...</title></head></html>"),
        (503, '<html><form id="challenge-form" action="/?__cf-chl_f_tk=1"></form></html>'),
        (403, "Forbidden"),
    ],
)
def test_the_browser_check_is_not_asked_twice(upstream, attempts, open_client, status, body):
    upstream.serve(PATH, body, status=status)
    with pytest.raises(Unreachable, match="wants a browser") as caught:
        fetch_btc(open_client())
    assert caught.value.stops_dataset and attempts.verdicts == ["unreachable"]


# ---- parse ------------------------------------------------------------------------------------------


def test_the_columns_of_the_contract_and_exact_dollars(read):
    frame = read(GOOD)
    assert frame.schema == KIND.columns and KIND.key == farside.KEY
    KIND.schema.validate(frame)
    assert flows_of(frame) == ROWS and len(frame) == len(ROWS)
    assert set(frame["market"]) == {"btc"} and set(frame["asset"]) == {"BTC"}


def test_today_before_the_first_report_is_nulls_and_the_printed_total(read):
    frame = read(page(HEAD, ("10 Dec 2024", "-", "-", "-", "-", "0.0")))
    assert frame["flow_usd"].to_list() == [None, None, None, None, Decimal(0)]


def test_columns_are_known_by_name(read):
    order = [0, 4, 2, 1, 3, 5]
    moved = page([HEAD[i] for i in order], *([each[i] for i in order] for each in LINES))
    assert flows_of(read(moved)) == ROWS


def test_an_inserted_column_moves_nothing(read):
    wider = page((*HEAD[:3], "MSBT", *HEAD[3:]), *((*each[:3], "-", *each[3:]) for each in LINES))
    flows = flows_of(read(wider))
    assert {key: flow for key, flow in flows.items() if key[0] != "MSBT"} == ROWS
    assert {flow for key, flow in flows.items() if key[0] == "MSBT"} == {None}


def test_the_renamed_ether_fund_is_one_series(read):
    before = read(page(("Date", "CETH", "ETH", "Total"), ("29 Aug 2025", "1.0", "2.0", "3.0")), "ETH")
    after = read(page(("Date", "TETH", "ETH", "Total"), ("02 Sep 2025", "4.0", "5.0", "9.0")), "ETH")
    assert before["fund"].to_list() == after["fund"].to_list() == ["TETH", "ETH", "TOTAL"]
    assert set(after["market"]) == {"eth"}


def test_the_short_page_with_its_three_header_rows(read):
    heads = "".join(
        "<tr>" + "".join(f"<th>{text}</th>" for text in cells) + "</tr>"
        for cells in (
            ("", '<img alt="Blackrock">', '<img alt="Fidelity">', "Total"),
            ("", "IBIT", "FBTC", ""),
            ("Fee", "0.25%", "0.25%", ""),
        )
    )
    text = page(("Date", "a", "b", "Total"), ("11 Jan 2024", "111.7", "227.0", "338.7"))
    start, end = text.index("<thead>"), text.index("</thead>")
    frame = read(text[:start] + "<thead>" + heads + text[end:])
    assert frame["fund"].to_list() == ["IBIT", "FBTC", "TOTAL"]


def test_a_doubled_row_counts_once_and_a_contradiction_is_named(read):
    assert flows_of(read(page(HEAD, *LINES, LINES[-1]))) == ROWS
    with pytest.raises(Unparsable, match="two values for one key"):
        read(page(HEAD, *LINES, ("09 Dec 2024", "1.0", "0.0", "(1,234.5)", "-", "(1,234.5)")))


def with_cell(text):
    return page(HEAD, ("11 Jan 2024", text, "227.0", "(95.1)", "-", "655.3"))


@pytest.mark.parametrize(
    "text", ["", "n/a", "12.3.4", "(95.1", "95.1)", "-95.1", "1,19.9", "0.25%", "12 3", "½"]
)
def test_a_cell_that_is_neither_amount_nor_dash(read, text):
    with pytest.raises(Unparsable, match="btc 2024-01-11 IBIT: expected an amount or '-'"):
        read(with_cell(text))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            GOOD.replace(">Total</span></th>", ">Net</span></th>"),
            "expected columns Date .. Total, found Date, .* Net",
        ),
        (GOOD.replace(">Date<", ">Day<"), "expected columns Date .. Total, found Day"),
        (GOOD.replace(">FBTC<", ">IBIT<"), "two columns for one fund"),
        (GOOD.replace(">FBTC<", "> <"), "expected the ticker of a fund, found ''"),
        (GOOD.replace(">FBTC<", ">Fidelity fund<"), "expected the ticker of a fund"),
        (GOOD.replace("11 Jan 2024", "2024-01-11"), "neither a session nor a known label: '2024-01-11'"),
        (GOOD.replace("11 Jan 2024", "31 Feb 2024"), "'31 Feb 2024' is not a date"),
        (GOOD.replace("11 Jan 2024", "11 Jän 2024"), "neither a session"),
        (GOOD.replace("</thead>", "").replace("<thead>", ""), "no header row"),
        (GOOD[: len(GOOD) * 2 // 3], "the page was cut"),
    ],
)
def test_another_format_is_named(read, text, reason):
    with pytest.raises(Unparsable, match=reason):
        read(text)


# ---- damage -----------------------------------------------------------------------------------------


def whole(reply):
    farside.refusal(reply)
    farside.whole_page(reply)


def assert_unharmed_or_named(answer_of, text):
    def answer(body):
        return answer_of(body, {"asset": "BTC"})

    good = farside.parse(answer(GOOD.encode()))
    assert flows_of(good) == ROWS
    assert_same_or_named(text.encode(), whole, farside.parse, answer, good)


def test_a_page_cut_at_any_byte(answer_of):
    for end in range(0, len(GOOD), 3):
        assert_unharmed_or_named(answer_of, GOOD[:end])


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_page_that_lost_a_few_tags(answer_of, data):
    assert_unharmed_or_named(answer_of, data.draw(without_tags(GOOD)))


@settings(max_examples=100, deadline=None)
@given(
    old=st.sampled_from(["111.7", "1,119.9", "(95.1)", "11 Jan 2024", "Total", "Minimum", "Date"]),
    new=st.sampled_from(["", "null", "NaN", "Infinity", "1e3", "--", "0x10", "(", "()"]),
)
def test_a_page_with_a_strange_text(answer_of, old, new):
    assert_unharmed_or_named(answer_of, GOOD.replace(f">{old}<", f">{new}<"))
