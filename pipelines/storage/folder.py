"""The data folder: where everything lies, and the origin that it never mixes.

Paths are named here alone; what stands in the files is the business of the other modules.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pipelines.settings import Origin


class WrongOrigin(Exception):
    """The folder holds data of another origin; sample, replayed and live data never mix."""


@dataclass(frozen=True)
class Folder:
    """One data folder (FLOODMARK_WAREHOUSE)."""

    root: Path

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.sqlite"

    @property
    def pipeline(self) -> Path:
        """The pipeline's own database; nobody else opens it."""
        return self.root / "pipeline.duckdb"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def current(self) -> Path:
        """The symlink that flips when a version is published."""
        return self.published / "current"

    @property
    def warehouse(self) -> Path:
        """What people open, read-only: points through `current`."""
        return self.root / "floodmark.duckdb"

    @property
    def claims(self) -> Path:
        """Where people lay their own claims files (YAML); only read."""
        return self.root / "claims"

    @property
    def briefs(self) -> Path:
        """A folder a brief, named by its day."""
        return self.root / "briefs"

    @property
    def origin_file(self) -> Path:
        return self.root / "ORIGIN"

    def origin(self) -> Origin | None:
        """What the folder holds, or None where nothing was ever written."""
        try:
            return Origin(self.origin_file.read_text().strip())
        except FileNotFoundError:
            return None

    def claim(self, origin: Origin) -> None:
        """Make the folder ready for writing data of this origin; `WrongOrigin` where it holds another."""
        held = self.origin()
        if held is None:
            self.root.mkdir(parents=True, exist_ok=True)
            temporary = self.origin_file.with_suffix(f".{os.getpid()}-{os.urandom(4).hex()}")
            temporary.write_text(f"{origin}\n")
            try:
                os.link(temporary, self.origin_file)  # fails where another process was faster
            except FileExistsError:
                pass
            finally:
                temporary.unlink()
            held = self.origin()
        if held != origin:
            raise WrongOrigin(
                f"{self.root} holds {held} data, and this run would write {origin} data: they never mix. "
                "Point FLOODMARK_WAREHOUSE at another folder, or unset FLOODMARK_MIRROR"
            )
        self.landing.mkdir(exist_ok=True)
        self.published.mkdir(exist_ok=True)
