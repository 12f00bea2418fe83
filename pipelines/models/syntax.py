"""How the SQL of a model is read: sqlglot's tree, and the house rules that can be seen in it.

The tree is for looking only; what runs is always the text of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

DIALECT = "duckdb"

# Functions that make rows without reading anything; every other table function hides its source.
ROW_MAKERS = frozenset({"unnest", "generate_series", "range"})

# Their answer depends on when or by whom they are asked, so two builds would differ.
UNREPEATABLE = frozenset(
    {
        "current_date",
        "current_time",
        "current_timestamp",
        "current_localtimestamp",
        "current_localtime",
        "localtime",
        "localtimestamp",
        "get_current_timestamp",
        "transaction_timestamp",
        "now",
        "today",
        "rand",
        "random",
        "uuid",
        "uuidv4",
        "uuidv7",
        "gen_random_uuid",
        "nextval",
        "currval",
        "getvariable",
        "current_setting",
    }
)


class UnreadableSql(Exception):
    """SQL that breaks a rule of syntax; `line` counts from the top of the text, where it is known."""

    def __init__(self, problem: str, remedy: str, line: int | None = None) -> None:
        super().__init__(problem)
        self.problem, self.remedy, self.line = problem, remedy, line


@lru_cache(maxsize=1024)
def parse_select(sql: str) -> exp.Query:
    """The tree of the one SELECT in a text. Shared: copy it before changing it."""
    try:
        trees = [t for t in sqlglot.parse(sql, dialect=DIALECT) if t and not isinstance(t, exp.Semicolon)]
    except SqlglotError as error:
        details = getattr(error, "errors", None) or [{}]
        line = details[0].get("line")
        reason = details[0].get("description") or str(error)
        raise UnreadableSql(f"sqlglot cannot read it: {reason}", "plainer DuckDB SQL", line) from error
    if len(trees) != 1:
        raise UnreadableSql(f"holds {len(trees)} statements", "exactly one select")
    tree = trees[0]
    while isinstance(tree, exp.Subquery):
        tree = tree.unnest()
    if not isinstance(tree, exp.Select | exp.SetOperation):
        raise UnreadableSql(f"is a {tree.key} statement", "one select (values belong into a CTE)")
    return tree


def table_name(table: exp.Table) -> str:
    """`schema.table` in lower case."""
    return f"{table.db}.{table.name}".lower()


def is_cte(table: exp.Table) -> bool:
    """Whether an unqualified name is a CTE of a query around it."""
    node: exp.Expr | None = table
    while node is not None:
        with_ = node.args.get("with_")
        if with_ and any(cte.alias.lower() == table.name.lower() for cte in with_.expressions):
            return True
        node = node.parent
    return False


def is_function(table: exp.Table) -> bool:
    return isinstance(table.this, exp.Func)


def function_names(tree: exp.Expr) -> Iterator[tuple[str, exp.Func]]:
    """Each function call: its name in lower case, and the call."""
    for call in tree.find_all(exp.Func):
        yield (call.name if isinstance(call, exp.Anonymous) else call.sql_name()).lower(), call


@lru_cache(maxsize=1024)
def table_references(sql: str) -> frozenset[str]:
    """Every `schema.table` that a select reads."""
    tables = parse_select(sql).find_all(exp.Table)
    return frozenset(table_name(t) for t in tables if t.db and not is_function(t))


def violations(sql: str) -> Iterator[UnreadableSql]:
    """What the house rules forbid in a model, in the order of the rules."""
    tree = parse_select(sql)
    for table in tree.find_all(exp.Table):
        yield from _reference_violations(table)
    for parameter in tree.find_all(exp.Parameter, exp.Placeholder):
        yield _at(
            parameter, f"has a parameter {parameter.sql(DIALECT)}", "the value itself, or a table of them"
        )
    for sample in tree.find_all(exp.TableSample):
        yield _at(sample, "takes a sample", "every row: two builds must give the same table")
    for dot in tree.find_all(exp.Dot):
        if isinstance(dot.expression, exp.Func):
            name = f"{dot.this.sql(DIALECT)}.{dot.expression.name}"
            yield _at(
                dot, f"calls {name}()", "a built-in function, by its bare name: lineage ends in a macro"
            )
    for name, call in function_names(tree):
        if name in UNREPEATABLE:
            yield _at(call, f"calls {name}()", "a moment that stands in a table: two builds must be equal")
    yield from _star_violations(tree)


def _reference_violations(table: exp.Table) -> Iterator[UnreadableSql]:
    if is_function(table):
        name = (table.this.name if isinstance(table.this, exp.Anonymous) else table.this.sql_name()).lower()
        if table.db or name not in ROW_MAKERS:
            remedy = f"a table, or one of {', '.join(sorted(ROW_MAKERS))}: lineage ends in a macro or a file"
            yield _at(table, f"reads from the table function {name}()", remedy)
    elif table.catalog:
        yield _at(table, f"refers to {table.sql(DIALECT)}", "schema.table, without a database")
    elif not table.db and not is_cte(table):
        yield _at(table, f"refers to {table.name!r}, which is no CTE", f"schema.{table.name}")


def _star_violations(tree: exp.Expr) -> Iterator[UnreadableSql]:
    if isinstance(tree, exp.Subquery):
        yield from _star_violations(tree.unnest())
    elif isinstance(tree, exp.SetOperation):
        yield from _star_violations(tree.left)
        yield from _star_violations(tree.right)
    elif isinstance(tree, exp.Select) and (tree.is_star or list(tree.find_all(exp.Columns))):
        from_ = tree.args.get("from_")
        joined = [from_.this] if from_ else []
        joined += [join.this for join in tree.args.get("joins") or ()]
        for table in joined:
            if isinstance(table, exp.Table) and table.db:
                yield _at(table, f"selects every column of {table_name(table)}", "the columns by name")


def _at(node: exp.Expr, problem: str, remedy: str) -> UnreadableSql:
    lines = [n.meta["line"] for n in node.walk() if "line" in n.meta]
    return UnreadableSql(problem, remedy, min(lines) if lines else None)
