"""What each host hands a mini-program's JavaScript, on both engines and over real sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bridge import Reason
from bridge.logic.program import JSError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bridge import UploadServer
    from bridge.logic.children import Children

    from .conftest import Mini

    Start = Callable[..., Awaitable[Mini]]

FULL = ["abort", "offHeadersReceived", "offProgressUpdate", "onHeadersReceived", "onProgressUpdate"]

SHAPE = """
exports.shape = (options) => new Promise((complete) => {
  const made = NS.uploadFile({ ...options, complete: () => complete(shape) });
  const shape = made && [typeof made.then, Object.keys(made).sort()];
});
"""


@pytest.fixture
def children(minibridge_children: Children) -> Children:
    """Give one program after the other the same processes: these are no tests of engines."""
    return minibridge_children


@pytest.mark.parametrize(
    ("target", "then", "members"),
    [
        ("wx", "undefined", FULL),
        ("my", "function", FULL),
        ("my:ide", "function", []),
        ("tt:feishu", "undefined", ["abort", "onProgressUpdate"]),
        ("tt:douyin", "undefined", ["abort", "onProgressUpdate"]),
        ("uni/app", "undefined", FULL),
        ("mpx/my", "function", FULL),
    ],
)
async def test_a_call_returns_the_hosts_own_kind_of_thing(
    start: Start, target: str, then: str, members: list[str]
) -> None:
    """A task, or a Promise that may be a task as well, with exactly that host's members."""
    namespace = target.partition(":")[0].partition("/")[0]
    mini = await start(SHAPE.replace("NS", namespace), target)
    assert [then, members] == await mini.program.call("shape", mini.options)


async def test_a_missing_member_is_absent_or_idle_or_throws(start: Start) -> None:
    """Three hosts, three ways to lack the headers event."""
    source = """
      exports.member = (options) => {
        const own = globalThis.uni || globalThis.tt;
        const task = own.uploadFile({ ...options, complete() {} });
        if (!('onHeadersReceived' in task)) return 'absent';
        try { return String(task.onHeadersReceived(() => {})); } catch (e) { return e.message; }
      };
    """
    found = {}
    for target in ("tt:feishu", "uni/app", "uni/h5"):
        mini = await start(source, target)
        found[target] = await mini.program.call("member", mini.options)
    expected = {"tt:feishu": "absent", "uni/app": "undefined"}
    assert {**expected, "uni/h5": "Method not implemented."} == found


async def test_wechat_returns_nothing_after_a_parameter_error(start: Start) -> None:
    """Its callbacks run all the same, after the call."""
    source = """
      const { calls } = require('./prelude');
      let made = 'none';
      const call = (given) => { made = String(wx.uploadFile(given)); };
      exports.calls = (options) => calls(call, options);
      exports.made = () => made;
      exports.odd = () => [undefined, null, 'text', ['a']].map((odd) => String(wx.uploadFile(odd)));
    """
    mini = await start(source)
    (name, result), (last, again) = await mini.program.call("calls", {"name": "f"})
    assert ("fail", "complete") == (name, last)
    assert result == again
    assert result["errMsg"].startswith("uploadFile:fail parameter error: ")
    assert "undefined" == await mini.program.call("made")
    assert ["undefined"] * 4 == await mini.program.call("odd")


async def test_each_callback_gets_an_object_of_its_own(start: Start) -> None:
    """A change made in `success` is not seen in `complete`, nor in the next listener."""
    source = """
      exports.up = (options) => new Promise((done) => {
        const seen = [];
        const spoil = (p) => { p.progress = 'spoilt'; p.more = 1; };
        const task = wx.uploadFile({
          ...options,
          success(r) {
            seen.push(r.statusCode, r instanceof Object);
            r.statusCode = 0;
            r.header.x = 1;
          },
          complete(r) { done([...seen, r.statusCode, 'x' in r.header]); },
        });
        task.onProgressUpdate(spoil);
        task.onProgressUpdate((p) => { if (!seen.length) seen.push(p.progress); });
      });
    """
    mini = await start(source)
    assert [100, 200, True, 200, False] == await mini.program.call("up", mini.options)


LISTENERS = """
exports.up = (options) => new Promise((done) => {
  const told = { twice: 0, removed: 0, cleared: 0, kept: 0, headers: 0 };
  const task = NS.uploadFile({ ...options, complete: () => {
    task.onProgressUpdate(() => { told.late = 1; });
    done(told);
  } });
  const count = (name) => () => { told[name] += 1; };
  task.onProgressUpdate(count('cleared'));
  task.offProgressUpdate();
  const twice = count('twice'), removed = count('removed');
  task.onProgressUpdate(twice);
  task.onProgressUpdate(twice);
  task.onProgressUpdate(removed);
  task.offProgressUpdate(removed);
  task.offProgressUpdate(() => {});
  task.onProgressUpdate('no function');
  if (HEADERS) task.onHeadersReceived(count('headers'));
});
"""


