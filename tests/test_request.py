"""`request` on every target that has it: what is sent, what comes back, and how it fails."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from bridge import Bridge, BridgeError, HostError, MemoryTransport, Reason, UploadFailed, undefined
from bridge.logic.python import HostPromise, HostTask
from bridge.target import all_names, resolve

if TYPE_CHECKING:
    from bridge.runtime import Outcome
    from bridge.sink import UploadServer
    from bridge.transport import Events, Reply, WireUpload
    from bridge.transport.memory import MemoryUpload

URL = "https://api.test/path"
OPEN = {"Access-Control-Allow-Origin": "*"}
JSON = {"Content-Type": "application/json", **OPEN}
TARGETS = sorted(name for name in all_names() if not name.startswith("uploader/"))
HOSTS = ("wx", "wx:devtools", "my", "my:ide", "my:harmony", "tt:feishu", "tt:douyin")
WX_LIKE = ("wx", "my", "tt:feishu", "tt:douyin")
every_target = pytest.mark.parametrize("target", TARGETS)


def header_option(target: str) -> str:
    """Return the name of the option for request headers."""
    return "headers" if target.startswith("my") else "header"


def status_key(target: str) -> str:
    """Return the name of the status in a result."""
    return "status" if target.startswith("my") else "statusCode"


async def asked(target: str, *, body: Any = "{}", **options: Any) -> tuple[Outcome, MemoryUpload]:  # noqa: ANN401  options of a request
    """Make one request and return its outcome and what arrived."""
    transport = MemoryTransport(body=body, headers=JSON)
    async with Bridge(target, transport=transport) as bridge:
        outcome = await bridge.call("request", {"url": URL, **options})
    return outcome, transport.uploads[-1]


def sent_type(arrived: MemoryUpload) -> str | None:
    """Return the Content-Type that arrived."""
    return {name.lower(): value for name, value in arrived.headers}.get("content-type")


# --- where it exists


@every_target
async def test_every_target_but_the_uploader_requests(target: str) -> None:
    """The simplest call is a GET that succeeds and whose JSON is parsed."""
    outcome, arrived = await asked(target, body='{"a":[1,null]}')
    assert (True, None) == (outcome.ok, outcome.reason)
    assert {"a": [1, None]} == outcome.result["data"]
    assert ("GET", b"", ()) == (arrived.method, arrived.body, arrived.files)


async def test_the_uploader_has_no_request_but_the_globals_beneath_it_have() -> None:
    """`uploader.request` does not exist; `uni.request` beside it does."""
    async with Bridge("uploader/wx", transport=MemoryTransport(headers=JSON)) as bridge:
        with pytest.raises(BridgeError, match="request"):
            await bridge.call("request", {"url": URL})
        assert not hasattr(bridge.api, "request")
        result = await bridge.globals["uni"].request({"url": URL})
    assert 200 == result["statusCode"]


@pytest.mark.parametrize(
    ("target", "keys"),
    [
        ("wx", ["data", "statusCode", "header", "cookies", "errMsg", "profile"]),
        ("wx@2.10.3", ["data", "statusCode", "header", "cookies", "errMsg"]),
        ("wx@1.1.0", ["data", "statusCode", "errMsg"]),
        ("wx:devtools", ["data", "statusCode", "header", "cookies", "errMsg"]),
        ("my", ["data", "status", "headers"]),
        ("my:ide", ["data", "status", "headers"]),
        ("tt:feishu", ["statusCode", "header", "data", "errMsg", "trace"]),
        ("tt:douyin", ["statusCode", "header", "data", "errMsg", "profile"]),
        ("uni/h5", ["data", "statusCode", "header", "cookies", "errMsg"]),
        ("uni/app", ["data", "statusCode", "header", "cookies", "errMsg"]),
        ("uni/my", ["data", "statusCode", "header", "errMsg"]),
        ("mpx/my", ["data", "statusCode", "header"]),
        ("mpx/wx", ["data", "statusCode", "header", "cookies", "errMsg", "profile"]),
    ],
)
async def test_a_success_has_the_keys_of_its_host(target: str, keys: list[str]) -> None:
    """Alipay names status and headers in its own way, which both layers translate."""
    outcome, _ = await asked(target)
    assert keys == list(outcome.result)
    if "errMsg" in keys:
        assert "request:ok" == outcome.result["errMsg"]


@pytest.mark.parametrize("target", HOSTS)
async def test_the_status_is_a_number_everywhere(target: str) -> None:
    """Alipay's simulator and HarmonyOS give text for uploads only."""
    outcome, _ = await asked(target)
    assert 200 == outcome.result[status_key(target)]


# --- what is sent


@pytest.mark.parametrize("target", TARGETS)
async def test_a_get_without_data_leaves_the_address_as_it_is(target: str) -> None:
    """Nothing is added, and an escape stays an escape."""
    url = f"{URL}?q=%20a&empty"
    _, arrived = await asked(target, url=url, data={})
    assert url == arrived.url


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (WX_LIKE, "l=%5B1%2C%22%C3%A9%22%5D&o=%7B%22k%22%3A1%7D&n=null&u=undefined&t=true&f=1.5"),
        (("uni/h5", "uni/app"), "l=1%2C%C3%A9&o=%7B%22k%22%3A1%7D&n=&u=&t=true&f=1.5"),
    ],
)
async def test_data_of_a_get_becomes_a_query(targets: tuple[str, ...], expected: str) -> None:
    """Lists, objects and nothing are written as each host writes them."""
    data = {"l": [1, "é"], "o": {"k": 1}, "n": None, "u": undefined, "t": True, "f": 1.5}
    for target in targets:
        _, arrived = await asked(target, data=data)
        assert f"{URL}?{expected}" == arrived.url, target


