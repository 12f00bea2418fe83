"""The `floodmark` command: what Dagster can run, without Dagster.

A table of contents; the commands stand in pipelines/commands. Exit codes: 0 good, 1 something failed
(named on standard error), 2 wrong use.
"""

from __future__ import annotations

from pipelines.commands import (  # noqa: F401  (each registers its commands)
    asking,
    coverage,
    research,
    running,
    saved,
    upkeep,
)
from pipelines.commands.common import app

# as a newcomer meets them: the demo, a run, then questions, then upkeep
_ORDER = ("demo", "run", "status", "rank", "sql", "check-claims", "brief", "site")
app.registered_commands.sort(
    key=lambda c: _ORDER.index(n) if (n := c.name or c.callback.__name__) in _ORDER else len(_ORDER)  # type: ignore[union-attr]
)


def main() -> None:
    """The entry point."""
    app()


if __name__ == "__main__":
    main()
