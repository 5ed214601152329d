"""Events, aborts and listeners, the same through Python, Node and quickjs-ng."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from bridge import Reason
from tests.fronts.fronts import member, one_per, untimed

if TYPE_CHECKING:
    from bridge import UploadServer
    from bridge.target import Target
    from tests.fronts.fronts import On

BIG = bytes(3 << 20)
PROGRESS = ("onProgressUpdate", "progress")
HEADERS = ("onHeadersReceived", "headers")
ABORTED = ["returned", "fail", "complete"]


def counted(target: Target) -> object:
    """Tell how a target names and rounds its progress; None where there is none."""
    profile = target.profile
    if member(target, "onProgressUpdate") != "call":
        return None
    return profile.progress_names, profile.progress_rounding, profile.namespace


def announced(target: Target) -> object:
    """Tell in what form a target hands over headers early; None where it does not."""
    working = member(target, "onHeadersReceived") == "call"
    return (target.profile.headers_event, target.profile.headers_keys) if working else None


def stoppable(target: Target) -> object:
    """Tell the hosts whose uploads can be aborted."""
    return target.profile.namespace, target.fail_keys if member(target, "abort") else None


stoppables = pytest.mark.parametrize(
    "target", [name for name in one_per(stoppable) if name != "my:ide"]
)


@pytest.mark.parametrize("target", one_per(counted))
async def test_progress_rises_to_100_and_the_whole(
    on: On, server: UploadServer, target: str
) -> None:
    """Under the host's own two names, and never after the end."""
    mini = await on(target)
    seen = await mini.upload(mini.options(server.url, BIG), steps=(PROGRESS,))
    events = seen.of("progress")
    names = {"sent": ("Sent", "Send"), "written": ("Written", "Write")}
    done, due = names[mini.bridge.profile.progress_names]
    keys = ["progress", f"totalBytes{done}", f"totalBytesExpectedTo{due}"]
    assert {tuple(keys)} == {tuple(event) for event in events}
    assert all(a[keys[1]] <= b[keys[1]] for a, b in pairwise(events))
    assert all(a["progress"] <= b["progress"] for a, b in pairwise(events))
    size = server.last.size
    assert [100, size, size] == list(events[-1].values())
    assert ["success", "complete"] == seen.names[-2:]


@pytest.mark.parametrize("target", one_per(announced))
async def test_headers_come_after_the_bytes_and_before_the_result(
    on: On, server: UploadServer, target: str
) -> None:
    """Once, wrapped or as the map itself, as this host does."""
    server.reply(headers={"X-Answer": "1"})
    mini = await on(target)
    seen = await mini.upload(mini.options(server.url), steps=(PROGRESS, HEADERS))
    assert ["progress", "headers", "success", "complete"] == seen.names[-4:]
    (event,) = seen.of("headers")
    profile = mini.bridge.profile
    wrapped = profile.headers_event == "wrapped"
    assert not wrapped or list(profile.headers_keys) == list(event)
    header = event["header"] if wrapped else event
    assert "1" == header["X-Answer"]


@stoppables
async def test_an_abort_ends_a_call_once(on: On, server: UploadServer, target: str) -> None:
    """In the tick of the call, twice, and past half of the bytes; `abort` returns nothing."""
    server.hold()
    mini = await on(target)
    for when, content in (("same tick", b"a"), ("twice", b"a"), ("at 50 %", BIG)):
        options = mini.options(server.url, content)
        seen = await mini.upload(options, steps=(PROGRESS,), abort=when)
        assert {"undefined"} == set(seen.stops)
        assert ABORTED == [name for name in seen.names if name != "progress"]
        assert "complete" == seen.names[-1]
        assert seen.of("fail") == seen.of("complete")
        assert Reason.ABORTED is mini.last.reason


@stoppables
async def test_an_abort_after_the_end_does_nothing(
    on: On, server: UploadServer, target: str
) -> None:
    """The call keeps its success, and nobody hears more."""
    mini = await on(target)
    seen = await mini.upload(mini.options(server.url), abort="late")
    assert ["undefined"] == seen.stops
    assert ["returned", "success", "complete"] == seen.names
    assert mini.last.ok


async def test_an_abort_in_the_same_tick_reads_the_same_everywhere(
    each: tuple[On, ...], server: UploadServer
) -> None:
    """Three fronts, five hosts, one observation each; no server is fast enough to win."""
    for target in ("wx", "my", "tt:feishu", "tt:douyin", "uni/h5"):
        seen = []
        for on in each:
            mini = await on(target)
            seen.append(await mini.upload(mini.options(server.url), abort="same tick"))
        python, node, quickjs = map(untimed, seen)
        assert ABORTED == seen[0].names
        assert python == node == quickjs
    assert [] == server.uploads


def listening(target: Target) -> object:
    """Tell a target's rules for listeners; None where it takes none off again."""
    if member(target, "offProgressUpdate") != "call":
        return None
    return target.profile.duplicate_listeners, target.profile.off_without_function


@pytest.mark.parametrize("target", one_per(listening))
async def test_listeners_are_added_and_taken_off_by_the_hosts_rules(
    on: On, server: UploadServer, target: str
) -> None:
    """Added twice, taken off, cleared: one small upload has one progress event."""
    mini = await on(target)
    steps = (
        ("onProgressUpdate", "cleared"),
        ("offProgressUpdate", None),
        ("onProgressUpdate", "twice"),
        ("onProgressUpdate", "twice"),
        ("onProgressUpdate", "removed"),
        ("offProgressUpdate", "removed"),
        ("offProgressUpdate", "never added"),
        ("onProgressUpdate", "kept"),
    )
    names = (await mini.upload(mini.options(server.url), steps=steps)).names
    profile = mini.bridge.profile
    cleared = ["cleared"] if profile.off_without_function == "ignore" else []
    twice = ["twice"] * (2 if profile.duplicate_listeners == "twice" else 1)
    assert ["returned", *cleared, *twice, "kept", "success", "complete"] == names


@pytest.mark.parametrize("target", ["wx", "my", "tt:feishu", "uni/h5"])
async def test_a_callback_that_throws_stops_nothing(
    on: On, server: UploadServer, target: str
) -> None:
    """The next listener, the result, `complete` and the Promise all come; each error is told."""
    mini = await on(target)
    steps = (PROGRESS, ("onProgressUpdate", "second"))
    throws = ("progress", "success", "complete")
    seen = await mini.upload(mini.options(server.url), steps=steps, throws=throws)
    assert ["returned", "progress", "second", "success", "complete"] == seen.names
    assert ["onProgressUpdate", "success", "complete"] == mini.front.thrown()
    assert ["resolved", *seen.of("success")] == (seen.settled or ["resolved", *seen.of("complete")])
    assert mini.last.ok
