"""A transport that sends nothing, and any transport without the layer above it."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Final

from bridge.files import OpenFile
from bridge.transport import FilePart, Measures, Reply, WireUpload

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bridge.transport import Events, Headers, Transport

_BODY: Final = b'{"size":1228}'
_HEADERS: Final[Headers] = (("Content-Type", "application/json"), ("Content-Length", "13"))
# What the emulated call sends on `wx`, so that both send the same.
_SENT: Final[Headers] = (
    ("Referer", "https://servicewechat.com/wx0123456789abcdef/0/page-frame.html"),
    ("User-Agent", "MicroMessenger"),
)
_TIMES: Final = ("fetch_start", "request_start", "request_end", "response_start", "response_end")


class NullTransport:
    """Answers at the loop's next turn, after telling all that a real transport tells."""

    async def send(self, upload: WireUpload, events: Events) -> Reply:
        """Answer as the sink does."""
        await asyncio.sleep(0)
        now, size = asyncio.get_running_loop().time(), upload.files[0].file.size
        events.measures.times.update(dict.fromkeys(_TIMES, now))
        events.measures.request_headers = upload.headers
        events.progress(size, size)
        upload.check_answer(upload.url, _HEADERS)
        events.headers(200, _HEADERS)
        return Reply(200, _HEADERS, _BODY, None, upload.url, ())

    def route(self, origin: str, to: str | None) -> None:
        """Nothing is dialled."""

    async def aclose(self) -> None:
        """Nothing is held."""


class Listener:
    """Events that nobody listens to."""

    def __init__(self) -> None:
        self.measures = Measures()

    def progress(self, sent: int, total: int) -> None:
        """Let it pass."""

    def headers(self, status: int, headers: Headers) -> None:
        """Let it pass."""


def wired(transport: Transport, url: str) -> Callable[[str], Awaitable[None]]:
    """Return an upload by a transport alone: all that a call costs when nothing is emulated."""

    async def upload(path: str) -> None:
        file = OpenFile(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
        try:
            reply = await transport.send(_upload(url, file), Listener())
        finally:
            file.close()
        if reply.status != 200:  # noqa: PLR2004  an answer that is not OK
            raise RuntimeError(f"an upload came to {reply.status}")

    return upload


def _upload(url: str, file: OpenFile) -> WireUpload:
    return WireUpload(
        url=url,
        headers=_SENT,
        fields=(),
        files=(FilePart("file", "a.bin", "application/octet-stream", file),),
        boundary="----minibridge0123456789abcdef01234567",
        judge=_permit,
        check_answer=_accept,
    )


def _permit(_url: str) -> None:
    """Refuse no hop."""


def _accept(_url: str, _headers: Headers) -> None:
    """Refuse no answer."""
