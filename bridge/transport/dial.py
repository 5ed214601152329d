"""Where a logical address is dialled: as routed, on loopback, and nowhere else."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from bridge.transport.origins import LOOPBACK_ADDRESSES, is_address
from bridge.transport.watch import TimedTls, current, mark

if TYPE_CHECKING:
    from bridge.transport.origins import Routes


class NeverDialledError(OSError):
    """An address outside loopback and every route, refused when its socket was to be opened."""


class Dialler(AbstractResolver):
    """Resolves hosts as routed, and opens sockets to loopback and to routes only."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        self._permitted: set[str] = set()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses a logical host is dialled at; raises `OSError` for none."""
        mark("dns_start")
        found = await self._lookup(host, port, family)
        mark("dns_end")
        return found

    async def _lookup(
        self, host: str, port: int, family: socket.AddressFamily
    ) -> list[ResolveResult]:
        address = self._routes.address(host, port)
        if address is None:
            raise NeverDialledError(f"{host} is not routed")
        target, target_port = address
        if target == "localhost":
            return [_resolved(host, ip, target_port) for ip in LOOPBACK_ADDRESSES]
        if is_address(target):
            return [_resolved(host, target, target_port)]
        found = await aiohttp.ThreadedResolver().resolve(target, target_port, family)
        self._permitted.update(result["host"] for result in found)
        return found

    async def close(self) -> None:
        """Nothing is held."""

    def open_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """Open the socket of one attempt; raises `NeverDialledError` outside what is permitted."""
        family, kind, protocol, _, (address, port, *_) = info
        if not self._routes.dials(address) and address not in self._permitted:
            raise NeverDialledError(f"{address} is neither loopback nor the target of a route")
        watch = current.get(None)
        if watch is not None:
            watch.note_attempt(address, port)
        return socket.socket(family, kind, protocol)


def _resolved(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(
        hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST
    )


class Tls:
    """The TLS context of one transport, made on first use and taught to mark its handshakes."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._context = context

    async def context(self) -> ssl.SSLContext:
        """Return the context; reading the system's authorities is too slow for the loop."""
        context = self._context
        if context is None:
            context = self._context = await asyncio.to_thread(_default_context)
        if context.sslobject_class is ssl.SSLObject:
            context.sslobject_class = TimedTls
        return context


def _default_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
