"""The door for logic in another process: messages in, messages out, and one client's leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bridge import Bridge, MemoryTransport, Reason
from bridge.logic.door import Door, Json

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

READABLE = {"Access-Control-Allow-Origin": "*"}


@pytest.fixture
async def bridge(picture: bytes) -> AsyncIterator[Bridge]:
    """Open a bridge whose every upload is answered."""
    transport = MemoryTransport(headers=READABLE)
    async with Bridge("wx", transport=transport, album=[picture]) as opened:
        yield opened


@pytest.fixture
def told() -> list[Json]:
    """Collect what the client is sent."""
    return []


@pytest.fixture
def door(bridge: Bridge, told: list[Json]) -> Door:
    """Connect one client."""
    return Door(bridge, told.append)


def upload(bridge: Bridge, **more: object) -> Json:
    """Return the message that makes an upload."""
    path = bridge.files.add("a.txt", b"text")
    params = {"url": "https://a.test/up", "filePath": path, "name": "f"}
    message = {"type": "invoke", "callbackId": 7, "event": "createUploadTask", "params": params}
    return {**message, "sync": True, **more}


async def test_a_client_is_told_how_to_make_its_globals(door: Door) -> None:
    """Plain JSON data: the main global, every function, and the environment."""
    ready = door.ready({"A": "b"})
    assert ("ready", 1, "wx", {"A": "b"}) == tuple(
        ready[key] for key in ("type", "v", "namespace", "env")
    )
    globals_: Any = ready["globals"]
    assert {"uploadFile", "chooseImage", "chooseMedia", "chooseMessageFile"} <= set(globals_["wx"])
    assert "task" == globals_["wx"]["uploadFile"]["kind"]
    assert "call" == globals_["wx"]["uploadFile"]["members"]["abort"]


async def test_a_waiting_call_is_answered_at_once_and_its_events_follow(
    bridge: Bridge, door: Door, told: list[Json]
) -> None:
    """The answer is marked; the last event ends what the door has open."""
    door.invoke(upload(bridge, unknownKeys=["odd"]))
    (answer,) = told
    result = {"uploadTaskId": 1, "errMsg": "createUploadTask:ok"}
    assert {"type": "callback", "callbackId": 7, "sync": True, "result": result} == answer
    assert door.busy
    await bridge.settled()
    assert not door.busy
    events: list[Any] = told[1:]
    assert {"onUploadTaskStateChange"} == {event["name"] for event in events}
    states = [event["params"]["state"] for event in events]
    assert {"headersReceived", "progressUpdate", "success"} == set(states)
    assert 1 == states.count("success")
    assert "success" == states[-1]
    assert 200 == events[-1]["params"]["result"]["statusCode"]
    assert ("odd",) == bridge.calls[0].unknown_keys


async def test_a_call_that_does_not_wait_is_answered_when_it_is_done(
    bridge: Bridge, door: Door, told: list[Json]
) -> None:
    """With its state, and no mark."""
    door.invoke({"type": "invoke", "callbackId": 3, "event": "chooseImage", "params": {}})
    assert [] == told
    assert door.busy
    await bridge.settled()
    assert not door.busy
    (answer,) = told
    assert {"type", "callbackId", "state", "result"} == set(answer)
    assert ("callback", 3, "success") == (answer["type"], answer["callbackId"], answer["state"])


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"event": "dance", "params": {}}, "'dance' is nothing"),
        ({"event": "dance", "params": []}, "an invoke needs an event and params"),
        ({"event": 5, "params": {}}, "an invoke needs an event and params"),
        ({}, "an invoke needs an event and params"),
    ],
)
@pytest.mark.parametrize("waits", [True, False])
async def test_a_mistake_is_an_error_of_its_own_call(
    door: Door, told: list[Json], message: Json, text: str, *, waits: bool
) -> None:
    """Marked as the answer is where the caller waits; nothing stays open."""
    door.invoke({"type": "invoke", "callbackId": 2, "sync": waits, **message})
    (answer,) = told
    assert text in str(answer.pop("error"))
    mark = {"sync": True} if waits else {}
    assert {"type": "callback", "callbackId": 2, **mark} == answer
    assert not door.busy


async def test_what_is_no_json_of_the_protocol_is_refused(bridge: Bridge, door: Door) -> None:
    """A client that breaks the protocol is its connection's matter."""
    with pytest.raises(ValueError, match=r"base64|padding"):
        door.invoke(upload(bridge, params={"url": {"$bytes": "?"}}))


async def test_a_client_that_leaves_takes_its_calls_along_in_silence(
    bridge: Bridge, door: Door, told: list[Json]
) -> None:
    """Nothing more is posted; another client's call goes on."""
    others: list[Json] = []
    other = Door(bridge, others.append)
    door.invoke(upload(bridge))
    door.invoke({"type": "invoke", "callbackId": 3, "event": "chooseImage", "params": {}})
    other.invoke(upload(bridge))
    door.leave()
    assert not door.busy
    await bridge.settled()
    assert 1 == len(told)
    assert [Reason.ABORTED, None, None] == [record.reason for record in bridge.calls]
    last: Any = others[-1]
    assert "success" == last["params"]["state"]
