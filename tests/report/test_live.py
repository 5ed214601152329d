"""The page in a real browser while calls happen: appearing, moving, settling, coming late."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from bridge import Bridge, UploadServer
from bridge.report.server import LiveServer
from bridge.report.watch import Watch
from tests.report.browser import CHOSEN
from tests.report.gates import Gates, gated
from tests.report.test_accessibility import LOOKS, axe, violations

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.runtime import Outcome
    from tests.report.browser import Browser, Tab

__all__ = ["axe"]  # a fixture

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ORIGIN = "https://api.example.com"
SIZE = 8 << 20


@dataclass(frozen=True)
class Show:
    """A bridge whose calls are shown, and the server that lets them go on."""

    bridge: Bridge
    gates: Gates
    live: LiveServer

    def upload(self, path: str = "/photos") -> asyncio.Future[Outcome]:
        """Begin an upload."""
        photo = self.bridge.files.add(f"{path[1:]}.png", bytes(SIZE))
        options = {"url": f"{ORIGIN}{path}", "filePath": photo, "name": "photo"}
        return asyncio.ensure_future(self.bridge.call("uploadFile", options))


@pytest_asyncio.fixture(loop_scope="session")
async def show() -> AsyncIterator[Show]:
    """Open a bridge whose calls a page shows."""
    async with (
        UploadServer() as uploads,
        gated() as gates,
        LiveServer(Watch("run photos.js")) as live,
        Bridge("wx") as bridge,
    ):
        bridge.route(ORIGIN, to=gates.url)
        live.watch.follow(bridge, "run 1", uploads)
        yield Show(bridge, gates, live)


@asynccontextmanager
async def looking(browser: Browser, live: LiveServer, state: str = "live") -> AsyncIterator[Tab]:
    """Open the page; at the end nothing may have gone wrong in it, nor been asked for elsewhere."""
    async with browser.tab() as tab:
        await tab.look(width=1280, height=800)
        await tab.open(live.url, state_is(state))
        yield tab
        assert [] == tab.errors
        origin = live.url.partition("/#")[0]
        assert all(address.startswith(origin) for address in tab.requests)


def state_is(word: str) -> str:
    """Return what holds once the page says this of itself."""
    return f"document.getElementById('state')?.textContent === {json.dumps(word)}"


def row_has(at: int, selector: str, text: str) -> str:
    """Return what holds once a row shows a text."""
    return f"document.querySelector('#row-{at} {selector}')?.innerText.includes({json.dumps(text)})"


async def test_a_call_appears_moves_on_and_settles(browser: Browser, show: Show) -> None:
    """From sending, over a share of its bytes and waiting, to the answer."""
    async with looking(browser, show.live) as tab:
        assert "No call yet." == await tab.text("#none")
        assert "run photos.js – minibridge" == await tab.run("document.title")
        call = show.upload()
        await tab.until(row_has(0, ".answer", "%"))
        percent = "Number.parseInt(document.querySelector('#row-0 .answer').innerText)"
        before = await tab.run(percent)
        assert before < 90
        show.gates.let(0, 40)
        await tab.until(f"{percent} > {before}")
        assert "1 call: 0 ok, 0 failed, 1 not ended" == await tab.text("#totals")
        show.gates.let(0, SIZE // (64 << 10) - 40)
        await tab.until(row_has(0, ".answer", "waiting"))
        show.gates.let_all()
        await call
        await tab.until(row_has(0, ".answer", "201"))
        assert "1 call: 1 ok, 0 failed" == await tab.text("#totals")
        show.live.watch.finish()
        await tab.until(state_is("ended"))


async def test_the_chosen_call_is_shown_anew_and_stays_where_it_is(
    browser: Browser, show: Show
) -> None:
    """What was unfolded stays so, where the reader was too, and the result comes in by itself."""
    async with looking(browser, show.live) as tab:
        call = show.upload()
        await tab.until(row_has(0, ".answer", "%"))
        await tab.click("#row-0")
        await tab.until(CHOSEN)
        assert "not ended" in await tab.text("#panel")
        await tab.click("#tab-callbacks")
        await tab.click("#panel summary")
        await tab.run("document.getElementById('panel').focus()")
        heard = await tab.text("#panel summary")
        show.gates.let(0, 60)
        await tab.until(
            f"document.querySelector('#panel summary').innerText !== {json.dumps(heard)}"
        )
        assert await tab.run("document.querySelector('#panel details').open")
        assert "panel" == await tab.run("document.activeElement.id")
        show.gates.let_all()
        await call
        await tab.until("document.getElementById('panel').innerText.includes('uploadFile:ok')")
        assert "ok" in await tab.run("document.querySelector('#detail-title').textContent")


async def test_who_comes_late_sees_what_was_before(browser: Browser, show: Show) -> None:
    """An ended call and one in flight; later still, only ended ones; a reload shows them again."""
    first, second = show.upload("/first"), show.upload("/second")
    await show.gates.beginning(2)
    show.gates.let(0, 1 << 20)
    done, _ = await asyncio.wait([first, second], return_when=asyncio.FIRST_COMPLETED)
    async with looking(browser, show.live) as tab:
        await tab.until("document.getElementById('totals').innerText.endsWith('1 not ended')")
        assert "2 calls: 1 ok, 0 failed, 1 not ended" == await tab.text("#totals")
        show.gates.let_all()
        await asyncio.gather(first, second)
        show.live.watch.finish()
        await tab.until(state_is("ended"))
    assert 1 == len(done)
    async with looking(browser, show.live, "ended") as tab:
        await tab.until(row_has(1, ".answer", "201"))
        assert "" == await tab.run("location.hash"), "the token is out of sight"
        await tab.open(show.live.url.partition("#")[0], row_has(1, ".answer", "201"))


async def test_calls_are_narrowed_while_they_happen(browser: Browser, show: Show) -> None:
    """A filter holds for what comes later, and its counts follow."""
    async with looking(browser, show.live) as tab:
        first = show.upload("/first")
        await show.gates.beginning(1)
        show.gates.let_all()
        await first
        await tab.until(row_has(0, ".answer", "201"))
        await tab.select("#filter-outcome", "ok")
        second = show.upload("/second")
        await tab.until("document.getElementById('filter-outcome').innerText.includes('unfin')")
        assert "1 of 2 calls: 1 ok, 0 failed" == await tab.text("#totals")
        await show.gates.beginning(2)
        show.gates.let_all()
        await second
        await tab.until(row_has(1, ".call", "/second"))


async def test_a_row_that_is_pressed_stays_until_it_is_let_go(browser: Browser, show: Show) -> None:
    """Between press and release the page would else put another row under the pointer."""
    async with looking(browser, show.live) as tab:
        call = show.upload()
        await tab.until(row_has(0, ".answer", "%"))
        replaced = (
            "((before) => new Promise((done) => { let left = 45; const look = () =>"
            " document.getElementById('row-0') !== before ? done(true) :"
            " (left -= 1) ? requestAnimationFrame(look) : done(false); look(); }))"
            "(document.getElementById('row-0'))"
        )
        assert await tab.run(replaced), "it is drawn anew every now and then"
        where = await tab.run(
            "(({x, y}) => [x + 20, y + 10])"
            "(document.getElementById('row-0').getBoundingClientRect())"
        )
        await tab.mouse("mousePressed", *where)
        assert not await tab.run(replaced)
        await tab.mouse("mouseReleased", *where)
        await tab.until(CHOSEN)
        assert "uploadFile" in await tab.text("#detail-title")
        await show.gates.beginning(1)
        show.gates.let_all()
        await call


async def test_the_list_follows_who_looks_at_its_end(browser: Browser, show: Show) -> None:
    """And leaves everybody else where they are."""

    async def more() -> None:
        for _ in range(30):
            await show.bridge.call("setStorage", {"key": "a", "data": 1})

    grid = "document.getElementById('calls')"
    ends = f"{grid}.scrollTop + {grid}.clientHeight >= {grid}.scrollHeight - 1"
    async with looking(browser, show.live) as tab:
        await more()
        await tab.until(f"{grid}.getAttribute('aria-rowcount') === '31'")
        assert 0 == await tab.run(f"{grid}.scrollTop")
        await more()
        await tab.until(f"{grid}.getAttribute('aria-rowcount') === '61'")
        assert 0 == await tab.run(f"{grid}.scrollTop")
        await tab.run(f"{grid}.scrollTop = {grid}.scrollHeight")
        await more()
        await tab.until(f"{grid}.getAttribute('aria-rowcount') === '91'")
        assert await tab.run(ends)


async def test_a_connection_that_is_lost_is_taken_up_again(browser: Browser, show: Show) -> None:
    """The page says so, asks again from where it was, and shows nothing twice."""
    async with looking(browser, show.live) as tab:
        first = show.upload("/first")
        await show.gates.beginning(1)
        show.gates.let_all()
        await first
        await tab.until(row_has(0, ".answer", "201"))
        await tab.run(
            "window.states = []; new MutationObserver(() =>"
            " states.push(document.getElementById('state').textContent))"
            ".observe(document.getElementById('state'), {childList: true}); 0"
        )
        runner = show.live._runner  # noqa: SLF001  nothing else cuts a connection without a word
        assert runner is not None
        assert runner.server is not None
        for connection in runner.server.connections:
            assert connection.transport is not None
            connection.transport.abort()
        second = show.upload("/second")
        await show.gates.beginning(2)
        show.gates.let_all()
        await second
        await tab.until(row_has(1, ".answer", "201"))
        assert ["no connection, trying again", "live"] == await tab.run("states")
        assert not tab.requests[-1].endswith("since=0")
        assert "2 calls: 2 ok, 0 failed" == await tab.text("#totals")
        tab.errors[:] = [error for error in tab.errors if "ERR_CONNECTION" not in error]
        tab.errors[:] = [error for error in tab.errors if "ERR_INCOMPLETE" not in error]


async def test_an_address_of_another_time_says_so(browser: Browser, show: Show) -> None:
    """A token that is none leads to a sentence, not to an empty page."""
    async with browser.tab() as tab:
        await tab.open(f"{show.live.url}x")
        await tab.until("document.getElementById('state').classList.contains('refused')")
        assert "this address is out of date: open the one that was printed last" == await tab.text(
            "#state"
        )
        assert ["401" in error for error in tab.errors] == [True]


async def test_it_is_accessible_while_it_moves(browser: Browser, show: Show, axe: str) -> None:
    """Empty, with calls in flight, with a chosen one: light, dark and on a phone."""
    async with looking(browser, show.live) as tab:
        await tab.run(f"{axe};0")
        assert [] == await violations(tab, axe)
        calls = [show.upload(f"/{number}") for number in range(11)]
        await tab.until(row_has(10, ".answer", "queued"))
        for look in LOOKS.values():
            await tab.look(**look)  # type: ignore[arg-type]  # by name
            assert [] == await violations(tab, axe)
        await tab.look(width=1280, height=800)
        await tab.click("#row-0")
        await tab.until(CHOSEN)
        assert [] == await violations(tab, axe)
        await show.gates.beginning(10)
        show.gates.let_all()
        await show.gates.beginning(11)
        show.gates.let_all()
        await asyncio.gather(*calls)
