"""Very many calls at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge import Bridge, MemoryTransport

if TYPE_CHECKING:
    from bridge import Reply
    from bridge.transport import Events, WireUpload

CALLS = 10_000


class Noting(MemoryTransport):
    """Answers everything, and notes in which order it came."""

    def __init__(self) -> None:
        super().__init__()
        self.order: list[str] = []

    async def send(self, upload: WireUpload, events: Events) -> Reply:
        """Note an upload, and answer it."""
        self.order.append(upload.url.rpartition("/")[2])
        return await super().send(upload, events)


@pytest.mark.timeout(60)
async def test_ten_thousand_calls_at_once_stay_in_order() -> None:
    """They are sent, and end, in the order in which they were made; then nothing is kept."""
    transport, ended = Noting(), list[int]()
    async with Bridge("wx", transport=transport, record_limit=10) as bridge:
        path = bridge.files.add("a.png", b"picture")
        for number in range(CALLS):
            bridge.api.uploadFile(
                {
                    "url": f"https://a.test/{number}",
                    "filePath": path,
                    "name": "f",
                    "success": lambda _, number=number: ended.append(number),
                }
            )
        assert CALLS == len(bridge.in_flight)
        await bridge.settled()
        assert [str(number) for number in range(CALLS)] == transport.order
        assert [*range(CALLS)] == ended
        assert [] == bridge.in_flight
        assert 10 == len(bridge.calls)
