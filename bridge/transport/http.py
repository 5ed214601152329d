"""
Uploads over real sockets, by aiohttp's client.

What the server sees (Host, SNI, cookies, redirects) follows the logical URL; `route` decides where
it is dialled, and an address that is neither routed nor loopback is never dialled at all.
"""

from __future__ import annotations

import contextlib
import errno
import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import aiohttp
from aiohttp.http import HttpProcessingError
from multidict import CIMultiDict
from yarl import URL

from bridge.reasons import Reason
from bridge.transport import Reply, TransportFailure
from bridge.transport.dial import Dialler, NeverDialledError, Tls
from bridge.transport.multipart import UploadBody, content_of
from bridge.transport.origins import Origin, Routes, is_address
from bridge.transport.watch import Watch, WatchedResponse, current

if TYPE_CHECKING:
    from http.cookies import BaseCookie

    from bridge.transport import Events, Headers, WireUpload

_MIB = 1024 * 1024
_DRAINED = 64 * 1024  # bytes of a redirect's body read so that its connection can be used again
_SEE_OTHER = 303
_TO_GET = frozenset({301, 302, _SEE_OTHER})
_REDIRECTS = _TO_GET | {307, 308}
_BODY_HEADERS = ("Content-Type", "Content-Length", "Transfer-Encoding")
_FRAMING_HEADERS = ("Content-Length", "Transfer-Encoding")
# What a caller meant for one origin, and a redirect to another must not carry along.
_ORIGIN_HEADERS = ("Authorization", "Cookie", "Host", "Proxy-Authorization")
_DEFAULT_HEADERS = (
    ("Accept", "*/*"),
    ("Accept-Encoding", "gzip, deflate"),
    ("User-Agent", "minibridge"),
)
_LEGAL = "%/?:@!$&'()*+,;=-._~"
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BAD_VALUE = re.compile("[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")


# The first entry an exception is an instance of decides, so subclasses stand before their bases.
REASONS: tuple[tuple[type[Exception], Reason], ...] = (
    (NeverDialledError, Reason.DNS_FAILURE),
    (aiohttp.ClientConnectorDNSError, Reason.DNS_FAILURE),
    (aiohttp.ClientConnectorCertificateError, Reason.TLS_FAILURE),
    (aiohttp.ClientSSLError, Reason.TLS_FAILURE),
    (aiohttp.ServerFingerprintMismatch, Reason.TLS_FAILURE),
    (ssl.SSLError, Reason.TLS_FAILURE),
    (ConnectionRefusedError, Reason.CONNECTION_REFUSED),
    (aiohttp.ServerTimeoutError, Reason.TIMEOUT),
    (TimeoutError, Reason.TIMEOUT),
    (aiohttp.ServerDisconnectedError, Reason.CONNECTION_RESET),
    (ConnectionError, Reason.CONNECTION_RESET),
    (aiohttp.TooManyRedirects, Reason.TOO_MANY_REDIRECTS),
    (aiohttp.RedirectClientError, Reason.BAD_RESPONSE),
    (aiohttp.InvalidURL, Reason.BAD_URL),
    (aiohttp.NonHttpUrlClientError, Reason.UNSUPPORTED_SCHEME),
    (aiohttp.ClientPayloadError, Reason.BAD_RESPONSE),
    (aiohttp.ClientResponseError, Reason.BAD_RESPONSE),
    (HttpProcessingError, Reason.BAD_RESPONSE),
    (aiohttp.ClientError, Reason.INTERNAL),
    (ValueError, Reason.BAD_PARAMETER),
    (Exception, Reason.INTERNAL),
)
_ERRNO_REASONS = {
    errno.ECONNREFUSED: Reason.CONNECTION_REFUSED,
    errno.ECONNRESET: Reason.CONNECTION_RESET,
    errno.ECONNABORTED: Reason.CONNECTION_RESET,
    errno.EPIPE: Reason.CONNECTION_RESET,
    errno.ETIMEDOUT: Reason.TIMEOUT,
}


def reason_of(error: Exception) -> Reason:
    """Return the platform-neutral reason of what aiohttp or the system raised."""
    reason = next(reason for kind, reason in REASONS if isinstance(error, kind))
    if reason is not Reason.INTERNAL or not isinstance(error, OSError):
        return reason
    if isinstance(error, aiohttp.ClientConnectorError):
        return reason_of(error.os_error)
    return _ERRNO_REASONS.get(error.errno or 0, Reason.INTERNAL)


