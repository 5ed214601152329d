"""Uploads over sockets: origins, redirects, cookies, measures, failures and early ends."""

# ruff: noqa: PLR0913, PLR0917  a test names the fixtures it needs

from __future__ import annotations

import asyncio
import errno
import gc
import gzip
import hashlib
import os
import socket
import ssl
import struct
import subprocess
import sys
import textwrap
import weakref
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest
import uvloop
from aiohttp import web
from aiohttp.http import HttpProcessingError
from blockbuster import blockbuster_ctx

from bridge.files import OpenFile
from bridge.reasons import Reason
from bridge.transport import Cut, TransportFailure
from bridge.transport.client import Client
from bridge.transport.dial import Dialler, NeverDialledError
from bridge.transport.failures import REASONS, reason_of
from bridge.transport.http import HttpTransport
from bridge.transport.limits import Limits
from bridge.transport.origins import Origin, Routes
from bridge.transport.shaping import Link
from bridge.transport.tuning import Tuning

if TYPE_CHECKING:
    from collections.abc import Callable

    import trustme

    from bridge.transport import Headers, WireUpload
    from tests.transport.conftest import Log, Opened, Serve, ServeRaw

_MIB = 1024 * 1024
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Site:
    """A server that keeps what arrives and answers as told, first answer first, the last again."""

    def __init__(self, *answers: web.Response) -> None:
        self.requests: list[web.Request] = []
        self.bodies: list[bytes] = []
        self._answers = list(answers)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request."""
        self.requests.append(request)
        self.bodies.append(await request.read())
        if not self._answers:
            return web.Response(text="ok")
        answer = self._answers.pop(0)
        return web.Response(status=answer.status, headers=answer.headers, body=answer.body)

    @property
    def hosts(self) -> list[str]:
        """Return the Host header of every request."""
        return [request.headers["Host"] for request in self.requests]


def _redirect(location: str, status: int = 307, body: bytes = b"") -> web.Response:
    return web.Response(status=status, headers={"Location": location}, body=body)


async def _failure(transport: HttpTransport, upload: WireUpload, log: Log) -> TransportFailure:
    with pytest.raises(TransportFailure) as caught:
        await transport.send(upload, log)
    return caught.value


def _descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def _clients() -> int:
    """Return how many clients there are, each with connections and routes of its own."""
    gc.collect()
    return sum(isinstance(made, Client) for made in gc.get_objects())


def _unslowed(_: Link) -> None:
    """Say that a network does not slow an upload."""


async def _turns() -> None:
    """Let everything that is ready run."""
    for _ in range(20):
        await asyncio.sleep(0)


# --- the request and its answer ---------------------------------------------------------------


async def test_an_upload_arrives_with_its_fields_and_files(
    transport: HttpTransport,
    serve: Serve,
    opened: Opened,
    make: Callable[..., WireUpload],
    log: Log,
) -> None:
    """The server parses the field and the file; the answer comes back as it was."""
    content = os.urandom(3 * _MIB)
    seen: list[object] = []

    async def parse(request: web.Request) -> web.Response:
        form = await request.post()
        file = form["file"]
        assert isinstance(file, web.FileField)
        seen.extend((form["key"], file.filename, hashlib.sha256(file.file.read()).digest()))
        file.file.close()
        return web.Response(status=201, text="é", headers={"X-Odd-CASE": "1"})

    port = await serve(parse)
    reply = await transport.send(make(f"http://127.0.0.1:{port}/up?x=1", opened(content)), log)

    assert seen == ["value", "a.bin", hashlib.sha256(content).digest()]
    assert (reply.status, reply.body, reply.charset) == (201, "é".encode(), "utf-8")
    assert ("X-Odd-CASE", "1") in reply.headers
    assert reply.url == f"http://127.0.0.1:{port}/up?x=1"
    assert log.answered == [(201, reply.headers)]


async def test_the_callers_headers_keep_their_order_and_values(
    transport: HttpTransport, serve_raw: ServeRaw, make: Callable[..., WireUpload], log: Log
) -> None:
    """Headers leave in the order given, a repeated one spelt as at first, then our defaults."""
    heads: list[str] = []

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(_OK)

    port = await serve_raw(keep)
    headers = (("X-B", "1"), ("X-a", "é"), ("x-b", "2"), ("Transfer-Encoding", "chunked"))
    await transport.send(make(f"http://127.0.0.1:{port}/", headers=headers), log)

    lines = heads[0].rstrip().split("\r\n")
    names = ["Host", "X-B", "X-a", "X-B", "Accept", "Accept-Encoding", "User-Agent"]
    assert [*names, "Content-Length", "Content-Type"] == [line.split(":")[0] for line in lines[1:]]
    assert "User-Agent: minibridge" in lines
    assert "Accept-Encoding: gzip, deflate" in lines
    assert lines[1:] == [f"{name}: {value}" for name, value in log.measures.request_headers]


async def test_a_callers_content_type_replaces_the_bodys_own(
    transport: HttpTransport, serve: Serve, make: Callable[..., WireUpload], log: Log
) -> None:
    """A host that lets the caller set it sends exactly that, whatever its case."""
    site = Site()
    port = await serve(site.handle)
    headers = (("content-TYPE", "application/json"), ("user-agent", "ua"), ("Content-Length", "1"))
    await transport.send(make(f"http://127.0.0.1:{port}/", headers=headers), log)
    assert ["application/json"] == site.requests[0].headers.getall("Content-Type")
    assert ["ua"] == site.requests[0].headers.getall("User-Agent")
    assert site.bodies[0].endswith(b"--test-boundary--\r\n")


@pytest.mark.parametrize(
    "header",
    [
        ("X-A", "1\r\nX-Evil: 1"),
        ("X-A", "1\nX"),
        ("X-A", "\0"),
        ("X-A", "\ud800"),
        ("X-A\r\nX-Evil", "1"),
        ("", "1"),
        ("X A", "1"),
    ],
)
async def test_a_header_that_would_inject_is_refused(
    transport: HttpTransport,
    serve: Serve,
    make: Callable[..., WireUpload],
    log: Log,
    header: tuple[str, str],
) -> None:
    """Control characters in a header end the call before anything is dialled."""
    site = Site()
    port = await serve(site.handle)
    upload = make(f"http://127.0.0.1:{port}/", headers=(header,))
    assert (await _failure(transport, upload, log)).reason is Reason.BAD_PARAMETER
    assert site.requests == []


async def test_credentials_twice_are_a_bad_parameter(
    transport: HttpTransport, serve: Serve, make: Callable[..., WireUpload], log: Log
) -> None:
    """What aiohttp refuses as an argument is the caller's parameter."""
    port = await serve(Site().handle)
    upload = make(f"http://u:p@127.0.0.1:{port}/", headers=(("Authorization", "x"),))
    assert (await _failure(transport, upload, log)).reason is Reason.BAD_PARAMETER


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://[::1", Reason.BAD_URL),
        ("http://", Reason.BAD_URL),
        ("ftp://127.0.0.1/", Reason.UNSUPPORTED_SCHEME),
        ("/relative", Reason.UNSUPPORTED_SCHEME),
    ],
)
async def test_a_url_that_cannot_be_dialled_fails_by_name(
    transport: HttpTransport, make: Callable[..., WireUpload], log: Log, url: str, reason: Reason
) -> None:
    """An unreadable URL and another scheme are two reasons."""
    assert (await _failure(transport, make(url), log)).reason is reason


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_compressed_answer_is_decoded(
    transport: HttpTransport,
    serve: Serve,
    make: Callable[..., WireUpload],
    log: Log,
    encoding: str,
) -> None:
    """The body is the decoded one; the received bytes are those of the wire."""

    async def compressed(request: web.Request) -> web.Response:
        await request.read()
        response = web.Response(body=b"a" * 100_000)
        response.enable_compression(web.ContentCoding(encoding))
        return response

    port = await serve(compressed)
    reply = await transport.send(make(f"http://127.0.0.1:{port}/"), log)
    assert b"a" * 100_000 == reply.body
    assert 0 < log.measures.received_bytes < 1000


