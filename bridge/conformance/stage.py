"""The surroundings of one scene: an emulated target, its files, and a server for its uploads."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, Self, cast

from bridge.answers import check_step
from bridge.errors import BridgeError
from bridge.logic.controls import CUTS, NETWORK
from bridge.reasons import Reason
from bridge.runtime import Bridge
from bridge.transport.memory import MemoryTransport

if TYPE_CHECKING:
    from bridge.conformance.case import Json
    from bridge.conformance.scene import Scene
    from bridge.files import Kind
    from bridge.sink import UploadServer
    from bridge.transport import Headers
    from bridge.transport.memory import MemoryFile, MemoryUpload

ORIGIN: Final = "https://upload.example.com"
"""What the mini-program takes for its server; the embedded one answers for it."""
ARRANGES: Final = frozenset(
    {
        "album",
        "answer",
        "arrange",
        "cancel",
        "domains",
        "files",
        "gather",
        "network",
        "origins",
        "readings",
        "server",
        "version",
    }
)
"""What of a case can be arranged here in real time."""
VIRTUAL: Final = "virtual"
_DEFAULT_SIZE = 1000
_PERIOD = 251
_GATHER_SECONDS = 2.0
_HOST = ORIGIN.partition("://")[2]
_DETAIL = {"host": _HOST, "ip": _HOST, "port": 443, "detail": "arranged"}
"""What a host's text for a failure may speak of."""


class Stage:
    """
    What one scene is played on; use it with `async with`.

    Attributes:
        bridge: the emulated target.
        paths: given file -> its virtual path.
    """

    def __init__(self, scene: Scene, seed: int = 0) -> None:
        self._given = cast("Json", addressed(scene.given, ORIGIN))
        virtual = self._given.get(VIRTUAL)
        self._memory = None if virtual is None else _line(virtual, self._given.get("server", []))
        self._server: UploadServer | None = None
        self._stack = contextlib.AsyncExitStack()
        place = scene.place
        self.bridge = Bridge(
            place.name,
            domains=self._given.get("domains"),
            files=self._package(),
            transport=self._memory,
            seed=seed,
            **place.readings,  # type: ignore[arg-type]  # the fields are checked by name
        )
        self.paths = {name: self._path(name, file) for name, file in self._given["files"].items()}
        self.arrange(self._given)

    async def __aenter__(self) -> Self:
        async with self._stack as opened:
            if self._memory is None:
                await self._serve()
            self._album()
            await opened.enter_async_context(self.bridge)
            self._stack = opened.pop_all()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._stack.aclose()

    @property
    def uploads(self) -> tuple[Json, ...]:
        """What arrived at the server; complete once the stage is closed."""
        if self._memory is not None:
            return tuple(_arrived(n, up) for n, up in enumerate(self._memory.uploads, 1))
        return () if self._server is None else tuple(up.to_json() for up in self._server.uploads)

    def arrange(self, what: Json) -> None:
        """Change the network, or what the user does at the next picker or dialog."""
        network = what.get("network")
        if isinstance(network, str):
            NETWORK[network](self.bridge.network)
        elif network is not None:
            self._shape(network)
        if what.get("cancel"):
            self.bridge.album.cancel_next()
        if "answer" in what:
            self.bridge.ui.answer_modal(**what["answer"])

    def _shape(self, given: Json) -> None:
        [(word, how)] = given.items()
        if word == "apply":
            self.bridge.network.apply(how)
        else:
            CUTS[word](self.bridge.network, how.get("bytes"), how.get("percent"))

    def blob(self, name: str) -> object:
        """Return a given file as a browser's File."""
        return self.bridge.files.blob(self.paths[name])

    async def _serve(self) -> None:
        from bridge.sink import UploadServer  # noqa: PLC0415  aiohttp's server takes 0.2 s to import

        server = self._server = await self._stack.enter_async_context(UploadServer())
        server.script(self._given.get("server", []))
        for origin in (ORIGIN, *self._given.get("origins", [])):
            self.bridge.route(origin, to=server.url)
        if "gather" in self._given:
            server.hold()
            gathering = asyncio.create_task(gather(server, self._given["gather"]))
            self._stack.callback(gathering.cancel)

    def _package(self) -> Path | None:
        """Write the code package to a folder, in which a path may lead to a folder, too."""
        found = {
            name: content_of(file)
            for name, file in self._given["files"].items()
            if file.get("kind") == "package" and not file.get("gone") and not file.get("unreadable")
        }
        if not found:
            return None
        root = Path(self._stack.enter_context(TemporaryDirectory()))
        for name, content in found.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return root

    def _path(self, name: str, file: Json) -> str:
        kind = file.get("kind", "temp")
        if file.get("unreadable"):
            return self._unreadable(name, kind)
        if kind == "package":
            return name
        path = self.bridge.files.add(name, content_of(file), kind=kind)
        if file.get("gone"):
            self.bridge.files.remove(path)
        return path

    def _unreadable(self, name: str, kind: Kind) -> str:
        """Add a file that is there and that nobody can open, not even the superuser."""
        file = Path(self._stack.enter_context(TemporaryDirectory())) / "file"
        file.touch()
        path = self.bridge.files.add(name, file, kind=kind)
        file.unlink()
        file.symlink_to(file)
        return path

    def _album(self) -> None:
        """Put given files into the album; it takes names from files on this machine only."""
        names = self._given.get("album", [])
        if not names:
            return
        folder = Path(self._stack.enter_context(TemporaryDirectory()))
        for name in set(names):
            (folder / name).write_bytes(content_of(self._given["files"][name]))
        self.bridge.album.add(*(folder / name for name in names))


