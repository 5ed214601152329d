"""`request` from a mini-program's own JavaScript, on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .conftest import Mini

    Start = Callable[..., Awaitable[Mini]]

ASKS = """
const { calls } = require('./prelude');
const globals = { wx: typeof wx === 'undefined' ? undefined : wx,
                  my: typeof my === 'undefined' ? undefined : my,
                  uni: typeof uni === 'undefined' ? undefined : uni,
                  mpx: typeof mpx === 'undefined' ? undefined : mpx };
exports.ask = (name, options) => calls(globals[name].request, options);
exports.bytes = async (url) => {
  const data = new Uint8Array([0, 255]).buffer;
  const heard = await calls(wx.request, { url, method: 'POST', data, responseType: 'arraybuffer' });
  return heard.map(([name, { data: got }]) => [name, got instanceof ArrayBuffer, got.byteLength]);
};
exports.task = (url) => new Promise((done) => {
  const heard = [];
  const complete = (result) => { heard.push(result.errMsg); done(heard); };
  const task = wx.request({ url, complete });
  task.onHeadersReceived((result) => heard.push(result.statusCode));
});
exports.abort = (url) => new Promise((done) => {
  const heard = [];
  const fail = (result) => heard.push(result.errMsg);
  const task = wx.request({ url, fail, complete: (result) => { fail(result); done(heard); } });
  task.abort();
  task.abort();
});
exports.promise = (url) => uni.request({ url }).then((result) => result.data);
exports.nothing = () => typeof wx.request({}) + typeof wx.request({ url: 'nowhere' }).abort;
"""


async def test_a_request_is_made_and_its_json_parsed(start: Start) -> None:
    """Undefined and lists cross as what they are; each callback has an object of its own."""
    mini = await start(ASKS)
    options = {"url": f"{mini.server.url}/a", "data": {"l": [1, "é"], "n": None}}
    (first, success), (last, complete) = await mini.program.call("ask", "wx", options)
    assert ("success", "complete", {"ok": True}) == (first, last, success["data"])
    assert success == complete
    assert "/a?l=%5B1%2C%22%C3%A9%22%5D&n=null" == mini.server.last.path


async def test_bytes_cross_both_ways(start: Start) -> None:
    """An ArrayBuffer is sent as it is, and handed out as one."""
    mini = await start(ASKS)
    mini.server.reply(200, b"\xff\x00\xfe")
    heard = await mini.program.call("bytes", mini.server.url)
    assert [["success", True, 3], ["complete", True, 3]] == heard
    assert (2, None) == (mini.server.last.size, mini.server.last.text)


async def test_a_task_hears_of_headers_and_can_be_aborted(start: Start) -> None:
    """The members of a RequestTask speak of requests, not of uploads."""
    mini = await start(ASKS)
    assert [200, "request:ok"] == await mini.program.call("task", mini.server.url)
    mini.server.hold()
    assert ["request:fail abort"] * 2 == await mini.program.call("abort", mini.server.url)


@pytest.mark.parametrize(
    ("target", "name", "keys"),
    [
        ("my", "my", ["data", "status", "headers"]),
        ("uni/my", "uni", ["data", "statusCode", "header", "errMsg"]),
    ],
)
async def test_alipay_and_uni_over_it_have_their_own_keys(
    start: Start, target: str, name: str, keys: list[str]
) -> None:
    """The same rules as from Python."""
    mini = await start(ASKS, target)
    heard = await mini.program.call("ask", name, {"url": mini.server.url})
    assert [("success", keys), ("complete", keys)] == [(each, list(got)) for each, got in heard]


@pytest.mark.parametrize("target", ["uni/my", "uni/wx", "mpx/my"])
async def test_headers_reach_the_server_through_a_layer_that_renames_them(
    start: Start, target: str
) -> None:
    """The layer's own name of the option crosses, though the host has another."""
    mini = await start(ASKS, target)
    options = {"url": mini.server.url, "header": {"X-A": "1"}}
    await mini.program.call("ask", target.partition("/")[0], options)
    assert "1" == mini.server.last.headers["X-A"]


async def test_uni_returns_a_promise_without_callbacks(start: Start) -> None:
    """It resolves to what success would have got."""
    mini = await start(ASKS, "uni/h5")
    assert {"ok": True} == await mini.program.call("promise", mini.server.url)


async def test_a_refused_parameter_returns_undefined_on_wechat(start: Start) -> None:
    """A bad address still has a task."""
    mini = await start(ASKS)
    assert "undefinedfunction" == await mini.program.call("nothing")
    await mini.bridge.settled()