@pytest.mark.parametrize("body", [b"x" * 100_001, gzip.compress(b"x" * 50_000_000)])
async def test_an_answer_beyond_the_limit_is_a_bad_response(
    serve: Serve, make: Callable[..., WireUpload], log: Log, body: bytes
) -> None:
    """A long body and a compressed bomb both end at the limit."""
    headers = {"Content-Encoding": "gzip"} if body.startswith(b"\x1f") else {}
    port = await serve(Site(web.Response(body=body, headers=headers)).handle)
    transport = HttpTransport(limits=Limits(body=100_000))
    failure = await _failure(transport, make(f"http://127.0.0.1:{port}/"), log)
    await transport.aclose()
    assert failure.reason is Reason.BAD_RESPONSE
    assert "100000" in str(failure.detail["detail"])


@pytest.mark.parametrize(
    "answer",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_a_malformed_answer_is_a_bad_response(
    transport: HttpTransport,
    serve_raw: ServeRaw,
    make: Callable[..., WireUpload],
    log: Log,
    answer: bytes,
) -> None:
    """Broken HTTP, encoding or length: one reason."""

    async def broken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"--\r\n")
        writer.write(answer)
        writer.close()
        await writer.wait_closed()

    port = await serve_raw(broken)
    failure = await _failure(transport, make(f"http://127.0.0.1:{port}/"), log)
    assert failure.reason is Reason.BAD_RESPONSE
    assert failure.detail["host"] == "127.0.0.1"


async def test_header_bytes_that_are_not_utf8_are_read_one_by_one(
    transport: HttpTransport, serve_raw: ServeRaw, make: Callable[..., WireUpload], log: Log
) -> None:
    """A header in an old encoding loses nothing."""

    async def latin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"--\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nX-L: \xe9\r\nX-U: \xc3\xa9\r\nContent-Length: 0\r\n\r\n")

    port = await serve_raw(latin)
    reply = await transport.send(make(f"http://127.0.0.1:{port}/"), log)
    assert reply.headers[:2] == (("X-L", "é"), ("X-U", "é"))


async def test_check_answer_sees_the_answer_and_may_refuse_it(
    transport: HttpTransport, serve: Serve, make: Callable[..., WireUpload], log: Log
) -> None:
    """A refusal comes before the headers event."""
    port = await serve(Site().handle)
    seen: list[str] = []

    def refuse(url: str, headers: Headers) -> None:
        seen.append(url)
        raise TransportFailure(Reason.BAD_RESPONSE, {"detail": str(len(headers) > 0)})

    upload = make(f"http://127.0.0.1:{port}/", check_answer=refuse)
    failure = await _failure(transport, upload, log)
    assert failure.detail == {"detail": "True"}
    assert seen == [f"http://127.0.0.1:{port}/"]
    assert log.answered == []


# --- origins ----------------------------------------------------------------------------------


async def test_a_routed_https_origin_is_dialled_over_plain_tcp(
    transport: HttpTransport, serve: Serve, make: Callable[..., WireUpload], log: Log
) -> None:
    """Only the scheme on the wire changes: the Host header has no port, TLS has no time."""
    site = Site()
    port = await serve(site.handle)
    transport.route("https://api.example.com", f"http://127.0.0.1:{port}")
    reply = await transport.send(make("https://api.example.com/up"), log)
    assert site.hosts == ["api.example.com"]
    assert reply.url == "https://api.example.com/up"
    assert log.measures.dialled == f"http://127.0.0.1:{port}"
    assert (log.measures.ip, log.measures.port) == ("127.0.0.1", port)
    assert "tls_start" not in log.measures.times
    assert log.measures.times["dns_start"] <= log.measures.times["dns_end"]


async def test_an_odd_port_of_the_logical_url_stays_in_host(
    transport: HttpTransport, serve: Serve, make: Callable[..., WireUpload], log: Log
) -> None:
    """Host says what the logic wrote, not where it was dialled."""
    site = Site()
    port = await serve(site.handle)
    transport.route("https://api.example.com:8443", f"http://127.0.0.1:{port}")
    await transport.send(make("https://api.example.com:8443/"), log)
    assert site.hosts == ["api.example.com:8443"]


@pytest.mark.parametrize("logical", ["https://api.example.com", "http://api.example.com"])
async def test_tls_names_the_logical_host(
    serve: Serve,
    make: Callable[..., WireUpload],
    log: Log,
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
    logical: str,
) -> None:
    """SNI and the certificate check follow the logical host; the handshake is timed."""
    names: list[str | None] = []
    server_tls.sni_callback = lambda _socket, name, _context: names.append(name)
    port = await serve(Site().handle, server_tls)
    transport = HttpTransport(ssl=client_tls)
    transport.route(logical, f"https://127.0.0.1:{port}")
    await transport.send(make(f"{logical}/"), log)
    await transport.aclose()
    times = log.measures.times
    assert names == ["api.example.com"]
    assert times["connect_start"] <= times["tls_start"] <= times["connect_end"]


