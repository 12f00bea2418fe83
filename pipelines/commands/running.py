"""Commands that ask upstreams: demo and run."""

from __future__ import annotations

import os
import sys
from datetime import date
from typing import Annotated, Any

import typer

from pipelines.commands.asking import print_rank
from pipelines.commands.common import FAILED, GOOD, FormatOption, app, day, failed, settings, wrong_use
from pipelines.terminal import Format, print_rows, say, watched


@app.command()
def demo(form: FormatOption = Format.table) -> None:
    """The whole pipeline, offline, over the built-in SAMPLE: generated answers in the upstreams' own
    formats, pinned to published figures. Lives in `warehouse/sample/`, never beside real data."""
    from pipelines.runs.build import BUILD_ERRORS
    from pipelines.runs.night import run as run_all

    chosen = settings(FLOODMARK_SAMPLE=True, FLOODMARK_MIRROR=None)
    say(f"SAMPLE data, generated; the days of published figures carry them. Folder: {chosen.warehouse}")
    try:
        with watched(form) as watch:
            report = run_all(chosen, watch=watch)
    except BUILD_ERRORS as error:
        failed(f"not run: {error}")
    _summary(report, Format.table if form is Format.table else None)
    if report.good:
        print_rank(chosen, "largest_liquidation_days", 10, form)
        me = os.path.relpath(sys.argv[0]) if os.path.sep in sys.argv[0] else "floodmark"
        say(
            "\nWhere to go next (in this folder):\n"
            "  export FLOODMARK_SAMPLE=1   # the commands below then read the sample\n"
            f'  {me} sql "select * from facts.market_daily order by day desc limit 5"\n'
            f"  {me} brief 2024-12-09\n"
            f"  {me} check-claims docs/examples/claims-2024-12-09.yaml\n"
            f"  {me} status\n"
            "  make dev                    # the Dagster UI on http://127.0.0.1:3000\n"
            "Real data: unset FLOODMARK_SAMPLE, put a free COINALYZE_API_KEY into .env, then:\n"
            f"  {me} run"
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

    chosen = settings()
    start, end = day(first, "--from"), day(last, "--to")
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
    except UnknownSource as error:
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
