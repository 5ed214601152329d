"""Uploads in virtual time, for the tests of network conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge import Bridge, MemoryTransport
from bridge.conformance.virtual import run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bridge.runtime import Outcome

SIZE = 100_000


class Scene:
    """A bridge on a line without sockets, and an upload of a known size."""

    def __init__(self, target: str, seed: int = 0, **transport: Any) -> None:  # noqa: ANN401
        self.memory = MemoryTransport(**transport)
        self.bridge = Bridge(target, transport=self.memory, seed=seed)
        self.path = self.bridge.files.add("a.png", b"x" * SIZE)

    def options(self, **more: object) -> dict[str, object]:
        """Return options that every host takes."""
        base: dict[str, object] = {"url": "https://a.test/x", "filePath": self.path, "name": "f"}
        known = self.bridge.profile.file_type is not None
        return base | ({"fileType": "image"} if known else {}) | more

    async def upload(self, **more: object) -> Outcome:
        """Upload once."""
        return await self.bridge.call("uploadFile", self.options(**more))


def play(
    target: str,
    scene: Callable[[Scene], Awaitable[None]],
    **given: Any,  # noqa: ANN401
) -> None:
    """Play a scene to its end in virtual time; nothing is left of it."""

    async def main() -> None:
        stage = Scene(target, **given)
        async with stage.bridge:
            await scene(stage)
            assert [] == stage.bridge.in_flight

    run(main())
