"""Landing: the bodies of answers as they came, compressed, named by their content.

Written to a temporary name, then renamed: a file that is there is whole.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import zstandard


class LandingDamaged(Exception):
    """A landing file is missing or does not hold what its name says."""


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


class Landing:
    """Content-addressed bodies below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path:
        return self.root / sha256[:2] / f"{sha256}.zst"

    def write(self, body: bytes) -> str:
        """Keep a body; its name is returned. Writing the same body twice keeps one file."""
        name = digest(body)
        path = self.path(name)
        if path.exists():
            return name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}-{os.urandom(4).hex()}.part")
        with temporary.open("wb") as file:
            file.write(zstandard.ZstdCompressor(level=1).compress(body))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        return name

    def read(self, sha256: str) -> bytes:
        """The body of that name, checked against it."""
        try:
            body = zstandard.ZstdDecompressor().decompress(self.path(sha256).read_bytes())
        except FileNotFoundError:
            raise LandingDamaged(f"landing file {sha256} is gone; the ledger needs it") from None
        except zstandard.ZstdError as error:
            raise LandingDamaged(f"landing file {sha256} cannot be read: {error}") from None
        if digest(body) != sha256:
            raise LandingDamaged(f"landing file {sha256} holds something else than its name says")
        return body

    def names(self) -> Iterator[tuple[str, Path]]:
        """Every whole body that lies there."""
        for path in sorted(self.root.glob("??/*.zst")):
            yield path.stem, path

    def leftovers(self) -> Iterator[Path]:
        """Temporary files of writers that were killed."""
        yield from sorted(self.root.glob("??/*.part"))
