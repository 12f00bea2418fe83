"""The command that takes what a user fetched by hand: load-page.

For sites that let a browser in and no program.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.common import FAILED, GOOD, FormatOption, app, failed, settings, wrong_use
from pipelines.terminal import Format, print_rows, say, watched


@app.command("load-page")
def load_page(
    pages: Annotated[
        list[Path],
        typer.Argument(
            exists=True,
            dir_okay=False,
            readable=True,
            help="farside-btc.html, farside-eth.html, farside-sol.html",
        ),
    ],
    form: FormatOption = Format.table,
) -> None:
    """Load Farside pages that you saved in a browser, where the site refuses this machine.

    Save https://farside.co.uk/bitcoin-etf-flow-all-data/ as `farside-btc.html`,
    https://farside.co.uk/ethereum-etf-flow-all-data/ as `farside-eth.html` and
    https://farside.co.uk/sol/, which holds the last weeks only, as `farside-sol.html` (page source
    only); the time of the file counts as the time of asking: give an older copy the time at which it
    was taken (`touch -d`). A page that was cut is refused.
    """
    from pipelines.runs.build import BUILD_ERRORS
    from pipelines.runs.saved import NotTaken
    from pipelines.runs.saved import load_page as take
    from pipelines.sources.contract import Unparsable
    from pipelines.storage.folder import WrongOrigin

    chosen = settings()
    rows, problems = [], []
    for path in pages:
        try:
            with watched(form) as watch:
                report = take(chosen, path, watch)
        except Unparsable as error:
            wrong_use(error.reason)
        except (NotTaken, WrongOrigin) as error:
            wrong_use(str(error))
        except BUILD_ERRORS as error:
            failed(f"not loaded: {error}")
        for name in report.datasets:
            new = report.loads[name]
            rows.append((path.name, name, new.rows, new.new_vintages, new.retracted, new.quarantined))
        problems += [f"failed: {name}: {reason}" for name, reason in report.failures.items()]
        problems += [f"not published: {report.build_error}"] if report.build_error else []
    print_rows("page dataset rows new_vintages retracted quarantined".split(), rows, form)
    for problem in problems:
        say(problem)
    if report.version:
        say(f"published: {report.version}")
    raise typer.Exit(FAILED if problems else GOOD)
