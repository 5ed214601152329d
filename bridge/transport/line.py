"""
One request and the head of its answer, over one of aiohttp's connections.

`SessionLine` asks aiohttp's session for both. `DirectLine` takes the connection from the same pool
and lets aiohttp's own writer and parser work on it, without the objects the session makes for each
request: that is a third of a small upload's time. It knows those parts as they are in the versions
`tuning.DIRECT` names, and any other version goes by the session.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import aiohttp
from aiohttp.http import HttpProcessingError, StreamWriter

from bridge.transport.watch import current

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection
    from multidict import CIMultiDict, CIMultiDictProxy

    from bridge.transport import TransportFailure
    from bridge.transport.client import Client
    from bridge.transport.head import Head
    from bridge.transport.multipart import Form
    from bridge.transport.origins import Way
    from bridge.transport.watch import Watch

_SWITCHING = 101
_FIRST_FINAL = 200


class Body(Protocol):
    """What a request sends, in each of its attempts."""

    @property
    def form(self) -> Form:
        """Its content."""

    @property
    def failure(self) -> TransportFailure | None:
        """Why it could not be read."""

    @property
    def finished(self) -> bool:
        """Tell whether the newest attempt has handed all of it to the kernel."""

    async def begin(self, writer: AbstractStreamWriter) -> bool:
        """Begin an attempt; tell whether all has left already. Raises `OSError`."""

    async def rest(self) -> None:
        """Send what is left; raises `OSError` where it cannot be read or the peer has gone."""

    def stop(self) -> None:
        """End the attempt: no byte leaves after this, and no progress is told."""

    def release(self) -> None:
        """Stop for good."""


class Line(Protocol):
    """One request on its way, and the connection it goes over."""

    async def ask(
        self, method: str, way: Way, headers: CIMultiDict[str], body: Body | None
    ) -> Head:
        """
        Send a request and read the head of its answer, which may come before the body has left.

        Raises:
            aiohttp.ClientError: there is no answer; also `HttpProcessingError` and `OSError`.
        """

    def end(self) -> None:
        """Part with the connection: back to the pool if all was sent and received, else dropped."""

    def drop(self) -> None:
        """Drop the connection now; an orderly close would wait for a peer that does not read."""


@dataclass(slots=True)
class _Answer:
    status: int
    reason: str | None
    headers: CIMultiDictProxy[str]
    raw_headers: tuple[tuple[bytes, bytes], ...]
    content: aiohttp.StreamReader


class DirectLine:
    """A line that has aiohttp's writer and parser work on one of its connections."""

    def __init__(self, client: Client, watch: Watch) -> None:
        self._client = client
        self._watch = watch
        self._connection: Connection | None = None
        self._body: Body | None = None
        self._content: aiohttp.StreamReader | None = None
        self._rest: asyncio.Task[None] | None = None

    async def ask(
        self, method: str, way: Way, headers: CIMultiDict[str], body: Body | None
    ) -> Head:
        """Send a request."""
        self._body = body
        protocol = await self._connect(method, way)
        writer = StreamWriter(protocol, self._client.loop)
        self._watch.note_request(writer, headers)
        await writer.write_headers(f"{method} {way.path} HTTP/1.1", headers)
        if body is None:
            writer.set_eof()
            self._watch.note_no_body()
        else:
            await self._send(body, writer, protocol)
        return await self._head(protocol)

    def end(self) -> None:
        """Part with the connection: back to the pool if all was sent and received, else dropped."""
        sent = self._body is None or self._body.finished
        if sent and self._connection and self._content and self._content.is_eof():
            self._connection.release()
        else:
            self.drop()

    def drop(self) -> None:
        """Drop the connection and whatever has not left."""
        if self._body is not None:
            self._body.stop()
        if self._rest is not None:
            self._rest.cancel()
        if self._connection is not None:
            transport = self._connection.transport
            self._connection.close()
            if transport is not None:
                transport.abort()

    async def _connect(self, method: str, way: Way) -> ResponseHandler:
        self._connection = await self._client.connect(way)
        protocol = self._connection.protocol
        if protocol is None:
            raise aiohttp.ServerDisconnectedError
        if self._watch.passage() is not None:
            await self._watch.note_connected()
        limits = self._client.limits
        protocol.set_response_params(
            skip_payload=method == "HEAD",
            read_until_eof=True,
            max_line_size=limits.line,
            max_field_size=limits.header,
            max_headers=limits.headers,
        )
        return protocol

    async def _send(self, body: Body, writer: StreamWriter, protocol: ResponseHandler) -> None:
        """Send a small body; begin with a large one, whose answer may come before its end."""
        try:
            if await body.begin(writer):
                return
        except (OSError, aiohttp.ClientError):
            raise
        except Exception as error:
            raise _of_client(error) from error
        self._rest = asyncio.create_task(self._send_rest(body, protocol))

    async def _send_rest(self, body: Body, protocol: ResponseHandler) -> None:
        """Send what is left; a failure reaches whoever waits for the answer."""
        try:
            await body.rest()
        except ConnectionError:
            pass  # whoever reads the answer, which may have come before, learns of it too
        except Exception as error:  # noqa: BLE001  whatever it is, nobody else would hear of it
            protocol.set_exception(_of_client(error), error)

    async def _head(self, protocol: ResponseHandler) -> Head:
        for _ in range(self._client.limits.interim + 1):
            message, content = await protocol.read()
            if message.code >= _FIRST_FINAL or message.code == _SWITCHING:
                break
        else:
            raise HttpProcessingError(message="the server sends interim answers only")
        self._content = content
        return _Answer(message.code, message.reason, message.headers, message.raw_headers, content)


