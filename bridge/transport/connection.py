"""The connection below aiohttp's writer: what waits in it, how far its peer is, how it is reset."""

from __future__ import annotations

import socket
import struct
from asyncio.trsock import TransportSocket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter

_RTT = struct.Struct("68xI")  # struct tcp_info (Linux): tcpi_rtt, in microseconds
_TCP_INFO = getattr(socket, "TCP_INFO", None)


def _socket(writer: AbstractStreamWriter) -> Any:  # noqa: ANN401  each event loop has its own class
    """Return the loop's view of the connection's socket, or None when there is none."""
    transport = writer.transport
    return None if transport is None else transport.get_extra_info("socket")


def plain_socket(writer: AbstractStreamWriter) -> int | None:
    """Return the descriptor of a plain TCP connection; None under TLS or on other transports."""
    connection, transport = _socket(writer), writer.transport
    if connection is None or transport is None or transport.get_extra_info("ssl_object"):
        return None
    return int(connection.fileno())


def buffered(writer: AbstractStreamWriter) -> int:
    """Return the bytes that the transport still holds for the kernel."""
    transport = writer.transport
    return 0 if transport is None else transport.get_write_buffer_size()


async def flush(writer: AbstractStreamWriter) -> None:
    """Wait until the transport has handed everything to the kernel."""
    transport = writer.transport
    if transport is None or not transport.get_write_buffer_size():
        return
    low, high = transport.get_write_buffer_limits()
    transport.set_write_buffer_limits(0)
    try:
        await writer.drain()
    finally:
        transport.set_write_buffer_limits(high, low)


def round_trip(writer: AbstractStreamWriter) -> float:
    """Return the kernel's smoothed round-trip time in ms, or 0 where it is not told."""
    connection = _socket(writer)
    if connection is None or _TCP_INFO is None or connection.fileno() < 0:
        return 0.0
    try:
        info = _asked(connection, _TCP_INFO)
    except OSError:  # the connection ended with the body
        return 0.0
    return float(_RTT.unpack(info)[0]) / 1000 if len(info) == _RTT.size else 0.0


def _asked(connection: Any, option: int) -> bytes:  # noqa: ANN401  each event loop has its own class
    """Return what the system says of a connection's TCP; raises `OSError`."""
    if isinstance(connection, TransportSocket):
        return connection.getsockopt(socket.IPPROTO_TCP, option, _RTT.size)
    # uvloop's view of a socket makes a new one for each question, and asks it more.
    sock = socket.SocketType(socket.AF_INET, socket.SOCK_STREAM, 0, connection.fileno())
    try:
        return sock.getsockopt(socket.IPPROTO_TCP, option, _RTT.size)
    finally:
        sock.detach()


def reset(writer: AbstractStreamWriter) -> None:
    """Drop the connection so that the peer sees a reset, not an orderly end."""
    connection, transport = _socket(writer), writer.transport
    if connection is not None and transport is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
