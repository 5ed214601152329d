"""
Uploads over real sockets, by aiohttp's client.

What the server sees (Host, SNI, cookies, redirects) follows the logical URL; `route` decides where
it is dialled, and an address that is neither routed nor loopback is never dialled at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp

from bridge.reasons import Reason
from bridge.transport import TransportFailure
from bridge.transport.client import Client
from bridge.transport.dial import Tls
from bridge.transport.exchange import Exchange
from bridge.transport.limits import DEFAULT_LIMITS, Limits
from bridge.transport.origins import Origin, Routes
from bridge.transport.tuning import DEFAULT_TUNING, Tuning

if TYPE_CHECKING:
    import ssl

    from bridge.transport import Events, Reply, WireUpload


class HttpTransport:
    """
    The transport of real uploads.

    Args:
        ssl: the TLS context of https targets; None for one that trusts the system's authorities.
        limit: connections open at once; 0 for any number.
        limits: how much an answer may hold before it is a `BAD_RESPONSE`.
        tuning: how bodies are written, for measurements and for tests of each path.
    """

    def __init__(
        self,
        *,
        ssl: ssl.SSLContext | None = None,
        limit: int = 0,
        limits: Limits = DEFAULT_LIMITS,
        tuning: Tuning = DEFAULT_TUNING,
    ) -> None:
        self._tls = Tls(ssl)
        self._limit = limit
        self._tuning = tuning
        self._limits = limits
        self._routes = Routes()
        self._jar: aiohttp.CookieJar | None = None
        self._client: Client | None = None
        self._retired: list[Client] = []
        self._closed = False
        self._lost = 0

    def route(self, origin: str, to: str | None) -> None:
        """
        Dial `to` for the logical `origin`, both `scheme://host[:port]`; None removes the mapping.

        An origin may be routed to itself, which is the permission to dial it. A connection opened
        under the old mapping is not used again.

        Raises:
            ValueError: either is not an origin, or a twin of the other scheme leads elsewhere.
        """
        target = None if to is None else Origin.parse(to)
        routes = self._routes.changed(Origin.parse(origin), target)
        if routes == self._routes:
            return
        self._routes = routes
        self._retire()

    async def send(self, upload: WireUpload, events: Events) -> Reply:
        """Send one upload; raises `TransportFailure`. Cancelling frees its connection at once."""
        if upload.lost > self._lost:
            self._lost = upload.lost
            self._retire()
        if self._retired:
            await self._close_retired()
        if self._closed:
            raise TransportFailure(Reason.INTERNAL, {"detail": "the transport is closed"})
        client = self._current_client()
        client.busy += 1
        try:
            return await Exchange(client, upload, events).run()
        finally:
            client.busy -= 1

    async def aclose(self) -> None:
        """Close every connection, ending what is still in flight; safe to call twice."""
        self._closed = True
        clients = [*self._retired, *([self._client] if self._client else [])]
        self._retired, self._client = [], None
        for client in clients:
            await client.session.close()

    def _current_client(self) -> Client:
        if self._client is None:
            if self._jar is None:
                self._jar = aiohttp.CookieJar(unsafe=True)
            self._client = Client(
                self._routes, self._jar, self._tls, self._tuning, self._limits, self._limit
            )
        return self._client

    def _retire(self) -> None:
        """Use no connection of now again."""
        if self._client is not None:
            self._retired.append(self._client)
            self._client = None

    async def _close_retired(self) -> None:
        for client in [client for client in self._retired if not client.busy]:
            self._retired.remove(client)
            await client.session.close()
