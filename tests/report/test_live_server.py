"""The server of the live page: whom it lets in, what it sends, and who cannot hold it up."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
import pytest

from bridge import Bridge, UploadServer
from bridge.report.server import LiveServer
from bridge.report.watch import Watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

pytestmark = pytest.mark.timeout(60)


def origin_of(live: LiveServer) -> str:
    """Return where it listens."""
    return live.url.partition("/#")[0]


def with_key(live: LiveServer, **more: str) -> dict[str, str]:
    """Return the headers of a page."""
    return {"Authorization": f"Bearer {live.token}", **more}


@asynccontextmanager
async def one_call() -> AsyncIterator[LiveServer]:
    """Serve the page of one call that has ended."""
    async with LiveServer(Watch("t")) as live, UploadServer() as server, Bridge("wx") as bridge:
        live.watch.follow(bridge, "s", server)
        photo = bridge.files.add("a.png", b"a")
        await bridge.call("uploadFile", {"url": server.url, "filePath": photo, "name": "a"})
        yield live


async def until(holds: Callable[[], bool]) -> None:
    """Let the loop turn until something holds; the test's own timeout bounds it."""
    while not holds():  # noqa: ASYNC110  nothing tells of it
        await asyncio.sleep(0)


async def test_the_page_needs_no_token_and_tells_nothing() -> None:
    """It is the same for everybody, and allowed to hear from its own server alone."""
    async with one_call() as live, aiohttp.ClientSession() as http:
        async with http.get(origin_of(live)) as answer:
            text = await answer.text()
            assert (200, "text/html") == (answer.status, answer.content_type)
            assert "no-store" == answer.headers["Cache-Control"]
            assert "frame-ancestors 'none'" == answer.headers["Content-Security-Policy"]
        assert "connect-src 'self'" in text
        assert "uploadFile:ok" not in text
        assert live.token not in text


async def test_calls_are_told_to_who_has_the_token() -> None:
    """As lines of JSON, until it is over."""
    async with one_call() as live, aiohttp.ClientSession() as http:
        live.watch.finish()
        async with http.get(f"{origin_of(live)}/calls", headers=with_key(live)) as answer:
            first, news, last = [json.loads(line) for line in (await answer.text()).splitlines()]
    assert "t" == first["title"]
    assert [True] == [call["outcome"]["ok"] for call in news["calls"]]
    assert {"over": True} == last


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Host": "rebound.example.com"}, 403),
        ({"Origin": "https://example.com"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
async def test_others_are_told_nothing(headers: dict[str, str], status: int) -> None:
    """Neither without the token nor, with it, from a page of another site."""
    async with one_call() as live, aiohttp.ClientSession() as http:
        given = headers if status == 401 else with_key(live) | headers
        async with http.get(f"{origin_of(live)}/calls", headers=given) as answer:
            assert status == answer.status
            assert "uploadFile" not in await answer.text()


async def test_the_page_is_not_given_to_another_site() -> None:
    """A name that was made to lead here could otherwise load it."""
    async with one_call() as live, aiohttp.ClientSession() as http:
        headers = {"Host": "rebound.example.com"}
        async with http.get(origin_of(live), headers=headers) as answer:
            assert 403 == answer.status


@pytest.mark.parametrize("since", ["-1", "x", "²"])
async def test_a_wrong_place_to_go_on_from_is_refused(since: str) -> None:
    """One sentence, no traceback."""
    async with one_call() as live, aiohttp.ClientSession() as http:
        address = f"{origin_of(live)}/calls"
        async with http.get(address, params={"since": since}, headers=with_key(live)) as answer:
            assert (400, "'since' is a number") == (answer.status, await answer.text())


async def test_only_this_machine_is_served() -> None:
    """The address it listens on is a loopback one, whatever the page is for."""
    async with LiveServer(Watch("t")) as live:
        assert live.url.startswith("http://127.0.0.1:")


async def test_a_browser_that_leaves_is_forgotten() -> None:
    """Its connection ends, and with it what waits for news on its behalf."""
    async with one_call() as live, aiohttp.ClientSession() as http:
        answer = await http.get(f"{origin_of(live)}/calls", headers=with_key(live))
        await answer.content.readline()
        assert 1 == live.watch.watching
        answer.close()
        await until(lambda: live.watch.watching == 0)


async def test_a_browser_that_does_not_read_holds_nobody_up() -> None:
    """Calls go on, others are told, and what waits for it has a bound."""
    async with LiveServer(Watch("t")) as live, UploadServer() as server, Bridge("wx") as bridge:
        live.watch.follow(bridge, "s", server)
        with socket.socket() as stuck:
            stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stuck.setblocking(False)  # noqa: FBT003  a positional argument of the socket module
            loop = asyncio.get_running_loop()
            await loop.sock_connect(stuck, ("127.0.0.1", int(origin_of(live).rpartition(":")[2])))
            ask = f"GET /calls HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {live.token}"
            await loop.sock_sendall(stuck, f"{ask}\r\n\r\n".encode())
            await until(lambda: live.watch.watching == 1)
            text = "x" * 60_000  # kept in options, in what was understood and in the request
            for number in range(100):
                given = {"url": server.url, "formData": {"n": str(number), "text": text}}
                given |= {"filePath": bridge.files.add(f"{number}.png", b"a"), "name": "a"}
                assert (await bridge.call("uploadFile", given)).ok
                live.watch.look()
            async with aiohttp.ClientSession(read_bufsize=8 << 20) as http:
                headers = with_key(live)
                answer = await http.get(f"{origin_of(live)}/calls", headers=headers)
                told = 0
                while told < 100:
                    line = await answer.content.readline()
                    assert len(line) < 2 << 20
                    told += len(json.loads(line).get("calls", []))
                assert 2 == live.watch.watching
                answer.close()


async def test_closing_tells_every_page_the_rest() -> None:
    """A page that looks on hears of the last call, and that nothing more is to come."""
    async with aiohttp.ClientSession() as http:
        async with one_call() as live:
            answer = await http.get(f"{origin_of(live)}/calls", headers=with_key(live))
            await answer.content.readline()
        lines = (await answer.text()).splitlines()
    assert {"over": True} == json.loads(lines[-1])
    assert 1 == sum(len(json.loads(line).get("calls", [])) for line in lines)


async def test_what_is_no_request_is_told_to_who_sent_it_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The terminal that the page was opened from stays as it is."""
    async with one_call() as live:
        host, _, port = origin_of(live).removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET / HTTP/1.1\r\nNo Header: \r\n\r\n")
        assert b"HTTP/1.0 400 " == (await reader.read())[:13]
        writer.close()
        await writer.wait_closed()
    assert [] == caplog.records
