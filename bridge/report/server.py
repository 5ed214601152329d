"""
The page of calls that are happening, served on this machine alone.

The page itself tells nothing; what it shows it gets with a token, which stands behind the `#` of
its address, where browsers send it to nobody.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from contextlib import aclosing
from typing import TYPE_CHECKING, Final, Self

from aiohttp import web

from bridge import visitors
from bridge.report.document import REPORT, document
from bridge.serving import SERVER_LOG, listen

if TYPE_CHECKING:
    from bridge.report.watch import Watch

HOST: Final = "127.0.0.1"
_CLOSE_SECONDS: Final = 1.0
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class LiveServer:
    """
    Serves a page that shows what is watched; `async with` opens it.

    Args:
        watch: the calls.
    """

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.token = secrets.token_urlsafe(24)
        self._page = "".join(document(REPORT, "live.mjs", connect="'self'"))
        self._runner: web.AppRunner | None = None
        self._looking: asyncio.Task[None] | None = None
        self._port = 0

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Listen; raises `BridgeError` when no port is free."""
        application = web.Application()
        application.router.add_get("/", self._show)
        application.router.add_get("/calls", self._tell)
        # A page that has gone must not be written to any longer.
        runner = web.AppRunner(
            application,
            access_log=None,
            logger=SERVER_LOG,
            handler_cancellation=True,
            shutdown_timeout=_CLOSE_SECONDS,
        )
        self._port = await listen("the page's server", runner, HOST, 0)
        self._runner = runner
        self._looking = asyncio.create_task(self.watch.looking())

    async def close(self) -> None:
        """Tell every page the rest, and stop listening."""
        self.watch.finish()
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def url(self) -> str:
        """Where a person opens the page, its token included."""
        return f"http://{HOST}:{self._port}/#{self.token}"

    async def _show(self, request: web.Request) -> web.Response:
        _judge(request)
        return web.Response(text=self._page, content_type="text/html", headers=_HEADERS)

    async def _tell(self, request: web.Request) -> web.StreamResponse:
        _judge(request)
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, f"Bearer {self.token}".encode()):
            raise web.HTTPUnauthorized(text="the token is wrong: open the address that was printed")
        since = request.query.get("since", "0")
        if not (since.isascii() and since.isdecimal()):
            raise web.HTTPBadRequest(text="'since' is a number")
        answer = web.StreamResponse(headers={**_HEADERS, "Content-Type": "application/jsonl"})
        await answer.prepare(request)
        async with aclosing(self.watch.news(int(since))) as news:
            async for line in news:
                await answer.write(line)
        return answer


def _judge(request: web.Request) -> None:
    """Refuse web pages of other sites."""
    if visitors.is_of_another_site(request.headers):
        raise web.HTTPForbidden(text="pages of other sites may not look on")
    if visitors.came_by_another_name(request.headers, HOST):
        raise web.HTTPForbidden(text="the Host is another name than this server's")
