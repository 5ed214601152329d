"""One upload as an exchange over HTTP: as many hops as it is redirected, and its final answer."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
from aiohttp.http import HttpProcessingError
from multidict import CIMultiDict
from yarl import URL

from bridge.reasons import Reason
from bridge.transport import Reply, TransportFailure
from bridge.transport.failures import cause_of, reason_of, words_of
from bridge.transport.head import (
    add_authorization,
    add_cookies,
    charset_of,
    decoded,
    drop,
    first_headers,
    first_url,
)
from bridge.transport.multipart import UNNAMED_TYPE, content_of
from bridge.transport.origins import Origin
from bridge.transport.watch import Watch, current

if TYPE_CHECKING:
    from multidict import CIMultiDictProxy

    from bridge.transport import Events, Headers, WireUpload
    from bridge.transport.client import Client
    from bridge.transport.head import Head
    from bridge.transport.line import Body
    from bridge.transport.origins import Way

_FIRST_REDIRECT = 300
_SEE_OTHER = 303
_TO_GET = frozenset({301, 302, _SEE_OTHER})
_REDIRECTS = _TO_GET | {307, 308}
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_BODY_EXPECTED = frozenset({"PATCH", "POST", "PUT"})
_BODY_HEADERS = ("Content-Type", "Content-Length", "Transfer-Encoding")
# What a caller meant for one origin, and a redirect to another must not carry along.
_ORIGIN_HEADERS = ("Authorization", "Cookie", "Host", "Proxy-Authorization")


@dataclass(frozen=True, slots=True)
class _Redirect:
    """An answer that sends the upload on."""

    status: int
    url: URL


@dataclass(slots=True)
class _Hop:
    """The request of one hop: method, logical URL, the caller's headers, a body or none."""

    method: str
    url: URL
    headers: CIMultiDictProxy[str] | CIMultiDict[str]
    body: Body | None

    def after(self, redirect: _Redirect) -> _Hop:
        """Return the next hop; as in a browser, a POST goes on as GET unless by 307 or 308."""
        headers, body, method = self.headers.copy(), self.body, self.method
        if redirect.status in _TO_GET and (method == "POST" or redirect.status == _SEE_OTHER):
            method, body = "HEAD" if method == "HEAD" else "GET", None
            drop(headers, _BODY_HEADERS)
        if Origin.of(redirect.url) != Origin.of(self.url):
            drop(headers, _ORIGIN_HEADERS)
        return _Hop(method, redirect.url, headers, body)


