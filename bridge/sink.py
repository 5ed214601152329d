"""The embedded upload server: it records what arrives and answers as a script tells it."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import json
import re
import socket
import struct
from collections import deque
from importlib import metadata
from typing import TYPE_CHECKING, Final, Self

from aiohttp import web

from bridge.answers import Body, Step, check_step, default_step
from bridge.errors import BridgeError
from bridge.receiver import Receiver
from bridge.script import Script
from bridge.serving import SERVER_LOG, dialled, listen
from bridge.uploads import DEFAULT_LIMITS, Part, Upload, UploadLimits

if TYPE_CHECKING:
    import ssl as tls
    from collections.abc import Callable, Mapping, Sequence

    Steps = Sequence[Mapping[str, object]]

__all__ = ["Part", "Upload", "UploadLimits", "UploadServer"]

ADMIN: Final = "/__minibridge__/"
_CLOSE_SECONDS: Final = 0.1
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on, zero seconds: closing the socket sends a reset at once."""
_LOOPBACK_HOST = re.compile(
    r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d*)?", re.ASCII | re.IGNORECASE
)


class UploadServer:
    """
    A real HTTP server for tests: every request that is not for its admin interface is an upload.

    Uploads are read to their end, files without being held, recorded, and answered by the next
    step of the script, or else by 200 `{"ok":true}` (400 when a multipart body is not sound). A
    request that is no form counts as well: it has no parts, and its body's beginning is `text`.
    An upload is recorded before its answer goes out.
    """

    def __init__(  # noqa: PLR0913  all but two by keyword
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        token: str | None = None,
        ssl: tls.SSLContext | None = None,
        on_upload: Callable[[Upload], None] | None = None,
        limits: UploadLimits = DEFAULT_LIMITS,
    ) -> None:
        """
        Prepare a server; `start` or `async with` opens it.

        Args:
            host: an address to listen on.
            port: 0 takes a free one.
            token: the bearer token that the admin interface asks for.
            ssl: a server-side context; then the server speaks https.
            on_upload: called with each upload once it is recorded.
            limits: what it takes of a form, and keeps of what arrives.

        Raises:
            BridgeError: `host` is reachable from other machines and there is no token.
        """
        if not token and not _is_loopback(host):
            raise BridgeError(
                f"the upload server on {host!r} would be open to other machines: give it a token,"
                " or listen on 127.0.0.1"
            )
        self._host = host
        self._port = port
        self._token = token
        self._ssl = ssl
        self._on_upload = on_upload
        self._limits = limits
        self._runner: web.ServerRunner | None = None
        self._server: web.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._uploads: deque[Upload] = deque(maxlen=limits.uploads)
        self._script = Script()
        self._number = 0
        self._begun = 0
        self._ended = 0
        self._in_flight = 0
        self._peak = 0
        self._changed = asyncio.Event()
        self._free = asyncio.Event()
        self._free.set()

    def __repr__(self) -> str:
        count = len(self._uploads)
        where = ", not running" if self._runner is None else f" {self.url}"
        return f"<UploadServer{where}, {count} upload{'s' * (count != 1)}>"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def start(self) -> None:
        """
        Listen.

        Raises:
            BridgeError: the server runs already, or the address is not free.
        """
        if self._runner is not None:
            raise BridgeError("the upload server has been started already")
        # A client that goes away must not count as in flight any longer.
        self._server = web.Server(
            self._handle, handler_cancellation=True, access_log=None, logger=SERVER_LOG
        )
        runner = web.ServerRunner(self._server, shutdown_timeout=_CLOSE_SECONDS)
        self._port = await listen("the upload server", runner, self._host, self._port, self._ssl)
        self._runner = runner

    async def close(self) -> None:
        """Stop listening and cut every connection, also those that wait for an answer."""
        runner, server, self._runner = self._runner, self._server, None
        if runner is None or server is None:
            return
        # A connection forgets its transport once it is cancelled.
        transports = [connection.transport for connection in server.connections]
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await runner.cleanup()
        for transport in transports:
            # A polite TLS close waits for the peer, which may never answer.
            if transport is not None:
                transport.abort()
        # The transports close their sockets in the loop's next turn.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    @property
    def url(self) -> str:
        """
        The server's origin, without a slash at its end.

        Raises:
            BridgeError: the server does not run.
        """
        if self._runner is None:
            raise BridgeError("the upload server has no address: it does not run")
        scheme = "http" if self._ssl is None else "https"
        return f"{scheme}://{dialled(self._host)}:{self._port}"

    @property
    def uploads(self) -> list[Upload]:
        """The recorded uploads, newest last; the newest 1000 unless the limits say otherwise."""
        return list(self._uploads)

    @property
    def last(self) -> Upload:
        """
        The upload that ended last.

        Raises:
            BridgeError: there is none.
        """
        if not self._uploads:
            raise BridgeError("the upload server has recorded no upload")
        return self._uploads[-1]

    @property
    def in_flight(self) -> int:
        """Uploads that have begun and are not answered yet."""
        return self._in_flight

    @property
    def peak(self) -> int:
        """The highest `in_flight` since the last `clear`."""
        return self._peak

    def clear(self) -> None:
        """Forget the uploads and begin all counts but `Upload.number` anew; the script stays."""
        self._uploads.clear()
        self._begun = self._ended = 0
        self._peak = self._in_flight

    def reply(
        self,
        status: int = 200,
        body: Body = "",
        headers: Mapping[str, str | None] | None = None,
        *,
        delay: float = 0,
        times: int | None = None,
    ) -> None:
        """
        Add an answer to the script: each of the next `times` uploads (one if None) gets it.

        Text is sent as UTF-8, bytes as they are, any other body as JSON. A header that is None
        takes `Access-Control-Allow-Origin: *` or `Content-Type` out. `delay` is in seconds.

        Raises:
            BridgeError: a value cannot be sent.
        """
        step = {"status": status, "body": body, "headers": headers or {}, "delay": delay}
        self._script.add(check_step({**step, "times": 1 if times is None else times}, "reply"))

    def redirect(self, to: str, status: int = 307) -> None:
        """
        Add a redirect to the script; the upload is read and recorded first.

        Raises:
            BridgeError: the status is not 3xx, or the address cannot be sent.
        """
        self._script.add(check_step({"redirect": to, "status": status}, "redirect"))

    def drop(self, after: int = 0) -> None:
        """
        Add a reset to the script: the connection is cut after `after` bytes of the body.

        Raises:
            BridgeError: `after` is not a count of bytes.
        """
        self._script.add(check_step({"drop_after": after}, "drop"))

    def script(self, steps: Steps | Mapping[str, Steps]) -> None:
        """
        Replace the script by steps in the form the admin interface takes.

        Args:
            steps: the steps, for whatever comes; or steps by the beginning of a path, in which a
                segment `*` is any one, each reading of it with steps of its own.

        Raises:
            BridgeError: a step is wrong; the message names it. The old script then stays.
        """
        self._script = Script(steps)

    def hold(self) -> None:
        """Read and record uploads, but answer none until `release`."""
        self._free.clear()

    def release(self) -> None:
        """Answer the held uploads, and the following ones at once."""
        self._free.set()

    async def receiving(self, count: int) -> None:
        """Wait until `count` uploads have begun since the last `clear`: their heads are read."""
        while self._begun < count:
            await self._changed.wait()

    async def received(self, count: int) -> None:
        """Wait until `count` uploads are recorded since the last `clear`, failed ones included."""
        while self._ended < count:
            await self._changed.wait()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path.startswith(ADMIN):
            return await self._administer(request)
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            return _preflight(request)
        # A connection has one request at a time; cancelling its task cancels this one.
        self._tasks.add(request.task)
        self._begun += 1
        self._in_flight += 1
        self._peak = max(self._peak, self._in_flight)
        self._notify()
        try:
            return await self._answer(request, self._script.next(request.raw_path))
        finally:
            self._in_flight -= 1
            self._tasks.discard(request.task)

    async def _answer(self, request: web.BaseRequest, step: Step | None) -> web.Response:
        limit = None if step is None else step.drop_after
        receiver = Receiver(request, limit, self._limits)
        try:
            await receiver.read()
        except asyncio.CancelledError:
            self._record(receiver, None)
            raise
        if step is None:
            step = default_step(receiver.error)
        self._record(receiver, step.status if limit is None else None)
        await self._free.wait()
        await asyncio.sleep(step.delay)
        if limit is not None:
            # The response below then meets a closed connection and is thrown away.
            _reset(request)
        payload, headers = step.encoded()
        return web.Response(status=step.status, headers=headers, body=payload)

    def _record(self, receiver: Receiver, answer: int | None) -> None:
        self._number += 1
        upload = receiver.upload(self._number, answer)
        self._uploads.append(upload)
        self._ended += 1
        self._notify()
        if self._on_upload is not None:
            self._on_upload(upload)

    async def _administer(self, request: web.BaseRequest) -> web.Response:
        if not _is_local(request):
            return _failure(403, "only a loopback Host without an Origin may use this interface")
        if not self._is_authorised(request):
            return _failure(401, "the bearer token is missing or wrong")
        actions = {
            ("uploads", "GET"): self._list_uploads,
            ("uploads", "DELETE"): self._delete_uploads,
            ("script", "PUT"): self._put_script,
            ("script", "DELETE"): self._delete_script,
            ("health", "GET"): _health,
        }
        name = request.path.removeprefix(ADMIN)
        action = actions.get((name, request.method))
        if action is not None:
            return await action(request)
        allowed = ", ".join(method for known, method in actions if known == name)
        if allowed:
            return _failure(405, f"{request.path} takes {allowed}", {"Allow": allowed})
        return _failure(404, f"the admin interface has no {request.path}")

    def _is_authorised(self, request: web.BaseRequest) -> bool:
        if not self._token:
            return True
        given = request.headers.get("Authorization", "")
        expected = f"Bearer {self._token}"
        return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())

    async def _list_uploads(self, request: web.BaseRequest) -> web.Response:
        since = request.query.get("since", "0")
        if not re.fullmatch(r"[0-9]{1,18}", since):
            return _failure(400, f"'since' is the number of an upload, not {since!r}")
        uploads = [upload.to_json() for upload in self._uploads if upload.number > int(since)]
        return web.json_response({"next": self._number, "uploads": uploads})

    async def _delete_uploads(self, _: web.BaseRequest) -> web.Response:
        self.clear()
        return web.Response(status=204)

    async def _put_script(self, request: web.BaseRequest) -> web.Response:
        text = bytearray()
        async for piece in request.content.iter_any():
            text += piece
            if len(text) > self._limits.script:
                return _failure(413, f"a script is at most {self._limits.script} bytes long")
        try:
            self.script(json.loads(text))
        except (ValueError, RecursionError) as error:
            return _failure(400, f"the script is not JSON: {error}")
        except BridgeError as error:
            return _failure(400, str(error))
        return web.Response(status=204)

    async def _delete_script(self, _: web.BaseRequest) -> web.Response:
        self._script = Script()
        return web.Response(status=204)


def _reset(request: web.BaseRequest) -> None:
    """Cut the connection so that the client sees a reset, not an orderly end."""
    transport = request.transport
    if transport is not None:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()


def _preflight(request: web.BaseRequest) -> web.Response:
    asked = request.headers
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": asked["Access-Control-Request-Method"],
        "Access-Control-Allow-Headers": asked.get("Access-Control-Request-Headers", "*"),
    }
    return web.Response(status=204, headers=headers)


def _failure(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response({"ok": False, "error": sentence}, status=status, headers=headers)


async def _health(_: web.BaseRequest) -> web.Response:
    try:
        version = metadata.version("minibridge")
    except metadata.PackageNotFoundError:
        version = "0"
    return web.json_response({"version": version})


def _is_local(request: web.BaseRequest) -> bool:
    """Tell a tool on this machine from a web page that was made to call us by a foreign name."""
    hosts = request.headers.getall("Host", [])
    return (
        len(hosts) == 1
        and _LOOPBACK_HOST.fullmatch(hosts[0]) is not None
        and "Origin" not in request.headers
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
