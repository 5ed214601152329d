"""
The seam between the emulated host and the wire: one method, so that a test can replace it.

A transport receives a `WireUpload`, reports through `Events`, and answers with a `Reply` or raises
`TransportFailure`. It knows nothing about hosts.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bridge.files import OpenFile
    from bridge.reasons import Reason
    from bridge.transport.shaping import Passage

Headers = tuple[tuple[str, str], ...]
Lines = Collection[tuple[str, str]]
"""Header lines that nobody changes any more, in order."""


class TransportFailure(Exception):  # noqa: N818  a failure of the network, not of the program
    """The upload did not get an answer, and why."""

    def __init__(self, reason: Reason, detail: Mapping[str, object] | None = None) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.detail = dict(detail or {})


class FilePart(NamedTuple):
    """One file of the multipart body; the transport reads `file` and never closes it."""

    name: str
    filename: str
    content_type: str
    file: OpenFile


@dataclass(frozen=True, slots=True)
class Cut:
    """A condition of the network: after `after` bytes of the body the connection `kind`s."""

    after: int | None
    percent: float | None
    kind: Literal["reset", "stall"]

    def at(self, total: int) -> int:
        """Return the number of body bytes that still leave, at most `total`."""
        if self.after is not None:
            return min(self.after, total)
        return min(total, int(total * (self.percent or 0) / 100))


def free() -> None:
    """Say that nothing slows or stops an upload."""


class WireUpload(NamedTuple):
    """
    What goes on the wire, with every host rule already applied: a form, or a body as it is.

    Attributes:
        url: the logical address, as the logic wrote it.
        headers: request headers in order; a `Content-Type` here replaces the body's own.
        fields: text fields in order, before the files.
        files: file parts in order.
        boundary: the multipart boundary.
        judge: called with each further hop's logical URL before it is dialled; raises
            `TransportFailure` to refuse it.
        check_answer: called with each hop's logical URL and response headers; raises likewise.
        max_redirects: hops followed before `TOO_MANY_REDIRECTS`.
        cookies: whether the transport's jar takes part, keyed by logical URL.
        cut: where the network ends this upload, or None.
        passage: asked before bytes pass for what slows or stops them. None where nothing does so
            far; once it has told of something, it goes on to.
        lost: how often the phone has lost every connection so far; none of before is used again.
        method: the request method, in capitals.
        body: the body as it is, empty for none; None sends the form of `fields` and `files`.
    """

    url: str
    headers: Headers
    fields: tuple[tuple[str, str], ...]
    files: tuple[FilePart, ...]
    boundary: str
    judge: Callable[[str], None]
    check_answer: Callable[[str, Headers], None]
    max_redirects: int = 5
    cookies: bool = False
    cut: Cut | None = None
    passage: Callable[[], Passage | None] = free
    lost: int = 0
    method: str = "POST"
    body: bytes | None = None


class Reply(NamedTuple):
    """
    The server's answer.

    Attributes:
        status: HTTP status of the last hop.
        headers: response headers in wire order and case.
        body: the decoded (decompressed) body.
        charset: the charset the answer names, or None.
        url: the logical URL of the last hop.
        set_cookies: the raw `Set-Cookie` values of every hop.
    """

    status: int
    headers: Headers
    body: bytes
    charset: str | None
    url: str
    set_cookies: tuple[str, ...] = ()


@dataclass(slots=True)
class Measures:
    """
    What one upload was seen to do; the transport fills it as things happen, failures included.

    `times` holds seconds of `loop.time()` under the names `fetch_start dns_start dns_end
    connect_start connect_end tls_start request_start request_end response_start response_end
    redirect_start redirect_end`; a name that never happened is absent, and a further hop replaces
    the one before (redirect times excepted, which exist for redirects within one host only).

    `estimate` is the caller's: the kind of network by WeChat's numbers, 0 where nobody knows it.
    """

    times: dict[str, float] = field(default_factory=dict)
    ip: str = ""
    port: int = 0
    reused: bool = False
    sent_bytes: int = 0
    received_bytes: int = 0
    rtt: float = 0.0
    dialled: str = ""
    request_headers: Lines = ()
    body_bytes: int = 0
    unrouted: str = ""
    estimate: int = 0


class Events(Protocol):
    """What a transport tells the call while it sends."""

    measures: Measures

    def progress(self, sent: int, total: int) -> None:
        """Report body bytes handed to the kernel, monotonic, at most `total`."""

    def headers(self, status: int, headers: Headers) -> None:
        """Report that the final answer's headers have arrived."""


class Transport(Protocol):
    """One upload in, one answer out."""

    async def send(self, upload: WireUpload, events: Events) -> Reply:
        """Send the upload; raises `TransportFailure`. Cancelling stops it and frees everything."""

    def route(self, origin: str, to: str | None) -> None:
        """Dial `to` for the logical `origin`; None removes the mapping."""

    async def aclose(self) -> None:
        """Close connections; a closed transport sends nothing more."""