@every_target
async def test_a_query_is_escaped_as_javascript_escapes_and_merged_by_name(target: str) -> None:
    """`encodeURIComponent` leaves eleven marks alone; a name that was there is replaced."""
    data = {"a": "-_.!~*'() &=?#/+%", "中": "😀", "\ud800": "\udfff"}
    _, arrived = await asked(target, url=f"{URL}?a=1&b=2#part", data=data)
    marks = "-_.!~*'()%20%26%3D%3F%23%2F%2B%25"
    tail = "%E4%B8%AD=%F0%9F%98%80&%EF%BF%BD=%EF%BF%BD"
    assert f"{URL}?a={marks}&b=2&{tail}" == arrived.url


@pytest.mark.parametrize("data", ["a=1", b"a", [1], 5])
async def test_other_data_of_a_get_is_not_sent(data: object) -> None:
    """The record says so."""
    outcome, arrived = await asked("wx", data=data)
    assert (URL, b"") == (arrived.url, arrived.body)
    effects = [entry["effect"] for entry in outcome.record.to_json()["decisions"]]  # type: ignore[attr-defined]
    assert "GET sends no body: data is not sent" in effects


@every_target
async def test_a_post_sends_json_unless_told_otherwise(target: str) -> None:
    """The text is JavaScript's own: no blanks, no escapes it does not need, nothing undefined."""
    data = {"a": [1, undefined, None], "u": undefined, "é": '"\n', "n": float("nan"), "f": 2.0}
    _, arrived = await asked(target, method="POST", data=data)
    assert '{"a":[1,null,null],"é":"\\"\\n","n":null,"f":2}'.encode() == arrived.body
    assert ("POST", "application/json") == (arrived.method, sent_type(arrived))