async def test_a_certificate_of_another_name_is_a_tls_failure(
    serve: Serve,
    make: Callable[..., WireUpload],
    log: Log,
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
) -> None:
    """The detail is the verifier's own sentence."""
    port = await serve(Site().handle, server_tls)
    transport = HttpTransport(ssl=client_tls)
    transport.route("https://other.example.com", f"https://127.0.0.1:{port}")
    failure = await _failure(transport, make("https://other.example.com/"), log)
    await transport.aclose()
    assert failure.reason is Reason.TLS_FAILURE
    assert "other.example.com" in str(failure.detail["detail"])
    assert failure.detail["host"] == "other.example.com"


async def test_without_a_context_an_unknown_authority_is_refused(
    transport: HttpTransport,
    serve: Serve,
    make: Callable[..., WireUpload],
    log: Log,
    server_tls: ssl.SSLContext,
) -> None:
    """The default context trusts the system's authorities only."""
    port = await serve(Site().handle, server_tls)
    failure = await _failure(transport, make(f"https://localhost:{port}/"), log)
    assert failure.reason is Reason.TLS_FAILURE
    assert "certificate" in str(failure.detail["detail"])


async def test_without_a_context_the_systems_authorities_are_trusted(
    serve: Serve,
    make: Callable[..., WireUpload],
    log: Log,
    authority: trustme.CA,
    server_tls: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """The handshake then says which HTTP is spoken, to servers that speak others as well."""
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    server_tls.set_alpn_protocols(["h2", "http/1.1"])
    agreed: list[str | None] = []

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        assert request.transport is not None
        agreed.append(request.transport.get_extra_info("ssl_object").selected_alpn_protocol())
        return web.Response(text="ok")

    port = await serve(answer, server_tls)
    transport = HttpTransport()
    reply = await transport.send(make(f"https://localhost:{port}/"), log)
    await transport.aclose()
    assert (reply.body, agreed) == (b"ok", ["http/1.1"])
    assert "tls_start" in log.measures.times


async def test_plain_http_behind_https_is_a_tls_failure(
    transport: HttpTransport, serve: Serve, make: Callable[..., WireUpload], log: Log
) -> None:
    """A server that does not speak TLS fails the handshake."""
    port = await serve(Site().handle)
    failure = await _failure(transport, make(f"https://127.0.0.1:{port}/"), log)
    assert failure.reason is Reason.TLS_FAILURE


async def test_a_context_with_its_own_tls_object_is_left_alone(
    serve: Serve,
    make: Callable[..., WireUpload],
    log: Log,
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
) -> None:
    """A caller's own TLS object class is used; the handshake then has no time of its own."""

    class Own(ssl.SSLObject):
        pass

    client_tls.sslobject_class = Own
    port = await serve(Site().handle, server_tls)
    transport = HttpTransport(ssl=client_tls)
    await transport.send(make(f"https://localhost:{port}/"), log)
    await transport.aclose()
    assert client_tls.sslobject_class is Own
    assert "tls_start" not in log.measures.times


@pytest.mark.parametrize("tls", [False, True])
async def test_a_routed_ip_address_is_dialled_at_its_target(
    serve: Serve,
    make: Callable[..., WireUpload],
    log: Log,
    authority: trustme.CA,
    client_tls: ssl.SSLContext,
    tls: bool,  # noqa: FBT001
) -> None:
    """An address passes no resolver, yet its route, Host and certificate hold."""
    site = Site()
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("10.1.2.3").configure_cert(server_tls)
    port = await serve(site.handle, server_tls if tls else None)
    transport = HttpTransport(ssl=client_tls)
    transport.route("https://10.1.2.3", f"{'https' if tls else 'http'}://127.0.0.1:{port}")
    await transport.send(make("https://10.1.2.3/"), log)
    await transport.aclose()
    assert site.hosts == ["10.1.2.3"]


async def test_localhost_reaches_whichever_loopback_listens(
    transport: HttpTransport, serve: Serve, make: Callable[..., WireUpload], log: Log
) -> None:
    """No system lookup is involved."""
    port = await serve(Site().handle)
    await transport.send(make(f"http://localhost:{port}/"), log)
    assert log.measures.ip == "127.0.0.1"


@pytest.mark.parametrize(
    "origin",
    ["https://api.example.com", "http://93.184.216.34", "http://[2001:db8::1]:81", "http://127.1"],
)
async def test_an_unrouted_origin_is_never_dialled(
    transport: HttpTransport, make: Callable[..., WireUpload], log: Log, origin: str
) -> None:
    """The failure is a name that does not resolve, and it says how to route it."""
    failure = await _failure(transport, make(f"{origin}/up"), log)
    assert failure.reason is Reason.DNS_FAILURE
    assert f'bridge.route("{origin}"' in str(failure.detail["detail"])
    assert log.measures.unrouted == origin
    assert log.measures.times == {}


@pytest.mark.parametrize("location", ["http://93.184.216.34/", "https://other.example.com/x"])
async def test_a_redirect_to_an_unrouted_origin_is_not_followed(
    transport: HttpTransport,
    serve: Serve,
    make: Callable[..., WireUpload],
    log: Log,
    location: str,
) -> None:
    """Neither an address nor a name is dialled because a server said so."""
    port = await serve(Site(_redirect(location)).handle)
    failure = await _failure(transport, make(f"http://127.0.0.1:{port}/"), log)
    assert failure.reason is Reason.DNS_FAILURE
    assert log.measures.unrouted == location.rstrip("/x")


async def test_a_route_to_a_name_is_looked_up_by_the_system(
    transport: HttpTransport, make: Callable[..., WireUpload], log: Log
) -> None:
    """A name routed to itself may be dialled; one that does not exist is a DNS failure."""
    transport.route("http://missing.invalid", "http://missing.invalid")
    failure = await _failure(transport, make("http://missing.invalid/"), log)
    assert failure.reason is Reason.DNS_FAILURE
    assert log.measures.unrouted == ""


async def test_the_machines_own_name_may_be_permitted(
    transport: HttpTransport,
    serve: Serve,
    make: Callable[..., WireUpload],
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A routed name is dialled at the addresses the system knows for it."""
    port = await serve(Site().handle)
    loop = asyncio.get_running_loop()
    known = socket.getaddrinfo("127.0.0.1", port, type=socket.SOCK_STREAM)

    async def lookup(*_args: object, **_options: object) -> object:
        return known

    monkeypatch.setattr(loop, "getaddrinfo", lookup)
    transport.route("http://upload.test", f"http://upload.test:{port}")
    await transport.send(make("http://upload.test/"), log)
    assert log.measures.port == port


async def test_what_a_routed_name_resolves_to_gets_a_socket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An address elsewhere is permitted once a routed name was found there, and no other is."""
    elsewhere, other = [
        (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, 80))
        for address in ("192.0.2.1", "192.0.2.2")
    ]

    async def lookup(*_args: object, **_options: object) -> object:
        return [elsewhere]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", lookup)
    origin = Origin.parse("http://upload.test")
    dialler = Dialler(Routes().changed(origin, origin))
    with pytest.raises(NeverDialledError):
        dialler.open_socket(elsewhere)
    assert ["192.0.2.1"] == [found["host"] for found in await dialler.resolve("upload.test", 80)]
    dialler.open_socket(elsewhere).close()
    with pytest.raises(NeverDialledError):
        dialler.open_socket(other)


async def test_an_address_outside_every_route_gets_no_socket() -> None:
    """A literal address meets no resolver, so its socket is refused."""
    dialler = Dialler(Routes())
    connector = aiohttp.TCPConnector(resolver=dialler, socket_factory=dialler.open_socket)
    async with aiohttp.ClientSession(connector=connector) as session:
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await session.post("http://93.184.216.34/")
    assert reason_of(caught.value) is Reason.DNS_FAILURE


async def test_a_name_outside_every_route_is_not_resolved() -> None:
    """The resolver itself knows routed names only."""
    with pytest.raises(NeverDialledError, match="not routed"):
        await Dialler(Routes()).resolve("api.example.com", 80)


async def test_a_changed_route_uses_no_old_connection(
    transport: HttpTransport, serve: Serve, make: Callable[..., WireUpload], log: Log
) -> None:
    """After a route changed, the next upload reaches the new server; unmapped, none."""
    first, second = Site(), Site()
    ports = [await serve(first.handle), await serve(second.handle)]
    upload = make("http://api.example.com/")
    transport.route("http://api.example.com", f"http://127.0.0.1:{ports[0]}")
    await transport.send(upload, log)
    transport.route("http://api.example.com", f"http://127.0.0.1:{ports[0]}")
    await transport.send(upload, log)
    assert log.measures.reused
    transport.route("http://api.example.com", f"http://127.0.0.1:{ports[1]}")
    await transport.send(upload, log)
    assert not log.measures.reused
    transport.route("http://api.example.com", None)
    assert (await _failure(transport, upload, log)).reason is Reason.DNS_FAILURE
    assert [2, 1] == [len(first.requests), len(second.requests)]


async def test_the_connections_of_a_changed_route_are_closed(
    transport: HttpTransport,
    serve: Serve,
    serve_raw: ServeRaw,
    make: Callable[..., WireUpload],
    log: Log,
) -> None:
    """The next upload closes and forgets what the one before left open at the old place."""
    closed = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"--\r\n")
        writer.write(_OK)
        await reader.read()
        closed.set()

    upload = make("http://api.example.com/")
    transport.route("http://api.example.com", f"http://127.0.0.1:{await serve_raw(answer)}")
    await transport.send(upload, log)
    transport.route("http://api.example.com", f"http://127.0.0.1:{await serve(Site().handle)}")
    before = _clients()
    await transport.send(upload, log)
    await closed.wait()
    assert before == _clients()  # one has come, and one has gone


