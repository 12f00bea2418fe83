"""How the command line shows things: tables for people, JSON and CSV for scripts, bars for long work.

Without a terminal there are no colours and no bars, and data alone goes to standard output.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from pipelines.runs.night import Watch
from pipelines.storage.locks import Holder


class Format(StrEnum):
    """How a table is printed."""

    table = "table"
    json = "json"
    csv = "csv"


def console(stderr: bool = False) -> Console:
    """A console as wide as the terminal; where there is none, wide enough that nothing is cut."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(
        stderr=stderr, highlight=False, width=None if stream.isatty() else 240, no_color=not stream.isatty()
    )


def say(text: str) -> None:
    """A remark for people: on standard error, so that data stays clean."""
    console(stderr=True).print(text, markup=False, soft_wrap=True)


def plain(value: Any) -> Any:
    """A value as JSON has it: numbers stay numbers, times are ISO 8601, nothing is null."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has no word for it, and it is no number
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    return value if value is None or isinstance(value, str | int | float) else str(value)


def shown(value: Any, column: str) -> str:
    """A value as a person reads it; unknown is a dash, never a zero."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, list | tuple):
        return ", ".join(str(v) for v in value)
    if isinstance(value, Decimal | float) and not isinstance(value, bool):
        places = 2 if column.endswith(("_usd", "_pct")) else 6
        text = f"{value:,.{places}f}"
        return text if places == 2 else text.rstrip("0").rstrip(".")
    if isinstance(value, int) and column not in ("year", "rank", "window_id", "fetch_id", "pid"):
        return f"{value:,}"
    return str(value)


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[Any]], form: Format, title: str = "") -> None:
    """Print a table in the asked form on standard output."""
    if form is Format.json:
        print(json.dumps([dict(zip(columns, map(plain, row), strict=True)) for row in rows], indent=1))
        return
    if form is Format.csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow(["" if v is None else _csv_cell(v) for v in row])
        return
    table = Table(
        title=Text(title) if title else None, box=SIMPLE_HEAD, title_justify="left", title_style="bold"
    )
    numeric = [
        any(isinstance(row[n], int | float | Decimal) and not isinstance(row[n], bool) for row in rows)
        for n in range(len(columns))
    ]
    for name, is_number in zip(columns, numeric, strict=True):
        table.add_column(Text(name), justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        # as text: what stands in brackets in a reason is no markup
        table.add_row(*(Text(shown(v, c)) for v, c in zip(row, columns, strict=True)))
    console().print(table)


def _csv_cell(value: Any) -> Any:
    if isinstance(value, Decimal):  # every digit: CSV has no floats that it must fit into
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    value = plain(value)
    return json.dumps(value) if isinstance(value, list | dict) else value


def waiting(held_by: Holder | None) -> None:
    """Said once when another process holds a lock."""
    say(f"waiting: {held_by or 'another process'} holds the lock of this data folder")


@contextmanager
def watched(form: Format = Format.table) -> Iterator[Watch]:
    """What to hand to long work; an interrupt leaves nothing half-written, and says so."""
    try:
        with _watch(form) as watch:
            yield watch
    except KeyboardInterrupt:
        say("interrupted; what had landed stays and counts in the next run")
        raise


@contextmanager
def _watch(form: Format) -> Iterator[Watch]:
    """Progress bars, one a dataset, where there is a terminal; a silent watch elsewhere."""
    if not sys.stderr.isatty() or form is not Format.table:
        yield Watch(waiting=waiting)
        return
    with Progress(
        TextColumn("{task.description:<28}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        tasks: dict[str, TaskID] = {}

        def show(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=total)
            progress.update(tasks[name], completed=done, total=total)

        def loading(dataset: str) -> None:
            show(f"load {dataset}", 0, 1)
            show(f"load {dataset}", 1, 1)

        yield Watch(
            fetching=show,
            loading=loading,
            model=lambda name, n, total: show("build models", n, total),
            publishing=lambda: show("publish", 0, 1),
            waiting=waiting,
        )
