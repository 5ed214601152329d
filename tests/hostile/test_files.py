"""Files that change while they are sent, or before: a defined end, and no body that lies."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from bridge import Bridge, HttpTransport, MemoryTransport, Reason
from bridge.transport.tuning import Tuning
from tests.hostile.conftest import told
from tests.hostile.wire import OK, do, hear, hear_body, hear_head, say

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.hostile.conftest import Hostile

    Change = Callable[[Path], object]

SIZE = 24 << 20
"""More than both ends of a connection hold, so that some of it is still in the file."""
TUNINGS = {
    "from the kernel": Tuning(),
    "copied": Tuning(sendfile=False),
    "by aiohttp's session": Tuning(direct=False),
}


def _replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(b"\1" * SIZE)
    other.rename(path)


def _grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\1" * 1000)


def _become_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


HARMLESS: dict[str, Change] = {
    "grows": _grow,
    "vanishes": lambda path: path.unlink(),
    "is replaced": _replace,
    "may no longer be read": lambda path: path.chmod(0),
}


@pytest.fixture(params=[*TUNINGS.values()], ids=[*TUNINGS])
def transport(request: pytest.FixtureRequest) -> HttpTransport:
    """Return a transport for each way in which a body is written; whoever uses it closes it."""
    return HttpTransport(tuning=request.param)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a large file of zeros."""
    path = tmp_path / "large.png"
    with path.open("wb") as opened:
        opened.truncate(SIZE)
    return path


@pytest.mark.parametrize("left", [0, SIZE // 2, SIZE - 1])
async def test_a_file_that_shrinks_fails_its_call(
    hostile: Hostile, transport: HttpTransport, file: Path, left: int
) -> None:
    """The body stays short of its length, and its connection ends with it."""
    shrink = do(lambda: os.truncate(file, left))
    hostile.scripts = [[hear_head, shrink, hear_body], [hear, say(OK)]]
    async with Bridge("wx", transport=transport) as bridge:
        options = {"url": hostile.url, "filePath": bridge.files.add("a.png", file), "name": "f"}
        failed = await told(bridge, "uploadFile", options)
        assert (Reason.UNREADABLE_FILE, ["fail", "complete"]) == (
            failed.record.reason,
            failed.names,
        )
        small = bridge.files.add("b.png", b"picture")
        following = await told(bridge, "uploadFile", {**options, "filePath": small})
        assert ["success", "complete"] == following.names
    head, _, body = hostile.peers[0].heard.partition(b"\r\n\r\n")
    assert len(body) < int(head.partition(b"Content-Length: ")[2].split()[0])
    assert 2 == len(hostile.peers)


@pytest.mark.parametrize("what", HARMLESS)
async def test_a_file_that_changes_otherwise_is_sent_as_it_was_opened(
    hostile: Hostile, transport: HttpTransport, file: Path, what: str
) -> None:
    """Its bytes and its length are those of the moment in which it was opened."""
    hostile.scripts = [[hear_head, do(lambda: HARMLESS[what](file)), hear_body, say(OK)]]
    async with Bridge("wx", transport=transport) as bridge:
        options = {"url": hostile.url, "filePath": bridge.files.add("a.png", file), "name": "f"}
        assert ["success", "complete"] == (await told(bridge, "uploadFile", options)).names
    assert SIZE == hostile.peers[0].heard.count(b"\0")
    assert b"\1" not in hostile.peers[0].heard


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda path: path.unlink(), Reason.MISSING_FILE),
        (lambda path: (path.unlink(), path.mkdir()), Reason.NOT_A_FILE),
        (_become_a_pipe, Reason.MISSING_FILE),
    ],
    ids=["vanishes", "becomes a folder", "becomes a pipe"],
)
async def test_a_file_that_changes_while_its_call_waits(
    tmp_path: Path, change: Change, reason: Reason
) -> None:
    """It is opened when its turn comes, and what is then wrong with it is the host's to say."""
    path = tmp_path / "a.png"
    path.write_bytes(b"picture")
    async with Bridge("wx", transport=MemoryTransport(), limit=1) as bridge:
        options = {
            "url": "https://a.test/",
            "filePath": bridge.files.add("a.png", path),
            "name": "f",
        }
        bridge.api.uploadFile(options)
        waiting = bridge.api.uploadFile(options)
        assert waiting is not None
        change(path)
        await bridge.settled()
        assert [None, reason] == [record.reason for record in bridge.calls]
