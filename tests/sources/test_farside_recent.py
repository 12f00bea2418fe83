"""Farside's page of the last weeks: it forgets, so a window is whole only where the page reaches back to it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.runs import night
from pipelines.runs.plan import plan_part
from pipelines.sources import farside, farside_recent
from pipelines.sources.contract import Incomplete, Unparsable, Window
from pipelines.storage.contracts import KINDS
from pipelines.storage.duck import writer
from tests.sources.damaged import assert_same_or_named, without_tags

[DATASET] = farside_recent.DATASETS
PATH = "/farside.co.uk/sol/"
FUNDS = ("BSOL", "VSOL", "FSOL", "TSOL", "SOEZ", "GSOL")
WITH_MSOL = (*FUNDS[:5], "MSOL", "GSOL")
STRANGE = ("Listed", "2025-10-28", "2025-11-17", "2025-11-18", "2025-11-19", "2025-12-03", "2025-10-29", "")
M = 1_000_000


def rows(tag, lines):
    return "".join(
        "<tr>" + "".join(f"<{tag}>{text}</{tag}>" for text in cells) + "</tr>\n" for cells in lines
    )


def page(sessions, funds=FUNDS, head=(), body=()):
    """Logos, tickers and fees over the sessions; `head` and `body` are further rows of either."""
    width = len(funds) + 1
    heads = [
        ("", *[f'<img alt="{fund}">' for fund in funds], "Total"),
        ("", *funds, ""),
        ("Fee", *["0.20%"] * len(funds), ""),
        *head,
    ]
    lines = [
        *body,
        *((f"{day:%d %b %Y}", *cells) for day, cells in sessions.items()),
        *((name, *["1.0"] * width) for name in farside.FOOTER),
    ]
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="UTF-8"><title>Flows</title></head><body>\n<table class="etf">\n'
        f"<thead>\n{rows('th', heads)}</thead>\n<tbody>\n{rows('td', lines)}</tbody>\n</table></body></html>\n"
    )


def weeks(first, last, funds=FUNDS, usd=1):
    """Every weekday: all of a session's funds print the same number, which only `usd` and the day tell."""
    days = (date.fromisoformat(first) + timedelta(n) for n in range(60))
    return {
        day: [*[f"{day.day}.{usd}"] * len(funds), f"{(day.day * 10 + usd) * len(funds) / 10:,.1f}"]
        for day in days
        if day.weekday() < 5 and day <= date.fromisoformat(last)
    }


STAKING = ("Staking", "yes", "yes", "no", "no", "yes", "yes", "no", "")
SEED = ("Seed", "220.0", "10.0", "-", "-", "1.0", "-", "-", "231.0")
GOOD_SESSIONS = {
    date(2026, 9, 4): ("1,039.6", "(3.4)", "0.0", "-", "0.5", "-", "(1.2)", "1,035.5"),
    date(2026, 9, 7): ("-", "-", "-", "-", "-", "-", "-", "0.0"),  # a holiday
    date(2026, 9, 8): ("10.0", "2.0", "-", "0.1", "-", "16.3", "1.0", "29.4"),
}
GOOD = page(GOOD_SESSIONS, WITH_MSOL, head=[STAKING], body=[SEED])


def usd(cell):
    return None if cell == "-" else Decimal(cell.strip("()").replace(",", "")) * (-M if "(" in cell else M)


ROWS = {
    (fund, day): usd(cell)
    for day, cells in GOOD_SESSIONS.items()
    for fund, cell in zip((*WITH_MSOL, "TOTAL"), cells, strict=True)
}


@pytest.fixture
def read(answer_of):
    return lambda text: farside_recent.parse(answer_of(text.encode(), {"asset": "SOL"}))


def flows_of(frame):
    return {(r[2], r[3]): r[4] for r in frame.iter_rows()}


def fetch(client, first, last):
    [part] = farside_recent.parts(client, [])
    window = Window.of_days(date.fromisoformat(first), date.fromisoformat(last))
    return list(farside_recent.fetch(client.bind(part.name, window, None, part.context), part, window))


# ---- parse ------------------------------------------------------------------------------------------


def test_funds_of_the_short_page_in_exact_dollars(read):
    frame = read(GOOD)
    KINDS["etf_flows"].schema.validate(frame)
    assert flows_of(frame) == ROWS and len(frame) == len(ROWS)
    assert set(frame["market"]) == {"sol"} and set(frame["asset"]) == {"SOL"}