class HttpTransport:
    """
    The transport of real uploads.

    Args:
        ssl: the TLS context of https targets; None for one that trusts the system's authorities.
        limit: connections open at once; 0 for any number.
        max_body: bytes of a decoded answer above which it is a `BAD_RESPONSE`.
    """

    def __init__(
        self, *, ssl: ssl.SSLContext | None = None, limit: int = 0, max_body: int = 64 * _MIB
    ) -> None:
        self._tls = Tls(ssl)
        self._limit = limit
        self._max_body = max_body
        self._routes = Routes()
        self._jar: aiohttp.CookieJar | None = None
        self._client: _Client | None = None
        self._retired: list[_Client] = []
        self._closed = False

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
        if self._client is not None:
            self._retired.append(self._client)
            self._client = None

    async def send(self, upload: WireUpload, events: Events) -> Reply:
        """Send one upload; raises `TransportFailure`. Cancelling frees its connection at once."""
        await self._close_retired()
        if self._closed:
            raise TransportFailure(Reason.INTERNAL, {"detail": "the transport is closed"})
        client = self._current_client()
        client.busy += 1
        try:
            return await _Exchange(client, upload, events, self._max_body).run()
        finally:
            client.busy -= 1

    async def aclose(self) -> None:
        """Close every connection, ending what is still in flight; safe to call twice."""
        self._closed = True
        clients = [*self._retired, *([self._client] if self._client else [])]
        self._retired, self._client = [], None
        for client in clients:
            await client.session.close()

    def _current_client(self) -> _Client:
        if self._client is None:
            if self._jar is None:
                self._jar = aiohttp.CookieJar(unsafe=True)
            self._client = _Client(self._routes, self._jar, self._tls, self._limit)
        return self._client

    async def _close_retired(self) -> None:
        for client in [client for client in self._retired if not client.busy]:
            self._retired.remove(client)
            await client.session.close()


class _Client:
    """One session under one table of routes, and how many uploads are using it."""

    def __init__(self, routes: Routes, jar: aiohttp.CookieJar, tls: Tls, limit: int) -> None:
        self.routes = routes
        self.jar = jar
        self.tls = tls
        self.busy = 0
        dialler = Dialler(routes)
        connector = aiohttp.TCPConnector(
            limit=limit,
            use_dns_cache=False,
            resolver=dialler,
            socket_factory=dialler.open_socket,
        )
        self.session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            response_class=WatchedResponse,
        )


@dataclass(frozen=True, slots=True)
class _Redirect:
    """An answer that sends the upload on."""

    status: int
    url: URL


@dataclass(frozen=True, slots=True)
class _Hop:
    """The request of one hop: method, logical URL, the caller's headers, a body or none."""

    method: str
    url: URL
    headers: CIMultiDict[str]
    body: UploadBody | None

    def after(self, redirect: _Redirect) -> _Hop:
        """Return the next hop; as in a browser, a POST goes on as GET unless by 307 or 308."""
        headers, body, method = self.headers.copy(), self.body, self.method
        if redirect.status in _TO_GET and (method == "POST" or redirect.status == _SEE_OTHER):
            method, body = "HEAD" if method == "HEAD" else "GET", None
            _drop(headers, _BODY_HEADERS)
        if Origin.of(redirect.url) != Origin.of(self.url):
            _drop(headers, _ORIGIN_HEADERS)
        return _Hop(method, redirect.url, headers, body)