@every_target
async def test_a_form_content_type_sends_form_fields(target: str) -> None:
    """Values are JavaScript's `String(v)`, escaped; the spelling of the header does not matter."""
    header = {"cOntent-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
    option = header_option(target)
    _, arrived = await asked(
        target, method="post", data={"a b": "1&2", "n": 3, "l": [1, 2]}, **{option: header}
    )
    assert b"a%20b=1%262&n=3&l=1%2C2" == arrived.body
    assert header["cOntent-Type"] == sent_type(arrived)


@every_target
@pytest.mark.parametrize(
    ("data", "body"),
    [("raw \ud800 é", "raw \ufffd é".encode()), (b"\x00\xff", b"\x00\xff"), (undefined, b"")],
)
async def test_text_and_bytes_are_sent_as_they_are(target: str, data: object, body: bytes) -> None:
    """Neither is turned into JSON, whatever the Content-Type says."""
    _, arrived = await asked(target, method="PUT", data=data)
    assert ("PUT", body) == (arrived.method, arrived.body)


@pytest.mark.parametrize(
    ("target", "body"),
    [("wx", b'{"a":1}'), ("uni/app", b'{"a":1}'), ("uni/h5", b"[object Object]")],
)
async def test_an_object_under_another_type_is_json_but_text_on_h5(
    target: str, body: bytes
) -> None:
    """H5 calls `toString`."""
    _, arrived = await asked(
        target, method="POST", data={"a": 1}, header={"Content-Type": "text/plain"}
    )
    assert body == arrived.body


@pytest.mark.parametrize(
    ("target", "kind"), [("wx", "application/json"), ("my", "application/json"), ("uni/h5", None)]
)
async def test_a_get_has_a_content_type_on_mini_programs_only(
    target: str, kind: str | None
) -> None:
    """uni-app adds its default to requests with a body only."""
    _, arrived = await asked(target)
    assert kind == sent_type(arrived)


@pytest.mark.parametrize(
    ("target", "option"), [("wx", "header"), ("my", "headers"), ("uni/my", "header")]
)
async def test_headers_pass_but_for_those_the_host_keeps(target: str, option: str) -> None:
    """Own headers arrive, Referer stays the host's."""
    _, arrived = await asked(target, **{option: {"X-A": 1, "Referer": "https://evil.test"}})
    headers = {name.lower(): value for name, value in arrived.headers}
    assert "1" == headers["x-a"]
    assert "evil" not in headers["referer"]


async def test_alipay_does_not_know_the_other_spelling_of_headers() -> None:
    """`header` is an option of the layers, which rename it."""
    outcome, arrived = await asked("my", header={"X-A": "1"})
    assert ("header",) == outcome.record.unknown_keys
    assert "X-A" not in dict(arrived.headers)


async def test_feishu_sends_the_trace_it_hands_out() -> None:
    """One id in two request headers and in the result."""
    outcome, arrived = await asked("tt:feishu")
    headers = dict(arrived.headers)
    trace = outcome.result["trace"]
    assert [trace, trace] == [headers["x-request-id"], headers["x-tt-logid"]]


@pytest.mark.parametrize(
    ("target", "failed"),
    [
        ("wx", {"errMsg": "request:fail method is invalid"}),
        ("my", {"error": 2, "errorMessage": "参数错误"}),
        ("tt:douyin", {"errMsg": "request:fail method is invalid", "errNo": 20000}),
    ],
)
async def test_a_method_the_host_does_not_know_is_refused(
    target: str, failed: dict[str, object]
) -> None:
    """Nothing is sent."""
    transport = MemoryTransport()
    async with Bridge(target, transport=transport) as bridge:
        outcome = await bridge.call("request", {"url": URL, "method": "FLY"})
    assert (Reason.BAD_PARAMETER, failed) == (outcome.reason, outcome.result)
    assert [] == transport.uploads
    assert "method" == outcome.record.detail
    effects = [entry["effect"] for entry in outcome.record.to_json()["decisions"]]  # type: ignore[attr-defined]
    assert "'FLY' is no method here" in effects


@pytest.mark.parametrize("target", ["uni/h5", "uni/app"])
async def test_uni_makes_a_get_of_a_method_it_does_not_know(target: str) -> None:
    """Its list has a first entry for such cases."""
    _, arrived = await asked(target, method="PATCH")
    assert "GET" == arrived.method


# --- what comes back


@every_target
async def test_text_that_is_no_json_stays_text(target: str) -> None:
    """Nothing is thrown for a page where JSON was expected by default."""
    outcome, _ = await asked(target, body="<html>")
    assert (True, "<html>") == (outcome.ok, outcome.result["data"])


@pytest.mark.parametrize("text", ["NaN", "[1,]", "", "Infinity", "[" * 100_000])
async def test_only_what_javascript_parses_is_parsed(text: str) -> None:
    """Python's own extensions of JSON are none for a mini-program."""
    outcome, _ = await asked("wx", body=text)
    assert text == outcome.result["data"]


async def test_numbers_are_as_exact_as_javascript_numbers() -> None:
    """Beyond 2**53 the neighbours are rounded, and far beyond there is only Infinity."""
    outcome, _ = await asked("wx", body=f"[9007199254740993, 9007199254740991, -1, 1{'0' * 400}]")
    assert "[9007199254740992, 9007199254740991, -1, inf]" == str(outcome.result["data"])


@pytest.mark.parametrize("target", ["wx", "tt:feishu", "tt:douyin", "uni/h5", "my"])
async def test_another_data_type_leaves_the_body_text(target: str) -> None:
    """Only `json` asks for parsing, and only what was to be parsed can be wrong."""
    for body in ("{}", "<html>"):
        outcome, _ = await asked(target, body=body, dataType="text")
        assert (True, body) == (outcome.ok, outcome.result["data"])


@pytest.mark.parametrize(("target", "parsed"), [("wx", False), ("uni/h5", True), ("my", True)])
async def test_the_case_of_the_data_type_counts_where_it_does(target: str, *, parsed: bool) -> None:
    """`JSON` is the same as `json` on Alipay and H5."""
    outcome, _ = await asked(target, body="{}", dataType="JSON")
    assert ({} if parsed else "{}") == outcome.result["data"]


@pytest.mark.parametrize(
    ("target", "option"),
    [
        *((target, {"responseType": "arraybuffer"}) for target in ("wx", "tt:feishu", "uni/h5")),
        ("my", {"dataType": "arraybuffer"}),
        ("mpx/my", {"dataType": "arraybuffer"}),
    ],
)
async def test_bytes_come_back_as_bytes(target: str, option: dict[str, object]) -> None:
    """They are not decoded, and not parsed."""
    outcome, _ = await asked(target, body=b"{}\xff", **option)
    assert b"{}\xff" == outcome.result["data"]


async def test_alipay_hands_out_base64_as_a_data_uri() -> None:
    """Its type is the answer's own."""
    transport = MemoryTransport()
    transport.reply(200, b"\xff\xfe", {"Content-Type": "image/png; x=y; z=w"})
    transport.reply(200, b"a", {})
    async with Bridge("my", transport=transport) as bridge:
        options = {"url": URL, "dataType": "base64"}
        first = await bridge.call("request", options)
        second = await bridge.call("request", options)
    assert "data:image/png;base64,//4=" == first.result["data"]
    assert "data:application/octet-stream;base64,YQ==" == second.result["data"]


@pytest.mark.parametrize("target", [t for t in TARGETS if "/my" not in t and t[:2] != "my"])
@pytest.mark.parametrize("status", [201, 404, 500])
async def test_any_status_is_a_success(target: str, status: int) -> None:
    """The mini-program has to look at the status itself."""
    transport = MemoryTransport(status=status, headers=JSON)
    async with Bridge(target, transport=transport) as bridge:
        outcome = await bridge.call("request", {"url": URL})
    assert (True, status) == (outcome.ok, outcome.result["statusCode"])


@pytest.mark.parametrize("target", ["my", "my:ide", "mpx/my", "uni/my"])
async def test_alipay_fails_on_an_error_status_with_the_answer_in_the_failure(
    target: str,
) -> None:
    """Code 19, beside what the server said; `uni` renames its keys, `mpx` does not."""
    transport = MemoryTransport(status=400, body='{"why":1}', headers={"X-A": "1"})
    async with Bridge(target, transport=transport) as bridge:
        outcome = await bridge.call("request", {"url": URL})
    answer = {"data": {"why": 1}, "status": 400, "headers": {"X-A": "1"}}
    failed: dict[str, object] = {**answer, "error": 19, "errorMessage": "HTTP 错误"}
    if target == "uni/my":
        failed = {"data": {"why": 1}, "statusCode": 400, "header": {"X-A": "1"}}
        failed["errMsg"] = "request:fail HTTP 错误"
    assert (Reason.BAD_RESPONSE, failed) == (outcome.reason, outcome.result)
    assert outcome.record.response is not None
    assert 400 == outcome.record.response.status


async def test_the_error_status_of_alipay_is_a_reading() -> None:
    """A test that takes the other one gets a success, as does a status below those."""
    for status, rules in ((404, {"http_error": None}), (399, {})):
        transport = MemoryTransport(status=status, headers=JSON)
        async with Bridge("my", transport=transport, request=rules) as bridge:
            outcome = await bridge.call("request", {"url": URL})
        assert (True, status) == (outcome.ok, outcome.result["status"])


async def test_alipay_fails_where_json_was_asked_for_and_is_none() -> None:
    """Code 14, and the text is in the failure."""
    outcome, _ = await asked("my", body="<html>", dataType="json")
    assert Reason.BAD_RESPONSE is outcome.reason
    assert {
        "data": "<html>",
        "status": 200,
        "headers": JSON,
        "error": 14,
        "errorMessage": "JSON parse data error",
    } == outcome.result


@pytest.mark.parametrize(
    ("target", "cookies"), [("wx", ["a=1", "b=2"]), ("uni/app", ["a=1", "b=2"]), ("uni/h5", [])]
)
async def test_cookies_are_listed_where_the_host_lists_them(
    target: str, cookies: list[str], upload_server: UploadServer
) -> None:
    """The lines of every hop; H5 always has an empty list."""
    upload_server.script(
        [
            {"redirect": "/next", "headers": {"Set-Cookie": "a=1"}},
            {"headers": {"Set-Cookie": "b=2"}, "body": "ok"},
        ]
    )
    async with Bridge(target) as bridge:
        outcome = await bridge.call("request", {"url": upload_server.url})
    assert cookies == outcome.result["cookies"]


# --- over the wire


def path_of(server: UploadServer, place: int) -> tuple[str, str, str | None]:
    """Return method, path and text of one request."""
    upload = server.uploads[place]
    return upload.method, upload.path, upload.text


@every_target
async def test_a_request_arrives_as_it_was_made(target: str, upload_server: UploadServer) -> None:
    """The server records a request without parts, and its default answer is parsed."""
    async with Bridge(target) as bridge:
        options = {"url": f"{upload_server.url}/a?b=1", "method": "POST", "data": {"c": "é"}}
        outcome = await bridge.call("request", options)
    arrived = upload_server.last
    assert (True, {"ok": True}) == (outcome.ok, outcome.result["data"])
    assert ("POST", "/a?b=1", '{"c":"é"}') == path_of(upload_server, 0)
    assert ((), None, 200) == (arrived.parts, arrived.error, arrived.answer)
    assert "application/json" == arrived.headers["Content-Type"]


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("/a%2Cb%7e?c=%2C%3a&d=[1]", "/a%2Cb%7e?c=%2C%3a&d=%5B1%5D"),
        ("/é ü?é= ü", "/%C3%A9%20%C3%BC?%C3%A9=%20%C3%BC"),
        ("/a/../b/./c?x=/../", "/b/c?x=/../"),
        ("?a=1#part", "/?a=1"),
        ("", "/"),
    ],
)
async def test_an_address_is_sent_with_the_escapes_it_was_written_with(
    written: str, path: str, upload_server: UploadServer
) -> None:
    """A signature over the address holds; only what HTTP cannot carry is escaped."""
    async with Bridge("wx") as bridge:
        await bridge.call("request", {"url": f"{upload_server.url}{written}"})
    assert path == upload_server.last.path


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS", "PUT", "POST"])
async def test_a_request_without_data_has_no_body(method: str, upload_server: UploadServer) -> None:
    """Its length is zero or not told at all, and the answer to HEAD is read without a body."""
    async with Bridge("wx") as bridge:
        outcome = await bridge.call("request", {"url": upload_server.url, "method": method})
    assert (True, 200) == (outcome.ok, outcome.result["statusCode"])
    assert (method, "/", "") == path_of(upload_server, 0)
    assert ("" if method == "HEAD" else {"ok": True}) == outcome.result["data"]
    assert upload_server.last.headers.get("Content-Length", "0") == "0"


