"""Hosts side by side: WeChat's cap, Douyin's rules, Alipay's codes, and what a call returns."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bridge import Bridge, HostError, MemoryTransport, Reason, UploadFailed, undefined
from bridge.logic.python import HostPromise, HostTask
from bridge.target import all_names

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.sink import UploadServer

URL = "https://api.example.com"
EXCEEDED = {
    "errMsg": "uploadFile:fail createUploadTask:fail exceed max upload connection count 10",
    "errno": 600007,
}
FAILED = "上传文件失败"
# Reason -> Alipay's `error` and `errorMessage`.
ALIPAY = {
    Reason.BAD_PARAMETER: (11, "无效参数"),
    Reason.MISSING_FILE: (11, "文件不存在"),
    Reason.NOT_A_FILE: (12, "java.io.FileNotFoundException:File is not a normal file."),
    Reason.UNREADABLE_FILE: (12, FAILED),
    Reason.OVER_SIZE: (12, FAILED),
    Reason.BAD_URL: (11, "无效参数"),
    Reason.UNSUPPORTED_SCHEME: (20, "请求 URL 不支持 HTTP，请使用 HTTPS"),
    Reason.DOMAIN_NOT_LISTED: (4, "无权限调用此接口"),
    Reason.OVER_LIMIT: (12, FAILED),
    Reason.OFFLINE: (12, FAILED),
    Reason.DNS_FAILURE: (12, FAILED),
    Reason.CONNECTION_REFUSED: (12, FAILED),
    Reason.CONNECTION_RESET: (12, FAILED),
    Reason.NETWORK_CHANGED: (12, FAILED),
    Reason.TLS_FAILURE: (12, FAILED),
    Reason.TIMEOUT: (12, FAILED),
    Reason.ABORTED: (9, "uploadFile:fail abort"),
    Reason.INTERRUPTED_BACKGROUND: (12, FAILED),
    Reason.TOO_MANY_REDIRECTS: (12, FAILED),
    Reason.BAD_RESPONSE: (12, FAILED),
    Reason.INTERNAL: (3, "发生未知错误"),
}
TWO = {"abort", "onProgressUpdate"}
FIVE = TWO | {"offProgressUpdate", "onHeadersReceived", "offHeadersReceived"}
# Profile -> what its own uploadFile returns, and the members of it.
RETURNS: dict[str, tuple[type, set[str]]] = {
    "wx": (HostTask, FIVE),
    "wx:devtools": (HostTask, FIVE),
    "my": (HostPromise, FIVE),
    "my:ide": (HostPromise, set()),
    "my:harmony": (HostPromise, FIVE),
    "tt:feishu": (HostTask, TWO),
    "tt:douyin": (HostTask, TWO),
    "h5": (HostTask, FIVE),
    "app": (HostTask, FIVE),
}
every_target = pytest.mark.parametrize("target", sorted(all_names()))


def options_for(bridge: Bridge, url: str = URL, **more: object) -> dict[str, object]:
    """Return what a call needs on every host, and whatever else is given."""
    path = bridge.files.add("photo.png", b"picture")
    own = {"url": f"{url}/upload", "filePath": path, "name": "file", "fileType": "image"}
    return {**own, **more}


def anywhere() -> MemoryTransport:
    """Return a transport whose answer every host may read."""
    return MemoryTransport(headers={"Access-Control-Allow-Origin": "*"})


def seen_members(returned: object) -> set[str]:
    """Return every name the mini-program finds on what a call returned."""
    return {name for name in dir(returned) if not name.startswith("_")}


def upload_api(bridge: Bridge) -> str:
    """Return the name under which the target's own global uploads."""
    return "upload" if bridge.target.startswith("uploader/") else "uploadFile"


# --- WeChat's cap


