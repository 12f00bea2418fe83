"""What a model file must say, and how it is told what is wrong.

Every error names the file, the line and what to write instead.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.models.contract import Check, Column, ContractError, load_models, parse_model
from pipelines.models.units import UNITS, fits, meaning

GOOD = """\
-- description: Liquidated notional of a UTC day,
--   over all venues.
--
-- grain: day, side
-- column: day | date | UTC day
-- column: side | text | long or short, the liquidated position
-- column: amount_usd | usd | Sum over venues | of positions
-- assert: amount_is_not_negative | amount_usd >= 0
--   and side || '!' <> '!'
-- warn: amount_is_plausible | amount_usd < 1e11

-- Prose below the header is free.
with sums as (
    select day, side, sum(amount_usd) as amount_usd from facts.liquidations_daily group by all
)
select * from sums
"""


def write(folder: Path, text: str, name: str = "facts/totals.sql") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_header_is_read_whole(tmp_path: Path) -> None:
    model = parse_model(write(tmp_path, GOOD))
    assert model.table == "facts.totals"
    assert model.description == "Liquidated notional of a UTC day, over all venues."
    assert model.grain == ("day", "side")
    assert model.columns[2] == Column("amount_usd", "usd", "Sum over venues | of positions")
    assert model.checks == (
        Check("amount_is_not_negative", "amount_usd >= 0 and side || '!' <> '!'", "assert"),
        Check("amount_is_plausible", "amount_usd < 1e11", "warn"),
    )
    assert model.sql == GOOD, "what runs is the file, letter by letter"


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("-- description: Liq", "-- Liq", 1, "is no entry of the header"),
        (
            "-- description: Liquidated notional of a UTC day,\n--   over all venues.\n",
            "",
            1,
            "no description",
        ),
        ("-- grain: day, side\n", "", 1, "no grain"),
        ("-- grain: day, side", "-- grain: day, venue", 4, "grain column 'venue' is not declared"),
        ("-- grain: day, side", "-- grain: day, day", 4, "grain column day stands twice"),
        ("-- column: side", "-- grain: day\n-- column: side", 6, "a second grain"),
        (
            "-- column: side | text |",
            "-- column: day | text |",
            6,
            "column day stands twice (first in line 5)",
        ),
        ("| text |", "| words |", 6, "unit 'words' of side is not in the vocabulary"),
        ("| usd |", "| per unit |", 7, "unit of amount_usd should stand in unit"),
        ("| date | UTC day", "| date", 5, "the column needs 3 fields"),
        ("| text | long", "| | long", 6, "the column needs 3 fields"),
        ("-- column: side", "-- column: Side", 6, "'Side' is no name"),
        ("-- warn: amount_is_plausible", "-- warn: amount_is_not_negative", 10, "stands twice"),
        ("-- warn: amount_is_plausible", "-- warn: grain", 10, "check grain stands twice"),
        ("amount_usd < 1e11", "amount < 1e11", 10, "uses 'amount', which is no column"),
        ("amount_usd < 1e11", "amount_usd <", 10, "is no expression of SQL"),
        ("amount_usd < 1e11", "amount_usd < 1, 2", 10, "is no expression of SQL"),
        ("amount_usd < 1e11", "amount_usd < (select 1)", 10, "looks beyond its row"),
        ("amount_usd < 1e11", "sum(amount_usd) > 0", 10, "looks beyond its row"),
        ("-- warn:", "-- warning:", 10, "is no entry of the header"),
        ("select * from sums", "select *\nfrom facts.other", 17, "selects every column of facts.other"),
        ("select * from sums", "select * from totals", 16, "refers to 'totals', which is no CTE"),
        ("select * from sums", "select * from 'sums.parquet'", 16, "which is no CTE"),
        ("select * from sums", "select * from lake.facts.sums", 16, "refers to lake.facts.sums"),
        (
            "select * from sums",
            "select day, 'x', amount_usd\nfrom my_macro(1)",
            17,
            "table function my_macro()",
        ),
        ("select * from sums", "select day from read_csv('x.csv')", 16, "table function read_csv()"),
        ("select * from sums", "select day, macros.side(1) from sums", 16, "calls macros.side()"),
        ("select * from sums", "select day\nfrom sums\nwhere day < today()", 18, "calls current_date()"),
        ("select * from sums", "select day from sums where day > $start", 13, "has a parameter $start"),
        ("select * from sums", "select * from sums using sample 3", 16, "takes a sample"),
        ("select * from sums", "select * from sums;\nselect 1", 13, "holds 2 statements"),
        ("select * from sums", "select * from sums where (", 16, "sqlglot cannot read it"),
        ("with sums as (", "create table x as (", 13, "is a command statement"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, problem: str
) -> None:
    assert GOOD.count(old) == 1
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ContractError) as caught:
        parse_model(path)
    assert problem in str(caught.value)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert "; write " in str(caught.value)


def test_statements_that_are_no_select_are_refused(tmp_path: Path) -> None:
    header = GOOD[: GOOD.index("\n\n") + 1]
    for statement, kind in {"drop table raw.t": "drop", "values (1, 2)": "values"}.items():
        with pytest.raises(ContractError, match=f"is a {kind} statement"):
            parse_model(write(tmp_path, header + statement))
    with pytest.raises(ContractError, match="holds 0 statements"):
        parse_model(write(tmp_path, header))


def test_files_are_named_like_tables_and_lie_in_a_schema(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="is no table name"):
        parse_model(write(tmp_path, GOOD, "facts/Day-Totals.sql"))
    with pytest.raises(ContractError, match="'marts' is no schema"):
        parse_model(write(tmp_path, GOOD, "marts/totals.sql"))


def test_only_the_four_folders_of_models_are_loaded(tmp_path: Path) -> None:
    for name in ("rankings/b.sql", "facts/z.sql", "facts/a.sql", "queries/q.sql", "macros/m.sql"):
        write(tmp_path, GOOD if name[0] in "rf" else "create macro x() as 1", name)
    write(tmp_path, "notes", "facts/README.md")
    assert list(load_models(tmp_path)) == ["facts.a", "facts.z", "rankings.b"]
    assert load_models(tmp_path / "absent") == {}


def test_units_know_their_types() -> None:
    assert fits("usd", "DECIMAL(38,4)") and fits("count", "BIGINT") and fits("text", "VARCHAR[]")
    assert not fits("usd", "VARCHAR") and not fits("date", "TIMESTAMP WITH TIME ZONE")
    assert not fits("timestamptz", "TIMESTAMP"), "a moment without its zone is not a moment"
    assert fits("text", "ENUM('long', 'short')") and fits("per unit", "DOUBLE")
    assert "`unit`" in meaning("per unit")
    assert all(meaning(unit) for unit in UNITS)
