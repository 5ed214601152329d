"""What pages are told of calls: the newest state of each, early or late, once or never again."""

from __future__ import annotations

import asyncio
import hashlib
import json
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from bridge import Bridge, UploadServer
from bridge.report.watch import Watch
from bridge.transport.memory import MemoryTransport
from tests.report.gates import gated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.report.samples import Json

pytestmark = pytest.mark.timeout(60)

ORIGIN = "https://api.example.com"


def options(bridge: Bridge, path: str = "/photos", size: int = 10) -> Json:
    """Return an upload."""
    photo = bridge.files.add(f"{path[1:]}.png", bytes(size))
    return {"url": f"{ORIGIN}{path}", "filePath": photo, "name": "photo"}


@asynccontextmanager
async def watched(watch: Watch, *, session: str = "s") -> AsyncIterator[Bridge]:
    """Open a bridge whose calls are watched, with an embedded server that answers them."""
    async with UploadServer() as server, Bridge("wx") as bridge:
        bridge.route(ORIGIN, to=server.url)
        watch.follow(bridge, session, server)
        yield bridge


async def all_news(watch: Watch, since: int = 0) -> list[Json]:
    """Return every message to a page of calls that are over."""
    return [json.loads(line) async for line in watch.news(since)]


def calls_of(news: list[Json]) -> list[Json]:
    """Return the records of some messages."""
    return [call for message in news for call in message.get("calls", [])]


async def next_calls(news: Any) -> list[Json]:  # noqa: ANN401  an asynchronous generator
    """Return the records of the next message that has any."""
    while True:
        found = calls_of([json.loads(await anext(news))])
        if found:
            return found


async def test_a_page_that_comes_late_is_told_what_happened_before() -> None:
    """Every call that ended, in order, with what the server saw of it; then that it is over."""
    watch = Watch("run a.js")
    async with watched(watch) as bridge:
        for path in ("/a", "/b"):
            await bridge.call("uploadFile", options(bridge, path))
    watch.finish()
    first, news, last = await all_news(watch)
    assert "run a.js" == first["title"]
    assert {"over": True} == last
    assert ["/a", "/b"] == [call["options"]["url"].removeprefix(ORIGIN) for call in news["calls"]]
    assert [1, 2] == [call["sink_upload"] for call in news["calls"]]
    digest = hashlib.sha256(bytes(10)).hexdigest()
    assert [digest] * 2 == [call["request"]["parts"][0]["sha256"] for call in news["calls"]]
    assert {"wx": 10} == {name: about["limits"][""] for name, about in news["targets"].items()}


async def test_a_call_in_flight_is_told_as_it_moves_on() -> None:
    """It appears before it has ended, with its progress so far, and settles at the end."""
    watch = Watch("t")
    async with gated() as gates, watched(watch) as bridge, aclosing(watch.news()) as news:
        bridge.route(ORIGIN, to=gates.url)
        call = asyncio.ensure_future(bridge.call("uploadFile", options(bridge, size=8 << 20)))
        await gates.beginning(1)
        watch.look()
        [begun] = await next_calls(news)
        assert (None, False) == (begun["times"]["end"], begun["outcome"]["ok"])
        assert begun["times"]["send"] is not None
        sent = len(begun["progress"])
        moved = asyncio.Event()
        bridge.calls[0].told = _Noticed(bridge.calls[0].told or [], moved)
        gates.let(0, 100)
        await moved.wait()
        watch.look()
        [moving] = await next_calls(news)
        assert len(moving["progress"]) > sent
        gates.let_all()
        await call
        watch.look()
        [ended] = await next_calls(news)
        assert ended["outcome"]["ok"]
        assert ended["times"]["end"] > 0


class _Noticed(list[tuple[float, str, object]]):
    """The callbacks of a record, which tell that there is one more."""

    def __init__(self, before: list[tuple[float, str, object]], more: asyncio.Event) -> None:
        super().__init__(before)
        self._more = more

    def append(self, callback: tuple[float, str, object]) -> None:
        """Take one, and tell."""
        super().append(callback)
        self._more.set()