async def test_a_route_changed_in_flight_lets_the_upload_end(
    transport: HttpTransport, serve: Serve, make: Callable[..., WireUpload], log: Log
) -> None:
    """An upload keeps the routes it started under, and its connection is closed later."""
    entered, leave = asyncio.Event(), asyncio.Event()

    async def wait(request: web.Request) -> web.Response:
        await request.read()
        entered.set()
        await leave.wait()
        return web.Response(text="late")

    slow, fast = await serve(wait), await serve(Site().handle)
    upload = make("http://api.example.com/")
    transport.route("http://api.example.com", f"http://127.0.0.1:{slow}")
    task = asyncio.create_task(transport.send(upload, log))
    await entered.wait()
    transport.route("http://api.example.com", f"http://127.0.0.1:{fast}")
    assert (await transport.send(upload, log)).body == b"ok"
    leave.set()
    assert (await task).body == b"late"
    assert (await transport.send(upload, log)).body == b"ok"


@pytest.mark.parametrize(
    ("origin", "to"),
    [
        ("api.example.com", "http://127.0.0.1:1"),
        ("ftp://api.example.com", "http://127.0.0.1:1"),
        ("http://api.example.com/path", "http://127.0.0.1:1"),
        ("http://api.example.com?q", "http://127.0.0.1:1"),
        ("http://u@api.example.com", "http://127.0.0.1:1"),
        ("http://api.example.com", "127.0.0.1:1"),
        ("http://api.example.com", "http://127.0.0.1:99999"),
    ],
)
def test_what_is_not_an_origin_cannot_be_routed(origin: str, to: str) -> None:
    """Both sides are scheme://host[:port]."""
    with pytest.raises(ValueError, match=r"."):
        HttpTransport().route(origin, to)


def test_two_schemes_of_one_address_cannot_lead_to_two_servers() -> None:
    """One host and port is one address to a resolver."""
    transport = HttpTransport()
    transport.route("http://api.example.com:443", "http://127.0.0.1:1")
    with pytest.raises(ValueError, match="share one address"):
        transport.route("https://api.example.com", "http://127.0.0.1:2")


# --- redirects --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [307, 308])
async def test_a_redirect_that_keeps_the_method_replays_the_body(
    transport: HttpTransport,
    serve: Serve,
    opened: Opened,
    make: Callable[..., WireUpload],
    log: Log,
    status: int,
) -> None:
    """The same bytes arrive twice, progress never runs backwards, redirect times are kept."""
    site = Site(_redirect("../next?y", status, b"moved"))
    port = await serve(site.handle)
    upload = make(f"http://127.0.0.1:{port}/a/b", opened(os.urandom(_MIB)))
    reply = await transport.send(upload, log)
    first, second = site.bodies
    assert first == second
    assert reply.url == f"http://127.0.0.1:{port}/next?y"
    assert sorted(set(log.progressed)) == log.progressed
    assert log.progressed[-1] == (len(first), len(first))
    times = log.measures.times
    assert times["redirect_start"] <= times["redirect_end"] <= times["fetch_start"]
    assert log.measures.reused
    assert "connect_start" not in times
    assert log.measures.sent_bytes > 2 * _MIB
    assert log.measures.body_bytes == len(first)


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_other_redirects_become_a_get(
    transport: HttpTransport,
    serve: Serve,
    make: Callable[..., WireUpload],
    log: Log,
    status: int,
) -> None:
    """As in a browser the body and its headers stay behind."""
    site = Site(_redirect("/next", status))
    port = await serve(site.handle)
    headers = (("Content-Type", "text/plain"), ("X-A", "1"))
    await transport.send(make(f"http://127.0.0.1:{port}/", headers=headers), log)
    assert ["POST", "GET"] == [request.method for request in site.requests]
    assert "Content-Type" not in site.requests[1].headers
    assert site.requests[1].headers["X-A"] == "1"
    assert site.bodies[1] == b""