@pytest.mark.parametrize("label", ["Staking", "Staked", "Seed", "Fee"])
def test_what_is_said_of_the_funds_is_no_session_and_no_ticker_wherever_it_stands(read, label):
    said = (label, *STAKING[1:])
    for text in (page(GOOD_SESSIONS, WITH_MSOL, head=[said]), page(GOOD_SESSIONS, WITH_MSOL, body=[said])):
        assert flows_of(read(text)) == ROWS


def test_a_row_of_an_unknown_label_is_named(read):
    sessions = weeks("2026-09-01", "2026-09-08")
    with pytest.raises(Unparsable, match="neither a session nor a known label: 'Listed'"):
        read(page(sessions, body=[STRANGE]))
    with pytest.raises(Unparsable, match=r"expected columns Date \.\. Total, found Listed, BSOL 2025-10-28"):
        read(page(sessions, head=[STRANGE]))


def test_two_texts_over_a_column_make_no_ticker(read):
    with pytest.raises(Unparsable, match="expected the ticker of a fund, found 'BSOL Y'"):
        read(page(weeks("2026-09-01", "2026-09-08"), head=[("", *"YYNNYN", "")]))


# ---- fetch: does the page reach back to the window? -------------------------------------------------


def test_the_one_page_whatever_is_asked(upstream, open_client):
    upstream.serve(PATH, page(weeks("2026-09-01", "2026-09-18")))
    client = open_client("farside", "farside_sol_etf_flows")
    [part] = farside_recent.parts(client, ["DOGE"])
    assert (part.name, part.markets, part.since) == ("SOL", ("sol",), date(2025, 10, 28))
    [answer] = fetch(client, "2026-09-06", "2026-09-18")
    assert answer.url == "https://farside.co.uk/sol/" and farside.oldest_session(answer) == date(2026, 9, 1)


@pytest.mark.parametrize(
    ("first", "last", "begins", "missing"),
    [
        ("2026-09-05", "2026-09-17", "2026-09-08", None),  # a weekend and Labor Day are no sessions
        ("2026-09-05", "2026-09-17", "2026-09-09", "2026-09-08"),
        ("2026-09-04", "2026-09-17", "2026-09-08", "2026-09-04"),
        ("2026-09-05", "2026-09-07", "2026-09-09", None),  # asked for days without a session
        ("2026-09-09", "2026-09-17", "2026-09-08", None),
    ],
)
def test_a_page_that_begins_after_the_window_is_no_answer(
    upstream, open_client, first, last, begins, missing
):
    upstream.serve(PATH, page(weeks(begins, "2026-09-17")))
    if missing is None:
        assert len(fetch(open_client(), first, last)) == 1
    else:
        with pytest.raises(Incomplete, match=f"begins on {begins}, asked since the session of {missing}"):
            fetch(open_client(), first, last)


def test_a_page_without_a_session_is_no_answer(upstream, open_client):
    upstream.serve(PATH, page({}))
    with pytest.raises(Incomplete, match="has no session, asked since the session of 2026-09-08"):
        fetch(open_client(), "2026-09-05", "2026-09-17")


def test_a_row_that_is_not_understood_is_left_to_the_parser(upstream, open_client):
    """The page is forgotten soon: it must lie in landing to be read again once the row is known."""
    upstream.serve(PATH, page(weeks("2026-09-01", "2026-09-18"), body=[STRANGE]))
    [answer] = fetch(open_client(), "2026-09-06", "2026-09-18")
    with pytest.raises(Unparsable, match="'Listed'"):
        farside_recent.parse(answer)


