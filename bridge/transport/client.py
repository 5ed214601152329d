"""One session of aiohttp's client under one table of routes."""

from __future__ import annotations

import asyncio
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Literal

import aiohttp

from bridge.transport.body import UploadBody
from bridge.transport.dial import Dialler
from bridge.transport.line import DirectLine, Line, SessionLine, WatchedResponse, ask_once
from bridge.transport.pool import Pool
from bridge.transport.small import AT_ONCE, SmallBody
from bridge.transport.watch import current

if TYPE_CHECKING:
    import ssl

    from aiohttp.connector import Connection

    from bridge.transport import Events, WireUpload
    from bridge.transport.dial import Tls
    from bridge.transport.limits import Limits
    from bridge.transport.line import Body
    from bridge.transport.multipart import Form
    from bridge.transport.origins import Routes, Way
    from bridge.transport.tuning import Tuning
    from bridge.transport.watch import Watch

# A test uploads to the same few addresses over and over.
_REMEMBERED = 128


class Client:
    """
    A session, and how many uploads are using it.

    Args:
        routes: where logical URLs lead; they never change.
        jar: the transport's cookies.
        tls: the transport's TLS context.
        tuning: how bodies are written.
        limits: how much an answer may hold.
        limit: connections open at once; 0 for any number.
    """

    def __init__(  # noqa: PLR0913, PLR0917  the transport's own parts, put together in one place
        self,
        routes: Routes,
        jar: aiohttp.CookieJar,
        tls: Tls,
        tuning: Tuning,
        limits: Limits,
        limit: int,
    ) -> None:
        self.way = lru_cache(maxsize=_REMEMBERED)(routes.way)
        self.jar = jar
        self.tuning = tuning
        self.limits = limits
        self.share = tuning.share()
        self.loop = asyncio.get_running_loop()
        self.busy = 0
        self._tls = tls
        dialler = Dialler(routes)
        self._connector = Pool(
            limit=limit,
            use_dns_cache=False,
            resolver=dialler,
            socket_factory=dialler.open_socket,
        )
        self._timeout = aiohttp.ClientTimeout(total=None)
        self.session = aiohttp.ClientSession(
            connector=self._connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            response_class=WatchedResponse,
            trace_configs=[] if tuning.direct else [_tracing()],
            middlewares=(ask_once,),
            max_line_size=limits.line,
            max_field_size=limits.header,
            max_headers=limits.headers,
        )
        request = partial(aiohttp.ClientRequest, "GET", loop=self.loop)
        self._dial = lru_cache(maxsize=_REMEMBERED)(request)

    def body(self, form: Form, upload: WireUpload, events: Events) -> Body:
        """Return what sends the form of an upload."""
        plain = upload.cut is None and upload.passage() is None
        if plain and form.size <= AT_ONCE and self.tuning.direct:
            return SmallBody(form, events, self.loop)
        return UploadBody(
            form,
            events,
            cut=upload.cut,
            passage=upload.passage,
            tuning=self.tuning,
            share=self.share,
            loop=self.loop,
        )

    def line(self, watch: Watch) -> Line:
        """Return a line for one request."""
        return DirectLine(self, watch) if self.tuning.direct else SessionLine(self, watch)

    async def tls_for(self, way: Way) -> ssl.SSLContext | Literal[True]:
        """Return the TLS context of a way, True for one that needs none."""
        return await self._tls.context() if way.tls else True

    async def connect(self, way: Way) -> Connection:
        """Return a connection of the pool, or a new one; raises `aiohttp.ClientError`."""
        tls = await self.tls_for(way)
        request = self._dial(way.origin, ssl=tls, server_hostname=way.server_hostname)
        return await self._connector.connect(request, [], self._timeout)


def _tracing() -> aiohttp.TraceConfig:
    """Return what has the session wait where the network makes a new connection slow."""
    config = aiohttp.TraceConfig()

    async def connected(*_: object) -> None:
        await current.get().note_connected()

    config.on_connection_create_end.append(connected)
    return config