@pytest.mark.parametrize(
    ("target", "headers", "expected"),
    [
        ("wx", "true", {"twice": 1, "removed": 0, "cleared": 0, "kept": 0, "headers": 1}),
        ("uni/h5", "false", {"twice": 2, "removed": 0, "cleared": 1, "kept": 0, "headers": 0}),
    ],
)
async def test_listeners_follow_the_hosts_rules(
    start: Start, target: str, headers: str, expected: dict[str, int]
) -> None:
    """Added twice, removed, cleared, or added too late: one small upload has one progress event."""
    source = LISTENERS.replace("NS", target.partition("/")[0]).replace("HEADERS", headers)
    mini = await start(source, target)
    assert expected == await mini.program.call("up", mini.options)


@pytest.mark.parametrize("when", ["at once", "when sending"])
async def test_abort_ends_a_call_once(start: Start, server: UploadServer, when: str) -> None:
    """In the tick of the call or later; a second one does nothing."""
    source = """
      let task;
      exports.up = (options) => new Promise((done) => {
        const heard = [];
        const note = (name) => (r) => { heard.push([name, r.errMsg]); };
        const complete = (r) => { note('complete')(r); setTimeout(() => done(heard), 1); };
        const success = note('success'), fail = note('fail');
        task = wx.uploadFile({ ...options, success, fail, complete });
        if (options.at_once) { exports.stop(); heard.push('returned'); }
      });
      exports.stop = () => [task.abort(), task.abort()].map(String);
    """
    server.reply(delay=60)
    mini = await start(source)
    aborted = [["fail", "uploadFile:fail abort"], ["complete", "uploadFile:fail abort"]]
    at_once = when == "at once"
    if at_once:
        heard = await mini.program.call("up", {**mini.options, "at_once": True})
    else:
        await mini.program.load(mini.folder / "main.js")
        running = mini.program.call("up", mini.options)
        heard = await _stopped(mini, server, running)
    assert (["returned", *aborted] if at_once else aborted) == heard


async def _stopped(mini: Mini, server: UploadServer, running: Any) -> Any:  # noqa: ANN401
    """Abort an upload from JavaScript once it is being sent, and return what it heard."""
    import asyncio  # noqa: PLC0415

    waiting = asyncio.ensure_future(running)
    await server.receiving(1)
    assert ["undefined", "undefined"] == await mini.program.call("stop")
    return await waiting


async def test_only_known_options_cross_and_the_others_are_named(
    start: Start, server: UploadServer
) -> None:
    """Functions stay, and an unknown option is on the record by its name."""
    source = """
      const { calls } = require('./prelude');
      const odd = { odd: () => {}, 'b\\ud800': 1, success: 5 };
      exports.up = (options) => calls(wx.uploadFile, { ...options, ...odd });
    """
    mini = await start(source)
    heard = await mini.program.call("up", {**mini.options, "formData": {"a": "1"}})
    assert ["success", "complete"] == [name for name, _ in heard]
    (record,) = mini.bridge.calls
    assert {"odd", "b\ufffd"} <= set(record.unknown_keys)
    assert not {"odd", "success", "complete"} & set(record.options)
    assert "uploadFile" == record.api
    assert "1" == server.uploads[-1].field("a")


PROMISES = """
const { calls } = require('./prelude');
exports.plain = async (options) => {
  const made = NS.API(options);
  return [Object.keys(made), (await made).MARK];
};
exports.refused = async () => { try { await NS.API({}); } catch (error) { return error; } };
exports.dropped = () => { NS.API({}); };
exports.heard = () => { NS.API({ fail() {} }); };
"""


async def test_uni_returns_a_promise_only_without_callbacks(start: Start, engine: str) -> None:
    """It hides the task; a refusal is the host's plain object, and unhandled if nobody catches."""
    source = PROMISES.replace("NS.API", "uni.uploadFile").replace("MARK", "statusCode")
    mini = await start(source, "uni/wx")
    assert [[], 200] == await mini.program.call("plain", mini.options)
    refused = await mini.program.call("refused")
    assert refused["errMsg"].startswith("uploadFile:fail")
    await mini.program.call("heard")
    await mini.program.idle()
    assert [] == mini.at("unhandled")
    await mini.program.call("dropped")
    await mini.program.idle()
    assert (1 if engine == "node" else 0) == len(mini.at("unhandled"))


async def test_alipays_promise_is_heard_of_by_callbacks(start: Start) -> None:
    """With `fail` given, the Promise that also comes back is no unhandled rejection."""
    source = PROMISES.replace("NS.API", "my.uploadFile").replace("MARK", "data")
    mini = await start(source, "my")
    members, data = await mini.program.call("plain", mini.options)
    assert FULL == sorted(members)
    assert '{"ok":true}' == data
    assert "error" in await mini.program.call("refused")
    await mini.program.call("heard")
    await mini.program.idle()
    assert [] == mini.at("unhandled")


