"""Connections kept for the next request, as long as their server is silent on them."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, Any

import aiohttp

from bridge.transport.watch import current

if TYPE_CHECKING:
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

_POLL = getattr(select, "poll", None)
_READ = 64 << 10


class Pool(aiohttp.TCPConnector):
    """
    A pool that drops a kept connection on which its server has spoken since the last answer.

    That is either the end of the connection, which would end the next request as well, or bytes
    nobody asked for, which would be taken for the next request's answer.
    """

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  aiohttp's own, passed on
    ) -> Connection:
        """Return a silent connection of the pool, or a new one; raises `aiohttp.ClientError`."""
        while True:
            connection = await super().connect(req, traces, timeout)
            if _is_new():
                _read_less(connection)
                return connection
            if not _has_spoken(connection):
                return connection
            connection.close()


def _is_new() -> bool:
    """Tell whether the connection was opened for this very request, which an answer may precede."""
    watch = current.get(None)
    return watch is None or "connect_start" in watch.measures.times


def _read_less(connection: Connection) -> None:
    """
    Have asyncio make room for less at a time, where it lets itself be told.

    For its usual 256 KiB the allocator asks the system for pages, and gives them back, at every
    answer: that is a twelfth of a small upload.
    """
    transport: Any = connection.transport
    if hasattr(transport, "max_size"):
        transport.max_size = _READ


def _has_spoken(connection: Connection) -> bool:
    """Tell whether bytes or an end have come, heeded by the loop or still to be read."""
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None or protocol.should_close:
        return True
    sock = transport.get_extra_info("socket")
    if sock is None or _POLL is None:
        return False
    poll = _POLL()
    poll.register(sock.fileno(), select.POLLIN)
    return bool(poll.poll(0))
