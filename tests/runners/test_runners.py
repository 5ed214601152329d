"""Jest, Vitest and `node --test` under `minibridge exec`, for real."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import npm

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran, Runner  # type: ignore[import-not-found]

pytestmark = pytest.mark.timeout(180)

PASSED = {
    "jest": "Tests:       5 passed, 5 total",
    "vitest": "Tests  5 passed (5)",
    "node-test": " pass 5",
}
SCRIPTS = {"jest": "test:jest", "vitest": "test:vitest", "node-test": "test:node"}
IMPORTS = {
    "jest": "",
    "vitest": "import { expect, test, vi } from 'vitest';\n",
    "node-test": (
        "const { mock, test } = require('node:test');\n"
        "const { deepEqual } = require('node:assert/strict');\n"
        "const expect = (actual) => ({ toEqual: (expected) => deepEqual(actual, expected) });\n"
    ),
}
UPLOAD = """
minibridge.route('https://api.example.com');
const upload = (callbacks) => wx.uploadFile({
  url: 'https://api.example.com/a',
  name: 'file',
  filePath: minibridge.files.add('a.png', Buffer.from([1, 2])),
  ...callbacks,
});
"""
BROKEN = """
test('an error in success', () => new Promise((done) => {
  const seen = [];
  upload({
    success() { seen.push('success'); throw new Error('the logic is broken'); },
    complete() { console.log('seen:', [...seen, 'complete'].join()); done(); },
  });
}));
"""
WRONG = """
test('a wrong expectation', async () => {
  const { statusCode } = await new Promise((success) => upload({ success }));
  expect(statusCode).toEqual(418);
});
"""
MISTAKE = """
test('an empty album', () => new Promise((done) => { wx.chooseImage({ complete: done }); }), 500);
"""
ALONE = """
test('this file sees its own uploads, in its own realm', async () => {
  await new Promise((success) => upload({ success }));
  expect(minibridge.uploads().length).toEqual(1);
  expect(minibridge.uploads() instanceof Array).toEqual(true);
  expect(minibridge.target).toEqual('wx');
  expect(minibridge.url).toEqual(process.env.MINIBRIDGE_SINK_URL);
});
"""
LARGE = """
test('large answers and files', async () => {
  const size = 9 << 20;
  minibridge.server.reply({ body: 'x'.repeat(size) });
  const { data } = await new Promise((success) => upload({ success }));
  expect(data.length).toEqual(size);
  const path = minibridge.files.add('large', Buffer.alloc(size));
  expect(minibridge.files.read(path).byteLength).toEqual(size);
});
test('what is too large is refused, and the session goes on', async () => {
  const told = (work) => { try { work(); } catch (error) { return error.message; } return ''; };
  const size = 64.5 * 2 ** 20;
  const text = 'minibridge: a message of 65 MiB is longer than the 64 MiB that the bridge takes';
  expect(told(() => upload({ formData: { a: 'x'.repeat(size) } }))).toEqual(text);
  expect(told(() => wx.chooseImage({ sourceType: ['x'.repeat(size)] }))).toEqual(text);
  expect((await new Promise((success) => upload({ success }))).statusCode).toEqual(200);
});
"""
FAKING = """
test('fake timers', async () => {
  FAKE;
  minibridge.network.offline();
  await new Promise((fail) => upload({ fail }));
  minibridge.network.online();
  const again = new Promise((success) => setTimeout(() => upload({ success }), 3_600_000));
  expect(minibridge.uploads().length).toEqual(0);
  TICK(3_600_000);
  expect((await again).statusCode).toEqual(200);
  expect(minibridge.uploads().length).toEqual(1);
});
"""
LISTED = """
test('an address that the domain list lacks', async () => {
  minibridge.domains(['https://other.example.com']);
  const { errMsg } = await new Promise((fail) => upload({ fail }));
  expect(errMsg).toEqual('uploadFile:fail createUploadTask:fail url not in domain list');
  minibridge.domains(null);
  expect((await new Promise((success) => upload({ success }))).statusCode).toEqual(200);
});
"""
HERE = """
test('this is the Node that was asked for', () => {
  expect(process.versions.node).toEqual('VERSION');
});
"""
ENGINE = """
// The first came with Node 22, the second with Node 24.
console.log(typeof Set.prototype.union, typeof RegExp.escape);
wx.chooseImage({ success({ tempFilePaths: [filePath] }) {
  const url = process.env.MINIBRIDGE_SINK_URL;
  wx.uploadFile({ url, filePath, name: 'f', success: (done) => console.log(done.statusCode) });
} });
"""
NEWEST = {"20": "undefined undefined", "22": "function undefined"}
OTHER_LINES = npm.other_lines()
FAKES = {
    "jest": ("jest.useFakeTimers()", "jest.advanceTimersByTime"),
    "vitest": ("vi.useFakeTimers()", "vi.advanceTimersByTime"),
    "node-test": ("mock.timers.enable({ apis: ['setTimeout'] })", "mock.timers.tick"),
}
LEAKED = """
test('a call that nobody waits for', () => {
  minibridge.server.hold();
  upload({ timeout: 600_000 });
});
"""


def faking(runner: str) -> str:
    """Return the test with fake timers, in this runner's words."""
    faked, tick = FAKES[runner]
    return FAKING.replace("FAKE", faked).replace("TICK", tick)


def suite(runner: str, *tests: str) -> str:
    """Return the text of a test file for this runner."""
    return IMPORTS[runner] + UPLOAD + "".join(tests)


