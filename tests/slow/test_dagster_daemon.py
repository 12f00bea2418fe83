"""The real daemon and webserver, started as `make dev` starts them, driven by what the UI sends.

Over the built-in sample, so nothing outside is needed. One start serves all steps, in order.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from pipelines.runs.dagster_home import prepare
from pipelines.settings import PROJECT, Settings

pytestmark = pytest.mark.slow

T = TypeVar("T")

REPOSITORY = {"repositoryLocationName": "floodmark", "repositoryName": "__repository__"}
LAUNCH = """mutation($p: ExecutionParams!) { launchPipelineExecution(executionParams: $p) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
STATUS = "query($r: ID!) { runOrError(runId: $r) { ... on Run { status } } }"
STARTERS = """query($r: RepositorySelector!) { repositoryOrError(repositorySelector: $r) { ... on Repository {
  schedules { name scheduleState { status } } sensors { name sensorState { status } } } } }"""
ASSET = """query($k: AssetKeyInput!) { assetNodeOrError(assetKey: $k) { ... on AssetNode {
  dependencyKeys { path } assetMaterializations(limit: 1) { partition metadataEntries { label
  ... on IntMetadataEntry { intValue } ... on TextMetadataEntry { text }
  ... on MarkdownMetadataEntry { mdStr } } } } } }"""
OFFERED = (
    """query($k: AssetKeyInput!) { assetNodeOrError(assetKey: $k) { ... on AssetNode { partitionKeys } } }"""
)
BACKFILL = """mutation($p: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $p) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
BACKFILLED = """query($b: String!) { partitionBackfillOrError(backfillId: $b) { ... on PartitionBackfill { status } } }"""
RUNS = """query { runsOrError(limit: 50) { ... on Runs { results { runId jobName status } } } }"""


class Daemon:
    """A running `dg dev`, and its GraphQL."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        home = prepare(Settings(FLOODMARK_SAMPLE=True, FLOODMARK_WAREHOUSE=folder))
        others = {k: v for k, v in os.environ.items() if not k.startswith("FLOODMARK_")}
        told = {"FLOODMARK_SAMPLE": "1", "FLOODMARK_WAREHOUSE": str(folder), "DAGSTER_HOME": str(home)}
        command = [str(Path(sys.executable).parent / "dg"), "dev", "-w", "workspace.yaml"]
        self.log = (folder / "dev.log").open("w")
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port)],
            cwd=PROJECT,
            env=others | told | {"VIRTUAL_ENV": sys.prefix},
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def ask(self, query: str, **variables: Any) -> Any:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            told = json.load(answer)
        assert "errors" not in told, told["errors"]
        return next(iter(told["data"].values()))

    def launch(self, job: str, assets: list[str] | None = None, months: tuple[str, str] | None = None) -> str:
        selector: dict[str, Any] = {**REPOSITORY, "pipelineName": job}
        if assets is not None:
            selector["assetSelection"] = [{"path": a.split("/")} for a in assets]
        names = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
        tags = [{"key": k, "value": v} for k, v in zip(names, months or (), strict=False)]
        told = self.ask(
            LAUNCH, p={"selector": selector, "mode": "default", "executionMetadata": {"tags": tags}}
        )
        assert told["__typename"] == "LaunchRunSuccess", told
        return str(told["run"]["runId"])

    def outcome(self, run_id: str, seconds: float = 300) -> str:
        def ended() -> str | None:
            status = self.ask(STATUS, r=run_id)["status"]
            return status if status in ("SUCCESS", "FAILURE", "CANCELED") else None

        return until(ended, seconds)

    def shown(self, key: str) -> dict[str, Any]:
        node = self.ask(ASSET, k={"path": key.split("/")})
        entries = node["assetMaterializations"][0]["metadataEntries"]
        told = {e["label"]: e.get("intValue", e.get("text", e.get("mdStr"))) for e in entries}
        return told | {"above": ["/".join(k["path"]) for k in node["dependencyKeys"]]}

    def stop(self) -> None:
        """An interrupt, as from a terminal; whatever is left of the session is ended for good."""
        self.process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self.log.close()


