"""Commands on top of the published version: check-claims, brief, site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.common import FAILED, GOOD, FormatOption, app, day, settings, wrong_use
from pipelines.terminal import Format, print_rows, say


@app.command("check-claims")
def check_claims(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", exists=True, dir_okay=False, help="a YAML file of claims; see docs/claims.md"
        ),
    ],
    form: FormatOption = Format.table,
) -> None:
    """Hold an article's claims against publication and the warehouse: a verdict each, the value it was
    held against, and the tightest true wording. Try `docs/examples/claims-2024-12-09.yaml`.

    A claim that is false is a finding, not a failure: the exit code is 0 when every claim was judged.
    """
    from pipelines.research.claims import ClaimsError, check
    from pipelines.storage.duck import NothingPublished, in_memory, reader
    from pipelines.storage.folder import Folder

    try:
        try:
            with reader(Folder(settings().warehouse)) as conn:
                verdicts = check(file, conn)
        except NothingPublished:
            say("nothing is published here yet: only published figures speak")
            conn = in_memory()
            verdicts = check(file, conn)
            conn.close()
    except ClaimsError as error:
        wrong_use(str(error))
    rows = [v.as_dict() for v in verdicts]
    columns = list(rows[0]) if rows else ["id", "verdict"]
    if form is Format.table:
        columns = [
            c for c in ("id", "verdict", "claimed", "recomputed", "difference", "rewording") if c in columns
        ]
    print_rows(columns, [[r[c] for c in columns] for r in rows], form)
    raise typer.Exit(GOOD if rows else FAILED)


@app.command()
def brief(
    when: Annotated[str, typer.Argument(metavar="DAY", help="the UTC day of the event, YYYY-MM-DD")],
    out: Annotated[Path, typer.Option("--out", file_okay=False, help="the folder to write into")] = Path(
        "briefs"
    ),
) -> None:
    """Write the brief of a day: a self-contained page, Markdown, charts, and every figure with its SQL.

    `floodmark brief 2024-12-09` writes `briefs/2024-12-09/index.html`, which needs no network.
    """
    from pipelines.research.brief import NoSuchDay, write_brief

    asked = day(when, "DAY")
    assert asked is not None
    try:
        written = write_brief(settings(), asked, out)
    except NoSuchDay as error:
        wrong_use(str(error))
    _print_paths(written)


@app.command()
def site(
    out: Annotated[Path, typer.Option("--out", file_okay=False, help="the folder to write into")] = Path(
        "site"
    ),
    include_all: Annotated[
        bool,
        typer.Option(
            "--include-all", help="also what a licence does not plainly let one republish; for private use"
        ),
    ] = False,
) -> None:
    """Render static pages: all events with their briefs, the all-time table, the daily series, the sources.

    Every source's attribution is named; series that its licence does not let one republish are left out.
    """
    from pipelines.research.site import write_site

    _print_paths(write_site(settings(), out, include_all))


def _print_paths(written: list[Path]) -> None:
    shown = [p for p in written if p.name == "index.html"] or written
    for path in shown[:3]:
        print(path)
    say(f"{len(written)} files")