@pytest.mark.parametrize(
    ("method", "status", "then", "body"),
    [
        ("POST", 301, "GET", ""),
        ("POST", 302, "GET", ""),
        ("POST", 303, "GET", ""),
        ("POST", 307, "POST", '{"a":1}'),
        ("POST", 308, "POST", '{"a":1}'),
        ("PUT", 302, "PUT", '{"a":1}'),
        ("PUT", 303, "GET", ""),
        ("DELETE", 301, "DELETE", '{"a":1}'),
        ("HEAD", 303, "HEAD", ""),
        ("GET", 302, "GET", ""),
    ],
)
async def test_a_redirect_keeps_or_changes_the_method_as_in_a_browser(
    method: str, status: int, then: str, body: str, upload_server: UploadServer
) -> None:
    """Only a POST becomes a GET by 301 and 302, everything but HEAD does by 303."""
    upload_server.redirect("/next", status)
    async with Bridge("wx") as bridge:
        options = {"url": upload_server.url, "method": method, "data": {"a": 1}}
        outcome = await bridge.call("request", options)
    assert outcome.ok
    assert (then, "/next", body) == path_of(upload_server, 1)


@pytest.mark.parametrize("target", ["wx", "my", "tt:feishu", "uni/h5"])
async def test_too_many_redirects_end_a_request(target: str, upload_server: UploadServer) -> None:
    """The number is the profile's."""
    async with Bridge(target, max_redirects=2) as bridge:
        for _ in range(3):
            upload_server.redirect("/again", 302)
        outcome = await bridge.call("request", {"url": upload_server.url})
    assert Reason.TOO_MANY_REDIRECTS is outcome.reason
    assert 3 == len(upload_server.uploads)


