"""
The WebSocket server for logic that already runs somewhere: each session gets a bridge of its own.

A session ends with its last connection: its calls abort, its files and sockets are gone, and every
other session goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import secrets
from contextlib import AsyncExitStack
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final, Self, cast

from aiohttp import WSCloseCode, web

from bridge import visitors
from bridge.errors import BridgeError
from bridge.logic.controls import PREFIX, Controls
from bridge.logic.door import PROTOCOL_VERSION, Door, Json
from bridge.logic.journal import Journal
from bridge.serving import SERVER_LOG, dialled, listen
from bridge.sink import UploadServer
from bridge.values import to_json

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bridge.logic.journal import Keep
    from bridge.runtime import Bridge
    from bridge.sink import Upload

PATH: Final = "/bridge"
MAX_MESSAGE: Final = 64 << 20
"""Bytes of the longest message that is taken; a file of 48 MiB fits, in base64."""
HELLO_SECONDS: Final = 10.0
_CLOSE_SECONDS: Final = 1.0
_MAX_REASON: Final = 120
"""Bytes; a close frame holds 123."""
_LOG = logging.getLogger("bridge")


class Close(IntEnum):
    """Why the server ended a connection."""

    MALFORMED = 4400
    TOKEN = 4401
    ORIGIN = 4403
    TOO_LARGE = 4413
    VERSION = 4426


class _Refused(Exception):  # noqa: N818  becomes a close code, never an error of ours
    def __init__(self, code: Close, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:_MAX_REASON].decode("utf-8", "ignore").encode()


class _Socket(web.WebSocketResponse):
    """A socket that ends with this protocol's own code when a message is too long."""

    async def close(self, *, code: int = 1000, message: bytes = b"", drain: bool = True) -> bool:
        if code == WSCloseCode.MESSAGE_TOO_BIG:
            code, message = Close.TOO_LARGE, b"the message is too long"
        return await super().close(code=code, message=message, drain=drain)


@dataclass(slots=True)
class _Session:
    target: str
    bridge: Bridge
    sink: UploadServer
    controls: Controls
    resources: AsyncExitStack
    journal: Journal | None = None
    connections: int = 0

    async def close(self) -> None:
        """End its calls, and hand on the records of them all."""
        try:
            await self.resources.aclose()
        finally:
            if self.journal is not None:
                self.journal.end()


