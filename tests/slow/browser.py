"""Chromium over its own protocol: open a page as a phone or a desk would, and see what it did.

What a test wants to know stands in the test; here is only the making.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)


@dataclass
class Visit:
    """What a page did: complaints of the console, addresses asked for, widths; a picture."""

    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    scroll_width: int = 0
    client_width: int = 0
    screenshot: bytes = b""


class Browser:
    """A running Chromium with one tab."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.number = 0
        self.session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self.number += 1
        message: dict[str, Any] = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.socket.send(json.dumps(message))
        while True:
            answer = json.loads(self.socket.recv(timeout=60))
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def visit(self, path: Path, width: int, dark: bool = False) -> Visit:
        """Open a file at a width in CSS pixels."""
        self.events.clear()
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=844,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = "dark" if dark else "light"
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=path.resolve().as_uri())
        ends = time.monotonic() + 30
        while self.evaluate("document.readyState") != "complete" and time.monotonic() < ends:
            time.sleep(0.05)
        seen = Visit(
            scroll_width=self.evaluate("document.documentElement.scrollWidth"),
            client_width=self.evaluate("document.documentElement.clientWidth"),
        )
        picture = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        seen.screenshot = base64.b64decode(picture["data"])
        for event in self.events:
            told = event.get("params", {})
            if event["method"] == "Network.requestWillBeSent":
                seen.requests.append(told["request"]["url"])
            elif event["method"] in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"):
                seen.complaints.append(json.dumps(told))
        return seen

    def evaluate(self, expression: str) -> Any:
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """A Chromium with a profile of its own in `folder`; ended with the block."""
    assert CHROMIUM
    process = subprocess.Popen(
        [CHROMIUM, *FLAGS, f"--user-data-dir={folder}"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stderr
        address = next(line.split()[-1] for line in process.stderr if line.startswith("DevTools listening"))
        with connect(address, max_size=None, open_timeout=30) as socket:
            yield Browser(socket)
    finally:
        process.terminate()
        process.wait(20)