@pytest.mark.parametrize("name", PASSED)
def test_the_example_passes(example: Callable[[str], Ran], name: str) -> None:
    """The mini-program's page passes its own tests, started by the package's own script."""
    ran = example(SCRIPTS[name])
    assert PASSED[name] in ran.said
    assert 0 == ran.status


@pytest.mark.parametrize("name", FAKES)
def test_fake_timers_leave_the_bridge_alone(runner: Runner, name: str) -> None:
    """Calls fail and succeed while the logic's own clock is the test's."""
    ran = runner(name, {"faking.test.js": suite(name, faking(name))})
    assert 0 == ran.status, ran.said


def test_what_is_large_crosses_and_what_is_too_large_is_told(runner: Runner) -> None:
    """Node 20 takes no compressed message of more than 4 MiB; none takes one beyond the limit."""
    ran = runner("node-test", {"large.test.js": IMPORTS["node-test"] + UPLOAD + LARGE})
    assert 0 == ran.status, ran.said
    assert " pass 2" in ran.said


@npm.ONE_NODE
def test_a_domain_list_is_judged(runner: Runner) -> None:
    """The failure that a release meets first, in the host's own words."""
    ran = runner("node-test", {"listed.test.js": suite("node-test", LISTED)})
    assert 0 == ran.status, ran.said
    assert " pass 1" in ran.said


@npm.ONE_NODE
@pytest.mark.parametrize("name", PASSED)
def test_an_error_in_a_callback_fails_the_run(runner: Runner, name: str) -> None:
    """The runner shows the logic's own error and line; `complete` ran all the same."""
    ran = runner(name, {"broken.test.js": suite(name, BROKEN)})
    assert 1 == ran.status
    assert "the logic is broken" in ran.said
    assert "seen: success,complete" in ran.said
    assert "broken.test.js:" in ran.said


@npm.ONE_NODE
@pytest.mark.parametrize("name", PASSED)
def test_a_failed_expectation_fails_the_run(runner: Runner, name: str) -> None:
    """The status is the runner's own."""
    ran = runner(name, {"wrong.test.js": suite(name, WRONG)})
    assert 1 == ran.status
    assert "418" in ran.said


@npm.ONE_NODE
@pytest.mark.parametrize("name", PASSED)
def test_a_mistake_of_the_test_is_told(runner: Runner, name: str) -> None:
    """What no host would answer, such as an empty album, surfaces as an error."""
    ran = runner(name, {"mistake.test.js": suite(name, MISTAKE)})
    assert 1 == ran.status
    assert "the album holds nothing to pick" in ran.said


@pytest.mark.parametrize("name", PASSED)
def test_each_file_has_a_session_of_its_own(runner: Runner, name: str) -> None:
    """No file sees another's uploads, also where a runner shares a process; a trace tells them."""
    files = {f"{letter}.test.js": suite(name, ALONE) for letter in "abc"}
    words = ("--runInBand",) if name == "jest" else ()
    ran = runner(name, files, *words)
    assert 0 == ran.status, ran.said
    assert 3 == len(ran.sessions)


@pytest.mark.parametrize("name", ["jest", "vitest"])
def test_a_leaked_call_does_not_keep_the_runner(runner: Runner, name: str) -> None:
    """A call in flight at the end is cut off with its session."""
    ran = runner(name, {"leaked.test.js": suite(name, LEAKED)})
    assert 0 == ran.status, ran.said


def test_vitest_without_isolation_takes_the_setup_file(runner: Runner) -> None:
    """The setup file gives each file its session where they share one process."""
    config = (
        "export default { test: { isolate: false, fileParallelism: false, "
        "setupFiles: [process.env.MINIBRIDGE_JEST_SETUP] } };\n"
    )
    files = {f"{letter}.test.js": suite("vitest", ALONE) for letter in "ab"}
    ran = runner("vitest", files | {"vitest.config.mjs": config})
    assert 0 == ran.status, ran.said


@pytest.mark.parametrize("pool", ["threads", "forks"])
def test_vitest_runs_in_either_pool(runner: Runner, pool: str) -> None:
    """The preload reaches threads and processes alike."""
    ran = runner("vitest", {"a.test.js": suite("vitest", ALONE)}, f"--pool={pool}")
    assert 0 == ran.status, ran.said


def test_jest_takes_its_setup_as_a_plain_setup_file(runner: Runner) -> None:
    """`setupFiles` has no hook at the end; the next file's session ends the one before."""
    config = "module.exports = { setupFiles: [process.env.MINIBRIDGE_JEST_SETUP] };\n"
    files = {f"{letter}.test.js": suite("jest", ALONE) for letter in "ab"}
    ran = runner("jest", files | {"jest.config.js": config}, "--runInBand")
    assert 0 == ran.status, ran.said


@pytest.mark.parametrize("node", OTHER_LINES, indirect=True)
@pytest.mark.parametrize("name", PASSED)
def test_the_other_lines_of_node_work_too(
    request: pytest.FixtureRequest, runner: Runner, name: str
) -> None:
    """A file with a failing upload, one that succeeds, and fake timers passes in each runner."""
    version = request.node.callspec.params["node"]
    text = suite(name, HERE.replace("VERSION", version), faking(name))
    ran = runner(name, {"smoke.test.js": text})
    assert 0 == ran.status, ran.said


@pytest.mark.parametrize("node", OTHER_LINES, indirect=True)
def test_the_other_lines_of_node_run_programs_too(
    request: pytest.FixtureRequest, logic: Callable[[str], Ran]
) -> None:
    """As `minibridge run` does."""
    line = request.node.callspec.params["node"].partition(".")[0]
    ran = logic(ENGINE)
    assert 0 == ran.status, ran.said
    assert f"{NEWEST[line]}\n200\n" in ran.said
