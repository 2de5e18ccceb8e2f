"""Chromium without a window, which opens the pages that the suite writes, as a reader would.

It is spoken to over two pipes, in the DevTools protocol: nothing listens on any port, no library is needed.
"""

import json
import os
import select
import shutil
import sys
import time
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests import home

__all__ = ["NARROW", "WIDE", "Chromium", "Tab", "axe_source", "browser", "chromium", "eventually"]

WIDE, NARROW = (1280, 900), (390, 844)
"""Width and height of a window in CSS pixels: a laptop's, and a phone's."""

_PATIENCE = 300  # seconds, after which a browser is taken for one that hangs
_PATIENCE_OF_A_READER = 60  # seconds, after which a page is taken to stay as it is
_FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-extensions", "--disable-background-networking", "--disable-component-update"),
    *("--force-color-profile=srgb", "--hide-scrollbars", "--remote-debugging-pipe", "about:blank"),
)
# The protocol is spoken on the descriptors 3 and 4.
_SHELL = 'exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1'
_KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowRight": 39, "ArrowDown": 40}


@cache
def chromium() -> str:
    """The path of a Chromium, or of its like; "" if there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for name in names if (path := shutil.which(name))), "")


@cache
def axe_source() -> str:
    """The script of axe-core, which finds what stands in the way of readers; "" if it is not installed."""
    found = find_spec("axe_playwright_python")
    if found is None or not found.submodule_search_locations:
        return ""
    (folder,) = found.submodule_search_locations
    return (Path(folder) / "axe.min.js").read_text(encoding="utf-8")


@contextmanager
def browser() -> Iterator["Chromium"]:
    """A browser that is under way, with a profile of its own."""
    with TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as profile:
        command = ["/bin/sh", "-c", _SHELL, chromium(), f"--user-data-dir={profile}", *_FLAGS]
        with home.start(command, told=True) as process:
            try:
                found = Chromium(process)
                yield found
                found.call("Browser.close")
                process.wait(_PATIENCE)
            finally:
                process.kill()


def eventually(read: Callable[[], object], wanted: object) -> None:
    """Waits until what is read equals what is wanted. Raises AssertionError if it does not come to.

    A page follows a click or a key in its own time: a link leads to its place, and the page hears of it,
    in tasks that come after the click. What is read at once may be what was there before.
    """
    until = time.monotonic() + _PATIENCE_OF_A_READER
    while (found := read()) != wanted:
        if time.monotonic() > until:
            raise AssertionError(f"it is {found!r}, and stays so; wanted was {wanted!r}")
        time.sleep(0.02)


class Chromium:
    """One browser, and what it was told and has told."""

    def __init__(self, process: home.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._input, self._output = process.stdin.fileno(), process.stdout.fileno()
        self._rest = b""
        self._number = 0
        self.heard: list[dict[str, Any]] = []

    def call(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """What the browser answers to a command. Raises RuntimeError if it refuses."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        data = json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0"
        while data:
            data = data[os.write(self._input, data) :]
        while (answer := self._read()).get("id") != self._number:
            self.heard.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def wait(self, method: str, session: str) -> None:
        """Waits for an event, unless it was heard already."""
        while not any(
            item.get("method") == method and item.get("sessionId") == session for item in self.heard
        ):
            self.heard.append(self._read())

    def _read(self) -> dict[str, Any]:
        until = time.monotonic() + _PATIENCE
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._output], [], [], max(until - time.monotonic(), 0))
            data = os.read(self._output, 1 << 16) if ready else b""
            assert data, "the browser ended, or says nothing"
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(line)
        return found

    @contextmanager
    def tab(
        self,
        page: Path,
        size: tuple[int, int] = WIDE,
        *,
        dark: bool = False,
        scripts: bool = True,
        media: str = "",
    ) -> Iterator["Tab"]:
        """A page in a tab of its own, loaded; closed afterwards.

        `scripts` says whether the page may run any, and `media` is `print` for what a printer gets.
        """
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        tab = Tab(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            tab.call(f"{domain}.enable")
        width, height = size
        tab.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        tab.call("Emulation.setEmulatedMedia", media=media, features=[scheme])
        tab.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        tab.go(page.resolve().as_uri())
        try:
            yield tab
        finally:
            self.call("Target.disposeBrowserContext", browserContextId=context)
            self.heard = [item for item in self.heard if item.get("sessionId") != session]


class Tab:
    """A page that is open."""

    def __init__(self, browser: Chromium, session: str) -> None:
        self._browser, self._session = browser, session

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What the browser answers to a command about this page."""
        return self._browser.call(method, self._session, **parameters)

    def go(self, address: str) -> None:
        """Opens an address, and waits until it is loaded."""
        self._browser.heard = [
            item
            for item in self._browser.heard
            if (item.get("method"), item.get("sessionId")) != ("Page.loadEventFired", self._session)
        ]
        self.call("Page.navigate", url=address)
        self._browser.wait("Page.loadEventFired", self._session)

    def run(self, script: str) -> Any:
        """The value of an expression in the page, a promise's when it is there. Raises RuntimeError."""
        done = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise RuntimeError(json.dumps(done["exceptionDetails"])[:2_000])
        return done["result"].get("value")

    def press(self, key: str, times: int = 1) -> None:
        """Presses a key, which goes where the focus is."""
        named = {"key": key, "code": key, "windowsVirtualKeyCode": _KEYS[key]}
        text = {"Enter": {"text": "\r"}, " ": {"text": " "}}.get(key, {})
        for _ in range(times):
            self.call("Input.dispatchKeyEvent", type="keyDown", **named, **text)
            self.call("Input.dispatchKeyEvent", type="keyUp", **named)

    def click(self, selector: str) -> None:
        """Clicks where the first element of a selector is, as a mouse does, once it is to be seen."""
        eventually(lambda: self.shown(selector) > 0, wanted=True)
        place = self.run(
            f"(() => {{ const it = document.querySelector({json.dumps(selector)});"
            "it.scrollIntoView({block: 'center', behavior: 'instant'});"
            "const box = it.getClientRects()[0];"
            "return [box.left + box.width / 2, box.top + box.height / 2] })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call(
                "Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1
            )

    def text(self, selector: str = "body") -> str:
        """What can be read of an element, with what is generated for it left out."""
        found: str = self.run(f"document.querySelector({json.dumps(selector)}).innerText")
        return found

    def shown(self, selector: str) -> int:
        """How many elements of a selector are to be seen, be it after scrolling."""
        number: int = self.run(
            f"[...document.querySelectorAll({json.dumps(selector)})]"
            ".filter(it => it.checkVisibility({visibilityProperty: true})).length"
        )
        return number

    def unfold(self) -> None:
        """Opens all that is folded."""
        self.run("document.querySelectorAll('details').forEach(it => { it.open = true })")

    @property
    def sideways(self) -> int:
        """By how many pixels the page is wider than its window: 0 where it needs no scrolling sideways."""
        number: int = self.run("document.documentElement.scrollWidth - window.innerWidth")
        return max(number, 0)

    def clipped(self, beside: str = "[tabindex]") -> list[str]:
        """The elements with text beyond the window, or cut off by themselves, but for those to be scrolled.

        `beside` selects the boxes that readers can scroll, of which the inside does not count. What only
        screen readers read does not count either.
        """
        found: list[str] = self.run(
            f"""[...document.querySelectorAll('body *')].filter(it => {{
              if (it.closest({json.dumps(beside + ", svg")}) || !it.checkVisibility()) return false;
              const style = getComputedStyle(it), box = it.getBoundingClientRect();
              if (style.position === 'absolute' || it.closest('.hidden, .skip')) return false;
              const text = [...it.childNodes].some(one => one.nodeType === 3 && one.data.trim());
              if (!text || !box.width) return false;
              const cut = style.overflowX === 'hidden' && it.scrollWidth > it.clientWidth + 1;
              return cut || box.right > innerWidth + 1 || box.left < -1;
            }}).map(it => `${{it.tagName}}.${{it.className}}: ${{it.textContent.trim().slice(0, 60)}}`)"""
        )
        return found

    @property
    def complaints(self) -> list[str]:
        """What the browser's console says of the page: errors, and what its policy refused."""
        self.run("0")  # what the browser has told by now is read with its answer
        told = [item for item in self._browser.heard if item.get("sessionId") == self._session]
        found: list[str] = []
        for item in told:
            match item.get("method"), item.get("params", {}):
                case "Log.entryAdded", {"entry": {"text": str(text)}}:
                    found.append(text)
                case "Runtime.consoleAPICalled", {"args": list(args)}:
                    found.append(" ".join(str(one.get("value")) for one in args))
                case "Runtime.exceptionThrown", {"exceptionDetails": {"text": str(text)}}:
                    found.append(text)
        return found

    @property
    def requested(self) -> list[str]:
        """Every address that the page asked for, its own first."""
        self.run("0")
        return [
            item["params"]["request"]["url"]
            for item in self._browser.heard
            if item.get("sessionId") == self._session and item.get("method") == "Network.requestWillBeSent"
        ]

    def barriers(self, rules: Sequence[str] = ()) -> list[str]:
        """What axe-core finds against WCAG 2.2 AA and its best practice, each with the first places."""
        self.run(axe_source())
        only = {"runOnly": list(rules)} if rules else {}
        found = self.run(f"axe.run(document, {json.dumps(only)}).then(it => it.violations)")
        return [
            f"{item['id']}: {item['help']}: {[node['html'][:160] for node in item['nodes'][:4]]}"
            for item in found
        ]

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """Writes what is to be seen as a PNG: the window, or the whole page."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"clip": {"x": 0, "y": 0, "scale": 1, "width": size["width"], "height": size["height"]}}
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=whole, **(clip if whole else {}))
        path.write_bytes(b64decode(shot["data"]))


if __name__ == "__main__":  # whether there is one, for make and .ci/run
    sys.exit(not chromium())
