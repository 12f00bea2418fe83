"""The replay server beside the checkout, and the real command over it. Skipped where it is absent."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
SERVER = PROJECT.parent / "shared" / "replay" / "serve.py"
NOW = "2025-01-01T03:00:00Z"
SCALE = "60"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in Path(item.path).parents:
            item.add_marker(pytest.mark.replay)
            item.add_marker(pytest.mark.slow)
            if not SERVER.exists():
                item.add_marker(pytest.mark.skip(reason="the replay server is not beside this checkout"))


class Replay:
    """One running server."""

    def __init__(self, url: str) -> None:
        self.url = url

    def stats(self) -> dict:
        return json.load(urllib.request.urlopen(f"{self.url}/__stats"))

    def reset(self) -> None:
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/__reset", method="POST", data=b""))

    def move_to(self, now: str) -> None:
        body = json.dumps({"now": now}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/__now", method="POST", data=body))


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Replay]]:
    """Start servers with options; all are stopped at the end."""
    running: list[subprocess.Popen] = []

    def start(*options: str) -> Replay:
        port_file = tmp_path / f"port-{len(running)}"
        command = [sys.executable, str(SERVER), "--port", "0", "--port-file", str(port_file)]
        running.append(
            subprocess.Popen(
                [*command, "--rate-scale", SCALE, *options],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        for _ in range(400):
            if port_file.exists():
                return Replay(f"http://127.0.0.1:{port_file.read_text().strip()}")
            time.sleep(0.05)
        raise AssertionError("the replay server did not start")

    yield start
    for server in running:
        server.terminate()
        server.wait(10)


class Floodmark:
    """The real command in one data folder, as a user types it."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        clean = {
            k: v for k, v in os.environ.items() if not k.startswith(("FLOODMARK_",)) and "API_KEY" not in k
        }
        self.environment = {
            **clean,
            "FLOODMARK_WAREHOUSE": str(folder),
            "FLOODMARK_NOW": NOW,
            "FLOODMARK_RATE_SCALE": SCALE,
            **environment,
        }

    def with_(self, **environment: str) -> Floodmark:
        other = Floodmark(self.folder)
        other.environment = {**self.environment, **environment}
        return other

    def start(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            [str(Path(sys.executable).with_name("floodmark")), *arguments],
            env=self.environment,
            cwd=self.folder.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str, code: int | None = 0) -> str:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=600)
        self.stderr = err
        if code is not None:
            assert process.returncode == code, (
                f"{arguments}: exit {process.returncode}\n{out[-3000:]}\n{err[-3000:]}"
            )
        return out

    def sql(self, query: str) -> list[dict]:
        return json.loads(self("sql", query, "--format", "json"))

    def one(self, query: str) -> object:
        (row,) = self.sql(query)
        (value,) = row.values()
        return value

    def fingerprint(self, *schemas: str) -> dict[str, tuple[str, str]]:
        """table -> (rows, hash), of the pipeline's and the published tables outside meta."""
        rows = csv.DictReader(io.StringIO(self("fingerprint", "--format", "csv")))
        return {
            f"{r['database']} {r['table']}": (r["rows"], r["hash"])
            for r in rows
            if not r["table"].startswith("meta.") and (not schemas or r["table"].split(".")[0] in schemas)
        }


@pytest.fixture
def floodmark(tmp_path: Path) -> Callable[..., Floodmark]:
    """A command in a folder of its own, mirrored to a server, with the keys given."""

    def make(replay: Replay | None, name: str = "warehouse", **environment: str) -> Floodmark:
        mirror = {"FLOODMARK_MIRROR": replay.url} if replay else {}
        return Floodmark(tmp_path / name, **mirror, **environment)

    return make