async def test_a_redirect_off_the_list_of_request_is_refused(upload_server: UploadServer) -> None:
    """The list of the API is judged at each hop, and an upload's list does not count."""
    upload_server.redirect("https://b.test/")
    lists = {"request": ["a.test"], "uploadFile": ["b.test"]}
    async with Bridge("wx", domains=lists) as bridge:
        bridge.route("https://a.test", to=upload_server.url)
        outcome = await bridge.call("request", {"url": "https://a.test/"})
        other = await bridge.call("request", {"url": "https://b.test/"})
    failed = {"errMsg": "request:fail url not in domain list", "errno": 600002}
    assert [failed, failed] == [outcome.result, other.result]
    assert 1 == len(upload_server.uploads)


async def test_cookies_go_from_a_request_to_an_upload_on_alipay(
    upload_server: UploadServer,
) -> None:
    """One jar serves both, and WeChat has none."""
    for target, expected in (("my", "a=1"), ("wx", None)):
        upload_server.clear()
        upload_server.reply(200, "{}", {"Set-Cookie": "a=1"})
        async with Bridge(target) as bridge:
            path = bridge.files.add("a.png", b"x")
            await bridge.call("request", {"url": upload_server.url})
            options = {"url": upload_server.url, "filePath": path, "name": "f"}
            await bridge.call("uploadFile", {**options, "fileType": "image"})
            await bridge.call("request", {"url": upload_server.url})
        cookies = [upload.headers.get("Cookie") for upload in upload_server.uploads]
        assert [None, expected, expected] == cookies


async def test_h5_may_only_read_what_the_server_lets_it(upload_server: UploadServer) -> None:
    """Without the header of CORS the answer is a failure."""
    upload_server.reply(200, "{}", {"Access-Control-Allow-Origin": None})
    async with Bridge("uni/h5") as bridge:
        outcome = await bridge.call("request", {"url": upload_server.url})
    assert {"errMsg": "request:fail"} == outcome.result


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("data", [None, {"a": "b" * 50}])
async def test_a_cut_connection_ends_a_request_with_or_without_a_body(
    method: str, data: object, upload_server: UploadServer
) -> None:
    """A reset is a reset, even where there was no byte to send."""
    async with Bridge("wx") as bridge:
        bridge.network.reset_after(bytes=5)
        options = {"url": upload_server.url, "method": method, "data": data}
        outcome = await bridge.call("request", options)
    assert Reason.CONNECTION_RESET is outcome.reason
    said = "errcode:-101 cronet_error_code:-101 error_msg:net::ERR_CONNECTION_RESET"
    assert {"errMsg": f"request:fail {said}", "errno": 600001} == outcome.result


# --- failures


FAILURES: dict[str, dict[Reason, dict[str, object]]] = {
    "wx": {
        Reason.BAD_PARAMETER: {
            "errMsg": "request:fail parameter error: "
            "parameter.url should be String instead of Undefined;",
            "errno": 1001,
        },
        Reason.BAD_URL: {"errMsg": 'request:fail invalid url "nowhere"', "errno": 600009},
        Reason.UNSUPPORTED_SCHEME: {
            "errMsg": "request:fail url not in domain list",
            "errno": 600002,
        },
        Reason.DOMAIN_NOT_LISTED: {
            "errMsg": "request:fail url not in domain list",
            "errno": 600002,
        },
        Reason.OFFLINE: {
            "errMsg": "request:fail errcode:-106 cronet_error_code:-106 "
            "error_msg:net::ERR_INTERNET_DISCONNECTED",
            "errno": 600001,
        },
        Reason.TIMEOUT: {"errMsg": "request:fail timeout", "errno": 5},
        Reason.ABORTED: {"errMsg": "request:fail abort"},
    },
    "my": {
        Reason.BAD_PARAMETER: {"error": 2, "errorMessage": "参数错误"},
        Reason.BAD_URL: {"error": 2, "errorMessage": "参数错误"},
        Reason.UNSUPPORTED_SCHEME: {
            "error": 20,
            "errorMessage": "请求 URL 不支持 HTTP，请使用 HTTPS",
        },
        Reason.DOMAIN_NOT_LISTED: {"error": 4, "errorMessage": "无权调用该接口"},
        Reason.OFFLINE: {"error": 12, "errorMessage": "网络出错"},
        Reason.CONNECTION_REFUSED: {"error": 12, "errorMessage": "网络出错"},
        Reason.TLS_FAILURE: {"error": 19, "errorMessage": "HTTP 错误"},
        Reason.TIMEOUT: {"error": 13, "errorMessage": "超时"},
        Reason.ABORTED: {"error": 9, "errorMessage": "request:fail abort"},
    },
    "tt:douyin": {
        Reason.BAD_PARAMETER: {
            "errMsg": "request:fail params.url should be string",
            "errNo": 20000,
        },
        Reason.DOMAIN_NOT_LISTED: {
            "errMsg": "request:fail url is not valid domain",
            "errNo": 21100,
        },
        Reason.OFFLINE: {"errMsg": "request:fail network error", "errNo": 20000},
        Reason.TIMEOUT: {"errMsg": "request:fail timeout", "errNo": 20000},
        Reason.ABORTED: {"errMsg": "request:fail abort", "errNo": 20000},
    },
    "uni/h5": {
        Reason.OFFLINE: {"errMsg": "request:fail"},
        Reason.TIMEOUT: {"errMsg": "request:fail timeout"},
        Reason.ABORTED: {"errMsg": "request:fail abort"},
    },
    "uni/app": {
        Reason.OFFLINE: {"errMsg": "request:fail abort statusCode:-1"},
        Reason.TIMEOUT: {"errMsg": "request:fail timeout"},
        Reason.ABORTED: {"errMsg": "request:fail abort"},
        Reason.BAD_URL: {"errMsg": "request:fail abort statusCode:-1"},
    },
    "uni/my": {Reason.TIMEOUT: {"errMsg": "request:fail 超时"}},
    "mpx/my": {Reason.TIMEOUT: {"error": 13, "errorMessage": "超时"}},
}
EARLY: dict[Reason, dict[str, object]] = {
    Reason.BAD_PARAMETER: {},
    Reason.BAD_URL: {"url": "nowhere"},
    Reason.UNSUPPORTED_SCHEME: {"url": "http://api.test"},
    Reason.DOMAIN_NOT_LISTED: {"url": "https://other.test"},
}


