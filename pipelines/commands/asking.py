"""Commands that only look: status, rank, sql, fingerprint, dictionary."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.commands.common import FormatOption, app, failed, settings, wrong_use
from pipelines.terminal import Format, console, plain, print_rows, say, waiting


@app.command()
def status(form: FormatOption = Format.table) -> None:
    """What is configured, reachable, fresh and missing. Answers while a run writes.

    Every window that was asked for and is not had is named with its reason.
    """
    from pipelines.runs.status import status as look

    found = look(settings())
    columns = "dataset kind state complete_to windows missing last_asked_at reason".split()
    rows = [
        (d.dataset, d.kind, d.state, d.complete_to, d.windows, len(d.missing), d.last_asked_at, d.reason)
        for d in found.datasets
    ]
    missing = [(m.dataset, m.part, m.window, m.verdict, m.reason) for m in found.missing]
    if form is Format.json:
        whole = {
            "folder": found.folder,
            "origin": found.origin,
            "version": found.version,
            "published_at": found.published_at,
            "newest_fact_day": found.newest_fact_day,
            "unpublished_windows": found.unpublished_windows,
            "busy": str(found.busy) if found.busy else None,
            "datasets": [dict(zip(columns, r, strict=True)) for r in rows],
            "missing": [
                dict(zip("dataset part window verdict reason".split(), m, strict=True)) for m in missing
            ],
        }
        print(json.dumps(plain(whole), indent=1))
        return
    if form is Format.table:
        out = console()
        out.print(f"folder     {found.folder} ({found.origin or 'nothing written yet'})", markup=False)
        out.print(f"published  {found.version or 'nothing yet'}, newest day {found.newest_fact_day or '–'}")
        if found.unpublished_windows:
            out.print(f"landed     {found.unpublished_windows} windows since the last publication")
        if found.busy:
            out.print(f"busy       {found.busy}")
    print_rows(columns, rows, form)
    if missing and form is Format.table:
        print_rows("dataset part window verdict reason".split(), missing, form, "Missing windows")


RANKINGS_HELP = "the ranking, a table of schema rankings (default: largest_liquidation_days)"
# What fits a terminal; json, csv and SQL have every column.
LEADING_COLUMNS = {
    "largest_liquidation_days": (
        "rank", "day", "total_usd", "long_usd", "short_usd", "long_share", "percentile",
        "previous_larger_day", "days_since_previous_larger", "venues", "assets", "comparable_since",
    ),
}  # fmt: skip


@app.command()
def rank(
    name: Annotated[str, typer.Argument(help=RANKINGS_HELP)] = "largest_liquidation_days",
    top: Annotated[int, typer.Option("--top", min=1, help="how many rows")] = 10,
    form: FormatOption = Format.table,
) -> None:
    """A ranking from the published version, with what it is comparable with."""
    print_rank(settings(), name, top, form)


def print_rank(chosen: Any, name: str, top: int, form: Format) -> None:
    from pipelines.runs.ask import NoSuchRanking, ranking

    try:
        table = ranking(chosen, name, top)
    except NoSuchRanking as error:
        wrong_use(str(error))
    columns, rows = table.columns, table.rows
    if form is Format.table and name in LEADING_COLUMNS:
        places = [list(columns).index(c) for c in LEADING_COLUMNS[name] if c in columns]
        columns, rows = [columns[p] for p in places], [[row[p] for p in places] for row in rows]
    print_rows(columns, rows, form, f"rankings.{name}")
    for note in table.notes:
        say(note)


@app.command()
def sql(
    query: Annotated[
        str,
        typer.Argument(
            help="one SQL statement; a file that ends with .sql; `-` reads it from standard input"
        ),
    ],
    form: FormatOption = Format.table,
) -> None:
    """Ask the published version, read-only: `floodmark sql "from facts.market_daily limit 5"`,
    `floodmark sql sql/queries/largest_since.sql`."""
    from pipelines.runs.ask import BadQuery, ask

    try:
        table = ask(settings(), _statement(query))
    except BadQuery as error:
        wrong_use(str(error))
    print_rows(table.columns, table.rows, form)


def _statement(query: str) -> str:
    """What was typed, or what stands where it points."""
    if query == "-":
        return sys.stdin.read()
    if not query.endswith(".sql"):  # no statement ends like that
        return query
    try:
        return Path(query).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        wrong_use(f"{query} cannot be read: {error}")


@app.command()
def fingerprint(form: FormatOption = Format.table) -> None:
    """Rows and an order-free hash over every column, for each table of the pipeline's database and of
    the published version. Waits for a run that writes."""
    from pipelines.runs.ask import fingerprints

    chosen = settings()
    rows = [
        (where, f"{p.schema}.{p.table}", p.rows, p.hash) for where, p in fingerprints(chosen, on_wait=waiting)
    ]
    if not rows:
        failed(f"nothing is loaded or published in {chosen.warehouse} yet: run `floodmark run` first")
    print_rows(("database", "table", "rows", "hash"), rows, form)


@app.command()
def dictionary() -> None:
    """The data dictionary as Markdown: every table and column, its unit, meaning, source and checks."""
    from pipelines.models.columns import column_lineage
    from pipelines.models.dictionary import render
    from pipelines.models.standing import require_whole
    from pipelines.runs.build import external_columns, models
    from pipelines.storage.contracts import KINDS

    require_whole(models())
    print(render(models(), column_lineage(models(), external_columns()), KINDS), end="")
