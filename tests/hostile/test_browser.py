"""A web page in a real browser, which can reach this machine: it cannot drive the servers on it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from aiohttp import web

from bridge import Bridge, UploadServer
from bridge.logic.server import BridgeServer
from tests.report.browser import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.report.browser import Tab

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
FOREIGN = "evil.localhost"
"""A name that leads to this machine, as one does that a DNS answer was made up for."""
_TALK = """
new Promise((done) => {
  const socket = new WebSocket(%s);
  socket.onopen = () => socket.send(%s);
  socket.onmessage = (event) => done(JSON.parse(event.data).type);
  socket.onclose = (event) => done(event.code);
})
"""
_ASK = """
fetch(%s, %s).then(
  (answer) => answer.type === 'opaque' ? 'opaque' : answer.status,
  (error) => error.name)
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tab() -> AsyncIterator[Tab]:
    """Open a tab of a browser; without one the tests are skipped."""
    async with running() as browser, browser.tab() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page() -> AsyncIterator[int]:
    """Serve an empty page, and return the port."""

    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(text="<title>a page</title>", content_type="text/html")

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield int(runner.addresses[0][1])
    await runner.cleanup()


async def talk(tab: Tab, url: str, token: str) -> object:
    """Let the page greet a bridge; returns what it is answered, or the code of the close."""
    hello = {"type": "hello", "v": 1, "token": token, "session": "a", "target": ""}
    return await tab.run(_TALK % (json.dumps(url), json.dumps(json.dumps(hello))))


async def ask(tab: Tab, url: str, **options: str) -> object:
    """Let the page send a request; returns the status, `opaque`, or the name of the error."""
    return await tab.run(_ASK % (json.dumps(url), json.dumps(options)))


async def test_a_page_of_another_site_cannot_drive_the_bridge(tab: Tab, page: int) -> None:
    """Not even one that knows the token, and not by a name of its own that leads here."""
    async with BridgeServer(lambda _: Bridge("wx")) as server:
        rebound = server.url.replace("127.0.0.1", FOREIGN)
        await tab.open(f"http://127.0.0.1:{page}/")
        assert "ready" == await talk(tab, server.url, server.token)
        assert 4401 == await talk(tab, server.url, "a guess")
        await tab.open(f"http://{FOREIGN}:{page}/")
        assert 4403 == await talk(tab, server.url, server.token)
        assert 4403 == await talk(tab, rebound, server.token)


async def test_a_page_of_another_site_cannot_drive_the_upload_server(tab: Tab, page: int) -> None:
    """It can upload, as it can to any server; it reads no upload, and writes no script."""
    async with UploadServer() as server:
        admin = f"{server.url}/__minibridge__"
        await tab.open(f"http://{FOREIGN}:{page}/")
        assert 200 == await ask(tab, f"{server.url}/up", method="POST", body="x")
        for path, method in (("uploads", "GET"), ("uploads", "DELETE"), ("script", "PUT")):
            body = {"body": '[{"status": 500}]'} if method == "PUT" else {}
            assert "TypeError" == await ask(tab, f"{admin}/{path}", method=method, **body)
        assert "opaque" == await ask(
            tab, f"{admin}/script", mode="no-cors", method="POST", body="[]"
        )
        # The name of the page now leads to the upload server itself: that is DNS rebinding.
        await tab.open(f"{server.url.replace('127.0.0.1', FOREIGN)}/up")
        assert 403 == await ask(tab, "/__minibridge__/uploads")
        assert 403 == await ask(
            tab, "/__minibridge__/script", method="PUT", body='[{"status": 500}]'
        )
        assert 200 == await ask(tab, "/up", method="POST", body="y")
        assert {"x", "y"} <= {upload.text for upload in server.uploads}
