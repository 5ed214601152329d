"""The WebSocket server, met by a plain client: greetings, refusals, isolation, and departures."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import aiohttp
import pytest
import pytest_asyncio

from bridge.errors import BridgeError
from bridge.logic.journal import BATCH
from bridge.logic.server import BridgeServer
from bridge.protocol import ApiDescription
from bridge.runtime import Bridge
from bridge.sink import UploadServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bridge.trace import Record
    from bridge.uploads import Upload

TOKEN = "t0k3n"  # noqa: S105  the test's own
HELLO = {"type": "hello", "v": 1, "token": TOKEN, "session": "one", "target": ""}
BYTES = {"$bytes": base64.b64encode(b"\x89PNG rest").decode()}
Json = dict[str, Any]


class Client:
    """A client of the protocol, message by message."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.count = 0

    async def tell(self, message: object) -> None:
        """Send one message."""
        await self.ws.send_str(message if isinstance(message, str) else json.dumps(message))

    async def hear(self) -> Json:
        """Receive one message."""
        return cast("Json", await self.ws.receive_json())

    async def greet(self, **changes: object) -> Json:
        """Say hello and return the answer."""
        await self.tell(HELLO | changes)
        return await self.hear()

    async def ask(self, event: str, params: Json, **more: object) -> Json:
        """Invoke an event and return its own answer; events that come before it are skipped."""
        self.count += 1
        invoke = {"type": "invoke", "callbackId": self.count, "event": event, "params": params}
        await self.tell(invoke | {"sync": True} | more)
        while True:
            message = await self.hear()
            if message.get("callbackId") == self.count:
                return message

    async def upload(self, url: str) -> int:
        """Start the upload of a small file and return its id."""
        add = {"operation": "add", "name": "a.png", "data": BYTES}
        path = (await self.ask("control.files", add))["result"]
        params = {"url": url, "filePath": path, "name": "file"}
        answer = await self.ask("createUploadTask", params, namespace="wx", api="uploadFile")
        return cast("int", answer["result"]["uploadTaskId"])

    async def ending(self) -> Json:
        """Receive until an upload has ended, and return how."""
        while True:
            message = await self.hear()
            if message["type"] == "event" and message["params"]["state"] in ("success", "fail"):
                return cast("Json", message["params"])

    async def close_code(self) -> tuple[int | None, str]:
        """Receive until the server closes, and return its code and reason."""
        while True:
            message = await self.ws.receive()
            if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
                return self.ws.close_code, str(message.extra or "")


class Setting:
    """A server and ways to meet it."""

    def __init__(self, server: BridgeServer, http: aiohttp.ClientSession) -> None:
        self.server = server
        self.http = http

    @asynccontextmanager
    async def client(self, **headers: str) -> AsyncIterator[Client]:
        """Connect."""
        async with self.http.ws_connect(self.server.url, headers=headers) as ws:
            yield Client(ws)


@asynccontextmanager
async def serving(**options: Any) -> AsyncIterator[Setting]:  # noqa: ANN401  the server's own
    """Run a server whose bridges are `wx` unless their client asks for more."""

    def open_bridge(target: str) -> Bridge:
        return Bridge(target or "wx")

    async with (
        BridgeServer(open_bridge, token=TOKEN, **options) as server,
        aiohttp.ClientSession() as http,
    ):
        yield Setting(server, http)


@pytest_asyncio.fixture
async def setting() -> AsyncIterator[Setting]:
    """Provide a server with its usual limits."""
    async with serving() as made:
        yield made


async def gone(made: Setting) -> None:
    """Connect in vain until the server has ended every session; each try is a turn of the loop."""
    while made.server.bridges:
        async with made.http.get(made.server.url.replace("ws", "http", 1)) as answer:
            assert 400 == answer.status


async def test_a_greeting_is_answered_by_the_description(setting: Setting) -> None:
    """`ready` holds the globals, and where uploads may go to."""
    async with setting.client() as client:
        ready = await client.greet(target="uni/wx")
    assert ("ready", 1, "uni") == (ready["type"], ready["v"], ready["namespace"])
    assert {"uni", "wx"} == set(ready["globals"])
    assert "task" == ready["globals"]["wx"]["uploadFile"]["kind"]
    assert "uni/wx" == ready["env"]["MINIBRIDGE_TARGET"]
    assert ready["env"]["MINIBRIDGE_SINK_URL"].startswith("http://127.0.0.1:")


