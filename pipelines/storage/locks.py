"""Operating-system locks with a name on them: who waits is told whom for.

The lock frees itself when its holder dies; the note beside it is only for people.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout


@dataclass(frozen=True)
class Holder:
    """Who holds a lock."""

    pid: int
    purpose: str
    since: datetime

    def __str__(self) -> str:
        return f"process {self.pid} ({self.purpose}, since {self.since:%Y-%m-%d %H:%M:%S} UTC)"


def holder(lock: Path) -> Holder | None:
    """Who holds the lock, or None; the note of a holder that was killed says nothing."""
    try:
        note = json.loads(lock.with_suffix(".holder").read_text())
        held_by = Holder(int(note["pid"]), str(note["purpose"]), datetime.fromisoformat(note["since"]))
    except (FileNotFoundError, ValueError, KeyError):
        return None
    return held_by if _lives(held_by.pid) else None


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # asks only whether there is such a process
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def exclusive(
    lock: Path, purpose: str, on_wait: Callable[[Holder | None], None] | None = None
) -> Iterator[None]:
    """Hold `lock` for the block; where another process holds it, say so once and wait."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    guard = FileLock(lock)
    try:
        guard.acquire(timeout=0)
    except Timeout:
        if on_wait:
            on_wait(holder(lock))
        guard.acquire(poll_interval=0.1)
    note = lock.with_suffix(".holder")
    try:
        temporary = note.with_suffix(f".{os.getpid()}.part")
        temporary.write_text(
            json.dumps({"pid": os.getpid(), "purpose": purpose, "since": datetime.now(UTC).isoformat()})
        )
        os.replace(temporary, note)
        yield
    finally:
        note.unlink(missing_ok=True)
        guard.release()
