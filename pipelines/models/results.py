"""What a build did and found, and how it can go wrong.

Plain values: the terminal, the Dagster UI and the tests read the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.models.contract import ASSERT


class ModelError(Exception):
    """A model that cannot be built or checked: its file, and what DuckDB or the contract says."""

    def __init__(self, file: Path, message: str) -> None:
        super().__init__(f"{file}: {message}")
        self.file, self.message = file, message


@dataclass(frozen=True)
class CheckResult:
    """A check on one table: how many rows fail, and the first of them as JSON objects.

    The check `grain` counts keys instead of rows; its sample holds the keys and their `copies`.
    """

    name: str
    severity: str
    failing_rows: int
    sample: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return self.failing_rows == 0

    @property
    def blocks(self) -> bool:
        return not self.passed and self.severity == ASSERT


@dataclass(frozen=True)
class ModelResult:
    """A table as it was built or verified; `seconds` includes the checks."""

    name: str
    file: Path
    rows: int
    seconds: float
    checks: tuple[CheckResult, ...]

    @property
    def blocks(self) -> bool:
        return any(check.blocks for check in self.checks)


@dataclass(frozen=True)
class BuildResult:
    """One build: the models in the order in which they ran.

    `skipped` are the models made from one whose check failed, `dropped` the tables that no model makes.
    """

    build_at: datetime
    models: tuple[ModelResult, ...]
    skipped: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()

    @property
    def blocked(self) -> bool:
        return any(model.blocks for model in self.models)

    def failures(self) -> Iterator[tuple[ModelResult, CheckResult]]:
        """Every failed check with its model, warnings included."""
        return ((m, c) for m in self.models for c in m.checks if not c.passed)


class BlockedBuild(Exception):
    """Blocking checks failed: the tables are as they were, the failing rows are in meta.check_failures."""

    def __init__(self, result: BuildResult) -> None:
        lines = [
            f"  {model.name} ({model.file}): {check.name} failed for "
            f"{check.failing_rows} {'keys' if check.name == 'grain' else 'rows'}, first {check.sample[0]}"
            for model, check in result.failures()
            if check.blocks
        ]
        skipped = (
            [f"  not built, because made from these: {', '.join(result.skipped)}"] if result.skipped else []
        )
        super().__init__("\n".join(["blocking checks failed, no table was changed:", *lines, *skipped]))
        self.result = result
