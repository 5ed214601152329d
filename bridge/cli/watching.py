"""`--ui`: the page on which the calls of a command are seen while they happen."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from bridge.look import say

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from bridge.report.server import LiveServer
    from bridge.runtime import Bridge
    from bridge.sink import UploadServer


class Page:
    """
    The page of a command, or none.

    Args:
        server: what serves it, where one was asked for.
    """

    def __init__(self, server: LiveServer | None) -> None:
        self._server = server

    @property
    def variables(self) -> dict[str, str]:
        """What a program finds the page by; empty without one."""
        return {} if self._server is None else {"MINIBRIDGE_UI_URL": self._server.url}

    def follow(self, session: str, bridge: Bridge, server: UploadServer) -> None:
        """Show the calls of a bridge, grouped under a name, with what arrived at a server."""
        if self._server is not None:
            self._server.watch.follow(bridge, session, server)

    def announce(self) -> None:
        """Say where the page is."""
        if self._server is not None:
            say(f"the calls are shown at {self._server.url}")

    async def stay(self, ending: Callable[[], Awaitable[object]]) -> None:
        """Go on showing what has happened, until something ends it; without a page, not at all."""
        if self._server is not None:
            self._server.watch.finish()
            say("nothing more is to come; the page stays until Ctrl-C")
            await ending()


@asynccontextmanager
async def page(title: str, *, wanted: bool) -> AsyncIterator[Page]:
    """Serve the page of a command while it runs; `title` is what the page calls it."""
    if not wanted:
        yield Page(None)
        return
    # aiohttp's server takes 0.2 s to import.
    from bridge.report.server import LiveServer  # noqa: PLC0415
    from bridge.report.watch import Watch  # noqa: PLC0415

    async with LiveServer(Watch(title)) as server:
        yield Page(server)


@contextmanager
def shown(runner: asyncio.Runner, title: str, *, wanted: bool) -> Iterator[Page]:
    """Serve it for a command that does one thing after the other on a runner."""
    served = page(title, wanted=wanted)
    shown = runner.run(served.__aenter__())
    try:
        yield shown
    finally:
        runner.run(served.__aexit__(None, None, None))