def addressed(value: Any, origin: str) -> object:  # noqa: ANN401  any JSON
    """Return a value with each `$sink` replaced by an address of the server at `origin`."""
    if isinstance(value, list):
        return [addressed(inner, origin) for inner in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"$sink"}:
        return f"{origin}{value['$sink']}"
    return {key: addressed(inner, origin) for key, inner in value.items()}


def content_of(file: Json) -> bytes:
    """Return the bytes of a given file."""
    if "text" in file:
        return cast("str", file["text"]).encode()
    if "base64" in file:
        return base64.b64decode(file["base64"])
    size: int = file.get("size", _DEFAULT_SIZE)
    return (bytes(range(_PERIOD)) * (size // _PERIOD + 1))[:size]


async def gather(server: UploadServer, count: int) -> None:
    """Let the server answer once so many uploads have begun; fewer have to do after a while."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_GATHER_SECONDS):
            await server.receiving(count)
    server.release()


def _line(virtual: Json, script: list[Json]) -> MemoryTransport:
    line = MemoryTransport(latency=virtual.get("latency", 0) / 1000, rate=virtual.get("rate"))
    if "fails" in virtual:
        line.fail(Reason[virtual["fails"]], **_DETAIL)
    for at, raw in enumerate(script, 1):
        step = check_step(raw, f"server step {at}")
        if step.delay or step.redirect is not None or step.drop_after is not None:
            raise BridgeError(f"server step {at}: in virtual time it has status, headers and body")
        body, headers = step.encoded()
        for _ in range(step.times):
            line.reply(step.status, body, headers)
    return line


# --- what arrived over a line without sockets, in the words of the server


def _arrived(number: int, upload: MemoryUpload) -> Json:
    fields = [_part(name, None, None, text.encode()) for name, text in upload.fields]
    return {
        "number": number,
        "method": upload.method,
        "path": upload.url.removeprefix(ORIGIN),
        "headers": _pairs(upload.headers),
        "parts": [*fields, *map(_file_part, upload.files)],
        "size": None,
        "error": None,
        "answer": 200,
        "text": None if upload.body is None else upload.body.decode("utf-8", "replace"),
    }


def _pairs(headers: Headers) -> list[list[str]]:
    return [[name, value] for name, value in headers]


def _part(name: str, filename: str | None, kind: str | None, content: bytes) -> Json:
    text = content.decode("utf-8", "replace")
    rest: dict[str, Any] = {"size": len(content), "sha256": None, "text": text, "headers": []}
    return {"name": name, "filename": filename, "content_type": kind, **rest}


def _file_part(file: MemoryFile) -> Json:
    rest: dict[str, Any] = {"size": file.size, "sha256": file.sha256, "text": None, "headers": []}
    return {
        "name": file.name,
        "filename": file.filename,
        "content_type": file.content_type,
        **rest,
    }
