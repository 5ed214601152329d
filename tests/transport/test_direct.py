"""A file sent inside the kernel: its steps, its descriptors, and systems that cannot do it."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bridge.transport.direct import Direct, Share
from bridge.transport.http import HttpTransport
from bridge.transport.tuning import Tuning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bridge.transport import WireUpload
    from tests.transport.conftest import Log, Opened, ServeRaw

_KIB, _MIB = 1024, 1024 * 1024


def _descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


@pytest.mark.parametrize(
    ("size", "files", "step"),
    [
        *((9000, files, 1000) for files in (0, 1, 4)),
        *((9000, 5, 800), (9000, 10, 400), (9000, 40, 100), (9000, 1000, 100)),
        *((200_000, 1, 2000), (900_000, 1, 3000), (900_000, 4, 1000)),
    ],
)
def test_a_step_shrinks_as_files_become_more(size: int, files: int, step: int) -> None:
    """Alone a file has its whole step; many part a turn, down to what a step must be worth."""
    share = Share(step=1000, most=3000, turn=4000, least=100)
    share.files = files
    assert step == share.bytes(size)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Return two connected sockets that do not block."""
    near, far = socket.socketpair()
    near.settimeout(0)
    far.settimeout(0)
    yield near, far
    near.close()
    far.close()


async def _drained(far: socket.socket, size: int) -> bytes:
    loop, received = asyncio.get_running_loop(), b""
    while len(received) < size:
        received += await loop.sock_recv(far, _MIB)
    return received


async def test_files_part_a_turn_while_they_are_on_their_way(
    pair: tuple[socket.socket, socket.socket], opened: Opened
) -> None:
    """Each file counts from its start to its end, and takes no more than its part."""
    near, far = pair
    content = os.urandom(_MIB)  # more than a socket takes, so that each has to wait as well
    source = opened(content).fileno()
    assert source is not None
    share = Share(step=256 * _KIB, most=256 * _KIB, turn=128 * _KIB, least=256)
    steps: list[int] = []
    first = Direct(source, near.fileno(), len(content), share, steps.append)
    second = Direct(source, near.fileno(), len(content), share, steps.append)
    assert share.files == 2
    received = await _drained(far, 2 * len(content))
    await asyncio.gather(first.done, second.done)
    assert max(steps) == 64 * _KIB
    assert sum(steps) == len(received) == 2 * len(content)
    first.close()
    assert share.files == 1
    first.close()
    second.close()
    assert share.files == 0


def _noting(log: Log, steps: list[int]) -> Log:
    """Have a log also note in `steps` how far each report lies behind the one before; 0 ends it."""
    told = log.progress

    def progress(sent: int, total: int) -> None:
        before = log.progressed[-1][0] if log.progressed else 0
        steps.append(0 if sent == total else sent - before)
        told(sent, total)

    log.progress = progress  # type: ignore[method-assign]
    return log


async def test_every_upload_of_a_transport_shares_its_turns(
    serve_raw: ServeRaw,
    make: Callable[..., WireUpload],
    opened: Opened,
    log_class: type[Log],
) -> None:
    """With eight files on their way no step is longer than an eighth of a turn."""
    steps: list[int] = []
    everybody = asyncio.Event()

    async def read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await everybody.wait()
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split()[0]))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    port = await serve_raw(read)
    tuning = Tuning(step=512 * _KIB, turn=256 * _KIB, least=4 * _KIB)
    transport, logs = HttpTransport(tuning=tuning), [_noting(log_class(), steps) for _ in range(8)]
    upload = make(f"http://127.0.0.1:{port}/", opened(bytes(16 * _MIB)))
    sending = [asyncio.create_task(transport.send(upload, log)) for log in logs]
    for log in logs:
        await log.reached.wait()
    begun = len(steps)
    everybody.set()
    await asyncio.gather(*sending)
    await transport.aclose()
    together = steps[begun : steps.index(0)]  # until the first file has left
    assert together
    assert max(together) <= 32 * _KIB


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP])
async def test_a_file_the_kernel_cannot_send_is_copied(  # noqa: PLR0913, PLR0917
    serve_raw: ServeRaw,
    make: Callable[..., WireUpload],
    opened: Opened,
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    """Where the system refuses this file system, not one byte is lost or sent twice."""
    asked: list[int] = []
    content = os.urandom(_MIB)
    arrived: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def refuse(_target: int, _source: int, offset: int, _count: int) -> int:
        asked.append(offset)
        raise OSError(number, os.strerror(number))

    async def read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().split(b"content-length: ")[1].split()[0])
        arrived.set_result(await reader.readexactly(size))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    monkeypatch.setattr(os, "sendfile", refuse)
    port = await serve_raw(read)
    transport = HttpTransport()
    await transport.send(make(f"http://127.0.0.1:{port}/", opened(content)), log)
    await transport.aclose()
    body = await arrived
    assert asked == [0]
    assert content in body
    assert len(body) == log.measures.body_bytes


async def test_a_descriptor_that_cannot_be_had_leaves_none_behind(
    pair: tuple[socket.socket, socket.socket], opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loop that watches no descriptors gets both copies closed, and counts no file."""
    source = opened(b"x").fileno()
    assert source is not None

    def missing(*_args: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(asyncio.get_running_loop(), "add_writer", missing)
    before, share, steps = _descriptors(), Share(1, 1, 1, 1), list[int]()
    with pytest.raises(NotImplementedError):
        Direct(source, pair[0].fileno(), 1, share, steps.append)
    assert share.files == 0
    assert before == _descriptors()


@pytest.mark.parametrize("error", [BlockingIOError, InterruptedError])
async def test_a_socket_without_room_after_all_is_waited_for(
    pair: tuple[socket.socket, socket.socket],
    opened: Opened,
    monkeypatch: pytest.MonkeyPatch,
    error: type[OSError],
) -> None:
    """A loop that called too early, or a signal, neither ends the file nor loses a byte of it."""
    near, far = pair
    content = os.urandom(_KIB)
    source = opened(content).fileno()
    assert source is not None
    errors, send, steps = [error], os.sendfile, list[int]()

    def refuse_once(target: int, source: int, offset: int, count: int) -> int:
        if errors:
            raise errors.pop()
        return send(target, source, offset, count)

    monkeypatch.setattr(os, "sendfile", refuse_once)
    direct = Direct(source, near.fileno(), _KIB, Share(_MIB, _MIB, _MIB, 1), steps.append)
    await direct.done
    direct.close()
    assert content == far.recv(_MIB)
    assert [_KIB] == steps


async def test_a_file_that_was_stopped_is_watched_no_more(
    pair: tuple[socket.socket, socket.socket], opened: Opened
) -> None:
    """Whoever waits for it hears of it, and the number it had may be another connection's."""
    source = opened(b"x").fileno()
    assert source is not None
    stopped = Direct(source, pair[0].fileno(), 1, Share(1, 1, 1, 1), print)
    stopped.close()
    assert stopped.done.cancelled()
    with socket.socket(fileno=os.dup(pair[0].fileno())) as same_number:
        assert not asyncio.get_running_loop().remove_writer(same_number)
