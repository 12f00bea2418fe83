"""Which column is computed from which: the value of each column, followed down to the tables it is read from.

What only filters, joins or groups rows is not part of a value and is not named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope
from sqlglot.schema import MappingSchema

from pipelines.models.contract import Model
from pipelines.models.lineage import LineageError, Models, require_references
from pipelines.models.syntax import DIALECT, is_function, parse_select, table_name

Origin = tuple[str, str]  # (schema.table, column)
Origins = frozenset[Origin]
Source = exp.Table | exp.Subquery | Scope  # what stands in FROM
ROWS = "*"  # as a column: the figure counts the rows of the table
NOTHING: Origins = frozenset()


class UnresolvedColumn(LineageError):
    """A column of a model cannot be followed, or the select does not give what the contract declares."""


def column_lineage(
    models: Models, external_columns: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, list[Origin]]]:
    """For each model and column, the (table, column) pairs it is computed from, one step up, sorted.

    `external_columns` holds the columns of the tables that no model makes. A count of rows comes from
    (table, "*"); a constant comes from nothing. Raises UnknownReference or UnresolvedColumn, so nothing is
    silently missing.
    """
    require_references(models, external_columns)
    tables = {**external_columns, **{name: model.column_names for name, model in models.items()}}
    nested: dict[str, Any] = {}
    for table, columns in tables.items():
        schema, name = table.split(".")
        nested.setdefault(schema, {})[name] = dict.fromkeys(columns, "unknown")
    catalogue = MappingSchema(nested, dialect=DIALECT)
    return {name: _trace(model, catalogue, tables) for name, model in models.items()}


def _trace(
    model: Model, catalogue: MappingSchema, tables: Mapping[str, Sequence[str]]
) -> dict[str, list[Origin]]:
    try:
        tree = qualify(parse_select(model.sql).copy(), schema=catalogue, dialect=DIALECT)
        scope = build_scope(tree)
    except SqlglotError as error:
        raise UnresolvedColumn(f"{model.path}: {error}", model.table) from error
    if scope is None:
        raise UnresolvedColumn(f"{model.path}: sqlglot finds no select in it", model.table)
    tracer = _Tracer(model, scope, tables)
    outputs = tuple(_outputs(scope))
    if outputs != model.column_names:
        raise UnresolvedColumn(
            f"{model.path}: the select gives ({', '.join(outputs)}), "
            f"the header declares ({', '.join(model.column_names)})",
            model.table,
        )
    return tracer.trace(outputs)


def _outputs(scope: Scope) -> list[str]:
    """The column names of a query, in lower case."""
    query = scope.expression
    assert isinstance(query, exp.Query)
    if isinstance(query, exp.SetOperation):
        left, right = (_outputs(s) for s in scope.set_operation_scopes)
        return list(dict.fromkeys(left + right)) if query.args.get("by_name") else left
    return [name.lower() for name in query.named_selects]


class _Tracer:
    """Follows the columns of one model through its scopes (CTEs, subqueries, unions, unnests)."""

    def __init__(self, model: Model, root: Scope, tables: Mapping[str, Sequence[str]]) -> None:
        self.model = model
        self.tables = tables
        self.root = root
        self.scopes = {id(scope.expression): scope for scope in root.traverse()}
        self.known: dict[tuple[int, str], Origins] = {}
        self.before: dict[tuple[int, str], Origins] = {}

    def trace(self, names: Iterable[str]) -> dict[str, list[Origin]]:
        """The origins of the columns of the model.

        A recursive query is followed with what the pass before knew of it, until a pass adds nothing.
        """
        found = {name: sorted(self.value(self.root, name)) for name in names}
        if self.known == self.before:
            return found
        self.before, self.known = self.known, {}
        return self.trace(names)

    def value(self, scope: Scope, name: str) -> Origins:
        """Where the column `name` of a query comes from."""
        key = (id(scope), name)
        if key not in self.known:
            self.known[key] = self.before.get(key, NOTHING)
            self.known[key] = self._value(scope, name)
        return self.known[key]

    def _value(self, scope: Scope, name: str) -> Origins:
        query = scope.expression
        if isinstance(query, exp.SetOperation):
            if query.args.get("by_name"):
                return _union(self.value(s, name) for s in scope.set_operation_scopes if name in _outputs(s))
            position = _outputs(scope).index(name)
            return _union(self.value(s, _outputs(s)[position]) for s in scope.set_operation_scopes)
        if isinstance(query, exp.Select):
            for projection in query.selects:
                if projection.alias_or_name.lower() == name:
                    return self._expression(scope, projection)
            raise self._lost(name, query)
        # unnest, values, lateral: rows made from an expression, which sees the query around it
        inner = self.scopes.get(id(query.this.unnest())) if isinstance(query.this, exp.Subquery) else None
        return self.value(inner, name) if inner else self._expression(scope, query)

    def _expression(self, scope: Scope, expression: exp.Expr) -> Origins:
        found: set[Origin] = set()
        for node in _own_nodes(expression):
            if isinstance(node, exp.Query) and node is not scope.expression:
                inner = self.scopes.get(id(node.unnest()))
                if inner is None:
                    raise self._lost(node.sql(DIALECT), expression)
                if isinstance(node.parent, exp.Exists):
                    found |= self._rows(inner)
                else:
                    found |= _union(self.value(inner, name) for name in _outputs(inner))
            elif isinstance(node, exp.Columns):
                raise self._lost(node.sql(DIALECT), expression)
            elif isinstance(node, exp.Column):
                found |= self._column(scope, node)
            elif isinstance(node, exp.Count) and isinstance(node.this, exp.Star | None):
                found |= self._rows(scope)
            elif isinstance(node, exp.Window) and node.args.get("alias"):
                for window in scope.expression.args.get("windows") or ():
                    if window.name.lower() == node.args["alias"].name.lower():
                        found |= self._expression(scope, window)
        return frozenset(found)

    def _column(self, scope: Scope, column: exp.Column) -> Origins:
        name = column.name.lower()
        sources = _sources(scope)
        if column.table:
            source = sources.get(column.table)
        else:  # sqlglot leaves the arguments of table functions as they are
            holders = [s for s in sources.values() if name in self._columns_of(scope, s)]
            source = holders[0] if len(holders) == 1 else None
        if source is None:
            raise self._lost(column.sql(DIALECT), column.parent or column)
        return self._source(scope, source, name)

    def _source(self, scope: Scope, source: Source, name: str) -> Origins:
        """Where a column of a table, a CTE or a subquery in FROM comes from."""
        if isinstance(source, exp.Table) and is_function(source):
            return self._expression(scope, source.this)
        base = self._base(scope, source)
        if isinstance(base, Scope) and not isinstance(base.expression, exp.Query):
            return self.value(base, name)
        if name in self._columns_of(scope, source):
            return (
                self.value(base, name) if isinstance(base, Scope) else frozenset({(table_name(base), name)})
            )
        # what PIVOT and UNPIVOT make comes from every column of the source that they name
        named = {c.name.lower() for pivot in _pivots(source) for c in pivot.find_all(exp.Column)}
        named &= set(self._columns_of(scope, source))
        if not named:
            raise self._lost(name, scope.expression)
        return _union(self._source(scope, source, column) for column in named)

    def _base(self, scope: Scope, source: Source) -> exp.Table | Scope:
        """The table, or the scope of the query, that a source stands for."""
        if isinstance(source, exp.Subquery):
            return self.scopes[id(source.unnest())]
        if isinstance(source, Scope) and self.scopes.get(id(source.expression), source) is not source:
            # inside a recursive CTE sqlglot puts a double of its first branch where the CTE is read
            return self.scopes[id(source.expression.find_ancestor(exp.SetOperation))]
        if isinstance(source, exp.Table) and not source.db and not is_function(source):
            cte = scope.cte_sources.get(source.name)
            if cte is None:
                raise self._lost(source.name, source)
            return cte
        return source

    def _columns_of(self, scope: Scope, source: Source) -> Sequence[str]:
        base = self._base(scope, source)
        if isinstance(base, Scope):
            return _outputs(base) if isinstance(base.expression, exp.Query) else ()
        return self.tables.get(table_name(base), ())

    def _rows(self, scope: Scope) -> Origins:
        """The tables whose rows a query goes through."""
        if isinstance(scope.expression, exp.SetOperation):
            return _union(self._rows(s) for s in scope.set_operation_scopes)
        key = (id(scope), ROWS)
        if key not in self.known:
            self.known[key] = self.before.get(key, NOTHING)
            bases = [self._base(scope, source) for _, source in scope.selected_sources.values()]
            self.known[key] = _union(
                self._rows(base) if isinstance(base, Scope) else frozenset({(table_name(base), ROWS)})
                for base in bases
                if isinstance(base, Scope) or not is_function(base)
            )
        return self.known[key]

    def _lost(self, what: str, where: exp.Expr) -> UnresolvedColumn:
        reason = f"{self.model.path}: cannot follow {what} in {where.sql(DIALECT)[:200]}"
        return UnresolvedColumn(reason, self.model.table)


def _sources(scope: Scope) -> dict[str, Source]:
    """What the columns of a scope may refer to: its own sources, then those of the queries around it."""
    sources: dict[str, Source] = {}
    around: Scope | None = scope
    while around is not None:
        for name, source in around.sources.items():
            sources.setdefault(name, source)
        for relation in (*around.tables, *around.derived_tables):
            assert isinstance(relation, exp.Table | exp.Subquery)
            for pivot in _pivots(relation):
                sources[pivot.alias] = relation
        around = around.parent
    return sources


def _pivots(source: Source) -> Sequence[exp.Expr]:
    return () if isinstance(source, Scope) else source.args.get("pivots") or ()


def _own_nodes(expression: exp.Expr) -> Iterator[exp.Expr]:
    """The nodes of an expression, each subquery as one node."""
    return expression.walk(prune=lambda node: isinstance(node, exp.Query))


def _union(parts: Iterable[Origins]) -> Origins:
    return frozenset().union(*parts)
