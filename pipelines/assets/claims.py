"""claims/verdicts: the claims files, held against the version that was just published.

A false claim is a finding and turns nothing red; a file that cannot be checked fails the check `judged`.
"""

# dagster reads the annotation of `context` as it stands: no `from __future__ import annotations` here

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg

from pipelines.assets.describe import Metadata, markdown
from pipelines.assets.partitions import PUBLISH, SINGLE_RUN
from pipelines.research.claims import ClaimsError, Verdict, VerdictRow, check
from pipelines.settings import PROJECT, Settings
from pipelines.storage.duck import Connection, NothingPublished, reader
from pipelines.storage.folder import Folder

VERDICTS = dg.AssetKey(["claims", "verdicts"])
JUDGED = "judged"
Event = dg.MaterializeResult[None] | dg.AssetCheckResult
EXAMPLES = PROJECT / "docs" / "examples"


@dataclass
class Judged:
    """What became of the claims of some files: file and row, and why a file was not judged."""

    rows: list[tuple[str, VerdictRow]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def claims_files(folder: Folder) -> list[Path]:
    """The examples of the project, then what people laid into claims/ of the data folder."""
    return [*sorted(EXAMPLES.glob("*.yaml")), *sorted(folder.claims.glob("*.yaml"))]


def judge(files: Iterable[Path], conn: Connection) -> Judged:
    """Every claim of every file; a file that cannot be read keeps no other from being judged."""
    found = Judged()
    for file in files:
        try:
            found.rows += [(file.name, row) for row in check(file, conn)]
        except ClaimsError as error:
            found.problems += [f"{file.name}: {problem}" for problem in error.problems]
    return found


def describe_verdicts(found: Judged) -> Metadata:
    """A row a claim, and how many claims got which verdict, the worst first."""
    counts = Counter(row.verdict for _, row in found.rows)
    said = [(file, r.id, r.verdict, r.claimed, r.recomputed, r.rewording) for file, r in found.rows]
    return {
        "dagster/row_count": len(said),
        "verdicts": dg.MetadataValue.md(
            markdown(["file", "claim", "verdict", "claimed", "recomputed", "rewording"], said)
        ),
        **{str(verdict).lower(): counts[verdict] for verdict in Verdict if counts[verdict]},
    }


@dg.asset(
    key=VERDICTS,
    deps=[PUBLISH],
    check_specs=[dg.AssetCheckSpec(JUDGED, asset=VERDICTS, description="Every claim got a verdict")],
    description="The claims of docs/examples and of claims/*.yaml in the data folder, held against publication "
    "and the published version: a verdict each, and the tightest true wording. See docs/claims.md.",
    group_name="research",
    kinds={"python"},
    backfill_policy=SINGLE_RUN,
)
def verdicts(context: dg.AssetExecutionContext) -> Iterator[Event]:
    folder = Folder(Settings().warehouse)
    try:
        with reader(folder) as conn:
            found = judge(claims_files(folder), conn)
            ((version, origin),) = conn.execute("select version, origin from meta.snapshot").fetchall()
    except NothingPublished as error:
        raise dg.Failure(str(error), allow_retries=False) from None
    told: Metadata = {"version": version, "origin": origin}
    yield dg.MaterializeResult(metadata=told | describe_verdicts(found))
    yield dg.AssetCheckResult(
        check_name=JUDGED,
        passed=not found.problems,
        description="; ".join(found.problems[:3]) or None,
        metadata={"claims": len(found.rows), "problems": len(found.problems)},
    )
