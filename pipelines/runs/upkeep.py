"""Rebuilding raw from landing without network, and removing what no vintage needs."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.runs.load import LoadReport, load_all
from pipelines.runs.night import Watch, build_and_publish, opened
from pipelines.settings import Settings
from pipelines.sources import registry
from pipelines.storage import raw
from pipelines.storage.duck import writer
from pipelines.storage.locks import exclusive


class NoSuchWindow(Exception):
    """A window that was not refused as shrunken cannot be accepted."""


@dataclass(frozen=True)
class Reparsed:
    """What reading landing again gave."""

    loads: dict[str, LoadReport]
    version: str


def reparse(settings: Settings, accept_shrunken: int | None = None, watch: Watch | None = None) -> Reparsed:
    """Rebuild every raw table from landing and ledger, then the models, then publish. No request is made.

    `observed_at` and every vintage come out as they were. With `accept_shrunken` the named window
    counts, although it takes back much of what was known.
    """
    watch = watch or Watch()
    every = list(registry.datasets().values())
    with opened(settings) as (folder, ledger, landing):
        if accept_shrunken is not None and not ledger.accept_shrunken(accept_shrunken):
            raise NoSuchWindow(
                f"window {accept_shrunken} was not refused as shrunken: `floodmark status` names those"
            )
        with writer(folder, "floodmark reparse", watch.waiting) as conn:
            loads = load_all(conn, ledger, landing, every, watch.loading, anew=True)
        version = build_and_publish(settings, folder, ledger, command="floodmark reparse", watch=watch)
    return Reparsed(loads, version)


@dataclass(frozen=True)
class Pruned:
    """What pruning removed."""

    files: int
    bytes: int
    kept: int


def prune(settings: Settings, dry_run: bool = False, watch: Watch | None = None) -> Pruned:
    """Remove the landing files that no vintage needs, and leave a folder that still reparses the same.

    Needed are the answers of every complete window from which a raw row came, of the newest window of
    each part, and of windows that still wait to be loaded. Discovery answers, answers of windows that
    failed half way and temporary files of killed writers go. Waits for a run that asks or loads: what
    lands meanwhile belongs to no finished window yet.
    """
    watch, command = watch or Watch(), "floodmark prune"
    with (
        opened(settings) as (folder, ledger, landing),
        exclusive(folder.root / "fetch.lock", command, watch.waiting),
        writer(folder, command, watch.waiting) as conn,
    ):
        raw.ensure_tables(conn)
        cited = raw.cited_bodies(conn)
        complete = [w for w in ledger.windows(complete_only=True) if w.markets and not w.pruned]
        newest = {(w.dataset, w.part): w.id for w in complete}  # they come oldest first
        needed: set[str] = set()
        idle: list[int] = []
        for w in complete:
            bodies = ledger.bodies(w.id)
            is_newest = w.id == newest[w.dataset, w.part]
            if not bodies or bodies & cited or is_newest or w.load_verdict != "loaded":
                needed |= bodies
            else:
                idle.append(w.id)
        doomed = [path for name, path in landing.names() if name not in needed] + list(landing.leftovers())
        size = sum(path.stat().st_size for path in doomed)
        if not dry_run:
            ledger.mark_pruned(idle)
            for path in doomed:
                path.unlink(missing_ok=True)
        return Pruned(len(doomed), size, len(needed))
