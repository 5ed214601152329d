"""
Where a logical origin is dialled: what a test routed, loopback as it is, and nothing else.

The mini-program writes its production addresses; `Routes` turns them into the test's own servers
without touching what the server sees of them.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from types import MappingProxyType
from typing import TYPE_CHECKING

from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Mapping

LOOPBACK_ADDRESSES = ("127.0.0.1", "::1")
_SCHEMES = ("http", "https")
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """A scheme, a host (lower case, IDNA-encoded, an IPv6 address unbracketed) and a port."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Origin:
        """Read `scheme://host[:port]`; raises `ValueError` for anything else."""
        url = URL(text)
        origin = cls.of(url)
        rest = (url.raw_user, url.raw_query_string, url.raw_fragment)
        if any(rest) or url.raw_path not in ("", "/"):
            raise ValueError(f"{text!r} is not an origin; write scheme://host[:port]")
        return origin

    @classmethod
    def of(cls, url: URL) -> Origin:
        """Return a URL's origin; raises `ValueError` when it has none over http or https."""
        if url.scheme not in _SCHEMES or not url.raw_host:
            raise ValueError(f"{str(url)!r} is not an http or https address with a host")
        return cls(url.scheme, url.raw_host, url.port or 0)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


@dataclass(frozen=True, slots=True)
class Way:
    """
    How one logical URL is reached.

    Attributes:
        text: the logical URL.
        host: what its Host header says.
        authorization: what its Authorization header says, empty for a URL without credentials.
        wire: the URL to hand to aiohttp. A routed host name stays in it, for the resolver to map;
            an address is replaced, because it has no resolver to pass.
        origin: the origin of `wire`.
        path: the request's target, query included.
        dialled: the origin that is dialled, as text.
        tls: whether it is dialled over TLS.
        server_hostname: the name TLS asks for where `wire` does not say it.
    """

    text: str
    host: str
    authorization: str
    wire: URL
    origin: URL
    path: str
    dialled: str
    tls: bool
    server_hostname: str | None


@lru_cache(maxsize=1024)
def is_address(host: str) -> bool:
    """Tell whether a host is a literal IP address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1024)
def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine by its very name: `localhost`, 127.0.0.0/8 or ::1."""
    return host == "localhost" or (is_address(host) and ip_address(host).is_loopback)


@dataclass(frozen=True, slots=True)
class Routes:
    """An immutable table of logical origin -> dialled origin."""

    table: Mapping[Origin, Origin] = field(default_factory=lambda: MappingProxyType({}))

    def changed(self, origin: Origin, to: Origin | None) -> Routes:
        """
        Return a table with one origin mapped, or with `to=None` unmapped.

        Raises:
            ValueError: http and https of one host and port would lead to different places.
        """
        table = {key: target for key, target in self.table.items() if key != origin}
        if to is not None:
            _check_twin(table, origin, to)
            table[origin] = to
        return Routes(MappingProxyType(table))

    def target(self, origin: Origin) -> Origin | None:
        """Return what is dialled for an origin, or None when it must not be dialled."""
        return self.table.get(origin) or (origin if is_loopback(origin.host) else None)

    def way(self, url: URL) -> Way | None:
        """
        Return how a logical URL is reached, or None when it must not be dialled.

        Raises:
            ValueError: its credentials cannot be put into a header.
        """
        origin = Origin.of(url)
        target = self.target(origin)
        if target is None:
            return None
        wire, server_hostname = _wire(url.with_user(None), origin, target)
        return Way(
            text=str(url),
            host=url.host_port_subcomponent or "",
            authorization=_authorization(url),
            wire=wire,
            origin=wire.origin(),
            path=url.raw_path_qs,
            dialled=str(target),
            tls=target.scheme == "https",
            server_hostname=server_hostname,
        )

    def address(self, host: str, port: int) -> tuple[str, int] | None:
        """Return the host and port dialled for a host and port, or None: the resolver's view."""
        for origin, target in self.table.items():
            if (host, port) == (origin.host, origin.port):
                return target.host, target.port
        named = any((host, port) == (t.host, t.port) for t in self.table.values())
        return (host, port) if named or is_loopback(host) else None

    def dials(self, address: str) -> bool:
        """Tell whether a literal address is loopback or a route's own target."""
        return is_loopback(address) or any(t.host == address for t in self.table.values())


def _wire(url: URL, origin: Origin, target: Origin) -> tuple[URL, str | None]:
    if target == origin:
        return url, None
    wire = url.with_scheme(target.scheme)
    if not is_address(origin.host):
        return wire.with_port(origin.port), None
    server_hostname = origin.host if target.scheme == "https" else None
    return wire.with_host(target.host).with_port(target.port), server_hostname


def _authorization(url: URL) -> str:
    if url.raw_user is None and url.raw_password is None:
        return ""
    credentials = f"{url.user or ''}:{url.password or ''}".encode("latin-1")
    return f"Basic {b64encode(credentials).decode()}"


def _check_twin(table: Mapping[Origin, Origin], origin: Origin, to: Origin) -> None:
    for other, target in table.items():
        same_address = (other.host, other.port) == (origin.host, origin.port)
        if same_address and (target.host, target.port) != (to.host, to.port):
            raise ValueError(f"{origin} and {other} share one address but lead to two servers")