async def failing(target: str, reason: Reason) -> Outcome:
    """Make a request that fails for a reason, by a rule or on the way."""
    transport = MemoryTransport()
    domains = ["api.test"] if reason is Reason.DOMAIN_NOT_LISTED else None
    async with Bridge(target, transport=transport, domains=domains) as bridge:
        if reason not in EARLY:
            transport.fail(reason, detail="simulated", host="api.test", ip="", port=443)
        return await bridge.call("request", EARLY.get(reason, {"url": URL}))


@pytest.mark.parametrize(
    ("target", "reason", "failed"),
    [
        (target, reason, result)
        for target, each in FAILURES.items()
        for reason, result in each.items()
    ],
)
async def test_a_failure_has_the_text_and_number_of_its_host(
    target: str, reason: Reason, failed: dict[str, object]
) -> None:
    """Letter by letter, as the profile's sources have them."""
    outcome = await failing(target, reason)
    assert reason is outcome.reason
    assert failed == outcome.result


@every_target
@pytest.mark.parametrize("reason", [r for r in Reason if "file" not in r and r != "over_size"])
async def test_every_reason_a_request_can_meet_has_a_shape(target: str, reason: Reason) -> None:
    """It names the request wherever a text names an API, and never the upload."""
    outcome = await failing(target, reason)
    profile = resolve(target).profile
    warns = profile.mismatch == "warn" and reason is Reason.BAD_PARAMETER
    assert not outcome.ok or warns or profile.domain_check == "skipped" or reason in EARLY
    shown = json.dumps(outcome.result, ensure_ascii=False)
    assert "upload" not in shown
    assert "上传" not in shown
    if not outcome.ok:
        assert outcome.result
        assert str(outcome.result.get("errMsg", "request:fail")).startswith("request:fail")


async def test_feishu_gives_a_failure_its_trace() -> None:
    """And the number of the errno page."""
    outcome = await failing("tt:feishu", Reason.DNS_FAILURE)
    assert ["errMsg", "trace", "errno"] == list(outcome.result)
    said = 'CronetError("Cronet Error: code=1 / internal_code=-105 / None")'
    assert (f"request:fail {said}", 305) == (outcome.result["errMsg"], outcome.result["errno"])


async def test_a_bad_parameter_on_wechat_returns_undefined_as_for_uploads() -> None:
    """`fail` is called all the same, on a later tick."""
    seen: list[object] = []
    async with Bridge("wx", transport=MemoryTransport()) as bridge:
        assert bridge.api.request({"fail": seen.append}) is None
        assert [] == seen
        await bridge.settled()
    assert 1 == len(seen)


# --- time, slots and the task


class Held:
    """A transport that holds every request until it is let go."""

    def __init__(self) -> None:
        self.running = self.most = 0
        self.sending = asyncio.Event()
        self.answer = asyncio.Event()
        self.memory = MemoryTransport(headers=JSON)

    async def send(self, upload: WireUpload, events: Events) -> Reply:
        """Answer once it may."""
        self.running += 1
        self.most = max(self.most, self.running)
        self.sending.set()
        try:
            await self.answer.wait()
            return await self.memory.send(upload, events)
        finally:
            self.running -= 1

    def route(self, origin: str, to: str | None) -> None:
        """Nothing is dialled."""

    async def aclose(self) -> None:
        """Nothing is open."""


async def ticks(count: int = 10) -> None:
    """Let the loop go round."""
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.looptime
@pytest.mark.parametrize(
    ("target", "given", "seconds"),
    [
        ("wx", None, 60),
        ("wx", 1500, 1.5),
        ("wx", 0, 60),
        ("my", None, 30),
        ("my", 90_000, 60),
        ("tt:feishu", 5, 60),
        ("tt:douyin", 90_000, 60),
        ("uni/h5", None, 60),
        ("uni/app", 250, 0.25),
        ("uni/my", 100, 0.1),
    ],
)
async def test_a_request_times_out_when_its_host_says(
    target: str, given: int | None, seconds: float
) -> None:
    """In the loop's own time; Alipay has half of what an upload has, and a ceiling."""
    async with Bridge(target, transport=Held()) as bridge:
        loop = asyncio.get_running_loop()
        start = loop.time()
        options = {"url": URL} if given is None else {"url": URL, "timeout": given}
        outcome = await bridge.call("request", options)
        assert Reason.TIMEOUT is outcome.reason
        assert seconds == pytest.approx(loop.time() - start)


