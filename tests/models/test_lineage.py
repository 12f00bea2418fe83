"""Lineage comes from the SQL: tables, order and columns, over the shapes that models are written in.

The order is held against random graphs; each shape is run by DuckDB too, so that none is invented.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.models.columns import UnresolvedColumn, column_lineage
from pipelines.models.contract import Column, Model
from pipelines.models.lineage import (
    CyclicModels,
    UnknownModel,
    UnknownReference,
    ancestors,
    build_order,
    descendants,
    upstream,
)

T = {"day": "date", "asset": "varchar", "usd": "decimal(18, 4)", "tags": "varchar[]"}
U = {"day": "date", "asset": "varchar", "price": "double"}
EXTERNAL = {"raw.t": list(T), "raw.u": list(U)}


def model(table: str, sql: str, *columns: str) -> Model:
    schema, name = table.split(".")
    named = columns or ("x",)
    path = Path("sql", schema, f"{name}.sql")
    return Model(schema, name, path, sql, "A table.", named[:1], tuple(Column(c, "text", "m") for c in named))


def reading(**sources: list[str]) -> dict[str, Model]:
    """Models of the schema facts by name, each with the tables it reads."""
    models = {}
    for name, tables in sources.items():
        counts = " + ".join(f"(select count(*) from {table})" for table in tables)
        models[f"facts.{name}"] = model(f"facts.{name}", f"select {counts or '1'} as x")
    return models


SHAPES = {
    "columns and an expression": (
        "select day, usd * 2 as twice from raw.t",
        {"day": "t.day", "twice": "t.usd"},
    ),
    "from first, keys in upper case": ("from RAW.T select Asset as name", {"name": "t.asset"}),
    "an alias of the same select": (
        "select usd as a, a + 1 as b from raw.t",
        {"a": "t.usd", "b": "t.usd"},
    ),
    "a star over CTEs": (
        "with a as (select day, usd from raw.t), b as (select *, usd + 1 as more from a) select * from b",
        {"day": "t.day", "usd": "t.usd", "more": "t.usd"},
    ),
    "a CTE with named columns over values": (
        "with v(k, n) as (values ('a', 1), ('b', 2)) select k, n from v",
        {"k": "", "n": ""},
    ),
    "values in from": ("select v.k from (values ('a'), ('b')) as v(k)", {"k": ""}),
    "a CTE that shadows a table's name": (
        "with t as (select price as usd from raw.u) select usd from t",
        {"usd": "u.price"},
    ),
    "a union": (
        "select day, asset from raw.t union all select day, asset || '!' from raw.u",
        {"day": "t.day u.day", "asset": "t.asset u.asset"},
    ),
    "a union by name": (
        "select day, usd from raw.t union all by name select price::decimal(18, 4) as usd, day from raw.u",
        {"day": "t.day u.day", "usd": "t.usd u.price"},
    ),
    "a union in brackets with its own order": (
        "(select asset from raw.t order by day limit 1) union (select asset as other from raw.u)",
        {"asset": "t.asset u.asset"},
    ),
    "a full join with using": (
        "select day, usd, price from raw.t full join raw.u using (day, asset)",
        {"day": "t.day u.day", "usd": "t.usd", "price": "u.price"},
    ),
    "an asof join": (
        "select t.usd / u.price as coins from raw.t asof left join raw.u "
        "on t.asset = u.asset and t.day >= u.day",
        {"coins": "t.usd u.price"},
    ),
    "a table joined to itself": (
        "select a.day, b.usd from raw.t as a join raw.t as b on a.day = b.day + 1",
        {"day": "t.day", "usd": "t.usd"},
    ),
    "a semi join, which adds no value": (
        "select usd from raw.t semi join raw.u using (day)",
        {"usd": "t.usd"},
    ),
    "a window": (
        "select row_number() over (partition by asset order by usd desc) as rank from raw.t",
        {"rank": "t.asset t.usd"},
    ),
    "a named window and qualify": (
        "select sum(usd) over w as s from raw.t window w as (partition by asset order by day) "
        "qualify row_number() over (order by day) = 1",
        {"s": "t.asset t.day t.usd"},
    ),
    "aggregates, counts and group by all": (
        "select asset, sum(usd) as s, arg_max(usd, day) as last, count(*) as n from raw.t group by all",
        {"asset": "t.asset", "s": "t.usd", "last": "t.usd t.day", "n": "t.*"},
    ),
    "a count over a union of CTEs": (
        "with a as (select day from raw.t union select day from raw.u) select count(*) as n from a",
        {"n": "t.* u.*"},
    ),
    "grouping sets": (
        "select coalesce(asset, 'all') as asset, sum(usd) as s from raw.t "
        "group by grouping sets ((asset), ())",
        {"asset": "t.asset", "s": "t.usd"},
    ),
    "distinct on": (
        "with l as (select distinct on (asset) * from raw.t order by asset, day desc) select usd from l",
        {"usd": "t.usd"},
    ),
    "a correlated subquery": (
        "select day, (select max(price) from raw.u where u.day = t.day) as top from raw.t",
        {"day": "t.day", "top": "u.price"},
    ),
    "exists and in": (
        "select exists(select 1 from raw.u where u.day = t.day) as e, day in (select day from raw.u) as i "
        "from raw.t",
        {"e": "u.*", "i": "t.day u.day"},
    ),
    "a lateral join": (
        "select t.day, l.p from raw.t, lateral (select price as p from raw.u where u.day = t.day) as l",
        {"day": "t.day", "p": "u.price"},
    ),
    "a lateral without a table": (
        "select l.twice from raw.t cross join lateral (select t.usd * 2 as twice) as l",
        {"twice": "t.usd"},
    ),
    "unnest in from": ("select g.tag from raw.t, unnest(t.tags) as g(tag)", {"tag": "t.tags"}),
    "unnest in select": ("select unnest(tags) as tag from raw.t", {"tag": "t.tags"}),
    "unnest in a subquery": (
        "select (select max(g.tag) from unnest(t.tags) as g(tag)) as tag from raw.t",
        {"tag": "t.tags"},
    ),
    "a calendar": (
        "select c.day::date as day, coalesce(t.usd, 0) as usd from generate_series(date '2024-01-01', "
        "date '2024-01-03', interval 1 day) as c(day) left join raw.t on t.day = c.day",
        {"day": "", "usd": "t.usd"},
    ),
    "a calendar per row": (
        "select s.d::date as d from raw.t, generate_series(day, day, interval 1 day) as s(d)",
        {"d": "t.day"},
    ),
    "a recursive CTE": (
        "with recursive r as (select day, 1 as n from raw.t union all "
        "select day + 1, n + 1 from r where n < 3) select day, n from r",
        {"day": "t.day", "n": ""},
    ),
    "a recursive CTE whose columns change places": (
        "with recursive r as (select asset as a, 'none' as b, 1 as n from raw.t union all "
        "select r.b, r.a, n + 1 from r where n < 3) select a, b, n from r",
        {"a": "t.asset", "b": "t.asset", "n": ""},
    ),
    "a lambda, a struct and a list": (
        "select list_filter(tags, lambda x: x <> asset) as l, {'d': day}.d as d, tags[1] as f from raw.t",
        {"l": "t.asset t.tags", "d": "t.day", "f": "t.tags"},
    ),
    "exclude and replace": (
        "with a as (select * exclude (tags) replace (usd + 1 as usd) from raw.t) select * from a",
        {"day": "t.day", "asset": "t.asset", "usd": "t.usd"},
    ),
    "a pivot": (
        "with a as (select day, asset, usd from raw.t) "
        "select day, btc from a pivot (sum(usd) for asset in ('BTC' as btc)) as p",
        {"day": "t.day", "btc": "t.asset t.usd"},
    ),
    "an unpivot": (
        "with a as (select day, usd, usd + 1 as more from raw.t) "
        "select day, what, amount from a unpivot (amount for what in (usd, more))",
        {"day": "t.day", "what": "t.usd", "amount": "t.usd"},
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_columns_are_followed_through_every_shape(shape: str) -> None:
    sql, expected = SHAPES[shape]
    lineage = column_lineage({"facts.m": model("facts.m", sql, *expected)}, EXTERNAL)["facts.m"]
    origins = {
        name: {(f"raw.{o.split('.')[0]}", o.split(".")[1]) for o in text.split()}
        for name, text in expected.items()
    }
    assert {name: set(found) for name, found in lineage.items()} == origins
    with duckdb.connect() as conn:
        conn.execute("create schema raw")
        for table, columns in (("t", T), ("u", U)):
            conn.execute(f"create table raw.{table} ({', '.join(' '.join(c) for c in columns.items())})")
        assert [column[0].lower() for column in conn.execute(sql).description] == list(expected)


def test_lineage_stops_at_the_next_model() -> None:
    models = {
        "staging.a": model("staging.a", "select usd as x from raw.t", "x"),
        "facts.b": model("facts.b", "select a.x as y, count(*) as n from staging.a group by all", "y", "n"),
    }
    lineage = column_lineage(models, EXTERNAL)
    assert lineage["staging.a"] == {"x": [("raw.t", "usd")]}
    assert lineage["facts.b"] == {"y": [("staging.a", "x")], "n": [("staging.a", "*")]}


@pytest.mark.parametrize(
    ("sql", "columns", "reason"),
    [
        ("select nothing from raw.t", ("nothing",), "nothing"),
        ("select day from raw.t, raw.u", ("day",), "day"),
        ("select x.usd from raw.t", ("usd",), "x"),
        (
            "select day, usd from raw.t",
            ("usd", "day"),
            r"gives \(day, usd\), the header declares \(usd, day\)",
        ),
        ("select min(columns(*)) as x from raw.t", ("x",), "cannot follow"),
        ("with v as (values (1)) select col0 as x from v", ("x",), "col0"),
    ],
)
def test_what_cannot_be_followed_is_an_error_with_its_file(
    sql: str, columns: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(UnresolvedColumn, match=rf"sql/facts/m\.sql: .*{reason}"):
        column_lineage({"facts.m": model("facts.m", sql, *columns)}, EXTERNAL)


def test_upstream_names_tables_and_no_ctes() -> None:
    sql = (
        "with raw_t as (select day from Raw.T), b as (select day from raw_t) "
        "select day as x from b where day in (select day from raw.u) and exists (from staging.z)"
    )
    assert upstream(model("facts.m", sql)) == {"raw.t", "raw.u", "staging.z"}


def test_neighbourhood() -> None:
    models = reading(
        a=["raw.t"], b=["facts.a"], c=["facts.a", "raw.u"], d=["facts.b", "facts.c"], e=["raw.u"]
    )
    assert ancestors(models, "facts.d") == {"facts.a", "facts.b", "facts.c", "raw.t", "raw.u"}
    assert ancestors(models, "facts.a") == {"raw.t"}
    assert descendants(models, "facts.a") == {"facts.b", "facts.c", "facts.d"}
    assert descendants(models, "raw.u") == {"facts.c", "facts.d", "facts.e"}
    with pytest.raises(UnknownModel, match=r"no model facts\.f"):
        ancestors(models, "facts.f")


def test_an_unknown_reference_names_the_file_and_what_was_meant() -> None:
    with pytest.raises(UnknownReference, match=r"sql/facts/b\.sql: facts\.aa .* did you mean facts\.a\?"):
        build_order(reading(a=[], b=["facts.aa"]), set())
    with pytest.raises(UnknownReference, match=r"raw\.buckets is neither a model nor given"):
        build_order(reading(a=["raw.buckets"]), {"meta.fetches"})
    with pytest.raises(UnknownReference, match=r"sql/facts/a\.sql: raw\.tt .* did you mean raw\.t\?"):
        column_lineage(reading(a=["raw.tt"]), EXTERNAL)


def test_a_circle_names_its_files_in_reading_order() -> None:
    models = reading(a=["facts.c"], b=["facts.a"], c=["facts.b"], d=[])
    with pytest.raises(CyclicModels) as caught:
        build_order(models, set())
    message = str(caught.value)
    circle = message.split(": ")[1].split(" (")[0].split(" reads ")
    assert len(circle) == 4 and circle[0] == circle[-1]
    for reader, source in pairwise(circle):
        assert source in upstream(models[reader])
    assert all(f"sql/facts/{name}.sql" in message for name in "abc") and "d.sql" not in message
    with pytest.raises(CyclicModels, match=r"facts\.a reads facts\.a"):
        build_order(reading(a=["facts.a"]), set())


@given(st.data())
def test_the_build_order_respects_every_edge(data: st.DataObject) -> None:
    names = data.draw(st.permutations([f"m{i}" for i in range(data.draw(st.integers(1, 12)))]))
    graph = {
        name: [f"facts.{s}" for s in data.draw(st.sets(st.sampled_from(names[:i])))] if i else []
        for i, name in enumerate(names)
    }
    order = build_order(reading(**graph), set())
    assert sorted(order) == sorted(f"facts.{name}" for name in names)
    for name, sources in graph.items():
        assert all(order.index(source) < order.index(f"facts.{name}") for source in sources)
    shuffled = {name: graph[name] for name in data.draw(st.permutations(names))}
    assert build_order(reading(**shuffled), set()) == order, "the order does not depend on that of the files"
