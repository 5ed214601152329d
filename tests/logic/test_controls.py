"""The controls that a test in another language sets its phone up with."""

from __future__ import annotations

import base64
import re
from inspect import getmembers, isfunction
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from bridge.errors import BridgeError
from bridge.logic import controls
from bridge.logic.controls import Controls
from bridge.network import Network
from bridge.reasons import Reason
from bridge.runtime import Bridge
from bridge.sink import UploadServer
from bridge.values import undefined

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

PICTURE = b"\x89PNG\r\n\x1a\n rest"
BYTES = {"$bytes": base64.b64encode(PICTURE).decode()}
WIFI = ["wifi (up 1875000 B/s, down 3750000 B/s, latency 2 ms)"]
FAR = "https://api.example.com"


class Session:
    """A bridge, an upload server, and the controls over both."""

    def __init__(self, bridge: Bridge, sink: UploadServer) -> None:
        self.bridge = bridge
        self.sink = sink
        self.controls = Controls(bridge, sink)

    def ask(self, event: str, **params: object) -> Any:  # noqa: ANN401  whatever the control answers
        """Invoke `control.EVENT`."""
        return self.controls.invoke(f"control.{event}", params)

    async def upload(self, url: str) -> bool:
        """Upload a small file; whether that ended in `success`."""
        path = self.ask("files", operation="add", name="a.png", data=BYTES)
        options = {"url": url, "filePath": path, "name": "file", "timeout": 500}
        return (await self.bridge.call("uploadFile", options)).ok


@pytest_asyncio.fixture
async def session() -> AsyncIterator[Session]:
    """Open a session on `wx`."""
    async with UploadServer() as sink, Bridge("wx") as bridge:
        yield Session(bridge, sink)


async def test_the_album_takes_bytes_and_paths(session: Session, tmp_path: Path) -> None:
    """A picker offers what was added, in order."""
    path = tmp_path / "second.jpg"
    path.write_bytes(PICTURE)
    session.ask("album", operation="add", items=[BYTES, str(path)])
    chosen = await session.bridge.call("chooseImage", {})
    held = [session.bridge.files.read(file) for file in chosen.result["tempFilePaths"]]  # type: ignore[attr-defined]
    assert [PICTURE, PICTURE] == held


async def test_the_user_backs_out_of_the_next_picker(session: Session) -> None:
    """`cancelNext` counts once."""
    session.ask("album", operation="add", items=[BYTES])
    session.ask("album", operation="cancelNext")
    assert [False, True] == [(await session.bridge.call("chooseImage")).ok for _ in range(2)]


async def test_files_are_added_read_and_removed(session: Session) -> None:
    """A file is reached by the path that `add` answers."""
    path = session.ask("files", operation="add", name="a.txt", data="张", kind="user")
    assert "张".encode() == session.ask("files", operation="read", path=path)
    session.ask("files", operation="remove", path=path)
    with pytest.raises(BridgeError, match="no file to read"):
        session.ask("files", operation="read", path=path)


async def test_a_routed_origin_ends_at_the_upload_server(session: Session) -> None:
    """`route` maps an origin, and null takes the mapping away."""
    session.ask("route", origin=FAR, to=session.sink.url)
    assert await session.upload(FAR)
    session.ask("route", origin=FAR, to=None)
    assert not await session.upload(FAR)
    assert ["/"] == [upload["path"] for upload in session.ask("uploads")]


async def test_a_domain_list_is_judged_until_it_is_taken_away(session: Session) -> None:
    """An address that is remembered as good is judged anew, and this machine's own counts too."""
    session.ask("route", origin=FAR, to=session.sink.url)
    assert await session.upload(FAR)
    session.ask("domains", domains=["https://other.example.com"])
    assert [False, False] == [await session.upload(FAR), await session.upload(session.sink.url)]
    assert Reason.DOMAIN_NOT_LISTED is session.bridge.calls[-1].reason
    session.ask("domains", domains={"request": [FAR], "uploadFile": [FAR]})
    assert await session.upload(FAR)
    session.ask("domains", domains=None)
    assert await session.upload(session.sink.url)


@pytest.mark.parametrize("operation", ["offline", "dnsFailure", "refuse"])
async def test_a_network_that_is_gone_fails_calls(session: Session, operation: str) -> None:
    """Each condition holds until `clear` or, for having no network, `online`."""
    session.ask("network", operation=operation)
    assert not await session.upload(session.sink.url)
    session.ask("network", operation="online" if operation == "offline" else "clear")
    assert await session.upload(session.sink.url)


@pytest.mark.parametrize(
    "given", [{"bytes": 10}, {"percent": 50.5}, {"percent": 50, "bytes": None}]
)
@pytest.mark.parametrize("operation", ["resetAfter", "stallAfter"])
async def test_a_cut_is_set_by_bytes_or_percent(
    session: Session, operation: str, given: dict[str, object]
) -> None:
    """Both cuts take one of the two, as the Python methods do."""
    session.ask("network", operation=operation, **given)
    cut = session.bridge.network.cut
    assert cut is not None
    assert (operation, given.get("bytes"), given.get("percent")) == (
        f"{cut.kind}After",
        cut.after,
        cut.percent,
    )


