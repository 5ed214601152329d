"""Chromium for the tests that look at a page, driven over its DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import signal
import tempfile
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

SECONDS: Final = 30
NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
KEYS: Final = {
    "ArrowDown": 40,
    "ArrowUp": 38,
    "ArrowLeft": 37,
    "ArrowRight": 39,
    "PageDown": 34,
    "PageUp": 33,
    "Home": 36,
    "End": 35,
    "Enter": 13,
    "Escape": 27,
    "Tab": 9,
}
# Nothing that Chromium itself wants from the network, and no services of a desktop.
FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
    "--disable-lcd-text",
    "--force-color-profile=srgb",
    "--remote-debugging-port=0",
)

# Every frame until something holds, for as long as `ms`.
_UNTIL = """
new Promise((done, fail) => {
  const end = performance.now() + %d;
  const look = () => {
    if (%s) done(true);
    else if (performance.now() > end) fail(new Error('it never held'));
    else requestAnimationFrame(look);
  };
  look();
})
"""

READY: Final = "document.getElementById('calls')?.getAttribute('aria-busy') === 'false'"
"""What holds once a page has read all its data."""

CHOSEN: Final = "document.getElementById('detail').getAttribute('aria-busy') === 'false'"
"""What holds once the chosen call is shown."""

Json = dict[str, Any]


def executable() -> str:
    """Return Chromium's path; without one the test is skipped, since it cannot look at anything."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium here: `apt-get install chromium` brings one")
    return found