async def test_an_upload_is_told_from_its_task_to_its_end(setting: Setting) -> None:
    """The task's id comes first, its events follow, and the bytes have arrived."""
    async with setting.client() as client:
        ready = await client.greet()
        number = await client.upload(ready["env"]["MINIBRIDGE_SINK_URL"])
        ended = await client.ending()
        uploads = (await client.ask("control.uploads", {}))["result"]
    assert (number, "success", 200) == (
        ended["uploadTaskId"],
        ended["state"],
        ended["result"]["statusCode"],
    )
    assert [["file"]] == [[part["name"] for part in upload["parts"]] for upload in uploads]


async def test_a_mistake_is_an_error_for_its_own_call(setting: Setting) -> None:
    """An unknown event or control is told, and the connection goes on."""
    async with setting.client() as client:
        await client.greet()
        for event in ("flyAway", "control.weather"):
            assert event in (await client.ask(event, {}))["error"]
        assert [] == (await client.ask("control.uploads", {}))["result"]


@pytest.mark.parametrize(
    ("changes", "code", "told"),
    [
        ({"token": "wrong"}, 4401, "the token is wrong"),
        ({"token": None}, 4401, "the token is wrong"),
        ({"token": "张\ud800"}, 4401, "the token is wrong"),
        ({"v": 2}, 4426, "this server speaks version 1"),
        ({"type": "invoke"}, 4400, "the first message must be a hello"),
        ({"target": "fridge"}, 4400, "fridge"),
    ],
)
async def test_a_wrong_greeting_is_refused(
    setting: Setting, changes: Json, code: int, told: str
) -> None:
    """Each refusal has its code and a reason."""
    async with setting.client() as client:
        await client.tell(HELLO | changes)
        ended, reason = await client.close_code()
    assert code == ended
    assert told in reason


@pytest.mark.parametrize(
    "message",
    [
        "{",
        "[" * 100_000,
        "[]",
        '{"no": "type"}',
        '{"type": 7}',
        '{"type": "dance"}',
        json.dumps(HELLO),
        '{"type": "invoke", "event": "chooseImage", "params": {}}',
        '{"type": "invoke", "callbackId": 1, "event": "chooseImage", "params": []}',
        '{"type": "invoke", "callbackId": 1, "event": "a", "params": {}, "unknownKeys": 7}',
        '{"type": "invoke", "callbackId": 1, "event": "a", "params": {"$bytes": "?"}}',
        '{"type": "invoke", "callbackId": 1, "event": "control.reset", "params": {"$bytes": "?"}}',
        '{"type": "report", "level": "error"}',
    ],
)
async def test_a_malformed_message_ends_its_connection(setting: Setting, message: str) -> None:
    """The code is 4400, and another session does not notice."""
    async with setting.client() as other, setting.client() as client:
        await other.greet(session="other")
        await client.greet()
        await client.tell(message)
        assert 4400 == (await client.close_code())[0]
        assert [] == (await other.ask("control.uploads", {}))["result"]


@pytest.mark.parametrize("greeted", [True, False])
async def test_a_binary_frame_is_malformed(setting: Setting, *, greeted: bool) -> None:
    """Messages are text."""
    async with setting.client() as client:
        if greeted:
            await client.greet()
        await client.ws.send_bytes(b"{}")
        assert (4400, "a message is one JSON text") == await client.close_code()


@pytest.mark.parametrize("greeted", [True, False])
async def test_a_message_that_is_too_long_ends_its_connection(*, greeted: bool) -> None:
    """The code is 4413, whenever it comes."""
    async with serving(max_message=2000) as made, made.client() as client:
        if greeted:
            await client.greet()
        await client.tell({"type": "report", "level": "log", "message": "x" * 3000})
        assert (4413, "the message is too long") == await client.close_code()