class BridgeServer:
    """
    Serves bridges at `ws://host:port/bridge`.

    Args:
        open_bridge: makes the bridge of a new session from the target its client asked for; an
            empty one leaves the choice to the server. It may raise `BridgeError`.
        host: an address to listen on.
        port: 0 takes a free one.
        token: what clients have to know; None makes one up.
        sink: a running upload server that all sessions share; None gives each its own.
        watch: is shown each session's bridge as it opens, with its name and its upload server.
        keep: gets the records of a session's calls, each once: its name, records of calls that
            have ended, and the uploads its own server holds. It is called now and then, and when
            the session ends.
        max_message: bytes of the longest message that is taken.
        hello_seconds: how long a client may be silent at first.

    Raises:
        BridgeError: the token is empty, which everybody knows.
    """

    def __init__(  # noqa: PLR0913  all but the first by keyword
        self,
        open_bridge: Callable[[str], Bridge],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
        sink: UploadServer | None = None,
        keep: Keep | None = None,
        watch: Callable[[str, Bridge, UploadServer], None] | None = None,
        max_message: int = MAX_MESSAGE,
        hello_seconds: float = HELLO_SECONDS,
    ) -> None:
        if token == "":
            raise BridgeError("an empty token lets anybody in: leave it out, and one is made up")
        self._open_bridge = open_bridge
        self._host = host
        self._port = port
        self.token = secrets.token_urlsafe(24) if token is None else token
        self._sink = sink
        self._keep = keep
        self._watch = watch
        self._max_message = max_message
        self._hello_seconds = hello_seconds
        self._sessions: dict[str, _Session] = {}
        self._opening = asyncio.Lock()
        self._sockets: dict[_Socket, asyncio.Task[object]] = {}
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Listen; raises `BridgeError` when the address is not free."""
        application = web.Application()
        application.router.add_get(PATH, self._handle)
        runner = web.AppRunner(
            application, access_log=None, logger=SERVER_LOG, shutdown_timeout=_CLOSE_SECONDS
        )
        self._port = await listen("the bridge", runner, self._host, self._port)
        self._runner = runner

    async def close(self) -> None:
        """Say goodbye to every client, end their sessions, and stop listening."""
        sockets = dict(self._sockets)
        await asyncio.gather(*(one.close(code=WSCloseCode.GOING_AWAY) for one in sockets))
        await asyncio.gather(*sockets.values(), return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def url(self) -> str:
        """Where clients connect to."""
        return f"ws://{dialled(self._host)}:{self._port}{PATH}"

    @property
    def bridges(self) -> list[Bridge]:
        """The bridges of the sessions that are open."""
        return [session.bridge for session in self._sessions.values()]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        socket = _Socket(timeout=_CLOSE_SECONDS, max_msg_size=self._max_message, compress=False)
        await socket.prepare(request)
        self._sockets[socket] = cast("asyncio.Task[object]", asyncio.current_task())
        try:
            self._check_visitor(request)
            hello = await self._greeted(socket)
            async with self._session(hello) as session:
                await _talk(socket, session)
        except _Refused as refused:
            await socket.close(code=refused.code, message=refused.reason)
        except Exception:  # noqa: BLE001  no fault of ours may leave a client waiting
            _LOG.exception("a session broke")
            await socket.close(code=WSCloseCode.INTERNAL_ERROR, message=b"an error of minibridge's")
        finally:
            del self._sockets[socket]
        return socket

    def _check_visitor(self, request: web.Request) -> None:
        """Refuse web pages of other sites."""
        if visitors.is_of_another_site(request.headers):
            raise _Refused(Close.ORIGIN, "pages of other sites may not connect")
        if visitors.came_by_another_name(request.headers, self._host):
            raise _Refused(Close.ORIGIN, "the Host is another name than this server's")

    async def _greeted(self, socket: _Socket) -> Json:
        try:
            frame = await socket.receive(self._hello_seconds)
        except TimeoutError:
            raise _Refused(Close.MALFORMED, "no hello came") from None
        hello = _message(frame)
        if hello["type"] != "hello":
            raise _Refused(Close.MALFORMED, "the first message must be a hello")
        if hello.get("v") != PROTOCOL_VERSION:
            raise _Refused(Close.VERSION, f"this server speaks version {PROTOCOL_VERSION}")
        token = str(hello.get("token", "")).encode("utf-8", "replace")
        if not hmac.compare_digest(token, self.token.encode()):
            raise _Refused(Close.TOKEN, "the token is wrong")
        return hello

    @contextlib.asynccontextmanager
    async def _session(self, hello: Json) -> AsyncIterator[_Session]:
        key, target = (str(hello.get(name) or "") for name in ("session", "target"))
        key = key or secrets.token_hex(8)
        async with self._opening:
            session = self._sessions.get(key) or await self._opened(key, target)
        if session.target != target:
            raise _Refused(Close.MALFORMED, f"session {key!r} has another target")
        session.connections += 1
        try:
            yield session
        finally:
            session.connections -= 1
            if not session.connections:
                del self._sessions[key]
                await session.close()

    async def _opened(self, key: str, target: str) -> _Session:
        try:
            bridge = self._open_bridge(target)
        except BridgeError as error:
            raise _Refused(Close.MALFORMED, str(error)) from error
        async with AsyncExitStack() as resources:
            sink = self._sink
            if sink is None:
                sink = await resources.enter_async_context(UploadServer())
            await resources.enter_async_context(bridge)
            if self._watch is not None:
                self._watch(key, bridge, sink)
            session = _Session(target, bridge, sink, Controls(bridge, sink), resources.pop_all())
        if self._keep is not None:
            session.journal = Journal(key, bridge, self._own_uploads(sink), self._keep)
        self._sessions[key] = session
        return session

    def _own_uploads(self, sink: UploadServer) -> Callable[[], list[Upload]]:
        return lambda: [] if sink is self._sink else sink.uploads


async def _talk(socket: _Socket, session: _Session) -> None:
    """Take a client's messages until it leaves."""
    outbox: asyncio.Queue[str] = asyncio.Queue()

    def post(message: Json) -> None:
        # What cannot be told has to be the fault of whoever tells it, not the end of the writer.
        outbox.put_nowait(json.dumps(message))

    door = Door(session.bridge, post)
    env = {"MINIBRIDGE_TARGET": session.bridge.target, "MINIBRIDGE_SINK_URL": session.sink.url}
    post(door.ready(env))
    writer = asyncio.create_task(_write(socket, outbox))
    try:
        async for frame in socket:
            _take(_message(frame), session, door, post)
            if session.journal is not None:
                session.journal.follow()
    finally:
        door.leave()
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)


async def _write(socket: _Socket, outbox: asyncio.Queue[str]) -> None:
    # A client that has gone is noticed by the reader.
    with contextlib.suppress(ConnectionError):
        while True:
            await socket.send_str(await outbox.get())


def _take(message: Json, session: _Session, door: Door, post: Callable[[Json], None]) -> None:
    match {"unknownKeys": [], **message}:
        case {
            "type": "invoke",
            "callbackId": int(number),
            "event": str(event),
            "params": dict(),
            "unknownKeys": list(),
        }:
            try:
                if event.startswith(PREFIX):
                    post(_controlled(number, event, message, session.controls))
                else:
                    door.invoke(message)
            except (ValueError, RecursionError) as error:
                # A tag that holds no base64, and the like.
                raise _Refused(Close.MALFORMED, f"{event}: {error}") from error
        case {"type": "turn"}:
            door.end_turn()
        case {"type": "report", "level": str(level), "message": str(text)}:
            _LOG.warning("the client reports (%s): %s", level, text)
        case _:
            raise _Refused(Close.MALFORMED, f"what is {json.dumps(message)[:80]}")


def _controlled(number: int, event: str, message: Json, controls: Controls) -> Json:
    answer: Json = {"type": "callback", "callbackId": number, "sync": True}
    try:
        result = controls.invoke(event, cast("Json", message["params"]))
    except BridgeError as error:
        return {**answer, "error": str(error)}
    return {**answer, "result": to_json(result)}


def _message(frame: object) -> Json:
    """Read a frame as one JSON object with a type; raises `_Refused`."""
    data = getattr(frame, "data", None)
    if not isinstance(data, str):
        raise _Refused(Close.MALFORMED, "a message is one JSON text")
    try:
        message = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _Refused(Close.MALFORMED, f"not JSON: {error}") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise _Refused(Close.MALFORMED, "a message is an object with a type")
    return cast("Json", message)