def until(look: Callable[[], T | None], seconds: float, every: float = 0.5) -> T:
    """What `look` finds, once it finds something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (found := look()) is not None:
            return found
        time.sleep(every)
    raise AssertionError(f"nothing after {seconds} seconds")


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    running = Daemon(tmp_path_factory.mktemp("dagster") / "folder")
    try:

        def answers() -> bool | None:
            try:
                return bool(running.ask(STARTERS, r=REPOSITORY)) or None
            except (urllib.error.URLError, OSError):
                return None

        until(answers, 180)
        yield running
    finally:
        running.stop()


def test_schedule_and_sensor_run_by_themselves(daemon: Daemon) -> None:
    told = daemon.ask(STARTERS, r=REPOSITORY)
    assert [(s["name"], s["scheduleState"]["status"]) for s in told["schedules"]] == [("nightly", "RUNNING")]
    assert [(s["name"], s["sensorState"]["status"]) for s in told["sensors"]] == [("landed", "RUNNING")]


def test_the_nightly_job_for_one_month(daemon: Daemon) -> None:
    assert daemon.outcome(daemon.launch("nightly", months=("2024-12-01", "2024-12-01"))) == "SUCCESS"
    raw = daemon.shown("raw/liquidation_buckets")
    assert raw["dagster/row_count"] > 1000
    assert raw["newest_day"] == "2024-12-31"
    totals = daemon.shown("facts/liquidation_totals_daily")
    assert totals["dagster/row_count"] == 31
    assert totals["preview"].splitlines()[2].startswith("| 2024-12-31 |")
    ranking = daemon.shown("rankings/largest_liquidation_days")
    assert "facts/liquidation_totals_daily" in ranking["above"]
    assert ranking["top_ten"].splitlines()[2].startswith("| 1 | 2024-12-")
    assert "data:image/svg+xml" in ranking["picture"]
    assert daemon.shown("publish")["origin"] == "sample"
    assert (daemon.folder / "floodmark.duckdb").exists()


def test_claims_are_judged_and_a_brief_is_written_for_an_event(daemon: Daemon) -> None:
    told = daemon.shown("claims/verdicts")
    assert told["origin"] == "sample"
    assert "| claims-2024-12-09.yaml | L01 |" in told["verdicts"]
    briefs = [{"path": ["briefs", "events"]}]
    days = daemon.ask(OFFERED, k=briefs[0])["partitionKeys"]
    assert "2024-12-09" in days
    started = daemon.ask(BACKFILL, p={"assetSelection": briefs, "partitionNames": ["2024-12-09"]})
    assert started["__typename"] == "LaunchBackfillSuccess", started

    def ended() -> str | None:
        status: str = daemon.ask(BACKFILLED, b=started["backfillId"])["status"]
        return status if status.startswith(("COMPLETED", "FAIL", "CANCEL")) else None

    assert until(ended, 180, every=2) == "COMPLETED_SUCCESS"
    assert daemon.shown("briefs/events")["brief"].startswith("# $")
    assert (daemon.folder / "briefs" / "2024-12-09" / "index.html").exists()


def test_single_assets(daemon: Daemon) -> None:
    for keys, months in (
        (["raw/prices"], None),
        (["facts/prices_daily"], None),
        (["sources/binance_klines"], ("2024-12-01", "2024-12-01")),
        (["claims/verdicts"], None),
        (["briefs/events"], ("2024-12-09", "2024-12-09")),
    ):
        assert daemon.outcome(daemon.launch("__ASSET_JOB", keys, months)) == "SUCCESS", keys


def test_a_killed_run_frees_the_lock_and_what_it_landed_gets_built(daemon: Daemon) -> None:
    killed = daemon.launch("nightly", months=("2021-01-01", "2024-12-01"))

    def holder() -> int | None:
        try:
            note = json.loads((daemon.folder / "fetch.holder").read_text())
        except (FileNotFoundError, ValueError):
            return None
        return int(note["pid"]) if killed[:8] in note["purpose"] else None

    pid = until(holder, 120, every=0.01)
    time.sleep(0.5)  # something has landed by now
    os.kill(pid, signal.SIGKILL)
    assert (
        daemon.outcome(
            daemon.launch("__ASSET_JOB", ["sources/binance_klines"], ("2024-12-01", "2024-12-01")), 60
        )
        == "SUCCESS"
    )
    assert daemon.outcome(killed, 120) == "FAILURE"

    def built() -> str | None:
        runs = daemon.ask(RUNS)["results"]
        return next((r["status"] for r in runs if r["jobName"] == "build" and r["status"] == "SUCCESS"), None)

    assert until(built, 240, every=2) == "SUCCESS"