@pytest.mark.parametrize(
    ("origin", "welcome"),
    [
        ("http://localhost:5173", True),
        ("http://127.0.0.1", True),
        ("http://[::1]:80", True),
        ("https://evil.example", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://[", False),
        ("null", False),
    ],
)
async def test_only_pages_of_this_machine_may_connect(
    setting: Setting, origin: str, *, welcome: bool
) -> None:
    """A foreign Origin ends with 4403, before anything was said."""
    async with setting.client(Origin=origin) as client:
        if welcome:
            assert "ready" == (await client.greet())["type"]
        else:
            assert 4403 == (await client.close_code())[0]


@pytest.mark.parametrize(
    ("host", "welcome"),
    [
        ("localhost:8000", True),
        ("LOCALHOST", True),
        ("[::1]:8000", True),
        ("192.168.0.7:8000", True),
        ("evil.example", False),
        ("localhost.evil.example:8000", False),
        ("127.0.0.1.evil.example", False),
        ("[", False),
        ("", False),
    ],
)
async def test_a_name_that_was_made_to_lead_here_is_refused(
    setting: Setting, host: str, *, welcome: bool
) -> None:
    """A Host that some DNS answer decides on ends with 4403, also without an Origin."""
    async with setting.client(Host=host) as client:
        if welcome:
            assert "ready" == (await client.greet())["type"]
        else:
            ended = (4403, "the Host is another name than this server's")
            assert ended == await client.close_code()


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ("GET /bridge HTTP/1.0", b"the Host is another name than this server's"),
        ("GET /bridge HTTP/1.1", b" 400 Bad Request"),
        ("GET /bridge HTTP/1.1\r\nHost: localhost\r\nHost: evil.example", b" 400 Bad Request"),
    ],
)
async def test_a_host_has_to_be_told_once(setting: Setting, first: str, told: bytes) -> None:
    """Else it could not be judged."""
    address = urlsplit(setting.server.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
    key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
    writer.write("\r\n".join([first, *upgrade, key, "", ""]).encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert told in answer


async def test_the_name_that_is_listened_on_is_welcome() -> None:
    """Whoever serves under a name is reached by it; this one needs no DNS."""
    async with serving(host="127.1") as made:
        url = made.server.url.replace("127.1", "127.0.0.1")
        async with made.http.ws_connect(url, headers={"Host": "127.1"}) as ws:
            assert "ready" == (await Client(ws).greet())["type"]


async def test_a_silent_client_is_sent_away() -> None:
    """Whoever says nothing in time holds no connection."""
    async with serving(hello_seconds=0.01) as made, made.client() as client:
        assert (4400, "no hello came") == await client.close_code()


async def test_a_client_that_leaves_at_once_is_no_error(setting: Setting) -> None:
    """A connection may end before its greeting."""
    async with setting.client():
        pass
    async with setting.client() as client:
        assert "ready" == (await client.greet())["type"]


async def test_two_sessions_share_nothing(setting: Setting) -> None:
    """Each has files, a network and an upload server of its own."""
    async with setting.client() as one, setting.client() as two:
        urls = [
            (await client.greet(session=name))["env"]["MINIBRIDGE_SINK_URL"]
            for client, name in ((one, "one"), (two, "two"))
        ]
        await one.ask("control.network", {"operation": "offline"})
        await one.upload(urls[0])
        await two.upload(urls[1])
        states = [(await client.ending())["state"] for client in (one, two)]
        arrived = [(await client.ask("control.uploads", {}))["result"] for client in (one, two)]
    assert ["fail", "success"] == states
    assert [0, 1] == [len(uploads) for uploads in arrived]


async def test_two_connections_of_a_session_share_its_bridge(setting: Setting) -> None:
    """The session lives as long as one of them; each hears of its own calls only."""
    async with setting.client() as one, setting.client() as two:
        url = (await one.greet())["env"]["MINIBRIDGE_SINK_URL"]
        assert url == (await two.greet())["env"]["MINIBRIDGE_SINK_URL"]
        await one.upload(url)
        await one.ending()
        await one.ws.close()
        assert 1 == len((await two.ask("control.uploads", {}))["result"])
        assert 1 == len(setting.server.bridges)


async def test_a_session_keeps_its_target(setting: Setting) -> None:
    """A second connection that names another one is refused."""
    async with setting.client() as one, setting.client() as two:
        await one.greet()
        await two.tell(HELLO | {"target": "my"})
        assert (4400, "session 'one' has another target") == await two.close_code()


async def test_a_session_without_a_name_is_its_own(setting: Setting) -> None:
    """Two clients that name no session share nothing."""
    async with setting.client() as one, setting.client() as two:
        await one.greet(session="")
        await two.greet(session="")
        assert 2 == len(setting.server.bridges)


async def test_a_client_that_leaves_in_mid_upload_frees_everything(setting: Setting) -> None:
    """Its calls abort, its session and server end, and the others go on."""
    async with setting.client() as other, setting.client() as client:
        await other.greet(session="other")
        url = (await client.greet())["env"]["MINIBRIDGE_SINK_URL"]
        await client.ask("control.server", {"operation": "hold"})
        for _ in range(12):
            await client.upload(url)
        left = setting.server.bridges[-1]
        assert 12 == len(left.in_flight)
        await client.ws.close()
        while len(setting.server.bridges) > 1:
            await other.ask("control.uploads", {})
        assert [] == left.in_flight
        assert {"aborted"} == {str(record.reason) for record in left.calls}
        with pytest.raises(aiohttp.ClientConnectionError):
            await setting.http.get(url)
        assert [] == (await other.ask("control.uploads", {}))["result"]


async def test_a_client_that_is_cut_off_frees_everything(setting: Setting) -> None:
    """A connection that is reset is a departure too."""
    async with setting.client() as client:
        url = (await client.greet())["env"]["MINIBRIDGE_SINK_URL"]
        await client.ask("control.server", {"operation": "hold"})
        await client.upload(url)
        transport = client.ws.get_extra_info("socket")
        transport.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        response = client.ws._response  # noqa: SLF001  no public way cuts a connection
        assert response.connection is not None
        assert response.connection.transport is not None
        response.connection.transport.abort()
    await gone(setting)
    assert [] == setting.server.bridges


async def test_a_shared_upload_server_is_everybodys() -> None:
    """With one given, sessions tell its address and leave it running."""
    async with UploadServer() as sink, serving(sink=sink) as made:
        async with made.client() as client:
            assert sink.url == (await client.greet())["env"]["MINIBRIDGE_SINK_URL"]
        await gone(made)
        async with made.http.get(sink.url) as answer:
            assert 200 == answer.status


class Kept:
    """What a server handed on."""

    def __init__(self) -> None:
        self.times: list[tuple[str, list[int]]] = []
        self.records: list[Record] = []
        self.uploads: set[int] = set()
        self.handed = asyncio.Event()

    def __call__(self, session: str, records: list[Record], uploads: list[Upload]) -> None:
        """Take some records."""
        self.times.append((session, [record.id for record in records]))
        self.records += records
        self.uploads |= {upload.number for upload in uploads}
        self.handed.set()


async def test_the_records_of_a_session_are_handed_on_at_its_end() -> None:
    """Under its own name, what the end aborted included, with what its server saw."""
    kept = Kept()
    async with serving(keep=kept) as made, made.client() as client:
        url = (await client.greet(session="file-7"))["env"]["MINIBRIDGE_SINK_URL"]
        await client.upload(url)
        await client.ending()
        await client.ask("control.network", {"operation": "stallAfter", "bytes": 1})
        await client.upload(url)
        assert [] == kept.times
        await client.ws.close()
        await kept.handed.wait()
        assert [("file-7", [1, 2])] == kept.times
        assert 1 in kept.uploads
    assert ["file-7"] * 2 == [record.session for record in kept.records]
    assert [None, "aborted"] == [record.reason for record in kept.records]


async def test_each_record_is_handed_on_once() -> None:
    """In batches as the session goes on, however many its bridge forgets, and at its end."""
    kept = Kept()

    def forgetful(target: str) -> Bridge:
        return Bridge(target or "wx", record_limit=2)

    async with (
        BridgeServer(forgetful, token=TOKEN, keep=kept) as server,
        aiohttp.ClientSession() as http,
        http.ws_connect(server.url) as ws,
    ):
        client = Client(ws)
        url = (await client.greet())["env"]["MINIBRIDGE_SINK_URL"]
        await client.ask("control.server", {"operation": "hold"})
        await client.upload(url)
        for _ in range(BATCH):
            params = {"args": ["key"]}
            await client.ask("getStorageSync", params, namespace="wx", api="getStorageSync")
    batches = [numbers for _, numbers in kept.times]
    assert [[*range(2, BATCH + 1)], [1, BATCH + 1]] == batches


async def test_a_session_without_calls_hands_on_nothing() -> None:
    """There is nothing to keep of it."""
    kept = Kept()
    async with serving(keep=kept) as made, made.client() as client:
        await client.greet()
    assert [] == kept.times


async def test_uploads_to_a_shared_server_are_not_handed_on() -> None:
    """Two sessions may use one boundary, so which upload was whose cannot be told."""
    kept = Kept()
    async with UploadServer() as sink, serving(sink=sink, keep=kept) as made:
        async with made.client() as client:
            await client.greet(session="a")
            await client.upload(sink.url)
            await client.ending()
        await kept.handed.wait()
    assert [("a", [1])] == kept.times
    assert set() == kept.uploads


async def test_reports_go_to_the_log(setting: Setting, caplog: pytest.LogCaptureFixture) -> None:
    """What a client tells of its own errors is kept for whoever listens."""
    caplog.set_level(logging.WARNING, "bridge")
    async with setting.client() as client:
        await client.greet()
        await client.tell({"type": "report", "level": "error", "message": "boom", "stack": ""})
        await client.ask("control.uploads", {})
    assert ["the client reports (error): boom"] == [r.getMessage() for r in caplog.records]


async def test_a_server_that_closes_says_goodbye() -> None:
    """Clients get 1001, and their calls end."""
    async with serving() as made, made.client() as client:
        url = (await client.greet())["env"]["MINIBRIDGE_SINK_URL"]
        await client.ask("control.server", {"operation": "hold"})
        await client.upload(url)
        (left,) = made.server.bridges
        await asyncio.gather(made.server.close(), client.close_code())
        assert 1001 == client.ws.close_code
        assert [] == left.in_flight


async def test_a_fault_of_ours_ends_its_connection_alone(
    setting: Setting, caplog: pytest.LogCaptureFixture
) -> None:
    """The client gets 1011 instead of waiting, and the log has the traceback."""
    async with setting.client() as other, setting.client() as client:
        await other.greet(session="other")
        await client.greet()
        setting.server.bridges[-1].album = None  # type: ignore[assignment]  # the fault
        await client.tell(
            {"type": "invoke", "callbackId": 1, "event": "control.reset", "params": {}}
        )
        assert (1011, "an error of minibridge's") == await client.close_code()
        assert [] == (await other.ask("control.uploads", {}))["result"]
    assert ["a session broke"] == [record.getMessage() for record in caplog.records]


async def test_what_cannot_be_told_ends_its_connection(caplog: pytest.LogCaptureFixture) -> None:
    """Such as a host's constant that no JSON can hold: else the client would wait for ever."""

    def odd(target: str) -> Bridge:
        bridge = Bridge(target)
        bridge.description = {"wx": {"odd": ApiDescription("constant", "odd", value={1})}}
        return bridge

    async with (
        BridgeServer(odd, token=TOKEN) as server,
        aiohttp.ClientSession() as session,
        session.ws_connect(server.url) as ws,
    ):
        client = Client(ws)
        await client.tell(HELLO | {"target": "wx"})
        assert (1011, "an error of minibridge's") == await client.close_code()
    assert ["a session broke"] == [record.getMessage() for record in caplog.records]


async def test_a_session_that_cannot_be_watched_leaves_nothing_open(
    open_bridge: Callable[[str], Bridge], caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever is shown its bridge may fail: then the bridge is closed again, and its server."""
    shown: list[tuple[Bridge, UploadServer]] = []

    def watch(_: str, bridge: Bridge, sink: UploadServer) -> None:
        shown.append((bridge, sink))
        raise RuntimeError

    async with BridgeServer(open_bridge, token=TOKEN, watch=watch) as server:
        async with aiohttp.ClientSession() as session, session.ws_connect(server.url) as ws:
            client = Client(ws)
            await client.tell(HELLO | {"target": "wx"})
            assert (1011, "an error of minibridge's") == await client.close_code()
        assert [] == server.bridges
    [(bridge, sink)] = shown
    with pytest.raises(BridgeError, match="is closed"):
        bridge.api.uploadFile({})
    with pytest.raises(BridgeError, match="does not run"):
        _ = sink.url
    assert ["a session broke"] == [record.getMessage() for record in caplog.records]


async def test_a_token_is_made_up(open_bridge: Callable[[str], Bridge]) -> None:
    """Each server has another one, long enough not to be guessed."""
    tokens = {BridgeServer(open_bridge).token for _ in range(2)}
    assert [32, 32] == [len(token) for token in tokens]


async def test_an_empty_token_is_a_mistake(open_bridge: Callable[[str], Bridge]) -> None:
    """As of a variable that is not set: it would let in whoever reaches the port."""
    with pytest.raises(BridgeError, match="an empty token lets anybody in"):
        BridgeServer(open_bridge, token="")


async def test_an_address_that_is_taken_is_a_mistake(open_bridge: Callable[[str], Bridge]) -> None:
    """The message names the address."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BridgeError, match=f"the bridge cannot listen on 127.0.0.1:{port}"):
            await BridgeServer(open_bridge, port=port).start()


@pytest.mark.parametrize(
    ("host", "told"),
    [("::1", "ws://[::1]:80/bridge"), ("0.0.0.0", "ws://127.0.0.1:80/bridge")],  # noqa: S104
)
async def test_the_url_is_one_that_can_be_dialled(
    open_bridge: Callable[[str], Bridge], host: str, told: str
) -> None:
    """IPv6 gets its brackets, and every address its loopback form."""
    assert told == BridgeServer(open_bridge, host=host, port=80).url


@pytest.fixture
def open_bridge() -> Callable[[str], Bridge]:
    """Open any target."""
    return Bridge