async def test_a_redirect_without_a_location_is_the_answer(
    transport: HttpTransport, serve: Serve, make: Callable[..., WireUpload], log: Log
) -> None:
    """A 302 that leads nowhere is delivered as it is."""
    port = await serve(Site(web.Response(status=302, body=b"here")).handle)
    reply = await transport.send(make(f"http://127.0.0.1:{port}/"), log)
    assert (reply.status, reply.body) == (302, b"here")


@pytest.mark.parametrize("location", ["ftp://127.0.0.1/", "http://[bad", "mailto:a@b"])
async def test_a_location_that_leads_nowhere_is_a_bad_response(
    transport: HttpTransport,
    serve: Serve,
    make: Callable[..., WireUpload],
    log: Log,
    location: str,
) -> None:
    """Another scheme or no readable URL ends the call."""
    port = await serve(Site(_redirect(location)).handle)
    failure = await _failure(transport, make(f"http://127.0.0.1:{port}/"), log)
    assert failure.reason is Reason.BAD_RESPONSE
    assert location in str(failure.detail["detail"])


async def test_a_redirect_loop_ends(
    transport: HttpTransport, serve: Serve, make: Callable[..., WireUpload], log: Log
) -> None:
    """After the allowed hops the call fails, and no further hop is judged or dialled."""
    site = Site(*[_redirect("/") for _ in range(9)])
    port = await serve(site.handle)
    judged: list[str] = []
    upload = make(f"http://127.0.0.1:{port}/", max_redirects=3, judge=judged.append)
    failure = await _failure(transport, upload, log)
    assert failure.reason is Reason.TOO_MANY_REDIRECTS
    assert len(site.requests) == 4
    assert len(judged) == 3


async def test_as_many_redirects_as_allowed_are_followed(
    transport: HttpTransport, serve: Serve, make: Callable[..., WireUpload], log: Log
) -> None:
    """The last allowed hop may be the answer."""
    port = await serve(Site(_redirect("/a"), _redirect("/b")).handle)
    reply = await transport.send(make(f"http://127.0.0.1:{port}/", max_redirects=2), log)
    assert reply.url == f"http://127.0.0.1:{port}/b"


async def test_each_hop_is_judged_before_it_is_dialled(
    transport: HttpTransport, serve: Serve, make: Callable[..., WireUpload], log: Log
) -> None:
    """A refused hop receives nothing."""
    target = Site()
    target_port = await serve(target.handle)
    port = await serve(Site(_redirect(f"http://127.0.0.1:{target_port}/x")).handle)

    def refuse(url: str) -> None:
        raise TransportFailure(Reason.DOMAIN_NOT_LISTED, {"url": url})

    upload = make(f"http://127.0.0.1:{port}/", judge=refuse)
    failure = await _failure(transport, upload, log)
    assert failure.reason is Reason.DOMAIN_NOT_LISTED
    assert failure.detail == {"url": f"http://127.0.0.1:{target_port}/x"}
    assert target.requests == []


async def test_a_redirect_elsewhere_carries_no_credentials(
    transport: HttpTransport, serve: Serve, make: Callable[..., WireUpload], log: Log
) -> None:
    """What was meant for one origin stays there, and the redirect has no times."""
    target = Site()
    port = await serve(target.handle)
    first = await serve(Site(_redirect("http://other.example.com/")).handle)
    transport.route("http://other.example.com", f"http://127.0.0.1:{port}")
    headers = (("Authorization", "a"), ("Cookie", "b=1"), ("Host", "h"), ("X-A", "kept"))
    await transport.send(make(f"http://127.0.0.1:{first}/", headers=headers), log)
    sent = target.requests[0].headers
    assert "Authorization" not in sent
    assert "Cookie" not in sent
    assert (sent["X-A"], sent["Host"]) == ("kept", "other.example.com")
    assert "redirect_start" not in log.measures.times
    assert "redirect_end" not in log.measures.times


@pytest.mark.parametrize("body", [b"x" * 20 * _MIB, b"not gzip"])
async def test_a_redirects_long_or_broken_body_is_left_unread(
    transport: HttpTransport, serve: Serve, make: Callable[..., WireUpload], log: Log, body: bytes
) -> None:
    """Its connection is given up and the upload goes on."""
    answer = _redirect("/next", body=body)
    if body.startswith(b"not"):
        answer.headers["Content-Encoding"] = "gzip"
    port = await serve(Site(answer).handle)
    reply = await transport.send(make(f"http://127.0.0.1:{port}/"), log)
    assert reply.body == b"ok"
    assert not log.measures.reused


# --- cookies ----------------------------------------------------------------------------------


async def test_cookies_follow_the_logical_url(
    transport: HttpTransport, serve: Serve, make: Callable[..., WireUpload], log: Log
) -> None:
    """A Secure cookie of an https origin works though it is dialled over plain TCP."""
    answer = web.Response(headers=[("Set-Cookie", "a=1; Secure; Path=/"), ("Set-Cookie", "b=2")])
    site = Site(answer)
    port = await serve(site.handle)
    transport.route("https://api.example.com", f"http://127.0.0.1:{port}")
    upload = make("https://api.example.com/", cookies=True)
    reply = await transport.send(upload, log)
    await transport.send(upload, log)
    assert reply.set_cookies == ("a=1; Secure; Path=/", "b=2")
    assert site.requests[1].cookies == {"a": "1", "b": "2"}


async def test_the_callers_cookie_wins_over_the_jars(
    transport: HttpTransport, serve: Serve, make: Callable[..., WireUpload], log: Log
) -> None:
    """The caller's pairs come first and as they are; the jar adds the other names."""
    site = Site(web.Response(headers=[("Set-Cookie", "a=jar"), ("Set-Cookie", "b=jar")]))
    port = await serve(site.handle)
    url = f"http://127.0.0.1:{port}/"
    await transport.send(make(url, cookies=True), log)
    await transport.send(make(url, cookies=True, headers=(("Cookie", "a=own; c=own"),)), log)
    assert site.requests[1].headers["Cookie"] == "a=own; c=own; b=jar"


async def test_without_cookies_the_jar_stays_out(
    transport: HttpTransport, serve: Serve, make: Callable[..., WireUpload], log: Log
) -> None:
    """Nothing is kept and nothing sent, though the answer's cookies are told."""
    site = Site(web.Response(headers={"Set-Cookie": "a=1"}))
    port = await serve(site.handle)
    url = f"http://127.0.0.1:{port}/"
    reply = await transport.send(make(url), log)
    await transport.send(make(url, cookies=True), log)
    assert reply.set_cookies == ("a=1",)
    assert "Cookie" not in site.requests[1].headers


