"""Commands on top of the published version: check-claims, brief, site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.common import FAILED, GOOD, FormatOption, app, settings, wrong_use
from pipelines.terminal import Format, print_rows, say


@app.command("check-claims")
def check_claims(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="a YAML file of claims; see docs/claims.md")],
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
    except FileNotFoundError:
        wrong_use(f"there is no file {file}")
    rows = [v.as_dict() for v in verdicts]
    columns = list(rows[0]) if rows else ["id", "verdict"]
    if form is Format.table:
        columns = [
            c for c in ("id", "verdict", "claimed", "recomputed", "difference", "rewording") if c in columns
        ]
    print_rows(columns, [[r[c] for c in columns] for r in rows], form)
    raise typer.Exit(GOOD if rows else FAILED)
