"""Mini-programs in a real engine, against a real server."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from bridge import Bridge, UploadServer
from bridge.logic.program import Program

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from pathlib import Path

    from bridge.logic.children import Children

# Calls an API, and tells in order what its callbacks got.
PRELUDE = """
exports.calls = (call, options) => new Promise((done) => {
  const heard = [];
  const note = (name) => (result) => heard.push([name, result]);
  call({
    ...options,
    success: note('success'),
    fail: note('fail'),
    complete: (result) => { note('complete')(result); done(heard); },
  });
});
"""


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0"


@dataclass(slots=True)
class Mini:
    """A running mini-program, with what it said."""

    bridge: Bridge
    program: Program
    server: UploadServer
    folder: Path
    heard: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def options(self) -> dict[str, Any]:
        """Options that every target accepts."""
        path = self.bridge.files.add("a.png", b"picture")
        return {"url": self.server.url, "filePath": path, "name": "f", "fileType": "image"}

    def at(self, level: str) -> list[str]:
        """Return the messages of one level."""
        return [message for each, message, _ in self.heard if each == level]


@pytest.fixture(params=["node", "quickjs"])
def engine(request: pytest.FixtureRequest) -> str:
    """Name each engine in turn."""
    name: str = request.param
    return name


@pytest.fixture
def picture() -> bytes:
    """Return what a picker takes for a picture."""
    return PNG


@pytest.fixture
async def server() -> AsyncIterator[UploadServer]:
    """Run the embedded upload server."""
    async with UploadServer() as opened:
        yield opened


@pytest.fixture
def children() -> Children | None:
    """Give each program a process of its own, unless a module says otherwise."""
    return None


@pytest.fixture
async def start(
    engine: str, server: UploadServer, tmp_path: Path, children: Children | None
) -> AsyncIterator[Callable[..., Awaitable[Mini]]]:
    """Start mini-programs from their source, and end them with the test."""
    async with AsyncExitStack() as stack:

        async def run(
            source: str,
            target: str = "wx",
            *,
            files: Mapping[str, str] | None = None,
            settings: Mapping[str, Any] | None = None,
            **more: Any,  # noqa: ANN401  the Program's own arguments
        ) -> Mini:
            for name, text in {"prelude.js": PRELUDE, "main.js": source, **(files or {})}.items():
                path = tmp_path / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text.encode())
            bridge = await stack.enter_async_context(Bridge(target, **(settings or {})))
            heard: list[tuple[str, str, str]] = []
            more.setdefault("hear", lambda *said: heard.append(said))
            more.setdefault("children", children)
            program = await stack.enter_async_context(Program(bridge, engine=engine, **more))
            mini = Mini(bridge, program, server, tmp_path, heard)
            await program.load(tmp_path / "main.js")
            return mini

        yield run