async def test_a_cookie_set_on_the_way_is_sent_on(
    transport: HttpTransport, serve: Serve, make: Callable[..., WireUpload], log: Log
) -> None:
    """A redirect's cookie is in the next hop's request and in the reply."""
    answer = _redirect("/next")
    answer.headers["Set-Cookie"] = "way=1"
    site = Site(answer)
    port = await serve(site.handle)
    reply = await transport.send(make(f"http://127.0.0.1:{port}/", cookies=True), log)
    assert reply.set_cookies == ("way=1",)
    assert site.requests[1].headers["Cookie"] == "way=1"


# --- measures ---------------------------------------------------------------------------------


async def test_the_times_of_a_first_connection_are_in_order(
    transport: HttpTransport, serve: Serve, make: Callable[..., WireUpload], log: Log
) -> None:
    """Every phase is seen once, each after the one before."""
    port = await serve(Site().handle)
    await transport.send(make(f"http://localhost:{port}/"), log)
    names = [
        *("fetch_start", "dns_start", "dns_end", "connect_start", "connect_end"),
        *("request_start", "request_end", "response_start", "response_end"),
    ]
    times = [log.measures.times[name] for name in names]
    assert sorted(times) == times
    assert set(names) == set(log.measures.times)


async def test_a_second_upload_uses_the_connection_again(
    transport: HttpTransport, serve: Serve, make: Callable[..., WireUpload], log: Log
) -> None:
    """It has no connect times, is marked reused, and still knows its peer."""
    port = await serve(Site().handle)
    upload = make(f"http://127.0.0.1:{port}/")
    await transport.send(upload, log)
    log.measures = type(log.measures)()
    await transport.send(upload, log)
    assert log.measures.reused
    assert (log.measures.ip, log.measures.port) == ("127.0.0.1", port)
    assert not {"dns_start", "connect_start", "connect_end"} & set(log.measures.times)


async def test_byte_counts_are_those_of_the_wire(
    transport: HttpTransport,
    serve_raw: ServeRaw,
    opened: Opened,
    make: Callable[..., WireUpload],
    log: Log,
) -> None:
    """Sent and received bytes include the headers, exactly."""
    sent: list[int] = []

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        sent.append(len(head) + len(await reader.readexactly(length)))
        writer.write(_OK)

    port = await serve_raw(count)
    await transport.send(make(f"http://127.0.0.1:{port}/", opened(bytes(_MIB))), log)
    assert sent == [log.measures.sent_bytes]
    assert len(_OK) == log.measures.received_bytes


# --- ends before the end ----------------------------------------------------------------------


