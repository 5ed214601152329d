"""luch-request over `uni`: its upload is settled by the status, and its errors are rejections."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.clients.conftest import Mini, Start

SOURCE = """
const Request = require('../luch-request.js').default;
const http = new Request();
let task;

const settle = (promise) =>
  promise.then(
    (response) => ['resolved', response],
    (response) => ['rejected', response],
  ).then(([state, response]) => {
    const { config, ...rest } = response;
    return { state, ...rest, asked: config.method, names: Object.keys(response).sort() };
  });

exports.upload = (url, config) =>
  settle(http.upload(url, { ...config, getTask: (given) => (task = given) }));
exports.post = (url, data, config) => settle(http.post(url, data, config));
exports.abort = () => task.abort();
"""
TARGETS = ["uni/wx", "uni/my", "uni/my:ide", "uni/h5"]
STRING_STATUS = {"uni/my:ide"}


def status(target: str, code: int) -> int | str:
    """Return a status as the target gives it."""
    return str(code) if target in STRING_STATUS else code


async def upload(mini: Mini, **more: Any) -> dict[str, Any]:  # noqa: ANN401  luch-request's options
    """Upload a file, and return what the client's Promise came to."""
    url, options = f"{mini.server.url}/up", mini.options
    given = {key: options[key] for key in ("filePath", "name", "fileType")}
    settled: dict[str, Any] = await mini.program.call("upload", url, {**given, **more})
    return settled


@pytest.mark.parametrize("target", TARGETS)
async def test_an_upload_resolves_with_the_parsed_body(start: Start, target: str) -> None:
    """A status in text counts as well, and the response is the client's own to write upon."""
    mini = await start(SOURCE, target)
    mini.server.reply(201, {"id": 7})
    settled = await upload(mini)
    assert ("resolved", "UPLOAD") == (settled["state"], settled["asked"])
    assert status(target, 201) == settled["statusCode"]
    assert ({"id": 7}, '{"id":7}') == (settled["data"], settled["rawData"])
    assert "uploadFile:ok" == settled["errMsg"]
    assert [] == mini.said


@pytest.mark.parametrize("target", TARGETS)
async def test_fields_arrive_before_the_file_and_without_the_callers_content_type(
    start: Start, target: str
) -> None:
    """Numbers are sent in decimal; the client drops the type, the host sets the boundary."""
    mini = await start(SOURCE, target)
    header = {"Content-Type": "application/json", "X-Token": "t"}
    await upload(mini, params={"a": "b c"}, header=header, formData={"n": 5, "t": "é", "e": ""})
    sent = mini.server.last
    assert ("POST", "/up?a=b+c", None) == (sent.method, sent.path, sent.error)
    assert "t" == sent.headers["X-Token"]
    assert sent.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    fields = [("n", "5"), ("t", "é"), ("e", ""), ("f", "picture")]
    assert fields == [(part.name, part.text) for part in sent.parts]
    assert [None, None, None] == [part.filename for part in sent.parts[:-1]]
    assert sent.parts[-1].filename


@pytest.mark.parametrize("target", TARGETS)
async def test_a_status_of_500_rejects_though_the_upload_went_well(
    start: Start, target: str
) -> None:
    """The client judges the status; the host has said ok."""
    mini = await start(SOURCE, target)
    mini.server.reply(500, "no")
    settled = await upload(mini)
    assert ("rejected", status(target, 500)) == (settled["state"], settled["statusCode"])
    assert ("no", "uploadFile:ok") == (settled["data"], settled["errMsg"])


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("uni/wx", "uploadFile:fail file not found"),
        ("uni/my", "uploadFile:fail 文件不存在"),
        ("uni/my:ide", "uploadFile:fail 文件不存在"),
        ("uni/h5", "uploadFile:fail file error"),
    ],
)
async def test_a_missing_file_rejects_with_the_hosts_text(
    start: Start, target: str, text: str
) -> None:
    """A result without a status counts as failed, and nothing is sent."""
    mini = await start(SOURCE, target)
    settled = await upload(mini, filePath="nothing.png")
    assert ("rejected", text) == (settled["state"], settled["errMsg"])
    assert ["config", "errMsg", "rawData"] == settled["names"]
    assert [] == mini.server.uploads


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("uni/wx", "uploadFile:fail abort"),
        ("uni/my", "uploadFile:fail uploadFile:fail abort"),
        ("uni/h5", "uploadFile:fail abort"),
    ],
)
async def test_the_task_that_the_client_hands_on_aborts(
    start: Start, target: str, text: str
) -> None:
    """The Promise is rejected, and the connection is cut."""
    mini = await start(SOURCE, target)
    mini.server.hold()
    running = asyncio.ensure_future(upload(mini))
    await mini.server.receiving(1)
    await mini.program.call("abort")
    settled = await running
    assert ("rejected", text) == (settled["state"], settled["errMsg"])


@pytest.mark.parametrize("target", TARGETS)
async def test_a_policy_can_be_asked_for_first(start: Start, target: str) -> None:
    """The same client's `post` sends JSON and resolves with JSON, or rejects by the status."""
    mini = await start(SOURCE, target)
    mini.server.reply(200, {"policy": "p"})
    settled = await mini.program.call("post", f"{mini.server.url}/policy", {"a": 1}, {})
    assert ("resolved", {"policy": "p"}) == (settled["state"], settled["data"])
    sent = mini.server.last
    assert ("POST", '{"a":1}') == (sent.method, sent.text)
    assert sent.headers["Content-Type"].startswith("application/json")
    mini.server.reply(403, {"why": "w"})
    refused = await mini.program.call("post", f"{mini.server.url}/policy", {"a": 1}, {})
    assert ("rejected", 403) == (refused["state"], int(refused["statusCode"]))
