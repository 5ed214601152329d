"""cos-wx-sdk-v5 over `wx`: a signed post of a file to an object store, its retries, six at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from bridge.reasons import Reason

if TYPE_CHECKING:
    from bridge.trace import Record
    from tests.clients.conftest import Mini, Start

STORE = "https://files-1250000000.cos.ap-guangzhou.myqcloud.com"
SOURCE = """
const COS = require('cos-wx-sdk-v5');
const cos = new COS({
  FileParallelLimit: 6,
  getAuthorization: (options, callback) =>
    callback({
      TmpSecretId: 'AKID',
      TmpSecretKey: 'secret',
      SecurityToken: 'token',
      StartTime: Math.floor(Date.now() / 1000) - 60,
      ExpiredTime: Math.floor(Date.now() / 1000) + 3600,
    }),
});
exports.post = (FilePath, Key, more) =>
  new Promise((done) => {
    const progress = [];
    cos.postObject(
      {
        Bucket: 'files-1250000000',
        Region: 'ap-guangzhou',
        Key,
        FilePath,
        onProgress: (event) => progress.push(event.percent),
        ...more,
      },
      (error, data) => done({ error, data, progress }),
    );
  });
exports.many = (FilePath, keys) => Promise.all(keys.map((key) => exports.post(FilePath, key)));
"""


async def begin(start: Start, **settings: Any) -> Mini:  # noqa: ANN401  a Bridge's
    """Start a program whose object store is our server."""
    mini = await start(SOURCE, "wx", **settings)
    mini.bridge.route(STORE, to=mini.server.url)
    return mini


async def post(mini: Mini, key: str = "a/b.png", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Post a file, and return what the client called back with."""
    done: dict[str, Any] = await mini.program.call("post", mini.options["filePath"], key, more)
    return done


def uploads(mini: Mini) -> list[Record]:
    """Return the records of the uploads among all that the client has called."""
    return [record for record in mini.bridge.calls if record.api == "uploadFile"]


async def test_the_signed_fields_arrive_before_the_file(start: Start) -> None:
    """Each in the order the client gave, the wanted status in decimal, the empty type as empty."""
    mini = await begin(start)
    await post(mini, **{"x-cos-meta-tag": "t"})
    sent = mini.server.last
    signature = sent.headers["Authorization"]
    assert signature.startswith("q-sign-algorithm=sha1&q-ak=AKID&q-sign-time=")
    fields = [
        ("key", "a/b.png"),
        ("success_action_status", "200"),
        ("Signature", signature),
        ("x-cos-meta-tag", "t"),
        ("x-cos-security-token", "token"),
        ("Content-Type", ""),
        ("file", "picture"),
    ]
    assert fields == [(part.name, part.text) for part in sent.parts]
    assert [True] * 6 + [False] == [part.filename is None for part in sent.parts]
    assert ("POST", "/", None) == (sent.method, sent.path, sent.error)
    assert STORE == f"https://{sent.headers['Host']}"
    assert sent.headers["Content-Type"].startswith("multipart/form-data; boundary=")


async def test_the_client_reads_etag_and_progress(start: Start) -> None:
    """The header map has the server's spelling, which the client lowers."""
    mini = await begin(start)
    mini.server.reply(200, "", {"ETag": '"abc"', "x-cos-request-id": "r"})
    done = await post(mini)
    assert None is done["error"]
    assert (200, '"abc"') == (done["data"]["statusCode"], done["data"]["ETag"])
    assert "r" == done["data"]["headers"]["x-cos-request-id"]
    assert f"{STORE.removeprefix('https://')}/a/b.png" == done["data"]["Location"]
    assert 1 == done["progress"][-1]


async def test_a_network_failure_is_tried_again_by_a_full_call(start: Start) -> None:
    """Two tasks, two bodies, and the second one says that it is a retry."""
    mini = await begin(start)
    mini.server.drop()
    done = await post(mini)
    assert (None, 200) == (done["error"], done["data"]["statusCode"])
    first, second = mini.server.uploads
    assert first.error
    assert "X-Cos-Sdk-Retry" not in first.headers
    assert ("true", None) == (second.headers["X-Cos-Sdk-Retry"], second.error)
    assert "picture" == second.parts[-1].text
    assert [False, True] == [record.ok for record in uploads(mini)]
    assert [Reason.CONNECTION_RESET, None] == [record.reason for record in uploads(mini)]


async def test_a_status_of_503_is_given_up_after_four_calls(start: Start) -> None:
    """The host calls each of them a success; the client judges the status."""
    mini = await begin(start)
    mini.server.reply(503, "<Error><Code>SlowDown</Code></Error>", times=5)
    done = await post(mini)
    assert 503 == done["error"]["statusCode"]
    assert {"Code": "SlowDown"} == done["error"]["error"]
    assert [True] * 4 == [record.ok for record in uploads(mini)]


@pytest.mark.parametrize(("limit", "peak"), [(2, 2), (10, 6)])
async def test_six_in_parallel_never_exceed_the_hosts_limit(
    start: Start, limit: int, peak: int
) -> None:
    """What is over it waits, and all six arrive."""
    mini = await begin(start, limit=limit)
    mini.server.hold()
    keys = [f"{number}.png" for number in range(6)]
    path = mini.options["filePath"]
    running = asyncio.ensure_future(mini.program.call("many", path, keys))
    await mini.server.received(peak)
    mini.server.release()
    done = await running
    assert [200] * 6 == [each["data"]["statusCode"] for each in done]
    assert peak == mini.server.peak
    assert keys == sorted(str(upload.parts[0].text) for upload in mini.server.uploads)
