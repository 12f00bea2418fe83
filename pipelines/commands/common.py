"""What the commands share: the app, exit codes, settings, and how wrong use is said."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError

from pipelines.terminal import Format, say

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


def day(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        wrong_use(f"{option} takes a day as YYYY-MM-DD, not {text!r}")