class Exchange:
    """
    One upload, over as many hops as it is redirected.

    Args:
        client: what it goes over.
        upload: what is sent.
        events: what is told of it.

    Raises:
        TransportFailure: the upload's address cannot be dialled.
    """

    def __init__(self, client: Client, upload: WireUpload, events: Events) -> None:
        self._client = client
        self._upload = upload
        self._events = events
        self._limits = client.limits
        self._watch = Watch(events, client.loop.time, upload.passage)
        self._set_cookies: list[str] = []
        self._url = first_url(upload.url)

    async def run(self) -> Reply:
        """Follow the upload to its final answer; raises `TransportFailure`."""
        upload = self._upload
        form = content_of(upload)
        body = self._client.body(form, upload, self._events)
        # A request without a body has nothing that could be cut, but for the whole of it.
        sent = body if form.size or upload.cut is not None else None
        hop = _Hop(upload.method, self._url, first_headers(upload.headers), sent)
        token = current.set(self._watch)
        try:
            return await self._follow(hop)
        except (aiohttp.ClientError, HttpProcessingError, OSError, ValueError) as error:
            raise self._explained(error, body.failure) from error
        finally:
            body.release()
            self._watch.release()
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
        way = self._way(hop.url)
        self._watch.start_hop(way.dialled)
        line = self._client.line(self._watch)
        try:
            head = await line.ask(hop.method, way, self._request_headers(hop, way), hop.body)
            answer = await self._answer(hop, way, head)
        except BaseException:
            line.drop()
            raise
        finally:
            self._watch.end_hop()
        line.end()
        return answer

    def _way(self, url: URL) -> Way:
        way = self._client.way(url)
        if way is None:
            origin = Origin.of(url)
            self._watch.measures.unrouted = str(origin)
            raise self._failure(
                Reason.DNS_FAILURE,
                f"{origin} is neither loopback nor routed, so it was not dialled; "
                f'say where it leads with bridge.route("{origin}", to=...)',
            )
        return way

    def _request_headers(self, hop: _Hop, way: Way) -> CIMultiDict[str]:
        """Return the caller's headers after the logical Host, and what the body and URL add."""
        headers: CIMultiDict[str] = CIMultiDict()
        if "Host" not in hop.headers:
            headers["Host"] = way.host
        headers.extend(hop.headers)
        _describe_body(headers, hop)
        if way.authorization:
            add_authorization(headers, way.authorization)
        if self._upload.cookies:
            add_cookies(headers, self._client.jar.filter_cookies(hop.url))
        return headers

    async def _answer(self, hop: _Hop, way: Way, head: Head) -> Reply | _Redirect:
        passage = self._upload.passage()
        if passage is not None:
            await passage.round_trip()
        self._watch.mark("response_start")
        headers = decoded(head.raw_headers)
        if "Set-Cookie" in head.headers:
            self._keep_cookies(hop.url, headers)
        self._upload.check_answer(way.text, headers)
        redirect = self._redirect_of(hop.url, head) if head.status in _REDIRECTS else None
        if redirect is None:
            tunnel = hop.method == "CONNECT" and head.status < _FIRST_REDIRECT
            return await self._reply(way, head, headers, tunnel=tunnel)
        await _drain(head.content, self._limits.redirect_body)
        self._end_response(head)
        self._watch.note_redirect(same_host=redirect.url.host == hop.url.host)
        return redirect

    async def _reply(self, way: Way, head: Head, headers: Headers, *, tunnel: bool) -> Reply:
        self._events.headers(head.status, headers)
        content = head.content
        if tunnel:
            # Its head is the whole answer: https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6
            body = b""
        elif content.is_eof() and self._upload.passage() is None:
            # A small answer is there in full, and another task or two are saved by not waiting.
            body = content.read_nowait()
        else:
            body = await self._read(content)
        if len(body) > self._limits.body:
            raise self._too_large()
        self._end_response(head)
        return Reply(
            status=head.status,
            headers=headers,
            body=body,
            charset=charset_of(head.headers.get("Content-Type", "")),
            url=way.text,
            set_cookies=tuple(self._set_cookies),
        )

    def _end_response(self, head: Head) -> None:
        self._watch.mark("response_end")
        self._watch.note_received(head)

    def _keep_cookies(self, url: URL, headers: Headers) -> None:
        cookies = [value for name, value in headers if name.lower() == "set-cookie"]
        self._set_cookies += cookies
        if self._upload.cookies:
            self._client.jar.update_cookies_from_headers(cookies, url)

    def _redirect_of(self, url: URL, head: Head) -> _Redirect | None:
        """Return where an answer leads, or None for a final one; raises `TransportFailure`."""
        location = head.headers.get("Location")
        if location is None:
            return None
        try:
            target = url.join(URL(location))
            Origin.of(target)
        except ValueError as error:
            raise self._failure(
                Reason.BAD_RESPONSE, f"the server redirected to {location!r}"
            ) from error
        return _Redirect(head.status, target)

    async def _read(self, content: aiohttp.StreamReader) -> bytes:
        body, passed = bytearray(), 0
        async for chunk in content.iter_any():
            body += chunk
            # What passes is what was on the wire, which for a compressed answer is less.
            arrived, passed = content.total_raw_bytes - passed, content.total_raw_bytes
            passage = self._upload.passage()
            if passage is not None:
                await passage.receive(arrived)
            if len(body) > self._limits.body:
                raise self._too_large()
        return bytes(body)

    def _too_large(self) -> TransportFailure:
        detail = f"the answer is larger than {self._limits.body} bytes"
        return self._failure(Reason.BAD_RESPONSE, detail)

    def _failure(self, reason: Reason, detail: str, cause: str | None = None) -> TransportFailure:
        measures = self._watch.measures
        told: dict[str, object] = {
            "host": self._url.host,
            "ip": measures.ip,
            "port": measures.port or self._url.port,
            "detail": detail,
        }
        return TransportFailure(reason, told if cause is None else {**told, "cause": cause})

    def _explained(self, error: Exception, cause: TransportFailure | None) -> TransportFailure:
        """Return the failure behind an exception of aiohttp; what the body knows comes first."""
        if cause is not None:
            return self._failure(cause.reason, str(cause.detail["detail"]))
        return self._failure(reason_of(error), words_of(error), cause_of(error))


def _describe_body(headers: CIMultiDict[str], hop: _Hop) -> None:
    """Add the length and the type of what follows the head, as aiohttp's session would."""
    if hop.body is not None:
        headers["Content-Length"] = str(hop.body.form.size)
        headers.setdefault("Content-Type", hop.body.form.content_type)
    elif hop.method not in _BODILESS:
        headers["Content-Length"] = "0"
        if hop.method in _BODY_EXPECTED:
            headers.setdefault("Content-Type", UNNAMED_TYPE)


async def _drain(content: aiohttp.StreamReader, most: int) -> None:
    """Read a redirect's body so that its connection can be used again, unless it is long or bad."""
    size = 0
    with contextlib.suppress(aiohttp.ClientError, HttpProcessingError):
        async for chunk in content.iter_any():
            size += len(chunk)
            if size > most:
                return