class _Exchange:
    """One upload, over as many hops as it is redirected."""

    def __init__(self, client: _Client, upload: WireUpload, events: Events, max_body: int) -> None:
        self._client = client
        self._upload = upload
        self._events = events
        self._max_body = max_body
        self._watch = Watch(events)
        self._set_cookies: list[str] = []
        self._url = _first_url(upload.url)

    async def run(self) -> Reply:
        """Follow the upload to its final answer; raises `TransportFailure`."""
        upload = self._upload
        form = content_of(upload)
        body = UploadBody(form, self._events, cut=upload.cut)
        # A request without a body has nothing that could be cut, but for the whole of it.
        sent = body if form.size or upload.cut is not None else None
        hop = _Hop(upload.method, self._url, _first_headers(upload.headers), sent)
        token = current.set(self._watch)
        try:
            return await self._follow(hop)
        except (aiohttp.ClientError, HttpProcessingError, OSError, ValueError) as error:
            raise self._explained(error, body.failure) from error
        finally:
            body.stop()
            current.reset(token)

    async def _follow(self, hop: _Hop) -> Reply:
        for left in range(self._upload.max_redirects, -1, -1):
            answer = await self._attempt(hop)
            if isinstance(answer, Reply):
                return answer
            if left:
                self._upload.judge(str(answer.url))
                hop = hop.after(answer)
        detail = f"more than {self._upload.max_redirects} redirects"
        raise self._failure(Reason.TOO_MANY_REDIRECTS, detail)

    async def _attempt(self, hop: _Hop) -> Reply | _Redirect:
        """Send one hop and read its answer; whatever ends it early also ends its connection."""
        self._url = hop.url
        target = self._target(hop.url)
        self._watch.start_hop(target)
        try:
            response = await self._request(hop, target)
            try:
                answer = await self._answer(hop, response)
            finally:
                response.close()
            if hop.body is not None and not hop.body.finished:
                hop.body.stop()
                self._watch.abort()
        except BaseException:
            self._watch.abort()
            raise
        finally:
            self._watch.end_hop()
        return answer

    def _target(self, url: URL) -> Origin:
        origin = Origin.of(url)
        target = self._client.routes.target(origin)
        if target is None:
            self._watch.measures.unrouted = str(origin)
            raise self._failure(
                Reason.DNS_FAILURE,
                f"{origin} is neither loopback nor routed, so it was not dialled; "
                f'say where it leads with bridge.route("{origin}", to=...)',
            )
        return target

    async def _request(self, hop: _Hop, target: Origin) -> aiohttp.ClientResponse:
        wire, server_hostname = _wire(hop.url, target)
        response = await self._client.session.request(
            hop.method,
            wire,
            data=hop.body,
            headers=self._request_headers(hop),
            allow_redirects=False,
            ssl=await self._client.tls.context() if target.scheme == "https" else True,
            server_hostname=server_hostname,
        )
        if hop.body is None:
            self._watch.note_no_body()
        return response

    def _request_headers(self, hop: _Hop) -> CIMultiDict[str]:
        """Return the caller's headers after the logical Host, with the jar's cookies merged."""
        headers = hop.headers.copy()
        if "Host" not in headers:
            headers = CIMultiDict({"Host": hop.url.host_port_subcomponent or ""})
            headers.extend(hop.headers)
        if self._upload.cookies:
            _add_cookies(headers, self._client.jar.filter_cookies(hop.url))
        return headers

    async def _answer(self, hop: _Hop, response: aiohttp.ClientResponse) -> Reply | _Redirect:
        self._watch.mark("response_start")
        headers = _decoded(response.raw_headers)
        self._keep_cookies(hop.url, headers)
        self._upload.check_answer(str(hop.url), headers)
        redirect = self._redirect_of(hop.url, response)
        if redirect is None:
            return await self._reply(hop.url, response, headers)
        await _drain(response)
        self._end_response(response)
        self._watch.note_redirect(same_host=redirect.url.host == hop.url.host)
        return redirect

    async def _reply(self, url: URL, response: aiohttp.ClientResponse, headers: Headers) -> Reply:
        self._events.headers(response.status, headers)
        body = await self._read(response)
        self._end_response(response)
        return Reply(
            status=response.status,
            headers=headers,
            body=body,
            charset=response.charset,
            url=str(url),
            set_cookies=tuple(self._set_cookies),
        )

    def _end_response(self, response: aiohttp.ClientResponse) -> None:
        self._watch.mark("response_end")
        self._watch.note_received(response)

    def _keep_cookies(self, url: URL, headers: Headers) -> None:
        cookies = [value for name, value in headers if name.lower() == "set-cookie"]
        self._set_cookies += cookies
        if self._upload.cookies:
            self._client.jar.update_cookies_from_headers(cookies, url)

    def _redirect_of(self, url: URL, response: aiohttp.ClientResponse) -> _Redirect | None:
        """Return where an answer leads, or None for a final one; raises `TransportFailure`."""
        location = response.headers.get("Location")
        if response.status not in _REDIRECTS or location is None:
            return None
        try:
            target = url.join(URL(location))
            Origin.of(target)
        except ValueError as error:
            raise self._failure(
                Reason.BAD_RESPONSE, f"the server redirected to {location!r}"
            ) from error
        return _Redirect(response.status, target)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > self._max_body:
                raise self._failure(
                    Reason.BAD_RESPONSE, f"the answer is larger than {self._max_body} bytes"
                )
        return bytes(body)

    def _failure(self, reason: Reason, detail: str) -> TransportFailure:
        measures = self._watch.measures
        return TransportFailure(
            reason,
            {
                "host": self._url.host,
                "ip": measures.ip,
                "port": measures.port or self._url.port,
                "detail": detail,
            },
        )

    def _explained(self, error: Exception, cause: TransportFailure | None) -> TransportFailure:
        """Return the failure behind an exception of aiohttp; what the body knows comes first."""
        if cause is not None:
            return self._failure(cause.reason, str(cause.detail["detail"]))
        return self._failure(reason_of(error), _text(error))


