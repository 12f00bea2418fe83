"""OKX's settled funding: archive files cut at UTC+8, REST pages backwards, and what can be broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from archive_files import zipped
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources import okx
from pipelines.sources.contract import Cut, NotPublished, Part, Refused, Unparsable, Unreachable, Window
from pipelines.storage.contracts import KINDS

CONTRACTS, ARCHIVE, RECENT = okx.DATASETS
HISTORY = "/www.okx.com/api/v5/public/funding-rate-history"
INSTRUMENTS = "/www.okx.com/api/v5/public/instruments"
MONTHLY = "/static.okx.com/cdn/okex/traderecords/swaprates/monthly"
CONTEXT = {"swap": "BTC-USDT-SWAP", "asset": "BTC", "margin": "linear"}
PART = Part("BTC-USDT-SWAP", ("BTC-USDT-SWAP",), CONTEXT)
HEADER = "instrument_name,funding_rate,funding_time\n"
# 2024-10-31 16:00 UTC is 2024-11-01 00:00 in UTC+8: the first settlement of the November file
SETTLEMENTS = (
    "BTC-USDT-SWAP,0.0001872446163727,1730390400000\n"
    "BTC-USDT-SWAP,-0.0000272620297401,1730419200000\n"
    "BTC-USDT-SWAP,0,1730448000000\n"
)
NOVEMBER = Window(datetime(2024, 10, 31, 16, tzinfo=UTC), datetime(2024, 11, 30, 16, tzinfo=UTC))
WINDOW = Window.of_days(date(2024, 12, 1), date(2024, 12, 2))
EIGHT_HOURS_MS = 8 * 3_600_000


def november(text: str = HEADER + SETTLEMENTS, swap: str = "BTC-USDT-SWAP") -> bytes:
    return zipped(f"{swap}-fundingrates-2024-11.csv", text)


def envelope(rows: Any, code: str = "0", text: str = "") -> dict[str, Any]:
    return {"code": code, "msg": text, "data": rows}


def settlement(time: int, realized: str = "0.0001872446163727", predicted: str = "0.0002") -> dict[str, str]:
    row = {"instType": "SWAP", "instId": "BTC-USDT-SWAP", "fundingRate": predicted, "realizedRate": realized}
    return row | {"fundingTime": str(time), "formulaType": "noRate", "method": "next_period"}


def page(*times: int) -> dict[str, Any]:
    return envelope([settlement(t) for t in times])


def times(newest_first: int) -> list[int]:
    return [WINDOW.end_ms - EIGHT_HOURS_MS * n for n in range(1, newest_first + 1)]


def test_the_datasets_keep_the_contract_of_their_kind() -> None:
    assert KINDS["funding_rates"].key == okx.FUNDING_KEY
    assert (ARCHIVE.cut, ARCHIVE.cut_offset_hours, ARCHIVE.tail_days) == (Cut.MONTH, -8, 0)
    assert (RECENT.cut, RECENT.depth_days, RECENT.cut_offset_hours) == (Cut.DAYS, 92, 0)


# ---- which swaps -----------------------------------------------------------------------------------


def swap(name: str) -> dict[str, str]:
    coin, quote, _ = name.split("-")
    linear = quote != "USD"
    row = {"instId": name, "instType": "SWAP", "instFamily": f"{coin}-{quote}", "listTime": "1611916828000"}
    row |= {"ctType": "linear" if linear else "inverse", "ctVal": "0.01" if linear else "100"}
    return row | {"ctMult": "1", "ctValCcy": coin if linear else "USD"}


def test_swaps_of_the_asked_assets_and_two_of_them_in_dollars(upstream: Any, open_client: Any) -> None:
    names = [
        "BTC-USDT-SWAP",
        "BTC-USD-SWAP",
        "SOL-USDT-SWAP",
        "SOL-USD-SWAP",
        "BTC-USDC-SWAP",
        "XRP-USDT-SWAP",
    ]
    rows = [swap(n) for n in [*names, names[0], "币安人生-USDT-SWAP"]]
    upstream.serve(INSTRUMENTS, envelope(rows))
    recent = RECENT.parts(open_client(), ("BTC", "SOL", "XRP", "NOPE"))
    assert [(p.name, p.context["margin"], p.since) for p in recent] == [
        ("BTC-USDT-SWAP", "linear", date(2021, 1, 29)),
        ("BTC-USD-SWAP", "inverse", date(2021, 1, 29)),
        ("SOL-USDT-SWAP", "linear", date(2021, 1, 29)),
        ("XRP-USDT-SWAP", "linear", date(2021, 1, 29)),
    ]
    kept = ["BTC-USDT-SWAP", "BTC-USD-SWAP", "SOL-USDT-SWAP"]
    assert [p.name for p in ARCHIVE.parts(open_client(), ("BTC", "SOL", "XRP"))] == kept
    assert [p.name for p in ARCHIVE.parts(open_client(), ())] == kept
    every = ["BTC-USDT-SWAP", "BTC-USD-SWAP", "SOL-USDT-SWAP", "XRP-USDT-SWAP"]
    assert [p.name for p in RECENT.parts(open_client(), ())] == every
    before = len(upstream.asked)
    assert ARCHIVE.parts(open_client(), ("XRP",)) == []
    assert len(upstream.asked) == before


def test_funding_needs_no_contract_value(upstream: Any, open_client: Any) -> None:
    upstream.serve(INSTRUMENTS, envelope([swap("BTC-USDT-SWAP") | {"ctVal": "", "ctType": "new"}]))
    assert [part.name for part in RECENT.parts(open_client(), ("BTC",))] == ["BTC-USDT-SWAP"]


def test_a_list_without_names_is_refused(upstream: Any, open_client: Any) -> None:
    row = swap("BTC-USDT-SWAP")
    upstream.serve(INSTRUMENTS, envelope([{"instrument": row.pop("instId"), **row}]))
    with pytest.raises(Unparsable, match="'instId' is not there"):
        RECENT.parts(open_client(), ("BTC",))


# ---- archive ---------------------------------------------------------------------------------------


def test_the_file_of_a_window_is_named_by_its_month_in_utc_plus_8(upstream: Any, open_client: Any) -> None:
    path = f"{MONTHLY}/202411/BTC-USDT-SWAP-fundingrates-2024-11.zip"
    upstream.serve(path, november())
    client = open_client().bind(PART.name, NOVEMBER, None, CONTEXT)
    rest_of_month = Window(datetime(2024, 11, 1, tzinfo=UTC), NOVEMBER.end)  # where an asked range begins
    for window in (NOVEMBER, rest_of_month):
        (answer,) = ARCHIVE.fetch(client, PART, window)
        assert ARCHIVE.parse(answer)["settled_at"].min() == NOVEMBER.start
    assert [a.path for a in upstream.asked] == [path, path]


def test_archive_rates_keep_every_place_and_zero_is_a_rate(answer_of: Any) -> None:
    rows = ARCHIVE.parse(answer_of(november(), CONTEXT))
    assert rows["rate"].to_list() == [
        Decimal("0.0001872446163727"),
        Decimal("-0.0000272620297401"),
        Decimal(0),
    ]
    assert rows["interval_hours"].to_list() == [None] * 3
    assert set(rows["margin"]) == {"linear"}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (november(HEADER.replace("funding_rate", "rate") + SETTLEMENTS), "funding_rate"),
        (november(SETTLEMENTS), "instrument_name"),
        (november(HEADER + SETTLEMENTS.replace("BTC-USDT-SWAP,0,", "ETH-USDT-SWAP,0,")), "ETH-USDT-SWAP"),
        (november(HEADER + SETTLEMENTS.replace("SWAP,0,", "SWAP,,")), "funding_rate"),
        (november(HEADER + SETTLEMENTS + "BTC-USDT-SWAP,0.1,1730448000000\n"), "two values"),
        (november(HEADER + SETTLEMENTS.replace("00000\n", "00\n")), "funding_time"),
        (november(swap="ETH-USDT-SWAP"), "BTC-USDT-SWAP"),
        (november()[:-20], "zip"),
    ],
)
def test_a_broken_file_is_named(answer_of: Any, body: bytes, why: str) -> None:
    with pytest.raises(Unparsable, match=why):
        ARCHIVE.parse(answer_of(body, CONTEXT))


@given(data=st.data())
def test_no_damage_to_a_file_changes_numbers_silently(answer_of: Any, data: st.DataObject) -> None:
    good = ARCHIVE.parse(answer_of(november(), CONTEXT))
    lines = [line.split(",") for line in (HEADER + SETTLEMENTS).splitlines()]
    row, column = data.draw(st.integers(0, 3)), data.draw(st.integers(0, 2))
    kind = data.draw(st.sampled_from(("drop", "rename", "alter", "double", "cut")))
    if kind == "drop":
        del lines[row][column]
    elif kind == "rename":
        lines[0][column] += "_v2"
    elif kind == "alter":
        lines[row][column] = data.draw(st.sampled_from(("", "null", "true", "1e400", "inf")))
    elif kind == "double":
        lines.insert(data.draw(st.integers(1, 4)), list(lines[max(row, 1)]))
    body = november("".join(",".join(line) + "\n" for line in lines))
    if kind == "cut":
        body = body[: data.draw(st.integers(0, len(body) - 1))]
    try:
        rows = ARCHIVE.parse(answer_of(body, CONTEXT))
    except Unparsable as error:
        assert error.reason
    else:
        assert set(rows.rows()) == set(good.rows())


def test_a_cut_zip_is_asked_again_and_a_missing_one_is_absent(
    upstream: Any, open_client: Any, attempts: Any
) -> None:
    good = november()
    with pytest.raises(NotPublished):
        list(ARCHIVE.fetch(open_client(), PART, NOVEMBER))
    path = f"{MONTHLY}/202411/BTC-USDT-SWAP-fundingrates-2024-11.zip"
    upstream.serve(
        path, good[: len(good) * 2 // 3], b"", "<html>502</html>", zipped("a.csv", "", "b.csv"), good
    )
    (answer,) = ARCHIVE.fetch(open_client(), PART, NOVEMBER)
    assert answer.body == good
    assert attempts.verdicts == ["absent"] + ["retry"] * 4 + ["ok"]


# ---- REST ------------------------------------------------------------------------------------------


def test_the_realized_rate_counts_and_what_is_ahead_is_left_out(answer_of: Any) -> None:
    ahead = settlement(1733817600000, realized="")  # 2024-12-10 08:00, five hours after the answer
    rows = RECENT.parse(answer_of(envelope([ahead, settlement(1733788800000, "0.00001", "0.9")]), CONTEXT))
    assert rows.rows() == [
        (
            "okx",
            "BTC-USDT-SWAP",
            "BTC",
            "linear",
            datetime(2024, 12, 10, tzinfo=UTC),
            Decimal("0.000010000000000000"),
            None,
            "settled",
        )
    ]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([settlement(1733788800000, realized="")], "realizedRate"),
        ([settlement(1733788800000) | {"instId": "ETH-USDT-SWAP"}], "ETH-USDT-SWAP"),
        ([settlement(1733788800)], "fundingTime"),
        ([settlement(1733788800000), settlement(1733788800000, "0.3")], "two values"),
        ({}, "expected a list"),
    ],
)
def test_a_broken_answer_is_named(answer_of: Any, rows: Any, why: str) -> None:
    with pytest.raises(Unparsable, match=why):
        RECENT.parse(answer_of(envelope(rows), CONTEXT))


@given(data=st.data())
def test_no_damage_changes_numbers_silently(answer_of: Any, damage: Any, data: st.DataObject) -> None:
    body = page(1733788800000, 1733760000000)
    good = RECENT.parse(answer_of(body, CONTEXT))
    try:
        rows = RECENT.parse(answer_of(data.draw(damage(body)), CONTEXT))
    except Unparsable as error:
        assert error.reason
    else:
        assert set(rows.rows()) == set(good.rows())


def test_pages_go_back_with_after_until_the_start_or_an_empty_page(upstream: Any, open_client: Any) -> None:
    upstream.serve(HISTORY, page(*times(2)), page(*times(6)[2:]))
    client = open_client().bind(PART.name, WINDOW, None, CONTEXT)
    answers = list(RECENT.fetch(client, PART, WINDOW))
    assert sum(RECENT.parse(a).height for a in answers) == 6
    assert [int(a.query["after"]) for a in upstream.asked] == [WINDOW.end_ms, times(2)[-1]]

    upstream.answers.clear()
    upstream.serve(HISTORY, page(*times(2)), envelope([]))
    assert len(list(RECENT.fetch(client, PART, WINDOW))) == 2
    upstream.answers.clear()
    upstream.serve(HISTORY, page(*times(2)))
    with pytest.raises(Unparsable, match="not older"):
        list(RECENT.fetch(client, PART, WINDOW))


def test_passing_trouble_is_asked_again(upstream: Any, open_client: Any, attempts: Any) -> None:
    upstream.serve(HISTORY, b'{"code":"0","da', b"", "<html>502</html>")
    upstream.serve(HISTORY, envelope([], "50011", "Too Many Requests"), status=429)
    upstream.serve(HISTORY, envelope([], "50013", "Systems are busy"))
    upstream.serve(HISTORY, page(*times(6)))
    (answer,) = RECENT.fetch(open_client(), PART, WINDOW)
    assert RECENT.parse(replace(answer, context=CONTEXT)).height == 6
    assert attempts.verdicts == ["retry"] * 5 + ["ok"]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, envelope([], "51001", "Instrument ID does not exist"), NotPublished),
        (200, envelope([], "51000", "Parameter limit error"), Refused),
        (400, envelope([], "50014", "Parameter instId can not be empty."), Refused),
        (403, "<html>403 Forbidden</html>", Unreachable),
        (200, {"code": "0", "msg": "", "rows": []}, Unparsable),
    ],
)
def test_a_refusal_has_its_own_name(
    upstream: Any, open_client: Any, status: int, body: Any, error: Any
) -> None:
    upstream.serve(HISTORY, body, status=status)
    with pytest.raises(error):
        list(RECENT.fetch(open_client(), PART, WINDOW))
    assert len(upstream.asked) == 1