def test_a_cut_page_is_asked_again(upstream, attempts, open_client):
    whole = page(weeks("2026-09-01", "2026-09-18"))
    upstream.serve(PATH, whole[: len(whole) * 2 // 3], whole)
    fetch(open_client(), "2026-09-06", "2026-09-18")
    assert attempts.verdicts == ["retry", "ok"]


# ---- nights -----------------------------------------------------------------------------------------


@pytest.fixture
def play(upstream, settings_at):
    """`play(now, page)` asks and loads on one night; what the load said, and (fund, day, flow, vintage) in force."""

    def one(now, text):
        upstream.answers[PATH] = [(200, {}, text.encode())]
        chosen = settings_at(f"{now}T03:00:00Z", FLOODMARK_MIRROR=upstream.url)
        with night.opened(chosen) as (folder, ledger, landing):
            asked = night.ingest(chosen, folder, ledger, landing, [DATASET], command="test")[DATASET.name]
            loaded = night.load(chosen, folder, ledger, landing, [DATASET], command="test")[DATASET.name]
            windows = [w for w in ledger.windows(DATASET.name) if w.part == "SOL"]
            with writer(folder, "test") as conn:
                raw = conn.execute(
                    "select fund, session_date, (flow_usd / 1e5)::int, vintage, retracted from raw.etf_flows"
                    " qualify row_number() over (partition by fund, session_date order by vintage desc) = 1"
                ).fetchall()
        shown = [f"{w.start_at:%m-%d}..{w.end_at:%m-%d}" for w in windows]
        return asked, loaded, shown, {(fund, f"{day:%m-%d}"): rest for fund, day, *rest in raw}

    return one


def test_the_second_night_asks_for_the_tail_and_takes_nothing_back(play):
    _, first, windows, known = play("2026-09-15", page(weeks("2026-08-27", "2026-09-14")))
    assert windows == ["09-02..09-15"] and first.new_vintages == 9 * 7
    assert min(day for _, day in known) == "09-02", "what the page holds from before the window is left out"
    # the page has moved on by two sessions, a fund is new on it and one figure was restated
    later = weeks("2026-08-31", "2026-09-15", WITH_MSOL)
    for day, cells in later.items():
        cells[5:6] = ["-"] if day < date(2026, 9, 15) else ["16.3"]
    later[date(2026, 9, 14)][0] = "99.9"
    _, second, windows, known = play("2026-09-16", page(later, WITH_MSOL))
    assert windows[1:] == ["09-05..09-16"]
    assert (second.retracted, second.problems) == (0, [])
    assert known["MSOL", "09-14"] == [None, 1, False] and known["MSOL", "09-15"] == [163, 1, False]
    assert known["BSOL", "09-14"] == [999, 2, False] and known["BSOL", "09-02"] == [21, 1, False]
    assert ("MSOL", "09-02") not in known


def test_a_fund_that_leaves_the_page_keeps_its_sessions_before_the_window(play):
    play("2026-09-15", page(weeks("2026-08-27", "2026-09-14")))
    left = tuple(fund for fund in FUNDS if fund != "TSOL")
    *_, known = play("2026-10-05", page(weeks("2026-09-16", "2026-10-02", left), left))
    assert {day: told for (fund, day), told in known.items() if fund == "TSOL"} == {
        f"09-{day:02}": [day * 10 + 1, 1, False] for day in (2, 3, 4, 7, 8, 9, 10, 11, 14)
    }
    assert known["BSOL", "10-02"] == [21, 1, False]


def test_a_page_that_forgot_too_much_fails_by_name_and_takes_nothing_back(play):
    play("2026-09-15", page(weeks("2026-08-27", "2026-09-14")))
    asked, loaded, _, known = play("2026-09-16", page(weeks("2026-09-10", "2026-09-15")))
    assert asked.missing == [
        "SOL 2026-09-05..2026-09-15: the page begins on 2026-09-10, asked since the session of 2026-09-08"
    ]
    assert loaded.windows == 0 and not any(retracted for *_, retracted in known.values())


@pytest.mark.parametrize("now", ["2026-09-14", "2026-09-15", "2026-09-18", "2026-09-19", "2026-12-31"])
def test_no_night_asks_for_more_than_two_weeks_of_ten_sessions(settings_at, now):
    clock = settings_at(f"{now}T03:00:00Z").now()
    [part] = farside_recent.parts(None, [])
    [window] = plan_part(DATASET, part, None, [], clock)
    days = (window.last_day - window.first_day).days + 1
    assert window.last_day == clock.date() - timedelta(days=1) and days == 13


# ---- damage -----------------------------------------------------------------------------------------


def assert_unharmed_or_named(answer_of, text):
    def answer(body):
        return answer_of(body, {"asset": "SOL"})

    good = farside_recent.parse(answer(GOOD.encode()))
    assert flows_of(good) == ROWS
    assert_same_or_named(text.encode(), farside.whole_page, farside_recent.parse, answer, good)


def test_a_page_cut_at_any_byte(answer_of):
    for end in range(0, len(GOOD), 7):
        assert_unharmed_or_named(answer_of, GOOD[:end])


TEXTS = ["", "BSOL", "Fee", "Staking", "Total", "04 Sep 2026", "1,039.6", "(3.4)", "Minimum", "Seed", "yes"]


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_page_that_lost_a_few_tags(answer_of, data):
    assert_unharmed_or_named(answer_of, data.draw(without_tags(GOOD)))


@settings(max_examples=150, deadline=None)
@given(
    old=st.sampled_from(TEXTS), new=st.sampled_from(["", "null", "NaN", "1e3", "--", "Y", "Feed", "(", "()"])
)
def test_a_page_with_a_strange_text(answer_of, old, new):
    assert_unharmed_or_named(answer_of, GOOD.replace(f">{old}<", f">{new}<"))
