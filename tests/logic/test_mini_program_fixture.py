"""The `mini_program` fixture, met by small suites of its users."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inside import run_inside

PAGE = """
const { send } = require('./sender');

Page({
  data: { state: 'new' },
  async onTap(name) {
    const res = await send(name);
    this.setData({ state: `answered ${res.statusCode}` });
    return this.data.state;
  },
});

module.exports = {
  double: (n) => n * 2,
  later: async (n) => n + 1,
  typo: () => nothing.here,
  refuse: () => Promise.reject(new RangeError('too far')),
  lose: () => { Promise.reject(new Error('nobody cares')); },
  wait: () => { setTimeout(() => console.log('waited'), 1); },
  lateThrow: () => { setTimeout(() => { throw new Error('too late') }, 1); },
  env: (name) => process.env[name],
  log: () => { console.log('logged'); console.error('complained'); },
  spin: () => { for (;;); },
  never: () => new Promise(() => {}),
};
"""
SENDER = """
exports.send = (name) => new Promise((success, fail) => {
  wx.chooseImage({ success: (res) => wx.uploadFile({
    url: `${process.env.MINIBRIDGE_SINK_URL}/up`,
    filePath: res.tempFilePaths[0],
    name,
    success,
    fail,
  }) });
});
"""
HEAD = """
import pytest
from bridge.logic.program import JSError
"""
PLUGINS = ("-p", "pytest_asyncio.plugin", "-p", "bridge.pytest_plugin", "-p", "no:cacheprovider")
FLAGS = (*PLUGINS, "--strict-markers", "app")


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Make a project with a page, whose pytest loads pytest-asyncio and our plugin alone."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function")
    folder = pytester.mkdir("app")
    (folder / "page.js").write_text(PAGE)
    (folder / "sender.js").write_text(SENDER)
    return pytester


def write(suite: pytest.Pytester, code: str) -> None:
    """Write a test module of a user, beside the page."""
    (suite.path / "app" / "test_page.py").write_text(HEAD + code)


def run(suite: pytest.Pytester, code: str) -> pytest.RunResult:
    """Run a test module of a user from another folder."""
    write(suite, code)
    return run_inside(suite, *FLAGS)


def test_exports_are_called_and_awaited(suite: pytest.Pytester) -> None:
    """The path is relative to the test's file; a Promise gives its value."""
    result = run(
        suite,
        """
async def test_calls(mini_program):
    program = await mini_program("page.js")
    assert await program.call("double", 4) == 8
    assert await program.call("later", 4) == 5
""",
    )
    result.assert_outcomes(passed=1)


def test_what_a_failed_test_left_waiting_is_cancelled(suite: pytest.Pytester) -> None:
    """It hears of no error, which asyncio would print with a traceback that nobody asked for."""
    result = run(
        suite,
        """
import asyncio

waiting = []

async def test_fails_midway(mini_program):
    program = await mini_program("page.js")
    waiting.append(asyncio.create_task(program.call("never")))
    assert await program.call("double", 4) == 9

def test_after_it():
    [task] = waiting
    assert task.cancelled()
""",
    )
    result.assert_outcomes(passed=1, failed=1)


def test_a_page_uploads_on_the_bridge_of_the_test(suite: pytest.Pytester) -> None:
    """`bridge`, `upload_server` and the program are one environment, on each marked target."""
    result = run(
        suite,
        """
@pytest.mark.target("wx", "wx:devtools")
async def test_page(bridge, upload_server, mini_program):
    bridge.album.add(b"\\x89PNG...")
    program = await mini_program("page.js")
    assert await program.page("page").call("onTap", "avatar") == "answered 200"
    assert await program.page("page").data() == {"state": "answered 200"}
    upload_server.last.assert_file(name="avatar", size=7)
    assert await program.call("env", "MINIBRIDGE_SINK_URL") == upload_server.url
    assert await program.call("env", "MINIBRIDGE_TARGET") == bridge.target
""",
    )
    result.assert_outcomes(passed=2)


def test_the_fixture_works_without_naming_the_others(suite: pytest.Pytester) -> None:
    """A test that asks for `mini_program` alone is marked and checked all the same."""
    result = run(
        suite,
        """
@pytest.mark.target("my")
async def test_alone(mini_program):
    program = await mini_program("page.js")
    assert await program.call("env", "MINIBRIDGE_TARGET") == "my"
""",
    )
    result.assert_outcomes(passed=1)


def test_several_files_are_loaded_in_order(suite: pytest.Pytester) -> None:
    """They share one engine, as `app.js` and a page do."""
    (suite.path / "app" / "app.js").write_text("App({ globalData: { user: 'a' } });")
    (suite.path / "app" / "user.js").write_text("exports.user = () => getApp().globalData.user;")
    result = run(
        suite,
        """
async def test_app(mini_program):
    program = await mini_program("app.js", "user.js")
    assert await program.call("user") == "a"
""",
    )
    result.assert_outcomes(passed=1)