async def test_every_method_of_the_network_has_a_control() -> None:
    """The table misses nothing that sets a condition."""
    names = {name for name, _ in getmembers(Network, isfunction) if not name.startswith("_")}
    words = {re.sub("_(.)", lambda match: match[1].upper(), name) for name in names}
    asked = {"judge", "watch", "attend", "begin", "passage", "mark", "reach", "close"}
    shaping = {"apply", "script", "slow", "switch", "tls"}
    assert {*controls.NETWORK, *controls.CUTS} == words - asked - shaping


@pytest.mark.parametrize(
    ("given", "conditions"),
    [
        (
            {"operation": "slow", "preset": "2g"},
            ["2g (up 6250 B/s, down 31250 B/s, latency 300 ms)"],
        ),
        ({"operation": "slow", "up": 1000, "latency": 0.5}, ["slow (up 1000 B/s, latency 500 ms)"]),
        ({"operation": "switch", "preset": "wifi"}, WIFI),
        ({"operation": "tls", "cause": "expired"}, ["tls_failure expired"]),
        (
            {"operation": "apply", "text": "refuse,stall,offline@40%"},
            ["connection_refused", "stalled"],
        ),
        ({"operation": "script", "steps": [[0, "background"], ["40%", "offline"]]}, ["background"]),
    ],
)
async def test_a_network_is_shaped_as_in_python(
    session: Session, given: dict[str, object], conditions: list[str]
) -> None:
    """Speed, switch, conditions as text and scripts; `reset` takes all of it back."""
    session.ask("network", **given)
    assert conditions == list(session.bridge.network.conditions)
    session.ask("reset")
    assert not session.bridge.network.conditions
    assert session.bridge.network.mark(100) is None


async def test_the_server_answers_as_it_is_told(session: Session) -> None:
    """Replies, redirects and drops are taken one after the other."""
    session.ask("server", operation="reply", status=201, body={"id": 7})
    session.ask("server", operation="redirect", redirect=f"{session.sink.url}/next", status=307)
    session.ask("server", operation="reply", status=202)
    session.ask("server", operation="drop", drop_after=0)
    assert [True, True, False] == [await session.upload(session.sink.url) for _ in range(3)]
    assert [201, 307, 202, None] == [upload.answer for upload in session.sink.uploads]


async def test_a_held_server_answers_when_it_is_released(session: Session) -> None:
    """`hold` keeps a call in flight."""
    session.ask("server", operation="hold")
    file = session.bridge.files.add("a.png", PICTURE)
    session.bridge.api.uploadFile({"url": session.sink.url, "filePath": file, "name": "f"})
    await session.sink.received(1)
    assert 1 == len(session.bridge.in_flight)
    session.ask("server", operation="release")
    await session.bridge.settled()
    assert session.bridge.calls[-1].ok


async def test_the_storage_is_set_and_looked_at(session: Session) -> None:
    """The test and the program share it, and neither can change what the other holds."""
    session.ask("storage", operation="set", key="user", value={"id": 7, "at": BYTES})
    stored = await session.bridge.call("getStorage", {"key": "user"})
    assert {"id": 7, "at": PICTURE} == stored.result["data"]
    await session.bridge.call("setStorage", {"key": "seen", "data": [1]})
    assert ["user", "seen"] == session.ask("storage", operation="keys")
    session.ask("storage", operation="get", key="seen").append(2)
    assert [1] == session.ask("storage", operation="get", key="seen")
    session.ask("storage", operation="remove", key="user")
    assert ["seen"] == session.ask("storage", operation="keys")
    session.ask("storage", operation="clear")
    assert [] == session.ask("storage", operation="keys")


@pytest.mark.parametrize(
    ("given", "told"),
    [({}, None), ({"otherwise": 0}, 0), ({"otherwise": {"$js": "undefined"}}, undefined)],
)
async def test_what_is_not_stored_is_what_the_test_says(
    session: Session, given: dict[str, object], told: object
) -> None:
    """Null, unless it says something else."""
    assert told == session.ask("storage", operation="get", key="absent", **given)


@pytest.mark.parametrize(
    ("operation", "show", "hide"),
    [("toast", "showToast", "hideToast"), ("loading", "showLoading", "hideLoading")],
)
async def test_what_is_on_the_screen_can_be_seen(
    session: Session, operation: str, show: str, hide: str
) -> None:
    """The options are there until it is hidden."""
    assert None is session.ask("ui", operation=operation)
    await session.bridge.call(show, {"title": "Wait"})
    assert "Wait" == session.ask("ui", operation=operation)["title"]
    await session.bridge.call(hide)
    assert None is session.ask("ui", operation=operation)


