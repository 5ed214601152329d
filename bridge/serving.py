"""What the servers on this machine share: how they listen, what leads to them, and their log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from aiohttp import web
from aiohttp.http import HttpProcessingError

from bridge.errors import BridgeError

if TYPE_CHECKING:
    import ssl as tls

SERVER_LOG: Final = logging.getLogger("bridge.server")
"""Where the servers' faults go; what a client did wrong is told to that client alone."""
_ANY: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  to be dialled, not listened on


def _is_our_fault(record: logging.LogRecord) -> bool:
    return record.exc_info is None or not isinstance(record.exc_info[1], HttpProcessingError)


SERVER_LOG.addFilter(_is_our_fault)


async def listen(
    what: str,
    runner: web.BaseRunner,
    host: str,
    port: int,
    ssl: tls.SSLContext | None = None,
) -> int:
    """
    Open a server and return its port.

    Args:
        what: the server, in the words of the error.
        runner: aiohttp's; the caller cleans it up in the end.
        host: an address to listen on.
        port: 0 takes a free one.
        ssl: a server-side context; then the server speaks TLS.

    Raises:
        BridgeError: the address is not free.
    """
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, ssl_context=ssl).start()
    except OSError as error:
        await runner.cleanup()
        raise BridgeError(f"{what} cannot listen on {host}:{port}: {error}") from error
    return int(runner.addresses[0][1])


def dialled(host: str) -> str:
    """Return what leads to a host in a URL: one that stands for all addresses is this machine."""
    host = _ANY.get(host, host)
    return f"[{host}]" if ":" in host else host
