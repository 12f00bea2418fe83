"""The `floodmark` command: what Dagster can run, without Dagster.

Exit codes: 0 good, 1 something failed (named on standard error), 2 wrong use.
"""

from __future__ import annotations

import sys
from datetime import date
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError

from pipelines.terminal import Format, console, print_rows, say, watched

GOOD, FAILED, WRONG_USE = 0, 1, 2

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""Floodmark keeps the floodmarks of the crypto derivatives market.

    Start with `floodmark demo` (offline, two minutes), then `floodmark run` (a night: everything that
    is missing), `floodmark status`, `floodmark rank`, `floodmark sql "…"`.

    The data folder is `FLOODMARK_WAREHOUSE` (default: `warehouse/` of the project). Exit codes:
    0 good, 1 something failed, 2 wrong use; a source without its key is no failure.""",
)

FormatOption = Annotated[Format, typer.Option("--format", help="table for people, json or csv for scripts")]


def settings(**changes: Any) -> Any:
    """The settings of the environment; a value that cannot be is wrong use."""
    from pipelines.settings import Settings

    try:
        return Settings(**changes)
    except ValidationError as error:
        for problem in error.errors():
            say(f"{problem['loc'][0] if problem['loc'] else 'settings'}: {problem['msg']}")
        raise typer.Exit(WRONG_USE) from None


def wrong_use(text: str) -> NoReturn:
    say(text)
    raise typer.Exit(WRONG_USE)


def failed(text: str) -> NoReturn:
    say(text)
    raise typer.Exit(FAILED)


def _day(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        wrong_use(f"{option} takes a day as YYYY-MM-DD, not {text!r}")


@app.command()
def demo(form: FormatOption = Format.table) -> None:
    """The whole pipeline, offline, over the built-in SAMPLE: generated answers in the upstreams' own
    formats, pinned to published figures. Lives in `warehouse/sample/`, never beside real data."""
    from pipelines.runs.build import BUILD_ERRORS
    from pipelines.runs.night import run as run_all
    from pipelines.storage.folder import WrongOrigin

    chosen = settings(FLOODMARK_SAMPLE=True, FLOODMARK_MIRROR=None)
    say(f"SAMPLE data, generated; the days of published figures carry them. Folder: {chosen.warehouse}")
    try:
        with watched(form) as watch:
            report = run_all(chosen, watch=watch)
    except WrongOrigin as error:
        wrong_use(str(error))
    except BUILD_ERRORS as error:
        failed(f"not run: {error}")
    _summary(report, Format.table if form is Format.table else None)
    if report.good:
        _print_rank(chosen, "largest_liquidation_days", 10, form)
        say(
            "\nWhere to go next (in this folder):\n"
            "  export FLOODMARK_SAMPLE=1   # the commands below then read the sample\n"
            '  floodmark sql "select * from facts.market_daily order by day desc limit 5"\n'
            "  floodmark rank largest_etf_flow_days\n"
            "  floodmark status\n"
            "  make dev                    # the Dagster UI on http://127.0.0.1:3000\n"
            "Real data: unset FLOODMARK_SAMPLE, put a free COINALYZE_API_KEY into .env, then: floodmark run"
        )
    raise typer.Exit(GOOD if report.good else FAILED)


@app.command()
def run(
    first: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="first UTC day of a backfill")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="DAY", help="last UTC day, included (default: yesterday)")
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option("--source", help="a source or dataset; may be repeated (default: all)")
    ] = None,
    refetch: Annotated[bool, typer.Option("--refetch", help="ask again for what is settled, too")] = False,
    form: FormatOption = Format.table,
) -> None:
    """Ask, load, build and publish.

    Without dates one night, exactly what the nightly job does: everything missing since the first day
    that was ever asked for; in an empty folder everything since 2020. With `--from` and `--to` a
    backfill of that range: `floodmark run --from 2024-12-01 --to 2024-12-31 --source coinalyze`.
    """
    from pipelines.runs.build import BUILD_ERRORS
    from pipelines.runs.night import run as run_all
    from pipelines.runs.plan import Asked
    from pipelines.sources.registry import UnknownSource
    from pipelines.storage.folder import WrongOrigin

    chosen = settings()
    start, end = _day(first, "--from"), _day(last, "--to")
    asked = None
    if start or end:
        start = start or date(2020, 1, 1)
        end = end or chosen.now().date()
        if start > end:
            wrong_use(f"--from {start} lies after --to {end}")
        asked = Asked(start, end)
    try:
        with watched(form) as watch:
            report = run_all(chosen, asked=asked, sources=source or (), refetch=refetch, watch=watch)
    except (UnknownSource, WrongOrigin) as error:
        wrong_use(str(error))
    except BUILD_ERRORS as error:
        failed(f"not run: {error}")
    _tell_dagster(chosen, report)
    _summary(report, form)
    raise typer.Exit(GOOD if report.good else FAILED)


def _tell_dagster(chosen: Any, report: Any) -> None:
    """What the command line loaded shows in the Dagster UI too, where one lives in this folder."""
    if (chosen.warehouse / "dagster.yaml").exists():
        from pipelines.assets.report import report_cli_run

        report_cli_run(report, chosen)


def _summary(report: Any, form: Format | None) -> None:
    if form is not None:
        rows = []
        for name, r in report.datasets.items():
            load = report.loads.get(name)
            rows.append(
                (
                    name,
                    str(r.state),
                    r.planned,
                    r.complete,
                    r.absent,
                    len(r.missing),
                    load.new_vintages if load else 0,
                    load.retracted if load else 0,
                    load.quarantined if load else 0,
                    round(r.seconds, 1),
                )
            )
        columns = (
            "dataset state windows complete absent missing new_vintages retracted quarantined seconds".split()
        )
        print_rows(columns, rows, form, "What was asked for, and what is new")
    for name, reason in report.failures.items():
        say(f"failed: {name}: {reason}")
    for name, r in report.datasets.items():
        if r.state == "not_configured":
            say(f"not configured: {name}: {'; '.join(r.reasons)}")
    if report.build_error:
        say(f"not published: {report.build_error}")
    elif report.version:
        say(f"published: {report.version}")


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
        import json

        from pipelines.terminal import plain

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
    _print_rank(settings(), name, top, form)


def _print_rank(chosen: Any, name: str, top: int, form: Format) -> None:
    from pipelines.runs.ask import NoSuchRanking, ranking
    from pipelines.storage.duck import NothingPublished

    try:
        table = ranking(chosen, name, top)
    except NothingPublished as error:
        failed(str(error))
    except NoSuchRanking as error:
        wrong_use(str(error))
    columns, rows = table.columns, table.rows
    if form is Format.table and name in LEADING_COLUMNS:
        places = [list(columns).index(c) for c in LEADING_COLUMNS[name]]
        columns, rows = LEADING_COLUMNS[name], [[row[p] for p in places] for row in rows]
    print_rows(columns, rows, form, f"rankings.{name}")
    for note in table.notes:
        say(note)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="one SQL statement; `-` reads it from standard input")],
    form: FormatOption = Format.table,
) -> None:
    """Ask the published version, read-only: `floodmark sql "from facts.market_daily limit 5"`."""
    from pipelines.runs.ask import BadQuery, ask
    from pipelines.storage.duck import NothingPublished

    try:
        table = ask(settings(), sys.stdin.read() if query == "-" else query)
    except NothingPublished as error:
        failed(str(error))
    except BadQuery as error:
        wrong_use(str(error))
    print_rows(table.columns, table.rows, form)


@app.command()
def fingerprint(form: FormatOption = Format.table) -> None:
    """Rows and an order-free hash over every column, for each table of the pipeline's database and of
    the published version. Waits for a run that writes."""
    from pipelines.runs.ask import fingerprints

    chosen = settings()
    rows = [
        (where, f"{p.schema}.{p.table}", p.rows, p.hash)
        for where, p in fingerprints(chosen, on_wait=_waiting)
    ]
    if not rows:
        failed(f"nothing is loaded or published in {chosen.warehouse} yet: run `floodmark run` first")
    print_rows(("database", "table", "rows", "hash"), rows, form)


def _waiting(held_by: Any) -> None:
    from pipelines.terminal import waiting

    waiting(held_by)


@app.command()
def reparse(
    accept_shrunken: Annotated[
        int | None, typer.Option(metavar="WINDOW", help="let this window count although it takes much back")
    ] = None,
    form: FormatOption = Format.table,
) -> None:
    """Rebuild every raw table from landing, without network: the same rows, vintages and times."""
    from pipelines.runs.build import BUILD_ERRORS
    from pipelines.runs.upkeep import NoSuchWindow
    from pipelines.runs.upkeep import reparse as again
    from pipelines.storage.folder import WrongOrigin

    chosen = _as_held(settings())
    try:
        with watched(form) as watch:
            done = again(chosen, accept_shrunken, watch)
    except (NoSuchWindow, WrongOrigin) as error:
        wrong_use(str(error))
    except BUILD_ERRORS as error:
        failed(f"not published: {error}")
    columns = "dataset windows rows vintages retracted quarantined problems".split()
    rows = [
        (r.dataset, r.windows, r.rows, r.new_vintages, r.retracted, r.quarantined, len(r.problems))
        for r in done.loads.values()
    ]
    print_rows(columns, rows, form)
    say(f"published: {done.version}")
    for r in done.loads.values():
        for problem in r.problems:
            say(f"{'failed' if problem in r.unreadable else 'noted'}: {r.dataset}: {problem}")
    raise typer.Exit(FAILED if any(r.unreadable for r in done.loads.values()) else GOOD)


@app.command()
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would go")] = False,
    form: FormatOption = Format.table,
) -> None:
    """Remove landing files that no vintage needs. What is left still reparses to the same tables."""
    from pipelines.runs.upkeep import prune as remove
    from pipelines.storage.folder import WrongOrigin

    chosen = _as_held(settings())
    try:
        with watched(form) as watch:
            done = remove(chosen, dry_run, watch)
    except WrongOrigin as error:
        wrong_use(str(error))
    print_rows(("removed", "bytes", "kept"), [(done.files, done.bytes, done.kept)], form)


def _as_held(chosen: Any) -> Any:
    """For work that asks nobody, the folder's own origin counts, whatever the environment says."""
    from pipelines.settings import Origin
    from pipelines.storage.folder import Folder

    held = Folder(chosen.warehouse).origin() or chosen.origin
    return settings(
        FLOODMARK_WAREHOUSE=chosen.warehouse,
        FLOODMARK_SAMPLE=held is Origin.SAMPLE,
        FLOODMARK_MIRROR=(chosen.mirror or "http://127.0.0.1:9") if held is Origin.MIRROR else None,
    )


@app.command()
def home() -> None:
    """Make the data folder a Dagster home (dagster.yaml from its template) and print its path."""
    from pipelines.runs.dagster_home import prepare

    print(prepare(settings()))


@app.command()
def dictionary() -> None:
    """The data dictionary as Markdown: every table and column, its unit, meaning, source and checks."""
    from pipelines.models.columns import column_lineage
    from pipelines.models.dictionary import render
    from pipelines.runs.build import external_columns, models
    from pipelines.storage.contracts import KINDS

    print(render(models(), column_lineage(models(), external_columns()), KINDS), end="")


def main() -> None:
    """The entry point."""
    app()


if __name__ == "__main__":
    main()