async def test_dialogs_are_answered_as_the_test_says(session: Session) -> None:
    """The answers are used in turn, and every dialog is kept."""
    asked = {"title": "Name?", "editable": True}
    session.ask("ui", operation="answerModal", confirm=False)
    session.ask("ui", operation="answerModal", confirm=True, content="Ann")
    answers = [(await session.bridge.call("showModal", asked)).result for _ in range(3)]
    told = [(answer["confirm"], answer.get("content")) for answer in answers]
    assert [(False, None), (True, "Ann"), (True, "")] == told
    assert [asked] * 3 == session.ask("ui", operation="modals")


async def test_reset_clears_the_screen_and_the_storage(session: Session) -> None:
    """Also an answer that no dialog has used."""
    for api in ("showToast", "showLoading", "showModal"):
        await session.bridge.call(api, {"title": "?"})
    session.ask("ui", operation="answerModal", confirm=False)
    session.ask("storage", operation="set", key="user", value=7)
    session.ask("reset")
    shown = [session.ask("ui", operation=each) for each in ("toast", "loading", "modals")]
    assert [None, None, []] == shown
    assert [] == session.ask("storage", operation="keys")
    assert (await session.bridge.call("showModal", {"title": "?"})).result["confirm"]


async def test_reset_takes_everything_back(session: Session) -> None:
    """After `reset` the phone and the server are as they were at first."""
    session.ask("album", operation="add", items=[BYTES])
    session.ask("album", operation="cancelNext")
    session.ask("route", origin=FAR, to=session.sink.url)
    assert await session.upload(FAR)
    session.ask("server", operation="reply", status=500)
    session.ask("server", operation="hold")
    session.ask("network", operation="offline")
    session.ask("domains", domains=[FAR])
    session.ask("reset")
    assert [] == session.ask("uploads")
    assert await session.upload(session.sink.url)
    assert not await session.upload(FAR)
    assert [200] == [upload["answer"] for upload in session.ask("uploads")]
    with pytest.raises(BridgeError, match="nothing to pick out of 0 items"):
        await session.bridge.call("chooseImage")


@pytest.mark.parametrize(
    ("event", "params", "told"),
    [
        ("weather", {}, "there is no 'control.weather'; the controls are control.album, "),
        ("reset", BYTES, "control.reset needs params by name, not b"),
        ("album", {"operation": "burn"}, "control.album cannot do {'operation': 'burn'}"),
        ("album", {"operation": "add", "items": [7]}, "an album takes paths and bytes, not 7"),
        ("album", {"operation": "add", "items": ["absent"]}, "'absent' is not a regular file"),
        ("files", {"operation": "add", "name": "a"}, "control.files cannot do"),
        ("network", {"operation": "judge"}, "control.network cannot do"),
        ("network", {"operation": "resetAfter"}, "give either bytes= or percent="),
        ("network", {"operation": "resetAfter", "bytes": "7"}, "bytes is a number, not '7'"),
        ("network", {"operation": "stallAfter", "percent": True}, "percent is a number, not True"),
        ("network", {"operation": "slow"}, "control.network cannot do"),
        ("network", {"operation": "slow", "upload": 5}, "control.network cannot do"),
        ("network", {"operation": "slow", "up": "5"}, "up='5' is not a number of bytes a second"),
        ("network", {"operation": "switch", "preset": "6g"}, "'6g' is no preset; there are weak,"),
        ("network", {"operation": "script", "steps": ["offline"]}, "a step is [when, what]"),
        ("route", {"origin": FAR}, "control.route cannot do"),
        ("domains", {}, "control.domains cannot do"),
        ("domains", {"domains": FAR}, "control.domains cannot do"),
        ("domains", {"domains": [7]}, "give a list of hosts or origins"),
        ("route", {"origin": "here", "to": None}, "'here' is not an origin"),
        ("server", {"operation": "reply", "colour": 7}, "control.server cannot do"),
        ("server", {"operation": "reply", "status": 7}, "'status'"),
        ("server", {"operation": "burn"}, "control.server cannot do"),
        ("storage", {"operation": "get"}, "control.storage cannot do"),
        ("storage", {"operation": "set", "key": "a"}, "control.storage cannot do"),
        ("storage", {"operation": "remove", "key": 7}, "control.storage cannot do"),
        ("ui", {"operation": "burn"}, "control.ui cannot do"),
        ("ui", {"operation": "answerModal"}, "control.ui cannot do"),
        ("ui", {"operation": "answerModal", "confirm": 1}, "control.ui cannot do"),
        ("ui", {"operation": "answerModal", "confirm": True, "content": 1}, "control.ui cannot do"),
    ],
)
async def test_what_cannot_be_done_is_told(
    session: Session, event: str, params: dict[str, object], told: str
) -> None:
    """A mistake is one sentence, and nothing else happens."""
    with pytest.raises(BridgeError) as caught:
        session.ask(event, **params)
    assert told in str(caught.value)
