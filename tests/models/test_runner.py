"""A build is all or nothing, says what failed, and gives the same tables twice.

Everything runs against a DuckDB file.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.models.contract import ContractError, load_models
from pipelines.models.lineage import UnknownModel, UnknownReference
from pipelines.models.results import BlockedBuild, BuildResult, ModelError
from pipelines.models.runner import build, verify
from pipelines.models.standing import standing_models

FIRST = datetime(2024, 3, 7, 6, tzinfo=UTC)
SECOND = datetime(2024, 3, 8, 6, tzinfo=UTC)
EXTERNAL = {"raw.buckets"}

STAGING = (
    "select (bucket_start at time zone 'UTC')::date as day, venue, sum(long_usd) as usd\n"
    "from raw.buckets\ngroup by all\norder by all"
)
DAILY = "select day, sum(usd) as usd from staging.buckets group by all order by all"
VENUE_COLUMNS = ("day date", "venue text", "usd usd")


@pytest.fixture
def sql(write_model: Any, tmp_path: Path) -> Path:
    """raw.buckets → staging.buckets → facts.daily → rankings.days, and facts.notes beside it."""
    write_model("staging.buckets", STAGING, VENUE_COLUMNS, "day, venue")
    write_model("facts.daily", DAILY, checks=("assert: usd_is_positive | usd > 0",))
    write_model(
        "rankings.days",
        "select rank() over (order by usd desc) as rank, day, usd from facts.daily",
        ("rank rank", "day date", "usd usd"),
    )
    write_model("facts.notes", "select date '2024-03-05' as day, 'it''s' as note", ("day date", "note text"))
    return tmp_path / "sql"


def run(conn: duckdb.DuckDBPyConnection, sql: Path, at: datetime = FIRST, **more: Any) -> BuildResult:
    return build(conn, load_models(sql), external=EXTERNAL, build_at=at, **more)


def rows(conn: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return conn.execute(query).fetchall()


def failures(conn: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    found = rows(
        conn,
        'select epoch(build_at)::bigint, model, "check", severity, "row"::varchar '
        "from meta.check_failures order by all",
    )
    return [(*row[:4], json.loads(row[4])) for row in found]


def test_a_build_makes_the_tables_in_order(conn: duckdb.DuckDBPyConnection, sql: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    result = run(conn, sql, on_model=lambda *step: seen.append(step))
    assert [m.name for m in result.models] == [
        "facts.notes",
        "staging.buckets",
        "facts.daily",
        "rankings.days",
    ]
    assert [m.rows for m in result.models] == [1, 4, 3, 3]
    assert seen == [(m.name, i, 4) for i, m in enumerate(result.models, start=1)]
    assert all(c.passed for m in result.models for c in m.checks) and not result.blocked
    assert [c.name for c in result.models[2].checks] == ["grain", "usd_is_positive"]
    assert result.build_at == FIRST and not result.skipped and not result.dropped
    top = rows(conn, "select day::varchar, usd::varchar from rankings.days where rank = 1")
    assert top == [("2024-03-05", "1000.0000")]
    assert failures(conn) == []


def test_two_builds_give_identical_tables(conn: duckdb.DuckDBPyConnection, sql: Path) -> None:
    tables = ("staging.buckets", "facts.daily", "facts.notes", "rankings.days")
    run(conn, sql)
    before = {t: rows(conn, f"from {t}") for t in tables}
    described = {t: rows(conn, f"describe {t}") for t in tables}
    conn.execute("set TimeZone = 'Asia/Tokyo'")
    run(conn, sql, SECOND)
    assert before == {t: rows(conn, f"from {t}") for t in tables}
    assert described == {t: rows(conn, f"describe {t}") for t in tables}
    assert all(before.values())


def test_a_blocking_failure_changes_no_table_and_keeps_its_rows(
    conn: duckdb.DuckDBPyConnection, sql: Path, write_model: Any
) -> None:
    run(conn, sql)
    before = rows(conn, "from rankings.days") + rows(conn, "from facts.daily")
    conn.execute("insert into raw.buckets values (timestamptz '2024-03-09 01:00:00+00', 'okx', -5)")
    write_model("facts.notes", "select date '2024-03-05' as day, 'new' as note", ("day date", "note text"))
    with pytest.raises(BlockedBuild) as caught:
        run(conn, sql, SECOND)
    message = str(caught.value)
    assert "facts.daily" in message and "facts/daily.sql" in message
    assert 'usd_is_positive failed for 1 rows, first {"day":"2024-03-09","usd":-5.0000}' in message
    assert "not built, because made from these: rankings.days" in message
    assert caught.value.result.skipped == ("rankings.days",)
    assert rows(conn, "from rankings.days") + rows(conn, "from facts.daily") == before
    assert rows(conn, "select note from facts.notes") == [("it's",)], "nor any other table of that night"
    failed = ("facts.daily", "usd_is_positive", "assert", {"day": "2024-03-09", "usd": -5.0})
    assert failures(conn) == [(int(SECOND.timestamp()), *failed)]

    with pytest.raises(BlockedBuild):
        run(conn, sql, FIRST)
    assert failures(conn) == [(int(FIRST.timestamp()), *failed)], "replaced, not piled up"
    conn.execute("delete from raw.buckets where long_usd < 0")
    run(conn, sql, SECOND)
    assert failures(conn) == [], "what has been mended is not shown as failing"


def test_every_failed_check_is_named(conn: duckdb.DuckDBPyConnection, sql: Path, write_model: Any) -> None:
    write_model("facts.daily", "select day, usd from staging.buckets", checks=("assert: small | usd < 500",))
    write_model("facts.other", "select null::date as day, 1 as usd", checks=("assert: two | usd = 2",))
    with pytest.raises(BlockedBuild) as caught:
        run(conn, sql)
    failed = {(m.name, c.name, c.failing_rows) for m, c in caught.value.result.failures()}
    assert failed == {
        ("facts.daily", "grain", 1),
        ("facts.daily", "small", 1),
        ("facts.other", "grain", 1),
        ("facts.other", "two", 1),
    }
    assert '"copies":2' in str(caught.value) and '"day":null' in str(caught.value)


def test_an_unknown_answer_is_a_failure(conn: duckdb.DuckDBPyConnection, sql: Path, write_model: Any) -> None:
    select = "select date '2024-03-05' as day, null::decimal(18, 4) as usd"
    write_model("facts.other", select, checks=("assert: usd_is_positive | usd > 0",))
    with pytest.raises(BlockedBuild, match="usd_is_positive failed for 1 rows"):
        run(conn, sql)
    write_model("facts.other", select, checks=("assert: usd_is_positive | usd > 0 or usd is null",))
    assert not run(conn, sql).blocked


def test_a_warning_is_kept_and_does_not_block(
    conn: duckdb.DuckDBPyConnection, sql: Path, write_model: Any
) -> None:
    select = (
        "select date '2020-01-01' + i::integer as day, 1.5::double / (i - i) as usd from range(250) as r(i)"
    )
    write_model("facts.other", select, checks=("warn: usd_is_finite | isfinite(usd)",))
    result = run(conn, sql)
    ((model, check),) = result.failures()
    assert (model.name, check.name, check.severity) == ("facts.other", "usd_is_finite", "warn")
    assert check.failing_rows == 250 and len(check.sample) == 100 and not result.blocked
    assert rows(conn, "select count(*) from facts.other") == [(250,)]
    kept = rows(conn, "select count(*), min(\"row\"->>'day'), max(\"row\"->>'day') from meta.check_failures")
    assert kept == [(100, "2020-01-01", "2020-04-09")], "the first hundred by grain"
    (sql / "facts" / "other.sql").unlink()
    run(conn, sql)
    assert failures(conn) == [], "a model that is gone has no failures"


@pytest.mark.parametrize(
    ("select", "message"),
    [
        ("select day,\n    usdd as usd\nfrom staging.buckets", "usdd"),
        ("select venue::date as day, usd from staging.buckets", "binance"),
        ("select day from staging.buckets", r"missing: usd\)"),
        ("select day, usd, venue from staging.buckets", r"not declared: venue\)"),
        ("select usd, day from staging.buckets", "the order differs: the select gives usd, day"),
        ("select day, venue as usd from staging.buckets", "column usd is VARCHAR, but usd is US dollars"),
        ("select day::timestamp as day, usd from staging.buckets", "column day is TIMESTAMP, but date is"),
    ],
)
def test_a_model_that_cannot_be_built_is_named_and_changes_nothing(
    conn: duckdb.DuckDBPyConnection, sql: Path, write_model: Any, select: str, message: str
) -> None:
    run(conn, sql)
    before = rows(conn, "from facts.daily")
    write_model("facts.daily", select)
    write_model("facts.a_first", "select date '2024-03-05' as day, 1 as usd")
    with pytest.raises(ModelError, match=message) as caught:
        run(conn, sql)
    assert caught.value.file == sql / "facts" / "daily.sql"
    assert str(caught.value).startswith(f"{caught.value.file}: ")
    assert rows(conn, "from facts.daily") == before
    assert rows(conn, "select count(*) from duckdb_tables() where table_name = 'a_first'") == [(0,)]
    conn.execute("create table raw.still_works as select 1 as one")


def test_line_numbers_of_duckdb_are_those_of_the_file(
    conn: duckdb.DuckDBPyConnection, sql: Path, write_model: Any
) -> None:
    path = write_model("facts.daily", "select day,\n    usdd as usd\nfrom staging.buckets")
    line = path.read_text().splitlines().index("    usdd as usd") + 1
    with pytest.raises(ModelError, match=f"LINE {line}:"):
        run(conn, sql)


def test_a_check_that_cannot_be_evaluated_is_named(
    conn: duckdb.DuckDBPyConnection, sql: Path, write_model: Any
) -> None:
    write_model("facts.daily", DAILY, checks=("warn: odd | no_such_function(usd)",))
    with pytest.raises(ModelError, match=r"daily\.sql: .*no_such_function"):
        run(conn, sql)


def test_macros_are_refused(conn: duckdb.DuckDBPyConnection, sql: Path, write_model: Any) -> None:
    conn.execute("create macro thousands(x) as x / 1000")
    write_model("facts.daily", "select day, max(thousands(usd)) as usd from staging.buckets group by day")
    with pytest.raises(ModelError, match=r"daily\.sql: calls the macro thousands\(\)"):
        run(conn, sql)


def test_tables_without_a_model_are_dropped_in_the_model_schemas_only(
    conn: duckdb.DuckDBPyConnection, sql: Path
) -> None:
    run(conn, sql)
    conn.execute("create table facts.daily_old as select 1 as one")
    conn.execute("create view facts.looks as select 1 as one")
    conn.execute("create table raw.kept as select 1 as one")
    (sql / "rankings" / "days.sql").unlink()
    result = run(conn, sql)
    assert result.dropped == ("facts.daily_old", "facts.looks", "rankings.days")
    left = rows(
        conn,
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where schema_name <> 'meta' order by all",
    )
    assert [t for (t,) in left] == [
        "facts.daily",
        "facts.notes",
        "raw.buckets",
        "raw.kept",
        "staging.buckets",
    ]


def test_comments_carry_description_unit_and_meaning(
    conn: duckdb.DuckDBPyConnection, sql: Path, write_model: Any
) -> None:
    write_model("facts.daily", DAILY, description="It's the day's \"sum\"; -- of $1 each.")
    run(conn, sql)
    assert rows(conn, "select comment from duckdb_tables() where table_name = 'daily'") == [
        ("It's the day's \"sum\"; -- of $1 each.",)
    ]
    comments = (
        "select column_name, comment from duckdb_columns() where table_name = 'daily' order by column_index"
    )
    assert rows(conn, comments) == [("day", "date: its meaning"), ("usd", "usd: its meaning")]


def test_a_selection_builds_only_what_it_names(conn: duckdb.DuckDBPyConnection, sql: Path) -> None:
    run(conn, sql)
    conn.execute("insert into raw.buckets values (timestamptz '2024-03-08 01:00:00+00', 'okx', 1)")
    result = run(conn, sql, select={"facts.daily", "staging.buckets"})
    assert [m.name for m in result.models] == ["staging.buckets", "facts.daily"] and not result.dropped
    assert rows(conn, "select count(*) from facts.daily") == [(4,)]
    assert rows(conn, "select count(*) from rankings.days") == [(3,)]
    with pytest.raises(UnknownModel, match=r"facts\.dayly; did you mean facts\.daily\?"):
        run(conn, sql, select={"facts.dayly"})


def test_a_broken_file_stops_a_whole_build_and_keeps_its_table_in_a_part_of_one(
    conn: duckdb.DuckDBPyConnection, sql: Path, write_model: Any
) -> None:
    write_model("facts.notes", "select date '2024-03-05' as day", ("day date",), checks=("warn: w | false",))
    run(conn, sql)
    write_model("facts.notes", "selekt", ("day date",))
    models = standing_models(sql, {"raw.buckets": ["bucket_start", "venue", "long_usd"]})
    with pytest.raises(ContractError, match=r"facts/notes\.sql:4: "):
        build(conn, models, external=EXTERNAL, build_at=SECOND)
    conn.execute("insert into raw.buckets values (timestamptz '2024-03-08 01:00:00+00', 'okx', 1)")
    result = build(conn, models, external=EXTERNAL, build_at=SECOND, select=set(models))
    assert [m.name for m in result.models] == ["staging.buckets", "facts.daily", "rankings.days"]
    assert result.dropped == () and rows(conn, "select count(*) from facts.daily") == [(4,)]
    assert rows(conn, "select day::varchar from facts.notes") == [("2024-03-05",)]
    assert [f[1] for f in failures(conn)] == ["facts.notes"], "what it failed is still to be mended"


def test_an_unknown_reference_stops_before_anything_runs(conn: duckdb.DuckDBPyConnection, sql: Path) -> None:
    with pytest.raises(UnknownReference, match=r"buckets\.sql: raw\.buckets is neither"):
        build(conn, load_models(sql), external=set(), build_at=FIRST)
    assert rows(conn, "select count(*) from duckdb_tables() where schema_name = 'facts'") == [(0,)]


def test_verify_checks_what_is_there_and_writes_nothing(conn: duckdb.DuckDBPyConnection, sql: Path) -> None:
    models = load_models(sql)
    with pytest.raises(ModelError, match=r"daily\.sql: .*does not exist"):
        verify(conn, models, ["facts.daily"])
    run(conn, sql)
    conn.execute("update facts.daily set usd = -usd where day = date '2024-03-06'")
    daily, notes = verify(conn, models, ["facts.daily", "facts.notes"])
    assert daily.rows == 3 and daily.blocks and not notes.blocks
    assert [(c.name, c.failing_rows) for c in daily.checks] == [("grain", 0), ("usd_is_positive", 1)]
    assert json.loads(daily.checks[1].sample[0]) == {"day": "2024-03-06", "usd": -10.0}
    assert failures(conn) == []
    with pytest.raises(UnknownModel):
        verify(conn, models, ["facts.nothing"])


def test_a_stop_from_outside_rolls_back(conn: duckdb.DuckDBPyConnection, sql: Path) -> None:
    def stop(name: str, number: int, of: int) -> None:
        if number == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(conn, sql, on_model=stop)
    assert rows(conn, "select count(*) from duckdb_tables() where schema_name = 'staging'") == [(0,)]
    assert len(run(conn, sql).models) == 4