def _first_url(text: str) -> URL:
    try:
        url = _as_written(text)
    except ValueError as error:
        raise TransportFailure(Reason.BAD_URL, {"detail": str(error)}) from error
    if url.scheme not in ("http", "https"):
        raise TransportFailure(Reason.UNSUPPORTED_SCHEME, {"detail": f"scheme {url.scheme!r}"})
    if not url.raw_host:
        raise TransportFailure(Reason.BAD_URL, {"detail": f"{text!r} names no host"})
    return url


def _as_written(text: str) -> URL:
    """
    Return an address whose path and query keep the escapes they were written with.

    Parsing alone would undo those that mean nothing, and a signed address with them.
    """
    url, pieces = URL(text), urlsplit(text)
    dotted = not pieces.path or "/." in pieces.path  # such a path is the parser's to shorten
    return URL.build(
        scheme=url.scheme,
        authority=url.raw_authority,
        path=url.raw_path if dotted else quote(pieces.path, safe=_LEGAL),
        query_string=quote(pieces.query, safe=_LEGAL),
        fragment=url.raw_fragment,
        encoded=True,
    )


def _first_headers(given: Headers) -> CIMultiDict[str]:
    """Return the caller's headers in order, without framing of their own, and our defaults."""
    headers: CIMultiDict[str] = CIMultiDict()
    spelt: dict[str, str] = {}
    for name, value in given:
        if _HEADER_NAME.fullmatch(name) is None or _BAD_VALUE.search(value) is not None:
            detail = f"the header {name!r} holds characters that no header may hold"
            raise TransportFailure(Reason.BAD_PARAMETER, {"detail": detail})
        # aiohttp keeps both values of a name only when it is spelt the same way twice.
        headers.add(spelt.setdefault(name.lower(), name), value)
    _drop(headers, _FRAMING_HEADERS)
    for name, value in _DEFAULT_HEADERS:
        headers.setdefault(name, value)
    return headers


def _drop(headers: CIMultiDict[str], names: tuple[str, ...]) -> None:
    for name in names:
        headers.popall(name, None)


def _wire(url: URL, target: Origin) -> tuple[URL, str | None]:
    """
    Return the URL to hand to aiohttp for a logical URL, and the TLS name where it must be said.

    A routed host name stays, for the resolver to map it; an address has no resolver to pass.
    """
    origin = Origin.of(url)
    if target == origin:
        return url, None
    wire = url.with_scheme(target.scheme)
    if not is_address(origin.host):
        return wire.with_port(origin.port), None
    server_hostname = origin.host if target.scheme == "https" else None
    return wire.with_host(target.host).with_port(target.port), server_hostname


def _add_cookies(headers: CIMultiDict[str], jar: BaseCookie[str]) -> None:
    """Merge the jar's cookies behind the caller's own, which win."""
    own = [pair.strip() for value in headers.getall("Cookie", []) for pair in value.split(";")]
    names = {pair.partition("=")[0] for pair in own}
    kept = [f"{name}={cookie.coded_value}" for name, cookie in jar.items() if name not in names]
    if kept:
        headers["Cookie"] = "; ".join([*own, *kept])


def _decoded(raw_headers: tuple[tuple[bytes, bytes], ...]) -> Headers:
    """Return header lines as text: UTF-8 where they are, else one character per byte."""
    return tuple((_line(name), _line(value)) for name, value in raw_headers)


def _line(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


async def _drain(response: aiohttp.ClientResponse) -> None:
    """Read a redirect's body so that its connection can be used again, unless it is long or bad."""
    size = 0
    with contextlib.suppress(aiohttp.ClientError, HttpProcessingError):
        async for chunk in response.content.iter_any():
            size += len(chunk)
            if size > _DRAINED:
                return


def _text(error: Exception) -> str:
    """Return an exception's own words; a certificate's problem in the verifier's."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        certificate = error.certificate_error
        return getattr(certificate, "verify_message", "") or str(certificate)
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.os_error.strerror or str(error.os_error)
    return str(error) or type(error).__name__
