"""Conditions over real sockets: what the other side sees, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import hashlib
import random
import ssl
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

from bridge import Bridge, UploadFailed
from bridge.sink import UploadServer
from bridge.transport.http import HttpTransport
from bridge.transport.tuning import DIRECT, Tuning

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LINES = [True, False] if DIRECT else [False]
FAR = "https://a.test"
SIZE = 200_000


def descriptors() -> int:
    """Return how many descriptors this process holds."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def holdings() -> tuple[int, int]:
    """Return how many tasks and descriptors there are once nothing is left to do."""
    for _ in range(1000):  # the other side of a connection closes on a later turn
        await asyncio.sleep(0)
    return len(asyncio.all_tasks()), descriptors()


class Scene:
    """A bridge over real sockets, and the server it uploads to."""

    def __init__(self, bridge: Bridge, server: UploadServer) -> None:
        self.bridge = bridge
        self.server = server
        self.path = bridge.files.add("a.png", b"x" * SIZE)

    def options(self, **more: object) -> dict[str, object]:
        """Return the options of an upload."""
        return {"url": f"{FAR}/x", "filePath": self.path, "name": "f"} | more


@pytest.fixture(params=LINES, ids=lambda direct: "direct" if direct else "session")
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    """Provide a scene on each way a request takes through aiohttp."""
    transport = HttpTransport(tuning=Tuning(direct=request.param))
    async with UploadServer() as server, Bridge("wx", transport=transport) as bridge:
        bridge.route(FAR, to=server.url)
        yield Scene(bridge, server)


async def test_a_slow_upload_arrives_whole(stage: Scene) -> None:
    """Paced in small pieces, every byte is there, and the times are those of the condition."""
    stage.bridge.network.slow(up=1_000_000, latency=0.05)
    outcome = await stage.bridge.call("uploadFile", stage.options())
    assert outcome.ok
    times = outcome.record.times
    assert times["send"] - times["connect"] >= 50
    assert times["sent"] - times["send"] >= SIZE / 1000 * 0.95
    assert times["first_byte"] - times["sent"] >= 50
    [file] = stage.server.uploads[0].files
    assert SIZE == file.size
    profile = outcome.result["profile"]
    assert isinstance(profile, dict)
    assert profile["rtt"] >= 50


async def test_a_connection_that_is_kept_is_slow_to_open_only_once(stage: Scene) -> None:
    """The second call reuses it, and waits for its first byte alone."""
    stage.bridge.network.slow(latency=0.05)
    first, second = [await stage.bridge.call("uploadFile", stage.options()) for _ in range(2)]
    assert "connect" in first.record.times
    assert "connect" not in second.record.times
    assert second.record.times["send"] < 50


@pytest.mark.parametrize("change", ["switch", "reset", "offline,online"])
async def test_a_connection_of_before_is_not_used_again(stage: Scene, change: str) -> None:
    """A call after a lost network, or on another one, opens its own."""
    for kept in (False, True, False):
        if not kept:
            stage.bridge.network.apply(change)
        outcome = await stage.bridge.call("uploadFile", stage.options())
        profile = outcome.result["profile"]
        assert isinstance(profile, dict)
        assert kept == profile["socketReused"]


async def test_a_tls_handshake_is_slow_as_well() -> None:
    """It begins one round trip after connecting, and takes another."""
    authority = trustme.CA()
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("a.test").configure_cert(theirs)
    authority.configure_trust(ours)
    transport = HttpTransport(ssl=ours)
    async with UploadServer(ssl=theirs) as server, Bridge("wx", transport=transport) as bridge:
        bridge.route(FAR, to=server.url)
        bridge.network.slow(latency=0.05)
        outcome = await bridge.call("uploadFile", Scene(bridge, server).options())
        assert outcome.ok
        times = outcome.record.times
        assert times["tls"] - times["connect"] >= 50
        assert times["send"] - times["tls"] >= 50


async def test_an_answer_arrives_slowly(stage: Scene) -> None:
    """The body of an answer passes at the bandwidth down."""
    stage.server.reply(200, "a" * 20_000)
    stage.bridge.network.slow(down=100_000)
    outcome = await stage.bridge.call("uploadFile", stage.options())
    assert "a" * 20_000 == outcome.result["data"]
    times = outcome.record.times
    assert times["end"] - times["first_byte"] >= 190


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ("offline@40%", "offline"),
        ("reset@40%", "connection_reset"),
        ("switch@40%", "network_changed"),
        ("reset_after:40%,4g", "connection_reset"),
    ],
)
async def test_the_server_sees_a_body_that_breaks_off(
    stage: Scene, steps: str, reason: str
) -> None:
    """It gets no byte beyond the place; nothing of the call is left."""
    stage.bridge.network.apply(steps)
    outcome = await stage.bridge.call("uploadFile", stage.options())
    assert reason == outcome.reason
    assert [] == stage.bridge.in_flight
    await stage.server.close()
    [upload] = stage.server.uploads
    body = outcome.record.request.size if outcome.record.request else 0
    assert 0.4 * SIZE <= body <= 0.41 * SIZE
    assert upload.size <= body
    assert "the connection was lost" in str(upload.error)


async def test_what_is_to_happen_at_the_last_byte_happens(stage: Scene) -> None:
    """The server has the whole body by then, and nobody gets its answer."""
    stage.bridge.network.apply("offline@100%")
    outcome = await stage.bridge.call("uploadFile", stage.options())
    assert "offline" == outcome.reason
    await stage.server.received(1)
    assert None is stage.server.last.error
    assert SIZE == stage.server.last.file().size