class SessionLine:
    """A line that leaves everything to aiohttp's session."""

    def __init__(self, client: Client, watch: Watch) -> None:
        self._client = client
        self._watch = watch
        self._body: Body | None = None
        self._response: aiohttp.ClientResponse | None = None

    async def ask(
        self, method: str, way: Way, headers: CIMultiDict[str], body: Body | None
    ) -> Head:
        """Send a request."""
        self._body = body
        try:
            self._response = await self._client.session.request(
                method,
                way.wire,
                data=body,
                headers=headers,
                allow_redirects=False,
                ssl=await self._client.tls_for(way),
                server_hostname=way.server_hostname,
            )
        except _GoneError as gone:
            raise gone.error from gone
        if body is None:
            self._watch.note_no_body()
        return self._response

    def end(self) -> None:
        """Part with the connection, which has gone back to the pool if all was received."""
        if self._response is not None and self._response.connection is not None:
            self.drop()

    def drop(self) -> None:
        """Drop the connection and whatever has not left."""
        if self._body is not None:
            self._body.stop()
        if self._response is not None:
            self._response.close()
        transport = self._watch.transport
        if transport is not None and transport.is_closing():
            transport.abort()


class _GoneError(aiohttp.ClientConnectionError):
    """Hides from aiohttp's session that a connection has gone."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


async def ask_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """
    Keep aiohttp's session from sending some requests again on a connection that has gone.

    A server that takes a request and hangs up is what a test wants to see; connections that had
    gone before are not used in the first place.
    """
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _GoneError(error) from error


class WatchedResponse(aiohttp.ClientResponse):
    """Tells the watch of the connection and the writer, which aiohttp lets go with the answer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  aiohttp's own, passed on
        super().__init__(*args, **kwargs)
        request: aiohttp.RequestInfo = kwargs["request_info"]
        current.get().note_request(kwargs["stream_writer"], request.headers)


def _of_client(error: Exception) -> Exception:
    """Return what aiohttp would make of a body's error."""
    if isinstance(error, (OSError, aiohttp.ClientError)):
        return error
    return aiohttp.ClientConnectionError(f"cannot send the body: {error!r}")