async def test_mpx_keeps_the_native_return_of_a_promised_call(start: Start) -> None:
    """The Promise's only own key is `__returned`; caught once is caught."""
    source = """
      exports.up = async (options) => {
        const made = mpx.uploadFile({ ...options, success() {} });
        const members = Object.keys(made.__returned).sort();
        return [Object.keys(made), members, typeof made.__returned.then, (await made).data];
      };
      exports.refused = () => mpx.uploadFile({}).catch((error) => [error.error === undefined]);
    """
    for target, then in (("mpx/wx", "undefined"), ("mpx/my", "function")):
        mini = await start(source, target, settings={"use_promise": "on"})
        expected = [["__returned"], FULL, then, '{"ok":true}']
        assert expected == await mini.program.call("up", mini.options)
        if target == "mpx/my":
            assert [False] == await mini.program.call("refused")
        await mini.program.idle()
        assert [] == mini.at("unhandled")


async def test_the_uploader_is_configured_in_a_chain(start: Start, server: UploadServer) -> None:
    """Its settings return itself; `domain` replaces the base for one call."""
    source = """
      const up = (options) => new Promise((complete) => uploader.upload({ ...options, complete }));
      exports.up = async (options, base) => {
        const made = uploader.config({ baseURI: base }).setHeader({ 'X-A': '1' });
        const same = made.setFormData({ b: '2' }) === uploader;
        const first = await up(options);
        return [same, first, await up({ ...options, url: '/other', domain: options.there })];
      };
      exports.wrong = () => uploader.config('text') === uploader;
    """
    mini = await start(source, "uploader/wx")
    options = {**mini.options, "url": "/first", "there": server.url}
    same, first, second = await mini.program.call("up", options, server.url)
    assert same is True
    assert [200, 200] == [first["statusCode"], second["statusCode"]]
    assert ["/first", "/other"] == [upload.path for upload in server.uploads]
    assert ["1", "1"] == [upload.headers["X-A"] for upload in server.uploads]
    assert ["2", "2"] == [upload.field("b") for upload in server.uploads]
    assert await mini.program.call("wrong") is True


CHOOSE = """
const { calls } = require('./prelude');
exports.promised = async () => (await NS.chooseImage({ count: 1 })).MARK.length;
exports.called = () => calls(NS.chooseImage, {});
const said = (error) => error.errMsg || error.message;
exports.refused = () => NS.chooseImage({ odd: 1 }).catch(said);
exports.back = () => String(NS.chooseImage({ fail() {} }));
"""


async def test_a_picker_answers_by_promise_or_by_callbacks(start: Start, picture: bytes) -> None:
    """A chosen file uploads; a user who backs out is the host's refusal; an empty album is ours."""
    source = CHOOSE.replace("NS", "wx").replace("MARK", "tempFilePaths")
    mini = await start(source, settings={"album": [picture]})
    assert 1 == await mini.program.call("promised")
    heard = await mini.program.call("called")
    assert ["success", "complete"] == [name for name, _ in heard]
    mini.bridge.album.cancel_next()
    assert "chooseImage:fail cancel" == await mini.program.call("refused")
    mini.bridge.album.cancel_next()
    assert "undefined" == await mini.program.call("back")
    await mini.program.idle()
    assert ("odd",) == mini.bridge.calls[2].unknown_keys
    assert [] == mini.at("unhandled")


async def test_an_empty_album_is_told_to_the_author(start: Start) -> None:
    """By the Promise if there is one, else as an unhandled error: no host says such a thing."""
    mini = await start(CHOOSE.replace("NS", "wx"))
    assert "album" in await mini.program.call("refused")
    assert "undefined" == await mini.program.call("back")
    await mini.program.idle()
    (said,) = mini.at("unhandled")
    assert said.startswith("wx.chooseImage: Error: ")
    assert "album" in said


async def test_a_call_on_a_closed_bridge_throws_at_the_call(start: Start) -> None:
    """The author's mistake, in the line that makes it."""
    mini = await start("exports.up = () => wx.uploadFile({});")
    await mini.bridge.aclose()
    with pytest.raises(JSError, match="this Bridge is closed") as caught:
        await mini.program.call("up")
    assert f"{mini.folder.as_posix()}/main.js:1:" in caught.value.stack


async def test_feishu_takes_undefined_and_the_empty_text_for_absent(start: Start) -> None:
    """The same call with either comes to the same answer, as with neither."""
    source = """
      const { calls } = require('./prelude');
      exports.up = (options) => Promise.all(
        [{}, { name: undefined }, { name: '' }].map(
          (more) => calls(tt.uploadFile, { ...options, ...more })));
    """
    mini = await start(source, "tt:feishu")
    given = {key: value for key, value in mini.options.items() if key != "name"}
    absent, undefined, empty = await mini.program.call("up", given)
    assert ["fail", "complete"] == [name for name, _ in absent]
    assert [Reason.BAD_PARAMETER] * 3 == [record.reason for record in mini.bridge.calls]
    codes = {str(heard[0][1]["errMsg"]) for heard in (absent, undefined, empty)}
    assert 1 == len(codes)