@pytest.mark.parametrize(
    ("target", "limit"),
    [("wx", 10), ("wx:devtools", 10), ("wx@1.9.0", 10), ("tt:feishu", 10), ("tt:douyin", 15)],
)
async def test_a_capped_host_queues_what_is_beyond_its_cap(target: str, limit: int) -> None:
    """Every call gets its turn, and never more than the cap at once."""
    held = Held()
    async with Bridge(target, transport=held) as bridge:
        calls = [
            asyncio.create_task(bridge.call("request", {"url": URL})) for _ in range(limit + 3)
        ]
        await ticks(20)
        assert limit == held.running
        held.answer.set()
        outcomes = await asyncio.gather(*calls)
    assert (limit, {True}) == (held.most, {outcome.ok for outcome in outcomes})


@pytest.mark.parametrize("target", ["my", "uni/h5", "uni/app"])
async def test_the_other_hosts_run_any_number_at_once(target: str) -> None:
    """Thirty run together."""
    held = Held()
    async with Bridge(target, transport=held) as bridge:
        calls = [asyncio.create_task(bridge.call("request", {"url": URL})) for _ in range(30)]
        await ticks(20)
        assert 30 == held.running
        held.answer.set()
        await asyncio.gather(*calls)


async def test_requests_and_uploads_have_slots_of_their_own() -> None:
    """Ten requests do not keep an upload waiting."""
    held = Held()
    async with Bridge("wx", transport=held) as bridge:
        path = bridge.files.add("a.png", b"x")
        requests = [asyncio.create_task(bridge.call("request", {"url": URL})) for _ in range(11)]
        options = {"url": URL, "filePath": path, "name": "f"}
        upload = asyncio.create_task(bridge.call("uploadFile", options))
        await ticks(20)
        assert 11 == held.running
        held.answer.set()
        await asyncio.gather(*requests, upload)


async def test_a_test_may_set_the_cap_of_requests_alone() -> None:
    """The keyword names the fields of the request's rules."""
    held = Held()
    rules = {"limit": 1, "overflow": "reject"}
    async with Bridge("wx", transport=held, request=rules) as bridge:
        first = bridge.api.request({"url": URL})
        await ticks()
        second = await bridge.call("request", {"url": URL})
        held.answer.set()
        assert 200 == (await first)["statusCode"]
    failed = {"errMsg": "request:fail network exceed max task count", "errno": 600007}
    assert (Reason.OVER_LIMIT, failed) == (second.reason, second.result)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"limits": 3}, "unknown request field 'limits'"),
        ({"limit": "3"}, "limit='3' is not possible"),
        ({"typed": "never"}, "typed='never' is not possible"),
        ({"limit": 0}, "lets no call run"),
        (3, "request=3 is not possible"),
    ],
)
def test_a_wrong_rule_of_requests_is_refused(rules: object, said: str) -> None:
    """As every other field of a profile."""
    with pytest.raises(BridgeError, match=said):
        Bridge("wx", request=rules)


ABORT = {
    "wx": {"errMsg": "request:fail abort"},
    "my": {"error": 9, "errorMessage": "request:fail abort"},
    "tt:douyin": {"errMsg": "request:fail abort", "errNo": 20000},
}


@pytest.mark.parametrize("target", sorted(ABORT))
@pytest.mark.parametrize("state", ["created", "queued", "sending", "receiving", "settled"])
async def test_abort_ends_a_request_once_in_every_state(target: str, state: str) -> None:
    """`fail` and `complete` run once; after the end nothing does."""
    seen: list[tuple[str, object]] = []
    held = Held()
    rules = {"limit": 1}
    names = ("success", "fail", "complete")
    noting = {name: (lambda result, name=name: seen.append((name, result))) for name in names}
    async with Bridge(target, transport=held, request=rules) as bridge:
        if state == "queued":
            bridge.api.request({"url": URL})
            await ticks()
        task = bridge.api.request({"url": URL, **noting})
        if state in ("sending", "receiving", "settled"):
            await held.sending.wait()
        if state in ("receiving", "settled"):
            held.answer.set()
            await (ticks(2) if state == "receiving" else bridge.settled())
        task.abort()
        task.abort()
        held.answer.set()
        await bridge.settled()
        task.abort()
        await ticks()
    if state == "settled":
        assert ["success", "complete"] == [name for name, _ in seen]
    else:
        assert [("fail", ABORT[target]), ("complete", ABORT[target])] == seen


@pytest.mark.parametrize(
    ("target", "kind", "members"),
    [
        ("wx", HostTask, {"abort", "onHeadersReceived", "offHeadersReceived"}),
        ("wx@2.0.9", HostTask, {"abort"}),
        ("my", HostPromise, {"abort"}),
        ("my:ide", HostPromise, {"abort"}),
        ("tt:feishu", HostTask, {"abort"}),
        ("tt:douyin", HostTask, {"abort"}),
    ],
)
async def test_a_call_returns_the_task_of_its_host(
    target: str, kind: type, members: set[str]
) -> None:
    """No progress is reported for a request, so no host has a listener for it."""
    async with Bridge(target, transport=MemoryTransport()) as bridge:
        task = bridge.api.request({"url": URL})
        assert kind is type(task)
        assert members == {name for name in dir(task) if not name.startswith("_")}
        await bridge.settled()


