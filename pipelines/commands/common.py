"""What the commands share: the app, exit codes, settings, and how wrong use and damage are said.

A bug keeps its traceback; what a user can mend is one sentence.
"""

from __future__ import annotations

import errno
from datetime import date
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from pipelines.terminal import Format, say

GOOD, FAILED, WRONG_USE = 0, 1, 2
NO_PERMISSION = (errno.EACCES, errno.EPERM, errno.EROFS)
_last: list[Path] = []  # the data folder of the command; not every database error names its file


class _Commands(TyperGroup):
    """The commands, with one place that says what is wrong with the data folder or with sql/."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        try:
            return super().invoke(ctx)
        except Exception as error:
            code, text = explained(error)
            if not text:
                raise
            say(text)
            raise typer.Exit(code) from error


def explained(error: Exception) -> tuple[int, str]:
    """The exit code and the sentence for an error that is no bug; an empty sentence for one that may be."""
    from pipelines.runs.build import BUILD_ERRORS
    from pipelines.storage import damage
    from pipelines.storage.duck import NothingPublished
    from pipelines.storage.folder import DamagedFolder, Folder, UnusableFolder, WrongOrigin

    if isinstance(error, UnusableFolder | WrongOrigin):
        return WRONG_USE, str(error)
    if isinstance(error, (DamagedFolder, NothingPublished, *BUILD_ERRORS)):
        return FAILED, str(error)
    if isinstance(error, OSError) and error.filename:
        code = WRONG_USE if error.errno in NO_PERMISSION else FAILED
        return code, f"{error.filename} cannot be used: {error.strerror}"
    return FAILED, (damage.explained(error, Folder(_last[-1])) if _last else None) or ""


app = typer.Typer(
    cls=_Commands,
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
    from pipelines.storage.folder import Folder

    try:
        found = Settings(**changes)
    except ValidationError as error:
        for problem in error.errors():
            say(f"{problem['loc'][0] if problem['loc'] else 'settings'}: {problem['msg']}")
        raise typer.Exit(WRONG_USE) from None
    except RuntimeError as error:  # links in a circle, the home of a user whom nobody knows
        wrong_use(f"FLOODMARK_WAREHOUSE: {error}")
    _last[:] = [found.warehouse]
    Folder(found.warehouse).require_place()
    return found


def wrong_use(text: str) -> NoReturn:
    say(text)
    raise typer.Exit(WRONG_USE)


def failed(text: str) -> NoReturn:
    say(text)
    raise typer.Exit(FAILED)


def day(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        wrong_use(f"{option} takes a day as YYYY-MM-DD, not {text!r}")