@dataclass
class Tab:
    """
    One page.

    Attributes:
        errors: what went wrong in it: exceptions, errors on the console, broken policies.
        requests: the addresses that it asked for.
    """

    send: Callable[[str, Json], asyncio.Future[Json]]
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def hear(self, method: str, params: Json) -> None:
        """Note an event of the page."""
        if method == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
            self.errors.append(json.dumps(params["args"]))
        elif method == "Page.javascriptDialogOpening":
            self.errors.append(f"a dialog: {params['message']}")
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(params["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])

    async def do(self, method: str, **params: object) -> Json:
        """Carry out one command of the protocol."""
        return await asyncio.wait_for(self.send(method, params), SECONDS)

    async def open(self, address: str, ready: str = "true") -> None:
        """Go to an address, and wait until an expression holds there."""
        done = await self.do("Page.navigate", url=address)
        assert "errorText" not in done, done
        await self.until(f"document.readyState === 'complete' && ({ready})")

    async def run(self, expression: str) -> Any:  # noqa: ANN401  whatever the expression gives
        """Evaluate JavaScript, awaiting its promise; the value comes back as JSON would have it."""
        answer = await self.do(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise AssertionError(f"{expression}: {json.dumps(answer['exceptionDetails'])}")
        return answer["result"].get("value")

    async def until(self, holds: str) -> None:
        """Wait until an expression is true, looked at before each frame."""
        await self.run(_UNTIL % (1000 * (SECONDS - 10), holds))

    async def press(self, *keys: str) -> None:
        """Press keys one after the other, by the names that keydown events have."""
        for key in keys:
            what = {"key": key, "windowsVirtualKeyCode": KEYS.get(key, ord(key[0].upper()))}
            text = {"text": "\r" if key == "Enter" else key} if key not in KEYS else {}
            await self.do("Input.dispatchKeyEvent", type="keyDown", **what, **text)
            await self.do("Input.dispatchKeyEvent", type="keyUp", **what)

    async def write(self, text: str) -> None:
        """Type a text where the focus is."""
        await self.do("Input.insertText", text=text)

    async def click(self, selector: str) -> None:
        """Click the middle of an element, as a mouse does."""
        place = await self.run(
            f"(() => {{ const node = document.querySelector({json.dumps(selector)});"
            " node.scrollIntoView({block: 'nearest'}); const at = node.getBoundingClientRect();"
            " return [at.x + at.width / 2, at.y + at.height / 2]; })()"
        )
        await self.mouse("mousePressed", *place)
        await self.mouse("mouseReleased", *place)

    async def mouse(self, kind: str, x: float, y: float) -> None:
        """Do one thing with the left button of a mouse."""
        what = {"x": x, "y": y, "button": "left", "clickCount": 1}
        await self.do("Input.dispatchMouseEvent", type=kind, buttons=1, **what)

    async def select(self, selector: str, value: str) -> None:
        """Choose an option of a list, as a person does who knows its value."""
        chosen = await self.run(
            f"(() => {{ const node = document.querySelector({json.dumps(selector)});"
            f" node.value = {json.dumps(value)};"
            " node.dispatchEvent(new Event('change', {bubbles: true})); return node.value; })()"
        )
        assert value == chosen

    async def text(self, selector: str) -> str:
        """Return the text that an element shows."""
        shown = await self.run(f"document.querySelector({json.dumps(selector)}).innerText")
        return str(shown)

    async def look(self, *, width: int, height: int, dark: bool = False, scale: float = 1) -> None:
        """Make the page as large as this, light or dark."""
        size = {"width": width, "height": height, "deviceScaleFactor": scale}
        await self.do("Emulation.setDeviceMetricsOverride", **size, mobile=width < 600)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        await self.do("Emulation.setEmulatedMedia", features=scheme)
        await self.run("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        # A colour on its way to another is neither.
        await self.until("document.getAnimations().length === 0")

    async def picture(self, path: Path) -> None:
        """Save a screenshot as PNG."""
        shot = await self.do("Page.captureScreenshot", format="png", optimizeForSpeed=False)
        path.write_bytes(base64.b64decode(shot["data"]))  # noqa: ASYNC240  nobody waits


class Browser:
    """A running Chromium."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Json]] = {}
        self._tabs: dict[str, Tab] = {}
        self._listening = asyncio.ensure_future(self._listen())

    @asynccontextmanager
    async def tab(self) -> AsyncIterator[Tab]:
        """Open a page in a window of its own, which shares nothing with others."""
        context = await self._send("Target.createBrowserContext", {})
        try:
            yield await self._tab(context)
        finally:
            await self._send("Target.disposeBrowserContext", context)

    async def _tab(self, context: Json) -> Tab:
        created = await self._send("Target.createTarget", {"url": "about:blank", **context})
        attached = await self._send("Target.attachToTarget", {**created, "flatten": True})
        session = attached["sessionId"]
        tab = Tab(lambda method, params: self._send(method, params, session))
        self._tabs[session] = tab
        for domain in ("Page", "Runtime", "Log", "Network"):
            await tab.do(f"{domain}.enable")
        return tab

    async def close(self) -> None:
        """Stop listening."""
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening

    def _send(self, method: str, params: Json, session: str | None = None) -> asyncio.Future[Json]:
        number = next(self._numbers)
        message: Json = {"id": number, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        self._waiting[number] = answer = asyncio.get_running_loop().create_future()
        self._sending = asyncio.ensure_future(self._socket.send_json(message))
        return answer

    async def _listen(self) -> None:
        async for message in self._socket:
            self._hear(json.loads(message.data))
        for answer in self._waiting.values():
            answer.set_exception(ConnectionError("Chromium has gone"))

    def _hear(self, message: Json) -> None:
        if "id" not in message:
            tab = self._tabs.get(message.get("sessionId", ""))
            if tab is not None:
                tab.hear(message["method"], message["params"])
            return
        answer = self._waiting.pop(message["id"])
        if answer.done():  # whoever asked has given up
            return
        if "error" in message:
            answer.set_exception(AssertionError(json.dumps(message["error"])))
        else:
            answer.set_result(message["result"])


@asynccontextmanager
async def running() -> AsyncIterator[Browser]:
    """Run Chromium with a profile of its own, and end it and all its processes."""
    path = executable()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            path,
            *FLAGS,
            f"--user-data-dir={profile}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            address = await asyncio.wait_for(_address(process), SECONDS)
            async with (
                aiohttp.ClientSession() as http,
                http.ws_connect(address, max_msg_size=0) as socket,
            ):
                browser = Browser(socket)
                try:
                    yield browser
                finally:
                    await browser.close()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    """Return where Chromium listens, which it says among other things on standard error."""
    assert process.stderr is not None
    async for line in process.stderr:
        _, found, address = line.decode(errors="replace").partition("DevTools listening on ")
        if found:
            return address.strip()
    raise AssertionError("Chromium ended before it listened")


def address_of(path: Path) -> str:
    """Return the address of a file on disk."""
    return path.resolve().as_uri()