@pytest.mark.target("wx", "wx@3.8.10", "uni/wx", "mpx/wx")
async def test_wechat_runs_ten_uploads_at_once_and_queues_the_rest(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The server never sees more than ten, and every call succeeds."""
    upload_server.hold()
    given = options_for(bridge, upload_server.url)
    calls = [asyncio.create_task(bridge.call("uploadFile", given)) for _ in range(14)]
    await upload_server.received(10)
    assert 10 == upload_server.in_flight
    upload_server.release()
    outcomes = await asyncio.gather(*calls)
    assert [True] * 14 == [outcome.ok for outcome in outcomes]
    assert 10 == upload_server.peak
    waited = [outcome.record.decisions.rules() for outcome in outcomes]
    assert 4 == sum("limit" in rules for rules in waited)


@pytest.mark.target("wx@3.8.9", "wx@2.9.0", "wx:devtools", "mpx/wx@3.8.9")
async def test_older_wechat_and_the_developer_tools_refuse_the_eleventh(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The eleventh fails with the logged text; its task is there, and already doomed."""
    upload_server.hold()
    given = options_for(bridge, upload_server.url)
    running = [bridge.api.uploadFile(given) for _ in range(10)]
    seen: list[object] = []
    refused = bridge.api.uploadFile(given | {"fail": seen.append})
    assert isinstance(refused, HostTask)
    assert [] == seen
    with pytest.raises(UploadFailed) as caught:
        await refused
    assert EXCEEDED == caught.value.result
    assert [EXCEEDED] == seen
    assert Reason.OVER_LIMIT is caught.value.reason
    upload_server.release()
    await asyncio.gather(*running)
    assert 10 == len(upload_server.uploads)


@pytest.mark.target("wx:devtools")
async def test_an_aborted_upload_frees_its_slot_at_once(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """After an abort the next call is no longer one too many, in the same tick."""
    upload_server.hold()
    given = options_for(bridge, upload_server.url)
    running = [bridge.api.uploadFile(given) for _ in range(10)]
    await upload_server.receiving(10)
    running[3].abort()
    bridge.api.uploadFile(given)
    await upload_server.receiving(11)
    upload_server.release()
    await bridge.settled()
    results = [record.reason for record in bridge.calls]
    assert [Reason.ABORTED] == [reason for reason in results if reason is not None]


@pytest.mark.target("wx", overflow="reject", limit=1)
async def test_cap_and_overflow_are_readings_a_test_can_change(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The text tells the limit that counts."""
    upload_server.hold()
    given = options_for(bridge, upload_server.url)
    task = bridge.api.uploadFile(given)
    refused = await bridge.call("uploadFile", given)
    assert str(refused.result["errMsg"]).endswith("exceed max upload connection count 1")
    upload_server.release()
    await task


# --- Douyin


@pytest.mark.target("tt:douyin", "mpx/tt:douyin")
async def test_douyin_answers_without_header_and_with_its_one_known_profile_field(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Four fields, `profile` spelled with Douyin's lower-case `up`."""
    outcome = await bridge.call("uploadFile", options_for(bridge, upload_server.url))
    assert ["data", "statusCode", "errMsg", "profile"] == list(outcome.result)
    profile = outcome.result["profile"]
    assert isinstance(profile, dict)
    assert {"domainLookupStart": int} == {key: type(value) for key, value in profile.items()}
    assert ("uploadFile:ok", 200) == (outcome.result["errMsg"], outcome.result["statusCode"])


@pytest.mark.target("tt:douyin")
async def test_douyin_drops_referer_user_agent_and_content_type(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The host's own go out, each once, and the record has a line for each dropped one."""
    header = {"Referer": "a", "USER-AGENT": "b", "Content-type": "application/json", "X-App": "1"}
    outcome = await bridge.call("uploadFile", options_for(bridge, upload_server.url, header=header))
    headers = upload_server.last.headers
    referer = "https://tmaservice.developer.toutiao.com/?appid=wx0123456789abcdef&version=0"
    assert [referer] == headers.getall("Referer")
    assert ["ToutiaoMicroApp webview"] == headers.getall("User-Agent")
    assert 1 == len(headers.getall("Content-Type"))
    assert headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert "1" == headers["X-App"]
    # `fileType` is no option of this host.
    expected = ["unknown_key", "forbidden_headers", "forbidden_headers", "content_type"]
    assert expected == outcome.record.decisions.rules()


@pytest.mark.target("tt:douyin", content_type="caller")
async def test_douyin_under_the_typings_reading_sends_the_callers_content_type(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The typings of 2022 forbid two headers only."""
    header = {"content-type": "text/plain"}
    upload_server.reply(200)
    await bridge.call("uploadFile", options_for(bridge, upload_server.url, header=header))
    assert "text/plain" == upload_server.last.headers["Content-Type"]


@pytest.mark.looptime
@pytest.mark.parametrize(
    ("given", "ends", "clamped"),
    [
        ({}, 60_000, False),
        ({"timeout": 90_000}, 60_000, True),
        ({"timeout": 60_000}, 60_000, False),
        ({"timeout": 1500}, 1500, False),
    ],
)
async def test_douyin_gives_a_call_at_most_60_seconds(
    given: dict[str, object], ends: int, *, clamped: bool
) -> None:
    """A longer timeout is cut to 60 000 ms, and the record says so."""
    async with Bridge("tt:douyin", transport=MemoryTransport(latency=3600)) as bridge:
        outcome = await bridge.call("uploadFile", options_for(bridge) | given)
        assert {"errMsg": "uploadFile:fail timeout", "errNo": 20000} == outcome.result
        assert pytest.approx(ends) == outcome.record.times["end"]
        assert clamped == ("max_timeout" in outcome.record.decisions.rules())


@pytest.mark.target("tt:douyin")
async def test_douyin_takes_https_only(bridge: Bridge, upload_server: UploadServer) -> None:
    """Plain http is refused as a domain outside the list; https goes through."""
    bridge.route(URL, to=upload_server.url)
    refused = await bridge.call("uploadFile", options_for(bridge, "http://api.example.com"))
    expected = {"errMsg": "uploadFile:fail url is not valid domain", "errNo": 21100}
    assert expected == refused.result
    assert Reason.UNSUPPORTED_SCHEME is refused.reason
    assert (await bridge.call("uploadFile", options_for(bridge))).ok


@pytest.mark.parametrize(
    ("listed", "url", "ok"),
    [
        (["https://api.example.com"], URL, True),
        (["https://example.com"], URL, False),
        (["https://api.example.com"], f"{URL}:443", False),
        (["https://api.example.com:8443"], f"{URL}:8443", True),
        (["https://api.example.com:8443"], URL, False),
    ],
)
async def test_douyin_compares_host_and_port_of_a_listed_domain(
    listed: list[str], url: str, *, ok: bool
) -> None:
    """A domain without a port refuses even `:443`."""
    async with Bridge("tt:douyin", domains=listed, transport=MemoryTransport()) as bridge:
        outcome = await bridge.call("uploadFile", options_for(bridge, url))
        assert (ok, None if ok else 21100) == (outcome.ok, outcome.result.get("errNo"))


@pytest.mark.target("tt:douyin")
@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"url": ""}, "params.url should be string"),
        ({"filePath": undefined}, "params.filePath should be string"),
        ({"name": None}, "params.name should be string"),
        ({"name": 7}, "params.name should be string"),
        ({"header": "x"}, "params.header should be object"),
        ({"timeout": "x"}, "params.timeout should be number"),
        ({"url": 1, "name": 2}, "params.url should be string"),
    ],
)
async def test_douyin_names_the_first_wrong_option(
    bridge: Bridge, changes: dict[str, object], text: str
) -> None:
    """A parameter error says which option, in words of the reported form."""
    outcome = await bridge.call("uploadFile", options_for(bridge) | changes)
    assert {"errMsg": f"uploadFile:fail {text}", "errNo": 20000} == outcome.result


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (Reason.OFFLINE, "network error"),
        (Reason.DNS_FAILURE, "network error"),
        (Reason.CONNECTION_REFUSED, "network error"),
        (Reason.CONNECTION_RESET, "network error"),
        (Reason.TLS_FAILURE, "network error"),
        (Reason.TOO_MANY_REDIRECTS, "network error"),
        (Reason.TIMEOUT, "timeout"),
        (Reason.INTERRUPTED_BACKGROUND, "app in background"),
        (Reason.INTERNAL, "internal error"),
    ],
)
async def test_douyin_fails_with_err_msg_and_err_no(reason: Reason, text: str) -> None:
    """The shape is the documented part; the number is the file manager's nearly everywhere."""
    transport = MemoryTransport()
    transport.fail(reason)
    async with Bridge("tt:douyin", transport=transport) as bridge:
        outcome = await bridge.call("uploadFile", options_for(bridge))
        assert {"errMsg": f"uploadFile:fail {text}", "errNo": 20000} == outcome.result


async def test_douyin_queues_behind_five_or_refuses_as_its_sister_product() -> None:
    """Both readings of an undocumented limit."""
    async with Bridge("tt:douyin", transport=MemoryTransport()) as bridge:
        given = options_for(bridge)
        outcomes = await asyncio.gather(*(bridge.call("uploadFile", given) for _ in range(12)))
        assert [True] * 12 == [outcome.ok for outcome in outcomes]
    async with Bridge("tt:douyin", overflow="reject", transport=MemoryTransport()) as bridge:
        given = options_for(bridge)
        outcomes = await asyncio.gather(*(bridge.call("uploadFile", given) for _ in range(6)))
        expected = {"errMsg": "uploadFile:fail exceed max concurrency", "errNo": 40018}
        assert [True] * 5 == [outcome.ok for outcome in outcomes[:5]]
        assert expected == outcomes[5].result


@pytest.mark.parametrize(("cookies", "sent"), [("none", None), ("session", "id=1")])
async def test_douyin_keeps_cookies_only_where_the_app_asks_for_it(
    upload_server: UploadServer, cookies: str, sent: str | None
) -> None:
    """The store is off by default; switched on, what an upload set is sent with the next."""
    async with Bridge("tt:douyin", cookies=cookies) as bridge:
        upload_server.reply(headers={"Set-Cookie": "id=1; Path=/"})
        given = options_for(bridge, upload_server.url)
        await bridge.call("uploadFile", given)
        await bridge.call("uploadFile", given)
        assert sent == upload_server.last.headers.get("Cookie")


# --- Alipay


def alipay_error(reason: Reason) -> dict[str, object]:
    """Return the whole fail object Alipay has for a reason."""
    error, text = ALIPAY[reason]
    return {"error": error, "errorMessage": text}


def test_every_reason_has_an_alipay_code() -> None:
    """The table of this file is whole."""
    assert set(Reason) == set(ALIPAY)


@pytest.mark.parametrize(
    "reason",
    [
        Reason.DNS_FAILURE,
        Reason.CONNECTION_REFUSED,
        Reason.CONNECTION_RESET,
        Reason.NETWORK_CHANGED,
        Reason.TLS_FAILURE,
        Reason.TIMEOUT,
        Reason.INTERRUPTED_BACKGROUND,
        Reason.TOO_MANY_REDIRECTS,
        Reason.BAD_RESPONSE,
        Reason.INTERNAL,
    ],
)
@pytest.mark.parametrize("target", ["my", "my:ide", "my:harmony"])
async def test_alipay_codes_of_what_the_network_can_do(target: str, reason: Reason) -> None:
    """`{error, errorMessage}` and nothing else, the same on every client."""
    transport = MemoryTransport()
    transport.fail(reason)
    async with Bridge(target, transport=transport) as bridge:
        outcome = await bridge.call("uploadFile", options_for(bridge))
        assert reason is outcome.reason
        assert alipay_error(reason) == outcome.result


@pytest.mark.parametrize(
    ("reason", "changes", "setup"),
    [
        *((Reason.BAD_PARAMETER, {key: value}, {})
          for key in ("url", "filePath", "name", "fileType") for value in ("", None, 7)),
        (Reason.BAD_PARAMETER, {"fileType": "document"}, {}),
        (Reason.MISSING_FILE, {"filePath": "https://resource/apml0.image"}, {}),
        (Reason.OVER_SIZE, {}, {"max_size": 6}),
        (Reason.BAD_URL, {"url": "nowhere"}, {}),
        (Reason.UNSUPPORTED_SCHEME, {"url": "http://api.example.com/"}, {}),
        (Reason.DOMAIN_NOT_LISTED, {}, {"domains": ["example.org"]}),
        (Reason.OVER_LIMIT, {}, {"limit": 0, "overflow": "reject"}),
    ],
)  # fmt: skip
async def test_alipay_codes_of_what_is_refused_before_sending(
    reason: Reason, changes: dict[str, object], setup: dict[str, object]
) -> None:
    """Nothing leaves the phone, and the code tells why."""
    transport = MemoryTransport()
    async with Bridge("my", transport=transport, **setup) as bridge:  # type: ignore[arg-type]
        outcome = await bridge.call("uploadFile", options_for(bridge) | changes)
        assert reason is outcome.reason
        assert alipay_error(reason) == outcome.result
        assert [] == transport.uploads


async def test_alipay_codes_of_a_directory_and_of_an_unreadable_file(tmp_path: Path) -> None:
    """Neither is a missing file to Alipay."""
    package = tmp_path / "package"
    (package / "images").mkdir(parents=True)
    broken = tmp_path / "photo.jpg"
    broken.write_bytes(b"picture")
    async with Bridge("my", files=package, transport=MemoryTransport()) as bridge:
        outcome = await bridge.call("uploadFile", options_for(bridge) | {"filePath": "/images"})
        assert alipay_error(Reason.NOT_A_FILE) == outcome.result
        path = bridge.files.add("photo.jpg", broken)
        broken.unlink()
        broken.symlink_to(broken)
        outcome = await bridge.call("uploadFile", options_for(bridge) | {"filePath": path})
        assert alipay_error(Reason.UNREADABLE_FILE) == outcome.result


@pytest.mark.target("my")
async def test_alipay_code_of_being_offline(bridge: Bridge) -> None:
    """Without a network it is 12."""
    bridge.network.offline()
    outcome = await bridge.call("uploadFile", options_for(bridge))
    assert alipay_error(Reason.OFFLINE) == outcome.result


@pytest.mark.target("my")
async def test_alipay_codes_of_a_real_network(bridge: Bridge, upload_server: UploadServer) -> None:
    """A cut connection, and a port where nobody listens."""
    url = upload_server.url
    upload_server.drop()
    cut = await bridge.call("uploadFile", options_for(bridge, url))
    assert Reason.CONNECTION_RESET is cut.reason
    assert alipay_error(Reason.CONNECTION_RESET) == cut.result
    await upload_server.close()
    refused = await bridge.call("uploadFile", options_for(bridge, url))
    assert Reason.CONNECTION_REFUSED is refused.reason
    assert alipay_error(Reason.CONNECTION_REFUSED) == refused.result


@pytest.mark.looptime
@pytest.mark.parametrize(
    ("target", "given", "ends"),
    [
        ("my", {}, 60_000),
        ("my", {"timeout": 90_000}, 90_000),
        ("my@10.2.80", {"timeout": 5000}, 5000),
        ("my@10.2.79", {"timeout": 5000}, 30_000),
        ("my@10.2.79", {}, 30_000),
    ],
)
async def test_alipay_code_of_a_timeout_and_when_it_comes(
    target: str, given: dict[str, object], ends: int
) -> None:
    """After 60 s or what was asked for; a fixed 30 s before the option existed."""
    async with Bridge(target, transport=MemoryTransport(latency=3600)) as bridge:
        outcome = await bridge.call("uploadFile", options_for(bridge) | given)
        assert alipay_error(Reason.TIMEOUT) == outcome.result
        assert pytest.approx(ends) == outcome.record.times["end"]


@pytest.mark.target("my", "my:harmony")
async def test_alipay_code_of_an_abort(bridge: Bridge, upload_server: UploadServer) -> None:
    """9, with a text in WeChat's style."""
    upload_server.hold()
    seen: list[object] = []
    task = bridge.api.uploadFile(options_for(bridge, upload_server.url, fail=seen.append))
    await upload_server.receiving(1)
    task.abort()
    await bridge.settled()
    assert [{"error": 9, "errorMessage": "uploadFile:fail abort"}] == seen


@pytest.mark.parametrize(
    ("target", "setup", "code"),
    [
        ("my", {}, 4),
        ("my:harmony", {}, 4),
        ("my:ide", {}, None),
        ("my:ide", {"domain_check": "enforced"}, 4),
    ],
)
async def test_the_simulator_ignores_the_domain_list_unless_told_otherwise(
    target: str, setup: dict[str, object], code: int | None
) -> None:
    """Its switch is off by default; on, the code is a phone's."""
    domains = ["example.org"]
    async with Bridge(target, domains=domains, transport=MemoryTransport(), **setup) as bridge:  # type: ignore[arg-type]
        outcome = await bridge.call("uploadFile", options_for(bridge))
        assert code == outcome.result.get("error")


@pytest.mark.parametrize(
    ("url", "ok"),
    [
        ("https://example.com", True),
        ("https://1.example.com", True),
        ("https://a.b.example.com:8443", True),
        ("https://badexample.com", False),
        ("https://example.com.evil.org", False),
    ],
)
async def test_alipay_lists_a_domain_with_its_sub_domains(url: str, *, ok: bool) -> None:
    """An entry covers every host below it, whatever the port, and no other."""
    async with Bridge("my", domains=["example.com"], transport=MemoryTransport()) as bridge:
        assert ok == (await bridge.call("uploadFile", options_for(bridge, url))).ok


@pytest.mark.target("my", "my:ide", "my:harmony")
@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"name": "by_name"}, "by_name"),
        ({"fileName": "by_file_name"}, "by_file_name"),
        ({"name": "by_name", "fileName": "by_file_name"}, "by_file_name"),
        ({"fileName": "by_file_name", "name": "by_name"}, "by_file_name"),
        ({"name": "by_name", "fileName": ""}, "by_name"),
    ],
)
async def test_alipay_takes_name_and_file_name_and_the_second_wins(
    bridge: Bridge, upload_server: UploadServer, keys: dict[str, object], expected: str
) -> None:
    """Both spell the form key; where both are given their order does not matter."""
    given = options_for(bridge, upload_server.url)
    del given["name"]
    outcome = await bridge.call("uploadFile", given | keys)
    assert outcome.ok
    assert [expected] == [part.name for part in upload_server.last.files]
    assert () == outcome.record.unknown_keys


@pytest.mark.target("my")
async def test_alipay_takes_headers_for_header(bridge: Bridge, upload_server: UploadServer) -> None:
    """The typings' second spelling works like the first."""
    given = options_for(bridge, upload_server.url, headers={"X-App": "1", "Referer": "x"})
    assert (await bridge.call("uploadFile", given)).ok
    assert "1" == upload_server.last.headers["X-App"]
    own = (
        "https://wx0123456789abcdef.hybrid.alipay-eco.com/wx0123456789abcdef/0"
        "/index.html#pages/index"
    )
    assert [own] == upload_server.last.headers.getall("Referer")


@pytest.mark.target("my", "my:harmony")
async def test_alipay_counts_progress_in_written_bytes(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """`totalBytesWritten` and `totalBytesExpectedToWrite`, and no `...Sent`."""
    events: list[dict[str, object]] = []
    task = bridge.api.uploadFile(options_for(bridge, upload_server.url))
    task.onProgressUpdate(events.append)
    await task
    size = upload_server.last.size
    whole = {"progress": 100, "totalBytesWritten": size, "totalBytesExpectedToWrite": size}
    assert whole == events[-1]
    assert {tuple(whole)} == set(map(tuple, events))


@pytest.mark.target("my", progress_names="both")
async def test_alipay_counts_under_both_names_where_a_test_asks_for_it(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The other reading of the spelling is one override away."""
    events: list[dict[str, object]] = []
    task = bridge.api.uploadFile(options_for(bridge, upload_server.url))
    task.onProgressUpdate(events.append)
    await task
    assert events[-1]["totalBytesSent"] == events[-1]["totalBytesWritten"]


@pytest.mark.target("my")
async def test_alipays_headers_event_hands_over_the_map_itself(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The page's sample has no `{header}` around it."""
    upload_server.reply(headers={"X-Answer": "1"})
    events: list[dict[str, object]] = []
    task = bridge.api.uploadFile(options_for(bridge, upload_server.url))
    task.onHeadersReceived(events.append)
    await task
    assert ["1"] == [event["X-Answer"] for event in events]


# --- what a call returns


def expected_return(target: str, *, callbacks: bool) -> tuple[type, set[str]]:
    """Return kind and members for a sound call: the host's own, but for uni's plain Promise."""
    layer, _, profile = target.rpartition("/")
    if layer == "uni" and not callbacks:
        return HostPromise, set()
    return RETURNS[profile]


@every_target
@pytest.mark.parametrize("callbacks", [False, True])
async def test_each_target_returns_a_task_a_promise_or_both(
    target: str, *, callbacks: bool
) -> None:
    """At once and with exactly the host's members, whatever the layer above."""
    async with Bridge(target, transport=anywhere()) as bridge:
        given = options_for(bridge) | ({"success": lambda _: None} if callbacks else {})
        returned: HostPromise = getattr(bridge.api, upload_api(bridge))(given)
        kind, members = expected_return(target, callbacks=callbacks)
        assert kind is type(returned)
        assert members == seen_members(returned)
        assert "200" == str((await returned)["statusCode"])


@every_target
@pytest.mark.parametrize("callbacks", [False, True])
async def test_after_a_bad_parameter_only_wechat_returns_nothing(
    target: str, *, callbacks: bool
) -> None:
    """Elsewhere the usual thing comes back and has failed already; uni's Promise does on wx too."""
    async with Bridge(target, transport=anywhere()) as bridge:
        given: dict[str, object] = {"fail": lambda _: None} if callbacks else {}
        returned = getattr(bridge.api, upload_api(bridge))(given)
        kind, members = expected_return(target, callbacks=callbacks)
        host = target.rpartition("/")[2]
        if host.startswith("wx") and not (target.startswith("uni/") and not callbacks):
            assert returned is None
        else:
            assert (kind, members) == (type(returned), seen_members(returned))
            with pytest.raises(UploadFailed):
                await returned
        await bridge.settled()
        assert bridge.calls[-1].ok is False


@pytest.mark.parametrize(
    ("target", "members"),
    [
        ("wx@1.3.0", set()),
        ("wx@1.4.0", TWO),
        ("wx@2.0.9", TWO),
        ("wx@2.1.0", FIVE),
        ("wx:devtools@2.0.9", TWO),
        ("my@10.1.34", set()),
        ("my@10.2.89", TWO | {"offProgressUpdate"}),
        ("my@10.2.90", FIVE),
        ("tt:feishu@4.6", TWO),
        ("mpx/wx@2.0.9", TWO),
    ],
)
async def test_members_exist_from_their_version_on(target: str, members: set[str]) -> None:
    """A member that came later is absent before, through layers as well."""
    async with Bridge(target, transport=anywhere()) as bridge:
        task = bridge.api.uploadFile(options_for(bridge))
        assert members == seen_members(task)
        await task


@pytest.mark.target("uni/h5")
async def test_h5_has_members_that_throw(bridge: Bridge) -> None:
    """The two headers members are there and throw H5's own error; the call goes on."""
    task = bridge.api.uploadFile(options_for(bridge, complete=lambda _: None))
    with pytest.raises(HostError, match=r"^Method not implemented\.$"):
        task.onHeadersReceived(lambda _: None)
    task.abort()
    await bridge.settled()
