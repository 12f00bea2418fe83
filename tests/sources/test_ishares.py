"""iShares: flows from shares outstanding, files found by their labels, dates without a file."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import ishares
from pipelines.sources.contract import NotPublished, Part, Retry, SourceError, Unparsable, Window
from pipelines.sources.upstream import Reply
from tests.sources.damaged import assert_fits, assert_outlives_faults

PATH = "/www.ishares.com/us/products/333011/fund/1467271812596.ajax"
PART_CONTEXT = {"fund": "IBIT", "asset": "BTC", "product": 333011}
PART = Part("IBIT", ("ishares IBIT",), PART_CONTEXT, since=date(2024, 1, 11))
MONDAY = {**PART_CONTEXT, "day": "2024-12-09", "before": "2024-12-06", "shares_before": "900000000"}
NO_FILE = '\ufeffiShares Bitcoin Trust ETF\nFund Holdings as of,"-"\n'.encode()


def holdings(
    day="Dec 09, 2024", shares="909,000,000.00", coins="49,990,000,000.00", cash="5,000,000.00", **more
):
    preamble = [
        "iShares Bitcoin Trust ETF",
        f'Fund Holdings as of,"{day}"',
        'Inception Date,"Jan 05, 2024"',
        f'Shares Outstanding,"{shares}"',
    ]
    rows = [
        more.get("header", "Ticker,Name,Sector,Asset Class,Market Value,Weight (%),Quantity"),
        f'"BTC","BITCOIN","-","Alternative","{coins}","99.99","500,000.00"',
        f'"USD","USD CASH","-","Cash","{cash}","0.01","5,000,000.00"',
    ]
    text = "\r\n".join([*preamble, "", *rows, "", '"The content of this file is for information."'])
    return ("\ufeff" + text + "\r\n").encode()


# (909 - 900) million shares at (49,990 + 5) / 909 dollars each
FLOW = Decimal("495000000.0000")


def flows(frame):
    return [(r[2], r[3], r[4]) for r in frame.iter_rows()]


def test_flow_is_new_shares_at_net_asset_value(answer_of):
    frame = ishares.parse(answer_of(holdings(), MONDAY))
    assert_fits("etf_flows", frame, ishares.KEY)
    assert flows(frame) == [("IBIT", date(2024, 12, 9), FLOW)]
    assert set(frame["market"]) == {"ishares IBIT"} and set(frame["asset"]) == {"BTC"}


def test_the_bom_the_preamble_and_the_footer_are_not_rows(answer_of):
    longer = holdings().replace(b"Inception Date", b'Net Assets,"1"\r\nInception Date')
    assert flows(ishares.parse(answer_of(longer, MONDAY))) == [("IBIT", date(2024, 12, 9), FLOW)]


def test_a_dash_is_a_date_without_a_file(answer_of):
    ishares._whole(Reply(200, {}, NO_FILE), "BTC")
    assert ishares.parse(answer_of(NO_FILE, MONDAY)).is_empty()


def test_without_the_session_before_there_is_no_flow(answer_of):
    context = {name: value for name, value in MONDAY.items() if "before" not in name}
    assert ishares.parse(answer_of(holdings(), context)).is_empty()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (holdings(shares="1,818,000,000.00"), "shares went from 900000000 to 1818000000.* a split"),
        (holdings(day="Dec 06, 2024"), "asked for 2024-12-09, the file is of 2024-12-06"),
        (holdings(day="09/12/2024"), "expected a date"),
        (holdings(header="Ticker,Name,Sector,Asset Class,Value,Weight (%),Quantity"), "'Market Value'"),
        (holdings().replace(b"Shares Outstanding", b"Units"), "'Shares Outstanding' is not there once"),
        (holdings(shares="-"), "Shares Outstanding: expected a number"),
        (holdings().replace(b'"BTC","BIT', b'"XBT","BIT'), "expected one row of BTC and one of USD"),
    ],
)
def test_another_format_is_named(answer_of, body, reason):
    with pytest.raises(Unparsable, match=reason):
        ishares.parse(answer_of(body, MONDAY))


def test_each_weekday_is_told_what_the_one_before_had(upstream, open_client):
    """Monday after Friday; the flow after a date without a file stays unknown, as does the first."""
    window = Window.of_days(date(2024, 12, 9), date(2024, 12, 12))
    upstream.serve(
        PATH,
        holdings("Dec 06, 2024", "900,000,000"),
        holdings("Dec 09, 2024"),
        NO_FILE,
        holdings("Dec 11, 2024", "950,000,000"),
        holdings("Dec 12, 2024", "950,000,000"),
    )
    client = open_client("ishares", "ishares_holdings").bind("IBIT", window, None, PART_CONTEXT)
    frames = [ishares.parse(answer) for answer in ishares.fetch(client, PART, window)]
    asked = [(a.query["asOfDate"], a.query["fileName"]) for a in upstream.asked]
    assert asked == [(f"202412{d:02}", "IBIT_holdings") for d in (6, 9, 10, 11, 12)]
    assert [flows(f) for f in frames] == [
        [("IBIT", date(2024, 12, 9), FLOW)],
        [],
        [],
        [("IBIT", date(2024, 12, 12), Decimal(0))],
    ]


def test_nothing_is_asked_before_the_fund_began(upstream, open_client):
    upstream.serve(PATH, holdings("Jan 11, 2024"))
    list(ishares.fetch(open_client(), PART, Window.of_days(date(2024, 1, 11), date(2024, 1, 11))))
    assert len(upstream.asked) == 1


def test_404_is_an_answer(upstream, open_client):
    with pytest.raises(NotPublished):
        list(ishares.fetch(open_client(), PART, Window.of_days(date(2024, 12, 9), date(2024, 12, 9))))
    assert len(upstream.asked) == 1 and [p.name for p in ishares.parts(open_client(), ["SOL"])] == [
        "IBIT",
        "ETHA",
    ]


def test_passing_faults(upstream, attempts, open_client):
    one_day = Window.of_days(date(2024, 1, 11), date(2024, 1, 11))
    client = open_client()
    good = holdings("Jan 11, 2024")
    assert_outlives_faults(upstream, attempts, PATH, good, lambda: ishares.fetch(client, PART, one_day))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_never_changes_a_flow(answer_of, data):
    good = holdings()
    kind = data.draw(st.sampled_from(("cut", "line", "label")))
    lines = good.decode().split("\r\n")
    if kind == "cut":
        body = good[: data.draw(st.integers(0, len(good) - 1))]
    elif kind == "line":
        del lines[data.draw(st.integers(0, len(lines) - 1))]
        body = "\r\n".join(lines).encode()
    else:
        at = data.draw(st.sampled_from([n for n, line in enumerate(lines) if line]))
        body = "\r\n".join([*lines[:at], "x" + lines[at].lstrip("\ufeff"), *lines[at + 1 :]]).encode()
    try:
        ishares._whole(Reply(200, {}, body), "BTC")
        found = flows(ishares.parse(answer_of(body, MONDAY)))
    except (SourceError, Retry) as error:
        assert error.reason
    else:
        assert found == [("IBIT", date(2024, 12, 9), FLOW)]
