"""The contract in the header of a model file: what one row is, what each column means, what must hold.

The header is the only place where this is written; tables, comments, checks and pages follow from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from pipelines.models.syntax import DIALECT, UnreadableSql, parse_select, violations
from pipelines.models.units import UNITS, unit_column

SCHEMAS = ("reference", "staging", "facts", "rankings")  # the folders of models, in the way of a number
ASSERT, WARN = "assert", "warn"  # a failing assert blocks publishing, a failing warn is only kept
GRAIN = "grain"  # the name of the check that every model has

FORMS = {
    "description": "-- description: what one row is",
    "grain": "-- grain: day, asset",
    "column": "-- column: name | unit | meaning",
    "assert": "-- assert: name_of_what_holds | boolean expression over the columns",
    "warn": "-- warn: name_of_what_holds | boolean expression over the columns",
}
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_ENTRY = re.compile(r"-- ?([a-z_]+):\s*(.*)")


class ContractError(Exception):
    """A model file that breaks the contract: where, what is wrong, and what to write instead."""

    def __init__(self, file: Path, line: int, problem: str, remedy: str) -> None:
        super().__init__(f"{file}:{line}: {problem}; write {remedy}")
        self.file, self.line, self.problem, self.remedy = file, line, problem, remedy


@dataclass(frozen=True)
class Column:
    """A column of a model: its name, a unit of the vocabulary, and what the figure means."""

    name: str
    unit: str
    meaning: str


@dataclass(frozen=True)
class Check:
    """What must hold for each row: a row where `expression` is not true fails."""

    name: str
    expression: str
    severity: str


@dataclass(frozen=True)
class Model:
    """A file of sql/<schema>/<name>.sql; `sql` is its whole text, header included."""

    schema: str
    name: str
    path: Path
    sql: str
    description: str
    grain: tuple[str, ...]
    columns: tuple[Column, ...]
    checks: tuple[Check, ...] = ()

    @property
    def table(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def quoted(self) -> str:
        """The table as an identifier of SQL."""
        return f'"{self.schema}"."{self.name}"'

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns)


def load_models(sql_root: Path) -> dict[str, Model]:
    """Every model of the four folders of `sql_root`, keyed `schema.table`, in the order of the folders."""
    return {model.table: model for model in map(parse_model, model_files(sql_root))}


def model_files(sql_root: Path) -> Iterator[Path]:
    """Every file of the four folders, in the order of the folders."""
    return (path for schema in SCHEMAS for path in sorted((sql_root / schema).glob("*.sql")))


def parse_model(path: Path) -> Model:
    """The model in a file; the name of the folder is its schema, the name of the file its table.

    Raises ContractError, which names the file and the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ContractError(path, line, "the file is not UTF-8", "it in UTF-8") from error
    header = _Header(path, text)
    if path.parent.name not in SCHEMAS:
        header.fail(
            1, f"the folder {path.parent.name!r} is no schema of models", f"it in {', '.join(SCHEMAS)}"
        )
    if not _NAME.fullmatch(path.stem):
        header.fail(1, f"the file name {path.stem!r} is no table name", "it in snake_case")
    columns = header.columns()
    model = Model(
        schema=path.parent.name,
        name=path.stem,
        path=path,
        sql=text,
        description=header.single("description").text,
        grain=header.grain(columns),
        columns=columns,
        checks=header.checks(columns),
    )
    try:
        parse_select(text)
        for violation in violations(text):
            raise violation
    except UnreadableSql as error:
        header.fail(error.line or header.statement_line, error.problem, error.remedy)
    return model


@dataclass
class _Entry:
    line: int
    key: str
    text: str