def test_errors_are_python_exceptions_with_the_stack_of_the_program(
    suite: pytest.Pytester,
) -> None:
    """What a call throws or refuses with is a `JSError`, and is not told again at the end."""
    result = run(
        suite,
        """
async def test_errors(mini_program):
    program = await mini_program("page.js")
    with pytest.raises(JSError, match="nothing is not defined") as typo:
        await program.call("typo")
    assert "page.js:" in typo.value.stack
    with pytest.raises(JSError, match="RangeError: too far"):
        await program.call("refuse")

async def test_a_syntax_error(mini_program, tmp_path):
    (tmp_path / "broken.js").write_text("let = ;")
    with pytest.raises(JSError, match="SyntaxError"):
        await mini_program(tmp_path / "broken.js")
""",
    )
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('await program.call("lose")', "unhandled rejection: Error: nobody cares"),
        (
            'await program.call("lateThrow"); await program.idle()',
            "uncaught exception: Error: too late",
        ),
    ],
)
def test_what_nobody_caught_fails_the_test_at_its_end(
    suite: pytest.Pytester, body: str, said: str
) -> None:
    """The message and the place are told, without a Python traceback; it can be forgiven."""
    result = run(
        suite,
        f"""
async def test_lost(mini_program):
    program = await mini_program("page.js")
    {body}
""",
    )
    result.assert_outcomes(passed=1, errors=1)
    shown = result.stdout.str()
    assert "the mini-program threw, and nobody caught it" in shown
    assert said in shown
    assert "page.js:" in shown
    assert "Traceback" not in shown


def test_what_nobody_caught_can_be_forgiven(suite: pytest.Pytester) -> None:
    """Clearing `program.errors` forgives it."""
    result = run(
        suite,
        """
async def test_forgiven(mini_program):
    program = await mini_program("page.js")
    await program.call("lateThrow")
    await program.idle()
    assert ["Error: too late"] == [error.message.partition(": ")[2] for error in program.errors]
    program.errors.clear()
""",
    )
    result.assert_outcomes(passed=1)


def test_the_console_is_captured_output(suite: pytest.Pytester) -> None:
    """What the program logs is shown with a failing test, and a test can read it."""
    result = run(
        suite,
        """
async def test_read(mini_program, capsys):
    program = await mini_program("page.js")
    await program.call("log")
    assert capsys.readouterr().out == "logged\\ncomplained\\n"

async def test_shown(mini_program):
    await (await mini_program("page.js")).call("log")
    assert False
""",
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*Captured stdout call*", "logged", "complained"])


def test_a_loop_is_stopped_and_the_test_goes_on(suite: pytest.Pytester) -> None:
    """Past the deadline of one turn the call raises, and another program can be started."""
    result = run(
        suite,
        """
async def test_spin(mini_program):
    program = await mini_program("page.js", deadline=0.5)
    with pytest.raises(JSError, match="more than 0.5 s"):
        await program.call("spin")
    assert await (await mini_program("page.js")).call("double", 1) == 2
""",
    )
    result.assert_outcomes(passed=1)


def test_a_call_of_the_program_that_is_left_fails_the_test(suite: pytest.Pytester) -> None:
    """An upload in flight at the end is a leak, whichever language began it."""
    (suite.path / "app" / "leak.js").write_text(
        "exports.leak = (url, filePath) => { wx.uploadFile({ url, filePath, name: 'f' }); };"
    )
    result = run(
        suite,
        """
async def test_leak(mini_program, bridge, upload_server):
    upload_server.hold()
    program = await mini_program("leak.js")
    await program.call("leak", upload_server.url, bridge.files.add("a.png", b"x"))
""",
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["still in flight: uploadFile #1*"])


def test_an_engine_serves_test_after_test_and_outlives_none_of_them(suite: pytest.Pytester) -> None:
    """A failed test does not cost its process, the run ends it, and no test sees another's."""
    write(
        suite,
        """
from pathlib import Path

def engines():
    thread = Path("/proc/thread-self").readlink().name
    return Path("/proc/self/task", thread, "children").read_text()

def note():
    with Path("pids").open("a") as pids:
        pids.write(engines() + "\\n")

async def test_one(mini_program):
    program = await mini_program("page.js")
    note()
    assert False

async def test_two(mini_program):
    program = await mini_program("page.js")
    note()
""",
    )
    result = suite.runpytest_subprocess(*FLAGS)
    result.assert_outcomes(passed=1, failed=1)
    one, two = (suite.path / "pids").read_text(encoding="utf-8").splitlines()
    assert one == two
    assert [] == [pid for pid in one.split() if Path("/proc", pid).exists()]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ('"absent.js"', "cannot read"),
        ('"page.js", engine="v8"', "v8"),
    ],
)
def test_a_mistake_of_the_test_is_one_clear_error(
    suite: pytest.Pytester, call: str, said: str
) -> None:
    """A missing file or an unknown engine is a `BridgeError`."""
    result = run(
        suite,
        f"""
from bridge import BridgeError

async def test_mistake(mini_program):
    with pytest.raises(BridgeError, match={said!r}):
        await mini_program({call})
""",
    )
    result.assert_outcomes(passed=1)