async def test_a_tunnel_ends_and_the_upload_goes_on(stage: Scene) -> None:
    """Nothing is lost in it, on one and the same connection."""
    stage.bridge.network.script([("40%", "stall"), ("+100ms", "online")])
    outcome = await stage.bridge.call("uploadFile", stage.options())
    assert outcome.ok
    assert 1 == len(stage.server.uploads)
    times = outcome.record.times
    assert times["sent"] - times["send"] >= 100


async def test_a_tunnel_holds_up_an_answer_that_is_awaited(stage: Scene) -> None:
    """A call that began in the open is in it, too."""
    network, loop = stage.bridge.network, asyncio.get_running_loop()

    def enter(progress: dict[str, int]) -> None:
        if progress["progress"] == 100:
            network.stall()
            loop.call_later(0.05, network.online)

    task = stage.bridge.api.uploadFile(stage.options())
    task.onProgressUpdate(enter)
    assert 200 == (await task)["statusCode"]
    times = stage.bridge.calls[-1].times
    assert times["first_byte"] - times["sent"] >= 50


@pytest.mark.parametrize("sendfile", [True, False], ids=["sendfile", "copied"])
@pytest.mark.parametrize("direct", LINES, ids=lambda direct: "direct" if direct else "session")
async def test_a_file_on_its_way_is_slowed(tmp_path: Path, *, direct: bool, sendfile: bool) -> None:
    """From the next step on it leaves in small pieces, and every byte arrives once."""
    content = random.Random(1).randbytes(4 << 20)  # noqa: S311  a file, not a secret
    (tmp_path / "film.mp4").write_bytes(content)
    transport = HttpTransport(tuning=Tuning(direct=direct, sendfile=sendfile))
    async with UploadServer() as server, Bridge("wx", transport=transport) as bridge:
        bridge.route(FAR, to=server.url)
        path = bridge.files.add("film.mp4", tmp_path / "film.mp4")
        told: list[int] = []

        def slower(progress: dict[str, int]) -> None:
            if not told:
                bridge.network.slow(up=20_000_000)
            told.append(progress["totalBytesSent"])

        task = bridge.api.uploadFile({"url": f"{FAR}/x", "filePath": path, "name": "f"})
        task.onProgressUpdate(slower)
        assert 200 == (await task)["statusCode"]
        assert max(more - sent for sent, more in pairwise(told)) <= 128 << 10
        times = bridge.calls[0].times
        assert times["sent"] - times["send"] >= (told[-1] - told[0]) / 20_000
        [file] = server.uploads[0].files
        assert hashlib.sha256(content).hexdigest() == file.sha256


async def test_a_stalled_call_runs_into_its_timeout(stage: Scene) -> None:
    """Before it has connected, too."""
    stage.bridge.network.stall()
    outcome = await stage.bridge.call("uploadFile", stage.options(timeout=100))
    assert "timeout" == outcome.reason
    assert [] == stage.bridge.in_flight


async def test_a_request_without_a_body_is_slowed(stage: Scene) -> None:
    """A GET has a connection and a first byte to wait for, and no place in a body."""
    stage.bridge.network.apply("slow:latency=50ms,offline@0%")
    outcome = await stage.bridge.call("request", {"url": f"{FAR}/x"})
    assert outcome.ok
    assert (outcome.record.ended or 0) >= 100


CONDITIONS = (
    "offline@40%",
    "slow:up=1MB,offline@30ms",
    "switch:wifi@40%",
    "reset@40%",
    "reset@0%",
    "reset_after:100%,wifi",
    "stall@40%",
    "stall_after:40%,wifi",
    "slow:latency=10s",
    "slow:up=1kB",
    "slow:down=1B",
    "stall",
    "background",
    "stall,background@10ms",
    "4g,stall@10%,online@+10ms,reset@90%",
)


async def test_no_condition_leaves_anything_behind(stage: Scene) -> None:
    """No task, no file and no connection, whatever ended the upload; each ends once."""
    bridge = stage.bridge
    assert (await bridge.call("uploadFile", stage.options())).ok
    bridge.network.reset()
    assert (await bridge.call("uploadFile", stage.options())).ok
    before = await holdings()
    for text in CONDITIONS:
        bridge.network.apply(text)
        outcome = await bridge.call("uploadFile", stage.options(timeout=150))
        assert not outcome.ok, text
        bridge.network.clear()
        bridge.network.reset()
        assert (await bridge.call("uploadFile", stage.options())).ok, text
    assert before == await holdings()


async def test_a_file_that_shrinks_on_a_slow_line_is_a_failure(
    stage: Scene, tmp_path: Path
) -> None:
    """What is gone cannot be sent: the call ends, and the server is not told otherwise."""
    film = tmp_path / "film.mp4"
    film.write_bytes(bytes(SIZE))
    path = stage.bridge.files.add("film.mp4", film)
    stage.bridge.network.slow(up=1_000_000)
    task = stage.bridge.api.uploadFile(stage.options(filePath=path))
    seen = asyncio.Event()
    task.onProgressUpdate(lambda news: seen.set() if news["progress"] > 10 else None)
    async with asyncio.timeout(5):
        await seen.wait()
    film.write_bytes(b"")
    with pytest.raises(UploadFailed) as failed:
        await task
    assert "unreadable_file" == failed.value.reason
    await stage.server.close()
    assert all(upload.error for upload in stage.server.uploads)