async def test_what_has_not_changed_is_not_told_again() -> None:
    """A page that asks from where it was cut off gets the rest, in the order calls began."""
    watch = Watch("t")
    async with watched(watch) as bridge:
        await bridge.call("uploadFile", options(bridge, "/a"))
        async with aclosing(watch.news()) as news:
            await anext(news)
            at = json.loads(await anext(news))["at"]
        await bridge.call("uploadFile", options(bridge, "/b"))
        watch.look()
        watch.look()
    watch.finish()
    told = await all_news(watch, at)
    assert [f"{ORIGIN}/b"] == [call["options"]["url"] for call in calls_of(told)]
    assert 2 == len(calls_of(await all_news(watch)))


async def test_a_call_that_moved_on_is_told_though_younger_ones_stand_still() -> None:
    """What has changed last is told, in whatever order the calls began."""
    watch = Watch("t")
    async with gated() as gates, watched(watch) as bridge, aclosing(watch.news()) as news:
        bridge.route(ORIGIN, to=gates.url)
        calls = [
            asyncio.ensure_future(bridge.call("uploadFile", options(bridge, path)))
            for path in ("/old", "/young")
        ]
        await gates.beginning(2)
        watch.look()
        assert 2 == len(await next_calls(news))
        bridge.calls[0].add("rules", "limit", "something that came later")
        watch.look()
        assert [1] == [call["id"] for call in await next_calls(news)]
        gates.let_all()
        await asyncio.gather(*calls)


async def test_calls_nobody_looks_at_are_not_looked_at() -> None:
    """Without a page a call in flight costs nothing before it has ended."""
    watch = Watch("t")
    async with gated() as gates, watched(watch) as bridge:
        bridge.route(ORIGIN, to=gates.url)
        call = asyncio.ensure_future(bridge.call("uploadFile", options(bridge)))
        watch.look()
        await gates.beginning(1)
        watch.look()
        assert 0 == watch.watching
        assert 1 == await _first(watch), "it has changed twice, and was looked at once"
        gates.let_all()
        await call


async def _first(watch: Watch) -> int:
    async with aclosing(watch.news()) as news:
        await anext(news)
        assert 1 == watch.watching
        found = json.loads(await anext(news))
        assert 1 == len(found["calls"])
        return int(found["at"])


async def test_many_calls_come_in_pieces_that_can_be_taken_up_again() -> None:
    """Only the last piece says that a page which asks again has all before it."""
    watch = Watch("t")
    async with Bridge("wx", transport=MemoryTransport()) as bridge, UploadServer() as server:
        watch.follow(bridge, "s", server)
        for _ in range(450):
            await bridge.call("uploadFile", options(bridge))
    watch.finish()
    _, *pieces, _ = await all_news(watch)
    assert [200, 200, 50] == [len(piece["calls"]) for piece in pieces]
    assert [0, 0, 450] == [piece["at"] for piece in pieces]
    assert [*range(1, 451)] == [call["id"] for call in calls_of(pieces)]


async def test_the_oldest_give_room_and_are_counted() -> None:
    """What is kept has a bound; the newest call is always there."""
    watch = Watch("t", room=1)
    async with watched(watch) as bridge:
        for _ in range(3):
            await bridge.call("uploadFile", options(bridge))
    watch.finish()
    _, news, _ = await all_news(watch)
    assert ([3], 2) == ([call["id"] for call in news["calls"]], news["dropped"])


async def test_sessions_of_one_name_are_told_apart() -> None:
    """A client that comes back begins to count anew, and its calls are others."""
    watch = Watch("t")
    for _ in range(2):
        async with watched(watch, session="jest") as bridge:
            await bridge.call("uploadFile", options(bridge))
    watch.finish()
    told = calls_of(await all_news(watch))
    assert [("jest", 1), ("jest (2)", 1)] == [(call["session"], call["id"]) for call in told]


async def test_a_page_that_has_gone_leaves_nothing_behind() -> None:
    """Whoever waits for news and is cancelled no longer counts."""
    watch = Watch("t")
    async with watched(watch):
        reading = asyncio.ensure_future(all_news(watch))
        while not watch.watching:  # noqa: ASYNC110  nothing tells of it
            await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
    assert 0 == watch.watching


async def test_secrets_are_masked() -> None:
    """The page is told what a trace would be told."""
    watch = Watch("t")
    async with watched(watch) as bridge:
        secret = {"header": {"Authorization": "Bearer s3cret"}, "formData": {"token": "s3cret"}}
        await bridge.call("uploadFile", options(bridge) | secret)
    watch.finish()
    assert "s3cret" not in json.dumps(await all_news(watch))
