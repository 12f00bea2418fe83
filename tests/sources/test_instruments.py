"""The lists that venues keep of their contracts: what a contract is worth there, and lists that are broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from damaged import assert_fits
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import gate, gate_orders, htx, htx_interest, htx_orders, instruments, okx, okx_orders
from pipelines.sources.contract import Answer, Cut, Dataset, SourceError, Unparsable, Window
from pipelines.sources.instruments import Instrument

NOW = datetime(2024, 12, 10, 3, tzinfo=UTC)  # the clock of the fixtures
ANY_DAY = Window(NOW, NOW.replace(second=1))
COLUMNS = ("instrument", "asset", "margin", "multiplier")


@dataclass(frozen=True)
class List:
    """One list of a venue: where it stands, how it is read, and a good one."""

    dataset: Dataset
    part: str
    context: dict[str, str]
    path: str
    good: Any
    told: tuple[tuple[str, str, str, str], ...]
    rows: Callable[[Any], list[Any]] = lambda body: body["data"]
    listed_at: datetime | None = None


def gate_row(name: str, multiplier: Any) -> dict[str, Any]:
    row = {"name": name, "type": "direct", "quanto_multiplier": multiplier, "funding_interval": 28800}
    return row | {"mark_price": "97250.31", "in_delisting": False, "order_size_min": 1}


def htx_row(code: str, size: Any, created: str = "20201021") -> dict[str, Any]:
    row = {"symbol": code.partition("-")[0], "contract_code": code, "contract_size": size, "price_tick": 0.1}
    return row | {"create_date": created, "contract_status": 1, "settlement_date": "1733817600000"}


def okx_row(swap: str, value: str, currency: str, kind: str = "linear", times: str = "1") -> dict[str, Any]:
    row = {"instType": "SWAP", "instId": swap, "instFamily": swap.removesuffix("-SWAP"), "state": "live"}
    row |= {"ctVal": value, "ctMult": times, "ctValCcy": currency, "ctType": kind, "settleCcy": "USDT"}
    return row | {"listTime": "1573557408000", "expTime": ""}


def htx_list(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"status": "ok", "data": list(rows), "ts": 1733799600000}


def okx_list(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"code": "0", "msg": "", "data": list(rows)}


GATE, HTX, OKX = gate.DATASETS[0], htx.DATASETS[0], okx.DATASETS[0]
HBDM, V4 = "/api.hbdm.com", "/api.gateio.ws/api/v4/futures"
LISTS = {
    "gate usdt": List(
        GATE,
        "usdt",
        {"settle": "usdt"},
        f"{V4}/usdt/contracts",
        [gate_row("BTC_USDT", "0.0001"), gate_row("币安人生_USDT", "10"), gate_row("PEPE_USDT", "10000000")],
        (("BTC_USDT", "BTC", "linear", "0.0001"), ("PEPE_USDT", "PEPE", "linear", "10000000")),
        rows=lambda body: body,
    ),
    "gate btc": List(
        GATE,
        "btc",
        {"settle": "btc"},
        f"{V4}/btc/contracts",
        [gate_row("BTC_USD", "0"), gate_row("ETH_USD", "0.000001")],  # ether, paid in bitcoin: no dollars
        (("BTC_USD", "BTC", "inverse", "1"),),
        rows=lambda body: body,
    ),
    "htx linear": List(
        HTX,
        "linear",
        {"margin": "linear"},
        f"{HBDM}/linear-swap-api/v1/swap_contract_info",
        htx_list(
            htx_row("BTC-USDT", 0.001),
            htx_row("BTC-USDT-241227", 0.001),
            htx_row("币安人生-USDT", 10),
            htx_row("XRP-USDT", 10),
        ),
        (("BTC-USDT", "BTC", "linear", "0.001"), ("XRP-USDT", "XRP", "linear", "10")),
        listed_at=datetime(2020, 10, 21, tzinfo=UTC),
    ),
    "htx inverse": List(
        HTX,
        "inverse",
        {"margin": "inverse"},
        f"{HBDM}/swap-api/v1/swap_contract_info",
        htx_list(htx_row("BTC-USD", 100.0), htx_row("ETH-USD", 10)),
        (("BTC-USD", "BTC", "inverse", "100"), ("ETH-USD", "ETH", "inverse", "10")),
        listed_at=datetime(2020, 10, 21, tzinfo=UTC),
    ),
    "okx": List(
        OKX,
        "swaps",
        {},
        "/www.okx.com/api/v5/public/instruments",
        okx_list(
            okx_row("BTC-USDT-SWAP", "0.01", "BTC"),
            okx_row("PEPE-USDT-SWAP", "1000000", "PEPE", times="10"),
            okx_row("币安人生-USDT-SWAP", "10", "币安人生"),
            okx_row("BTC-USDC-SWAP", "0.0001", "BTC"),
            okx_row("BTC-USD-SWAP", "100", "USD", "inverse"),
            okx_row("LTC-USD-SWAP", "10", "USD", "inverse"),
            okx_row("BTC-USD-SWAP", "100", "USD", "inverse") | {"instId": "BTC-USD-250328"},
        ),
        (
            ("BTC-USDT-SWAP", "BTC", "linear", "0.01"),
            ("PEPE-USDT-SWAP", "PEPE", "linear", "10000000"),  # ten times a million
            ("BTC-USD-SWAP", "BTC", "inverse", "100"),
            ("LTC-USD-SWAP", "LTC", "inverse", "10"),
        ),
        listed_at=datetime(2019, 11, 12, 11, 16, 48, tzinfo=UTC),
    ),
}
EVERY = pytest.mark.parametrize("told", LISTS.values(), ids=list(LISTS))


def terms(frame: pl.DataFrame) -> set[tuple[Any, ...]]:
    return set(frame.select(COLUMNS).rows())


def copied(given: List, *changes: dict[str, Any]) -> Any:
    """The good list with the fields of its first row changed."""
    body = [dict(row) for row in given.rows(given.good)]
    for change in changes:
        body[0] |= change
    return body if isinstance(given.good, list) else given.good | {"data": body}


# ---- one list ---------------------------------------------------------------------------------------


@EVERY
def test_a_list_says_what_a_contract_is_worth_and_the_answer_when(answer_of: Any, told: List) -> None:
    frame = told.dataset.parse(answer_of(told.good, told.context))
    assert_fits("instruments", frame, instruments.KEY)
    assert frame.select(COLUMNS).rows() == [(*names, Decimal(size)) for *names, size in told.told]
    assert set(frame["venue"]) == {told.dataset.source} and set(frame["market"]) == {told.part}
    assert set(frame["native_unit"]) == {"contract"} and set(frame["stated_at"]) == {NOW}
    assert set(frame["listed_at"]) == {told.listed_at}


@EVERY
def test_a_list_is_read_whole_whatever_is_asked_and_as_it_stands_now(
    upstream: Any, open_client: Any, attempts: Any, told: List
) -> None:
    assert told.dataset.cut is Cut.SNAPSHOT and told.dataset.kind == "instruments"
    client = open_client()
    (part,) = (p for p in told.dataset.parts(client, ("NOPE",)) if p.name == told.part)
    assert dict(part.context) == told.context and upstream.asked == []
    upstream.serve(told.path, b"", told.good)
    (answer,) = told.dataset.fetch(client.bind(part.name, ANY_DAY, None, part.context), part, ANY_DAY)
    assert told.dataset.parse(answer).height == len(told.told)
    assert attempts.verdicts == ["retry", "ok"] and attempts.bodies[-1] == answer.body


@EVERY
def test_a_contract_that_stands_there_twice_is_one_unless_its_worth_differs(
    answer_of: Any, told: List
) -> None:
    field = {"gate": "quanto_multiplier", "htx": "contract_size", "okx": "ctVal"}[told.dataset.source]
    twice = copied(told)
    rows = told.rows(twice)
    rows.append(dict(rows[0]))
    assert told.dataset.parse(answer_of(twice, told.context)).height == len(told.told)
    if told.part != "btc":  # there the field says no worth, and another value is another kind of contract
        rows[-1][field] = "7"
        with pytest.raises(Unparsable, match="two values"):
            told.dataset.parse(answer_of(twice, told.context))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("name", LISTS)
def test_no_damage_of_a_list_invents_or_changes_a_multiplier(
    answer_of: Any, damage: Any, name: str, data: st.DataObject
) -> None:
    """A contract that lost its own name is left out; what remains is as it was."""
    told = LISTS[name]
    good = terms(told.dataset.parse(answer_of(told.good, told.context)))
    try:
        found = terms(told.dataset.parse(answer_of(data.draw(damage(told.good)), told.context)))
    except SourceError as error:
        assert error.reason
    else:
        assert found <= good


# ---- what is broken ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "change", "why"),
    [
        ("gate usdt", {"quanto_multiplier": None}, "BTC_USDT quanto_multiplier"),
        ("gate usdt", {"quanto_multiplier": "0"}, "coins a contract"),
        ("gate usdt", {"quanto_multiplier": "-0.0001"}, "coins a contract"),
        ("gate usdt", {"quanto_multiplier": "0.0000000000001"}, "coins a contract"),  # less than is kept
        ("gate btc", {"quanto_multiplier": ""}, "BTC_USD quanto_multiplier"),
        ("gate usdt", {"name": None}, "name"),
        ("gate btc", {"name": "BTC"}, "name"),
        ("htx linear", {"contract_size": None}, "BTC-USDT contract_size"),
        ("htx linear", {"contract_size": 0}, "is no size"),
        ("htx inverse", {"contract_size": -100}, "is no size"),
        ("htx inverse", {"contract_size": "a hundred"}, "BTC-USD contract_size"),
        ("htx inverse", {"create_date": "2020-10-21"}, "BTC-USD create_date"),
        ("okx", {"ctVal": None}, "BTC-USDT-SWAP ctVal"),
        ("okx", {"ctVal": ""}, "BTC-USDT-SWAP ctVal"),
        ("okx", {"ctMult": None}, "BTC-USDT-SWAP ctMult"),
        ("okx", {"ctVal": "0"}, "is no size"),
        ("okx", {"ctMult": "-1"}, "is no size"),
        ("okx", {"ctVal": "0.0000001", "ctMult": "0.0000001"}, "is no size"),
        ("okx", {"ctValCcy": "USDT"}, "a contract of 'USDT' cannot be counted"),
        ("okx", {"ctValCcy": "ETH"}, "a contract of 'ETH' cannot be counted"),
        ("okx", {"ctValCcy": None}, "a contract of None cannot be counted"),
        ("okx", {"ctType": "inverse"}, "expected linear, found 'inverse'"),
        ("okx", {"listTime": "1573557408"}, "listTime"),
    ],
)
def test_a_worth_that_is_none_is_named(answer_of: Any, name: str, change: dict[str, Any], why: str) -> None:
    told = LISTS[name]
    with pytest.raises(Unparsable, match=why):
        told.dataset.parse(answer_of(copied(told, change), told.context))


@pytest.mark.parametrize(
    ("name", "field"),
    [
        *(("gate usdt", field) for field in ("name", "quanto_multiplier")),
        *(("gate btc", field) for field in ("name", "quanto_multiplier")),
        *(("htx linear", field) for field in ("contract_code", "contract_size")),
        *(("okx", f) for f in ("instId", "instFamily", "ctType", "ctVal", "ctMult", "ctValCcy")),
    ],
)
def test_a_renamed_field_is_named(answer_of: Any, name: str, field: str) -> None:
    told = LISTS[name]
    body = copied(told)
    row = told.rows(body)[0]
    row[field + "_v2"] = row.pop(field)
    with pytest.raises(Unparsable, match=f"field '{field}' is not there"):
        told.dataset.parse(answer_of(body, told.context))


def test_a_dollar_contract_must_be_counted_in_dollars(answer_of: Any) -> None:
    row = okx_row("BTC-USD-SWAP", "100", "BTC", "inverse")
    with pytest.raises(Unparsable, match="a contract of 'BTC' cannot be counted"):
        OKX.parse(answer_of(okx_list(row), {}))


def test_a_day_of_listing_that_is_not_stated_is_null(answer_of: Any) -> None:
    for name, field in (("htx linear", "create_date"), ("okx", "listTime")):
        told = LISTS[name]
        frame = told.dataset.parse(answer_of(copied(told, {field: ""}), told.context))
        assert frame["listed_at"].to_list()[:2] == [None, told.listed_at]


# ---- the rows of every list ---------------------------------------------------------------------------


def test_a_swap_that_is_only_announced_has_no_terms_yet(answer_of: Any) -> None:
    announced = okx_row("ETH-USDT-SWAP", "", "ETH") | {"state": "preopen"}
    body = okx_list(okx_row("BTC-USDT-SWAP", "0.01", "BTC"), announced)
    assert OKX.parse(answer_of(body, {}))["instrument"].to_list() == ["BTC-USDT-SWAP"]


def test_a_face_as_text_has_no_exponent_and_no_idle_zeros() -> None:
    faces = [Instrument("X", "X", "linear", Decimal(n)).face for n in ("1E+7", "0.000100000000", "100.00")]
    assert faces == ["10000000", "0.0001", "100"]


def test_a_list_without_contracts_has_no_rows() -> None:
    assert instruments.instrument_rows("gate", "usdt", [], NOW).is_empty()


# ---- who else asks the lists ---------------------------------------------------------------------------


def asked_of(upstream: Any, *names: str) -> list[str]:
    paths = {LISTS[name].path for name in names}
    return [asked.path for asked in upstream.asked if asked.path in paths]


def serve(upstream: Any, *names: str) -> None:
    for name in names:
        upstream.serve(LISTS[name].path, LISTS[name].good)


def test_datasets_of_one_run_ask_a_list_once_and_agree_with_it(upstream: Any, open_client: Any) -> None:
    serve(upstream, *LISTS)
    client = open_client()
    gate_parts = [d.parts(client, ("BTC",)) for d in (*gate.DATASETS[1:], *gate_orders.DATASETS)]
    okx_parts = [d.parts(client, ("BTC",)) for d in (*okx.DATASETS[1:], *okx_orders.DATASETS)]
    htx_parts = [
        d.parts(client, ("BTC",)) for d in (*htx.DATASETS[1:], *htx_orders.DATASETS, *htx_interest.DATASETS)
    ]
    assert all(gate_parts) and all(okx_parts) and all(htx_parts)
    assert sorted(asked_of(upstream, *LISTS)) == sorted(each.path for each in LISTS.values())
    faces = {p.markets[0]: p.context["face"] for p in okx_parts[-1] + htx_parts[-1]}
    faces |= {name: c["multiplier"] for p in gate_parts[-1] for name, c in p.context["contracts"].items()}
    stated = {name: size for each in LISTS.values() for name, *_, size in each.told}
    assert len(faces) == 6 and all(stated[name] == face for name, face in faces.items())


def test_the_dataset_of_a_list_asks_for_itself(upstream: Any, open_client: Any) -> None:
    """What it lands is its own: an answer that another dataset recorded would not be kept for it."""
    serve(upstream, "okx")
    client = open_client()
    okx.DATASETS[1].parts(client, ("BTC",))
    (part,) = OKX.parts(client, ())
    answers: list[Answer] = [*OKX.fetch(client, part, ANY_DAY), *OKX.fetch(client, part, ANY_DAY)]
    assert len(answers) == 2 and len(asked_of(upstream, "okx")) == 3


def test_a_contract_named_in_another_alphabet_does_not_cost_the_list(upstream: Any, open_client: Any) -> None:
    serve(upstream, *LISTS)
    client = open_client()
    named = {
        *(p.name for p in gate.DATASETS[1].parts(client, ())),
        *(p.name for p in htx_orders.DATASETS[0].parts(client, ())),
        *(p.markets[0] for p in okx_orders.DATASETS[0].parts(client, ())),
    }
    assert {"BTC_USDT", "PEPE_USDT", "XRP-USDT", "PEPE-USDT-SWAP"} <= named
    assert all(name.isascii() for name in named)
