"""The rooms of the house: who may import whom, what each may touch, and how a module introduces itself."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.settings import PROJECT
from pipelines.sources import frames
from pipelines.storage.contracts import KINDS

PACKAGE = PROJECT / "pipelines"
MODULES = sorted(PACKAGE.rglob("*.py"))

# The room of a module is its folder or its name; these belong to another room.
FILES = {"definitions": "assets", "terminal": "cli", "commands": "cli", "__init__": "none"}
MAY_IMPORT = {
    "settings": set(),
    "sources": {"settings"},
    "storage": {"settings"},
    "models": {"settings"},
    "runs": {"models", "storage", "sources", "settings"},
    "assets": {"runs", "models", "storage", "sources", "settings", "research"},
    "research": {"runs", "models", "storage", "sources", "settings"},
    # the command line shows what the others make, and tells the Dagster UI what it loaded
    "cli": {"runs", "models", "storage", "sources", "settings", "research", "assets"},
    "none": set(),
}
ONLY_IN = {
    "dagster": {"assets"},
    "duckdb": {"storage", "models"},
    "requests": {"sources"},
    "sqlite3": {"storage"},
    "filelock": {"storage"},
    "typer": {"cli"},
}


def room(path: Path) -> str:
    inside = path.relative_to(PACKAGE)
    return room_of(inside.parts[0] if len(inside.parts) > 1 else inside.stem)


def room_of(part: str) -> str:
    """The room of a folder or file directly below pipelines/."""
    return FILES.get(part, part)


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it, but for what only a type checker reads."""
    skipped: set[ast.AST] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            skipped.update(n for child in node.body for n in ast.walk(child))
        elif node in skipped:
            continue
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module == "pipelines")


def named(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def test_the_rooms_are_these() -> None:
    assert {room(p) for p in MODULES} <= set(MAY_IMPORT)
    assert {room(p) for p in MODULES} >= {"settings", "sources", "storage", "models", "runs", "cli"}


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_imports_go_one_way(path: Path) -> None:
    own = room(path)
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "pipelines" and len(parts) > 1:
            target = room_of(parts[1])
            assert target == own or target in MAY_IMPORT[own], f"{own} must not import {name}"
        elif parts[0] in ONLY_IN:
            assert own in ONLY_IN[parts[0]], f"{own} must not import {parts[0]}"


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_only_settings_reads_the_environment(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            assert node.attr not in ("environ", "getenv", "putenv"), f"line {node.lineno}"
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            assert not {a.name for a in node.names} & {"environ", "getenv", "putenv"}


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_says_what_belongs_in_it_and_stays_small(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 400
    docstring = ast.get_docstring(ast.parse(text)) or ""
    assert len(docstring) > 20, "a module opens with what belongs there"
    if path.stem != "__init__":
        assert "from __future__ import annotations" in text


def test_tests_and_sql_stay_small_too() -> None:
    for folder, pattern in (("tests", "*.py"), ("sql", "*.sql"), ("bench", "*.py")):
        for path in (PROJECT / folder).rglob(pattern):
            assert len(path.read_text().splitlines()) <= 400, named(path)


def project_files() -> list[Path]:
    """What belongs to the project: what git has, or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a checkout")
    return [p for name in listed.stdout.splitlines() if (p := PROJECT / name).is_file()]


# put together here, so that this file does not name what it looks for
PLACES = [
    re.compile(rf"(?<![\w.~]){root}/[\w.-]+")
    for root in ("/" + "root", "/" + "work", "/" + "home", "/" + "Users")
]
HOSTS = [re.compile("pypi" + r"\.org|files\.pythonhosted|" + "index" + r"-url\s*=?\s*http")]


def test_no_file_names_a_path_of_a_machine_or_a_package_index() -> None:
    found = []
    for path in project_files():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            found += [
                f"{named(path)}:{number}: {line.strip()[:90]}" for p in PLACES + HOSTS if p.search(line)
            ]
    assert found == []


def test_every_variable_is_in_the_example() -> None:
    from pipelines.settings import Settings

    text = (PROJECT / ".env.example").read_text()
    offered = set(re.findall(r"^([A-Z_]+)=", text, flags=re.M))
    assert offered == {field.alias for field in Settings.model_fields.values()}


@pytest.mark.parametrize("kind", list(KINDS))
def test_what_parsers_build_is_what_raw_expects(kind: str) -> None:
    assert list(frames.COLUMNS[kind].items()) == list(KINDS[kind].columns.items())


def test_there_are_no_other_kinds() -> None:
    assert list(frames.COLUMNS) == list(KINDS)
    for kind in KINDS.values():
        assert set(kind.key) <= set(kind.columns) and (kind.time in kind.key) != kind.standing
        assert "market" in kind.key, "what a window is about is said by its markets"