async def test_uni_returns_a_promise_without_callbacks_and_a_task_with_one() -> None:
    """Its two headers members throw on H5."""
    async with Bridge("uni/h5", transport=MemoryTransport(headers=JSON)) as bridge:
        promise = bridge.api.request({"url": URL})
        assert HostPromise is type(promise)
        assert not hasattr(promise, "abort")
        assert 200 == (await promise)["statusCode"]
        task = bridge.api.request({"url": URL, "success": lambda _: None})
        assert HostTask is type(task)
        with pytest.raises(HostError, match="Method not implemented"):
            task.onHeadersReceived(print)
        await bridge.settled()


async def test_mpx_hands_on_what_the_host_returns() -> None:
    """With promises switched on, the native return is behind `__returned`."""
    async with Bridge("mpx/wx", transport=MemoryTransport(headers=JSON)) as bridge:
        assert isinstance(bridge.api.request({"url": URL}), HostTask)
        await bridge.settled()
    async with Bridge("mpx/wx", transport=MemoryTransport(), use_promise="on") as bridge:
        promise = bridge.api.request({"url": URL})
        assert isinstance(getattr(promise, "__returned"), HostTask)
        assert 200 == (await promise)["statusCode"]


@pytest.mark.parametrize(
    ("target", "more"),
    [("wx", {"statusCode": 200}), ("wx:devtools", {}), ("mpx/wx", {"statusCode": 200})],
)
async def test_the_headers_event_comes_before_the_end_with_status_and_cookies(
    target: str, more: dict[str, object]
) -> None:
    """The developer tools leave the status out."""
    seen: list[tuple[str, Any]] = []
    transport = MemoryTransport(headers={"X-A": "1", "Set-Cookie": "a=1"})
    async with Bridge(target, transport=transport) as bridge:
        task = bridge.api.request({"url": URL, "success": lambda r: seen.append(("ok", r))})
        task.onHeadersReceived(lambda r: seen.append(("headers", r)))
        await bridge.settled()
    assert ["headers", "ok"] == [name for name, _ in seen]
    expected = {"header": {"X-A": "1", "Set-Cookie": "a=1"}, "cookies": ["a=1"], **more}
    assert expected == seen[0][1]


async def test_awaiting_a_failed_request_raises_what_fail_got() -> None:
    """The exception has the host's object."""
    transport = MemoryTransport()
    transport.fail(Reason.DNS_FAILURE)
    async with Bridge("my", transport=transport) as bridge:
        with pytest.raises(UploadFailed) as caught:
            await bridge.api.request({"url": URL})
    assert {"error": 12, "errorMessage": "网络出错"} == caught.value.result


# --- the record


async def test_the_record_shows_a_request_with_its_secrets_masked() -> None:
    """No parts, the method, the body's beginning; what looks secret is hidden everywhere."""
    data = {"password": "hunter2", "name": "é"}
    outcome, _ = await asked("wx", url=f"{URL}?token=s3cret&x=1", method="POST", data=data)
    record: Any = outcome.record.to_json()
    assert ("request", "POST", []) == (
        record["api"],
        record["request"]["method"],
        record["request"]["parts"],
    )
    assert {"password": "***", "name": "é"} == json.loads(record["request"]["preview"])
    assert f"{URL}?token=***&x=1" == record["request"]["url"]
    assert "hunter2" not in json.dumps(record)


@pytest.mark.parametrize(
    ("data", "preview"),
    [
        ('{"token":"s3cret","n":1}', '{"token": "***", "n": 1}'),
        ('{"n":1}', '{"n":1}'),
        ('{"token":"s3cret"', "***"),
        ('["a"', '["a"'),
        ("a=1&token=s3cret", "a=1&token=***"),
        ("see https://u:p@a.test/?sign=x", "see https://***@a.test/?sign=***"),
        ("plain", "plain"),
        (b"\xff\x00", {"$bytes": "/wA="}),
    ],
)
async def test_a_body_is_previewed_as_what_it_is(data: object, preview: object) -> None:
    """JSON and form fields lose their secrets, text stays, bytes are bytes."""
    outcome, _ = await asked("wx", method="POST", data=data)
    record: Any = outcome.record.to_json()
    assert preview == record["request"]["preview"]
    assert "s3cret" not in json.dumps(record)


async def test_a_decision_names_the_source_behind_the_rule_of_a_request() -> None:
    """The number of Alipay's ceiling is a fact about requests, not about uploads."""
    outcome, _ = await asked("my", timeout=90_000, data={"a": 1})
    decisions: Any = outcome.record.to_json()["decisions"]
    known = {entry["rule"]: entry["source"] for entry in decisions}
    assert "my.request" in known["max_timeout"]["address"]
    assert "inferred" == known["query_lists"]["status"]


async def test_a_refused_answer_names_the_rule_and_its_source() -> None:
    """The record says why a call failed whose answer arrived."""
    outcome, _ = await asked("my", body="<html>", dataType="json")
    decisions: Any = outcome.record.to_json()["decisions"]
    known = {entry["rule"]: entry["source"] for entry in decisions}
    assert "常见问题" in known["bad_json"]["address"]


async def test_options_without_effect_are_named() -> None:
    """What a call switched on and nothing acts upon."""
    outcome, _ = await asked("wx", enableCache=True, enableQuic=False)
    assert ["enableCache"] == [name for name in outcome.record.not_emulated if "." not in name]