class _Header:
    """The entries at the top of a file, and the rules for each kind of entry."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.entries: list[_Entry] = []
        lines = text.splitlines()
        for number, line in enumerate(lines, start=1):
            if not line.startswith("--"):
                break
            self._read(number, line)
        statement = (n for n, line in enumerate(lines, start=1) if line and not line.startswith("--"))
        self.statement_line = next(statement, 1)

    def fail(self, line: int, problem: str, remedy: str) -> None:
        raise ContractError(self.path, line, problem, remedy)

    def _read(self, number: int, line: str) -> None:
        body = line[2:]
        if not body.strip():
            return
        if body.startswith(("  ", "\t")) and self.entries:
            last = self.entries[-1]
            last.text = f"{last.text} {body.strip()}".strip()
            return
        match = _ENTRY.match(line)
        if not match or match[1] not in FORMS:
            self.fail(
                number,
                f"{line.strip()!r} is no entry of the header",
                f"one of {', '.join(FORMS)}; indent what continues an entry, move prose below an empty line",
            )
        else:
            self.entries.append(_Entry(number, match[1], match[2].strip()))

    def of(self, *keys: str) -> Iterator[_Entry]:
        return (e for e in self.entries if e.key in keys)

    def single(self, key: str) -> _Entry:
        found = list(self.of(key))
        if not found:
            self.fail(1, f"the header has no {key}", FORMS[key])
        if len(found) > 1:
            self.fail(found[1].line, f"a second {key}", "one only")
        if not found[0].text:
            self.fail(found[0].line, f"the {key} is empty", FORMS[key])
        return found[0]

    def columns(self) -> tuple[Column, ...]:
        columns: dict[str, Column] = {}
        lines: dict[str, int] = {}
        for entry in self.of("column"):
            name, unit, meaning = self._fields(entry, 3)
            if name in columns:
                self.fail(entry.line, f"column {name} stands twice (first in line {lines[name]})", "it once")
            if unit not in UNITS and not unit_column(unit):
                words = ", ".join(UNITS)
                self.fail(entry.line, f"unit {unit!r} of {name} is not in the vocabulary", f"one of {words}")
            columns[name], lines[name] = Column(name, unit, meaning), entry.line
        if not columns:
            self.fail(1, "the header has no columns", FORMS["column"])
        for column in columns.values():
            beside = unit_column(column.unit)
            if beside and beside not in columns:
                problem = f"the unit of {column.name} should stand in {beside}, which is no column"
                self.fail(lines[column.name], problem, "per <column of this table>")
        return tuple(columns.values())

    def grain(self, columns: tuple[Column, ...]) -> tuple[str, ...]:
        entry = self.single("grain")
        grain = tuple(name.strip() for name in entry.text.split(","))
        known = [c.name for c in columns]
        for name in grain:
            if name not in known:
                self.fail(entry.line, f"grain column {name!r} is not declared", f"one of {', '.join(known)}")
            if grain.count(name) > 1:
                self.fail(entry.line, f"grain column {name} stands twice", "it once")
        return grain

    def checks(self, columns: tuple[Column, ...]) -> tuple[Check, ...]:
        checks: dict[str, Check] = {}
        known = {c.name for c in columns}
        for entry in self.of(ASSERT, WARN):
            name, expression = self._fields(entry, 2)
            if name in checks or name == GRAIN:
                self.fail(entry.line, f"check {name} stands twice", "another name")
            self._verify_expression(entry, name, expression, known)
            checks[name] = Check(name, expression, entry.key)
        return tuple(checks.values())

    def _verify_expression(self, entry: _Entry, name: str, expression: str, known: set[str]) -> None:
        try:
            tree = sqlglot.parse_one(f"select {expression}", dialect=DIALECT)
        except SqlglotError:
            tree = None
        if not isinstance(tree, exp.Select) or len(tree.expressions) != 1:
            self.fail(entry.line, f"check {name} is no expression of SQL", FORMS[entry.key])
        elif tree.args.get("from_") or list(tree.find_all(exp.Subquery, exp.Window, exp.AggFunc, exp.Exists)):
            self.fail(entry.line, f"check {name} looks beyond its row", "an expression over the row alone")
        else:
            for column in tree.find_all(exp.Column):
                first = column.parts[0].name  # of a struct, the column comes first
                if first.lower() not in known:
                    words = f"one of {', '.join(sorted(known))}"
                    self.fail(entry.line, f"check {name} uses {first!r}, which is no column", words)

    def _fields(self, entry: _Entry, count: int) -> list[str]:
        fields = [f.strip() for f in entry.text.split("|", count - 1)]
        if len(fields) != count or not all(fields):
            self.fail(entry.line, f"the {entry.key} needs {count} fields", FORMS[entry.key])
        if not _NAME.fullmatch(fields[0]):
            self.fail(entry.line, f"{fields[0]!r} is no name", "it in snake_case")
        return fields