async def test_an_early_answer_is_delivered_as_that_answer(
    transport: HttpTransport,
    serve_raw: ServeRaw,
    opened: Opened,
    make: Callable[..., WireUpload],
    log: Log,
) -> None:
    """A 413 before the body is finished is the reply; the rest never leaves."""
    closed = asyncio.Event()

    async def too_large(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
        await writer.drain()
        try:
            while await reader.read(_MIB):
                pass
        finally:
            closed.set()

    port = await serve_raw(too_large)
    upload = make(f"http://127.0.0.1:{port}/", opened(bytes(256 * _MIB)))
    reply = await transport.send(upload, log)
    async with asyncio.timeout(10):  # one that is kept is closed as well, after 15 s
        await closed.wait()
    assert (reply.status, reply.body) == (413, b"big")
    assert log.measures.body_bytes < 256 * _MIB
    assert "request_end" not in log.measures.times


async def test_an_early_redirect_starts_the_body_again_elsewhere(
    transport: HttpTransport,
    serve: Serve,
    serve_raw: ServeRaw,
    opened: Opened,
    make: Callable[..., WireUpload],
    log: Log,
) -> None:
    """A 307 in the middle of the body: the next hop gets it whole, on its own connection."""
    target = Site()
    target_port = await serve(target.handle)
    location = f"http://127.0.0.1:{target_port}/"

    async def send_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 307 Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
        writer.write(head.encode())
        while await reader.read(_MIB):
            pass

    port = await serve_raw(send_on)
    upload = make(f"http://127.0.0.1:{port}/", opened(bytes(48 * _MIB)))
    reply = await transport.send(upload, log)
    total = log.progressed[-1][1]
    assert reply.url == location
    assert [total] == [len(body) for body in target.bodies]
    assert log.progressed[-1] == (total, total)
    assert sorted(set(log.progressed)) == log.progressed


async def test_an_answer_followed_by_a_reset_is_still_that_answer(
    transport: HttpTransport,
    serve_raw: ServeRaw,
    opened: Opened,
    make: Callable[..., WireUpload],
    log: Log,
) -> None:
    """A server that answers and slams the door has answered."""

    async def slam(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
        await writer.drain()

    port = await serve_raw(slam)
    upload = make(f"http://127.0.0.1:{port}/", opened(bytes(64 * _MIB)))
    assert (await transport.send(upload, log)).status == 413


async def _drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reset the connection in the middle of the body."""
    await reader.readuntil(b"\r\n\r\n")
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@pytest.mark.parametrize("size", [10, 16 * _MIB])
async def test_a_server_that_resets_is_a_reset(
    transport: HttpTransport,
    serve_raw: ServeRaw,
    opened: Opened,
    make: Callable[..., WireUpload],
    log: Log,
    size: int,
) -> None:
    """Small or large, the failure is the connection's, with host, address and port."""
    port = await serve_raw(_drop)
    upload = make(f"http://127.0.0.1:{port}/", opened(bytes(size)))
    failure = await _failure(transport, upload, log)
    assert failure.reason is Reason.CONNECTION_RESET
    where = {"host": "127.0.0.1", "ip": "127.0.0.1", "port": port}
    assert where == {name: failure.detail[name] for name in where}


async def test_a_server_that_hangs_up_without_answering_is_a_reset(
    transport: HttpTransport, serve_raw: ServeRaw, make: Callable[..., WireUpload], log: Log
) -> None:
    """An orderly close in place of an answer counts as a reset."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"--\r\n")
        writer.close()
        await writer.wait_closed()

    port = await serve_raw(hang_up)
    failure = await _failure(transport, make(f"http://127.0.0.1:{port}/"), log)
    assert failure.reason is Reason.CONNECTION_RESET


async def test_nobody_listening_is_a_refusal(
    transport: HttpTransport, make: Callable[..., WireUpload], log: Log
) -> None:
    """The failure names the address that refused."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        failure = await _failure(transport, make(f"http://localhost:{port}/"), log)
    assert failure.reason is Reason.CONNECTION_REFUSED
    assert (failure.detail["host"], failure.detail["port"]) == ("localhost", port)
    assert failure.detail["ip"] in ("127.0.0.1", "::1")


@pytest.mark.parametrize("size", [10, _MIB])
async def test_a_cut_resets_after_so_many_bytes(
    transport: HttpTransport,
    serve: Serve,
    opened: Opened,
    make: Callable[..., WireUpload],
    log: Log,
    size: int,
) -> None:
    """A condition of the network looks like a reset, and says so."""
    port = await serve(Site().handle)
    cut = Cut(after=None, percent=50, kind="reset")
    upload = make(f"http://127.0.0.1:{port}/", opened(bytes(size)), cut=cut)
    failure = await _failure(transport, upload, log)
    assert failure.reason is Reason.CONNECTION_RESET
    assert failure.detail["ip"] == "127.0.0.1"
    assert log.measures.body_bytes == log.progressed[-1][1] // 2


async def test_a_file_that_shrank_is_unreadable(
    transport: HttpTransport,
    serve: Serve,
    make: Callable[..., WireUpload],
    log: Log,
    tmp_path: Path,
) -> None:
    """The body's own explanation comes before aiohttp's."""
    port = await serve(Site().handle)
    path = tmp_path / "shrinks"
    path.write_bytes(bytes(_MIB))
    file = OpenFile(os.open(path, os.O_RDONLY))
    os.truncate(path, 0)
    failure = await _failure(transport, make(f"http://127.0.0.1:{port}/", file), log)
    file.close()
    assert failure.reason is Reason.UNREADABLE_FILE
    assert failure.detail["detail"] == "file changed during upload"


@pytest.mark.parametrize("memory", [False, True])
async def test_cancelled_uploads_leave_nothing_behind(
    transport: HttpTransport,
    serve_raw: ServeRaw,
    opened: Opened,
    make: Callable[..., WireUpload],
    log: Log,
    memory: bool,  # noqa: FBT001
) -> None:
    """After a hundred cancelled uploads to a server that never reads, no descriptor is held."""
    ended: list[asyncio.Task[None]] = []

    async def never_read(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        task = asyncio.current_task()
        assert task is not None
        ended.append(task)
        await asyncio.get_running_loop().create_future()

    port = await serve_raw(never_read)
    upload = make(f"http://127.0.0.1:{port}/", opened(bytes(16 * _MIB), memory=memory))
    before = _descriptors()
    for _ in range(100):
        log.reached.clear()
        task = asyncio.create_task(transport.send(upload, log))
        await log.reached.wait()
        await _turns()  # so long that nobody takes more, and something is left in the transport
        task.cancel()
        reports = len(log.progressed)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert reports == len(log.progressed)
    # Those of the servers, which have not looked yet, and not one of ours.
    await _turns()
    assert before + 100 == _descriptors()
    for server_side in ended:
        server_side.cancel()
    await asyncio.gather(*ended, return_exceptions=True)
    assert before == _descriptors()


@pytest.mark.parametrize("size", [10, _MIB])
async def test_an_upload_that_has_ended_is_let_go_of(
    serve: Serve,
    opened: Opened,
    make: Callable[..., WireUpload],
    log_class: type[Log],
    size: int,
) -> None:
    """Neither the connection that is kept nor a cycle holds it: nothing is left to collect."""
    port = await serve(Site().handle)
    transport, log, network = HttpTransport(), log_class(), Link(seed=0)
    told, passed = weakref.ref(log), weakref.ref(network)
    upload = make(f"http://127.0.0.1:{port}/", opened(bytes(size)))
    gc.disable()
    try:
        await transport.send(upload._replace(passage=partial(_unslowed, network)), log)
        del log, network
        assert (None, None) == (told(), passed())
    finally:
        gc.enable()
        await transport.aclose()


async def test_a_listener_that_raises_is_an_internal_failure(
    transport: HttpTransport,
    serve: Serve,
    opened: Opened,
    make: Callable[..., WireUpload],
    log: Log,
) -> None:
    """It does not hang the upload."""
    port = await serve(Site().handle)

    def broken(sent: int, total: int) -> None:
        raise LookupError(f"listener at {sent} of {total}")

    log.progress = broken  # type: ignore[method-assign]
    upload = make(f"http://127.0.0.1:{port}/", opened(bytes(_MIB)))
    failure = await _failure(transport, upload, log)
    assert failure.reason is Reason.INTERNAL
    assert "listener" in str(failure.detail["detail"])


async def test_a_closed_transport_sends_nothing(
    serve: Serve, make: Callable[..., WireUpload], log: Log
) -> None:
    """Closing twice is fine; sending afterwards fails at once."""
    site = Site()
    port = await serve(site.handle)
    transport = HttpTransport()
    upload = make(f"http://127.0.0.1:{port}/")
    await transport.send(upload, log)
    transport.route("http://api.example.com", "http://127.0.0.1:1")
    await transport.aclose()
    await transport.aclose()
    assert (await _failure(transport, upload, log)).reason is Reason.INTERNAL
    assert len(site.requests) == 1


@pytest.mark.parametrize(("sendfile", "step"), [(True, _MIB), (False, Tuning().burst)])
async def test_nothing_blocks_the_loop(
    serve: Serve,
    opened: Opened,
    make: Callable[..., WireUpload],
    log: Log,
    sendfile: bool,  # noqa: FBT001
    step: int,
) -> None:
    """While a large file leaves, another task runs at every turn of the loop."""
    port = await serve(Site().handle)
    transport = HttpTransport(tuning=Tuning(sendfile=sendfile))
    turns: list[int] = []

    async def count() -> None:
        while True:
            turns.append(log.measures.body_bytes)
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await transport.send(make(f"http://127.0.0.1:{port}/", opened(bytes(32 * _MIB))), log)
    counting.cancel()
    await transport.aclose()
    assert max(after - before for before, after in pairwise(turns)) <= step + _MIB // 8


@pytest.mark.usefixtures("small_buffers")
async def test_a_copied_file_is_reported_as_the_peer_takes_it(
    serve: Serve, opened: Opened, make: Callable[..., WireUpload], log: Log
) -> None:
    """Where something has to wait, each piece is told that left."""
    port = await serve(Site().handle)
    transport = HttpTransport(tuning=Tuning(sendfile=False))
    await transport.send(make(f"http://127.0.0.1:{port}/", opened(bytes(2 * _MIB))), log)
    await transport.aclose()
    assert len(log.progressed) > 2 * _MIB // Tuning().burst + 2


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_no_call_that_may_block_runs_on_the_loop(
    serve: Serve,
    opened: Opened,
    make: Callable[..., WireUpload],
    log: Log,
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
    scheme: str,
) -> None:
    """Lookups, sleeps and blocking socket calls are reported by a guard of the loop."""
    port = await serve(Site().handle, server_tls if scheme == "https" else None)
    transport = HttpTransport(ssl=client_tls)
    upload = make(f"{scheme}://localhost:{port}/", opened(bytes(2 * _MIB)))
    with blockbuster_ctx("bridge") as guard:
        # Its socket never blocks, which the guard does not look at.
        guard.functions["os.sendfile"].can_block_in("bridge/transport/direct.py", "_step")
        reply = await transport.send(upload, log)
    await transport.aclose()
    assert reply.status == 200


# --- failures by name -------------------------------------------------------------------------


def _error_classes() -> list[type[Exception]]:
    found: list[type[Exception]] = [aiohttp.ClientError, HttpProcessingError]
    for kind in found:
        found += [sub for sub in kind.__subclasses__() if sub not in found]
    return found


@pytest.mark.parametrize("kind", _error_classes())
def test_every_error_of_the_client_has_a_reason(kind: type[Exception]) -> None:
    """No class of aiohttp's client is left to chance."""
    error = kind.__new__(kind)
    vars(error)["_os_error"] = OSError()
    assert reason_of(error) in Reason
    named = [entry for entry, _ in REASONS if issubclass(kind, entry) and entry is not Exception]
    assert named


def test_the_table_of_reasons_names_subclasses_first() -> None:
    """No entry is shadowed by one above it."""
    kinds = [kind for kind, _ in REASONS]
    pairs = [(a, b) for i, a in enumerate(kinds) for b in kinds[i + 1 :]]
    assert [] == [(a, b) for a, b in pairs if issubclass(b, a)]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NeverDialledError("x"), Reason.DNS_FAILURE),
        (aiohttp.ClientOSError(errno.EPIPE, "x"), Reason.CONNECTION_RESET),
        (aiohttp.ClientOSError(errno.ETIMEDOUT, "x"), Reason.TIMEOUT),
        (aiohttp.ClientOSError(errno.EMFILE, "x"), Reason.INTERNAL),
        (aiohttp.ClientOSError(), Reason.INTERNAL),
        (ssl.SSLError(1, "x"), Reason.TLS_FAILURE),
        (aiohttp.InvalidURL("x"), Reason.BAD_URL),
        (aiohttp.ServerTimeoutError(), Reason.TIMEOUT),
        (ValueError("x"), Reason.BAD_PARAMETER),
        (LookupError("x"), Reason.INTERNAL),
    ],
)
def test_an_error_means_its_reason(error: Exception, reason: Reason) -> None:
    """The class decides, and for a bare system error its number."""
    assert reason_of(error) is reason


