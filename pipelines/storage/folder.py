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


class UnusableFolder(Exception):
    """No data folder can be where FLOODMARK_WAREHOUSE points, or nothing may be written into it."""


class DamagedFolder(Exception):
    """A file of the folder does not hold what was once written into it."""


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
        except ValueError:
            raise DamagedFolder(
                f"{self.origin_file} says none of {', '.join(Origin)}: write the one whose data lie in the folder, "
                "or point FLOODMARK_WAREHOUSE at another folder"
            ) from None

    def require_place(self) -> None:
        """Raise UnusableFolder where a file lies at the folder's path or in the way to it."""
        try:
            there = next(path for path in (self.root, *self.root.parents) if path.exists())
        except OSError as error:
            raise self._unusable(error.strerror) from error
        if not there.is_dir():
            raise self._unusable(f"{there} is a file")

    def make(self) -> None:
        """Make the folder where it is not there yet; UnusableFolder where nothing can be written into it."""
        self.require_place()
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unusable(error.strerror) from error
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise self._unusable("no permission to write there")

    def _unusable(self, reason: str | None) -> UnusableFolder:
        return UnusableFolder(
            f"{self.root} cannot be the data folder: {reason}. "
            "Point FLOODMARK_WAREHOUSE at a folder that may be made and written"
        )

    def claim(self, origin: Origin) -> None:
        """Make the folder ready for writing data of this origin; `WrongOrigin` where it holds another."""
        self.make()
        held = self.origin()
        if held is None:
            self._write_origin(origin)
            held = self.origin()
        if held != origin:
            raise WrongOrigin(
                f"{self.root} holds {held} data, and this run would write {origin} data: they never mix. "
                "Point FLOODMARK_WAREHOUSE at another folder, or unset FLOODMARK_MIRROR"
            )
        self.landing.mkdir(exist_ok=True)
        self.published.mkdir(exist_ok=True)

    def _write_origin(self, origin: Origin) -> None:
        # the ledger never comes before the origin; asked again, since another process may just have begun
        if self.ledger.exists() and self.origin() is None:
            raise DamagedFolder(
                f"{self.origin_file} is gone, and {self.root} is not empty: write into it one of "
                f"{', '.join(Origin)}, the one whose data lie in the folder"
            )
        temporary = self.origin_file.with_suffix(f".{os.getpid()}-{os.urandom(4).hex()}")
        try:
            temporary.write_text(f"{origin}\n")
        except OSError as error:
            raise self._unusable(error.strerror) from error
        try:
            os.link(temporary, self.origin_file)  # fails where another process was faster
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
