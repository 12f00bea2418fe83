"""Commands that mend the data folder without asking anyone: reparse, prune, home."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pipelines.commands.common import FAILED, GOOD, FormatOption, app, failed, settings, wrong_use
from pipelines.terminal import Format, print_rows, say, watched


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

    chosen = _as_held(settings())
    try:
        with watched(form) as watch:
            done = again(chosen, accept_shrunken, watch)
    except NoSuchWindow as error:
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

    chosen = _as_held(settings())
    with watched(form) as watch:
        done = remove(chosen, dry_run, watch)
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
    from pipelines.storage.folder import Folder

    chosen = settings()
    Folder(chosen.warehouse).make()
    print(prepare(chosen))
