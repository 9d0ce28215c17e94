"""A real browser without a screen, driven over its own debugging pipe."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_S = 30.0
LOOK_EVERY_S = 0.02


class Browser:
    """One page; what a person would do in it, and what stands there afterwards."""

    def __init__(self, says: int, hears: int) -> None:
        self._says, self._hears = says, hears
        self._numbers = 0
        self._unread = b""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._page = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._call("Page.enable")

    def open(self, address: str) -> str:
        """Go to an address; returns why it could not be shown, or nothing."""
        return str(self._call("Page.navigate", url=address).get("errorText", ""))

    def press(self, value: str) -> None:
        """Click the button of this value with the mouse."""
        place = self.wait(
            f"""(() => {{ const button = document.querySelector('button[value="{value}"]');
                if (!button || document.readyState !== 'complete') return null;
                const box = button.getBoundingClientRect();
                return [box.x + box.width / 2, box.y + box.height / 2]; }})()"""
        )
        for kind in ("mousePressed", "mouseReleased"):
            self._call(
                "Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1
            )

    def headline(self) -> str:
        """Wait for this program's own page and return what it says in large."""
        return str(
            self.wait(
                "document.title === 'ParcelGuard' && document.readyState === 'complete'"
                " ? document.querySelector('h1').textContent : null"
            )
        )

    def text(self) -> str:
        """Return what stands on the page."""
        return str(self._evaluate("document.body.innerText"))

    def address(self) -> str:
        """Return what the address bar holds."""
        return str(self._evaluate("location.href"))

    def wait(self, script: str) -> Any:
        """Return the first value that is something."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if (value := self._evaluate(script)) is not None:
                return value
            time.sleep(LOOK_EVERY_S)
        raise AssertionError(f"waited in vain; the browser is at {self.address()}: {self.text()[:300]}")

    def _evaluate(self, script: str) -> Any:
        told = self._call("Runtime.evaluate", expression=script, returnByValue=True)
        return told.get("result", {}).get("value")  # nothing while one page gives way to the next

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._numbers += 1
        call: dict[str, Any] = {"id": self._numbers, "method": method, "params": parameters}
        if not method.startswith("Target."):
            call["sessionId"] = self._page
        os.write(self._says, json.dumps(call).encode() + b"\0")
        while (answer := self._answer()).get("id") != self._numbers:
            pass
        return dict(answer.get("result", {}))

    def _answer(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            more = os.read(self._hears, 65_536)
            assert more, "the browser ended"
            self._unread += more
        answer, self._unread = self._unread.split(b"\0", 1)
        return dict(json.loads(answer))


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Start a browser of its own; where there is none, skip, but fail where CI is set."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None or sys.platform == "win32":
        if os.environ.get("CI"):
            pytest.fail("no Chromium for the consent pages", pytrace=False)
        pytest.skip("no Chromium here")
    its_in, says = os.pipe()
    hears, its_out = os.pipe()
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    options += ["--no-proxy-server", "--remote-debugging-pipe", f"--user-data-dir={profile}"]
    process = subprocess.Popen(
        ["bash", "-c", f'exec "$0" "$@" 3<&{its_in} 4>&{its_out}', program, *options],
        pass_fds=(its_in, its_out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(its_in)
    os.close(its_out)
    try:
        yield Browser(says, hears)
    finally:
        os.close(says)  # it ends when nobody speaks to it any more
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(hears)