# --- other loops, and a large file --------------------------------------------------------------


def _on_uvloop(make: Callable[..., WireUpload], file: OpenFile, log: Log) -> list[object]:
    async def main() -> list[object]:
        site = Site(_redirect("/next"))
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{tail:.*}", site.handle)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        transport = HttpTransport()
        reply = await transport.send(make(f"http://localhost:{port}/", file), log)
        cut = Cut(after=100_000, percent=None, kind="reset")
        with pytest.raises(TransportFailure) as caught:
            await transport.send(make(f"http://localhost:{port}/", file, cut=cut), log)
        await transport.aclose()
        await runner.cleanup()
        return [reply.status, site.bodies[0] == site.bodies[1], caught.value.reason]

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


@pytest.mark.parametrize("memory", [False, True])
def test_uvloop_sends_and_resets_as_asyncio_does(
    make: Callable[..., WireUpload],
    opened: Opened,
    log_class: type[Log],
    memory: bool,  # noqa: FBT001
) -> None:
    """On uvloop the file is sent, replayed and cut in the same way."""
    log = log_class()
    file = opened(os.urandom(2 * _MIB), memory=memory)
    assert [200, True, Reason.CONNECTION_RESET] == _on_uvloop(make, file, log)
    assert log.measures.body_bytes == 100_000
    assert log.measures.rtt > 0


def test_uvloop_times_the_tls_handshake(
    make: Callable[..., WireUpload],
    log_class: type[Log],
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
) -> None:
    """The handshake is marked on uvloop too."""
    log = log_class()

    async def main() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"--\r\n")
            writer.write(_OK)
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=server_tls)
        port = server.sockets[0].getsockname()[1]
        transport = HttpTransport(ssl=client_tls)
        await transport.send(make(f"https://localhost:{port}/"), log)
        await transport.aclose()
        server.close()
        await server.wait_closed()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
    times = log.measures.times
    assert times["connect_start"] <= times["tls_start"] <= times["connect_end"]


_FLAT = """
    import asyncio, re, tempfile
    from pathlib import Path
    from bridge.files import OpenFile
    from bridge.transport import FilePart, Measures, WireUpload
    from bridge.transport.http import HttpTransport

    class Sink(asyncio.BufferedProtocol):
        buffer, left = bytearray(1 << 20), None

        def connection_made(self, transport):
            self.transport, self.head = transport, b""

        def get_buffer(self, _hint):
            return self.buffer

        def buffer_updated(self, count):
            if self.left is None:
                self.head += self.buffer[:count]
                head, _, rest = self.head.partition(b"\\r\\n\\r\\n")
                self.left = int(head.split(b"Content-Length: ")[1].split()[0])
                count = len(rest)
            self.left -= count
            if not self.left:
                self.left, self.head = None, b""
                self.transport.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")

    class Events:
        def __init__(self):
            self.measures, self.last = Measures(), None

        def progress(self, sent, total):
            self.last = sent, total

        def headers(self, status, headers):
            pass

    def peak_kib():
        status = Path("/proc/self/status").read_text()
        return int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1])

    async def send(transport, port, size):
        with tempfile.TemporaryFile() as sparse:
            sparse.truncate(size)
            part = FilePart("file", "big", "application/octet-stream", OpenFile(sparse.fileno()))
            events = Events()
            upload = WireUpload(
                f"http://127.0.0.1:{port}/", (), (), (part,), "b", print, lambda *_: None
            )
            await transport.send(upload, events)
            assert events.last[0] == events.last[1] > size

    async def main():
        server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        transport = HttpTransport()
        await send(transport, port, 2 << 20)
        before = peak_kib()
        await send(transport, port, 1 << 30)
        print(peak_kib() - before)
        await transport.aclose()
        server.close()

    asyncio.run(main())
"""


# The peak of getrusage would be the parent's, which it outlives; /proc starts afresh.
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
def test_a_gigabyte_leaves_memory_flat() -> None:
    """Sending 1 GiB from disk grows the process by less than 8 MiB."""
    program = textwrap.dedent(_FLAT)
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=50
    )
    assert int(done.stdout) < 8 * 1024
