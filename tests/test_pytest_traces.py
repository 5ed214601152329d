"""What a run keeps of its calls: met by small suites of the plugin's users."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.inside import run_inside

if TYPE_CHECKING:
    from pathlib import Path

SUITE = """
import pytest

async def send(bridge, url, path=None):
    path = path or bridge.files.add("a.png", b"picture")
    options = {"url": url, "filePath": path, "name": "f", "fileType": "image"}
    return await bridge.call("uploadFile", options)

async def test_good(bridge, upload_server):
    await send(bridge, upload_server.url)

@pytest.mark.target("my")
async def test_bad(bridge, upload_server):
    await send(bridge, upload_server.url)
    outcome = await send(bridge, upload_server.url, "none")
    assert outcome.ok
"""
PLUGINS = ("pytest_asyncio.plugin", "bridge.pytest_plugin")


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Make a project whose pytest loads pytest-asyncio and our plugin, and nothing else."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function")
    return pytester


def run(suite: pytest.Pytester, *more: str, code: str = SUITE) -> pytest.RunResult:
    """Run a test module of a user."""
    suite.makepyfile(code)
    plugins = [flag for name in PLUGINS for flag in ("-p", name)]
    return run_inside(suite, *plugins, *more)


def kept(suite: pytest.Pytester) -> list[Path]:
    """Return the traces in pytest's cache."""
    return sorted((suite.path / ".pytest_cache" / "d" / "minibridge").glob("*.jsonl"))


def records(trace: Path) -> list[dict[str, Any]]:
    """Return what a trace holds."""
    return [json.loads(line) for line in trace.read_text().splitlines()]


def test_a_failing_test_keeps_its_trace_and_says_where(suite: pytest.Pytester) -> None:
    """The failure shows how the last bad call ended, and the path of the trace."""
    result = run(suite)
    result.assert_outcomes(passed=1, failed=1)
    [trace] = kept(suite)
    result.stdout.fnmatch_lines(
        [
            "*- minibridge -*",
            "uploadFile #2 failed: missing_file: *",
            f"trace of 2 calls on my: {trace.relative_to(suite.path)}",
        ]
    )
    good, bad = records(trace)
    assert [True, False] == [good["outcome"]["ok"], bad["outcome"]["ok"]]
    assert {"test_a_failing_test_keeps_its_trace_and_says_where.py::test_bad[my]"} == {
        good["session"],
        bad["session"],
    }


def test_a_trace_names_the_upload_that_arrived(suite: pytest.Pytester) -> None:
    """The embedded server's number and its hash of each part are in it."""
    run(suite, code=SUITE.replace("assert outcome.ok", "assert False"))
    good, bad = records(kept(suite)[0])
    assert (1, None) == (good["sink_upload"], bad["sink_upload"])
    assert 64 == len(good["request"]["parts"][0]["sha256"])


def test_a_passing_run_keeps_nothing(suite: pytest.Pytester) -> None:
    """There is no folder, and no word of it."""
    result = run(suite, "-k", "good")
    assert [] == kept(suite)
    assert not (suite.path / ".pytest_cache" / "d" / "minibridge").exists()
    result.stdout.no_fnmatch_line("*minibridge:*")


def test_the_traces_of_an_earlier_run_go_when_a_test_fails_anew(suite: pytest.Pytester) -> None:
    """What is kept is one run's."""
    run(suite)
    [old] = kept(suite)
    os.utime(old, (1, 1))
    stale = old.rename(old.with_name("of-a-test-that-is-gone.jsonl"))
    run(suite)
    assert [old] == kept(suite)
    assert not stale.exists()


def test_a_run_without_a_cache_keeps_traces_all_the_same(suite: pytest.Pytester) -> None:
    """They lie among the temporary files then."""
    result = run(suite, "-p", "no:cacheprovider")
    line = next(line for line in result.outlines if line.startswith("trace of 2 calls on my: "))
    trace = (suite.path / line.partition(": ")[2]).resolve()
    assert 2 == len(records(trace))
    trace.unlink()
    trace.parent.rmdir()


def test_a_call_that_is_still_in_flight_is_in_the_trace(suite: pytest.Pytester) -> None:
    """The plugin fails such a test, and its trace tells how far the call has come."""
    code = """
async def test_forgotten(bridge, upload_server):
    upload_server.reply(delay=60)
    path = bridge.files.add("a.png", b"x")
    bridge.api.uploadFile({"url": upload_server.url, "filePath": path, "name": "f"})
    assert False
"""
    result = run(suite, code=code)
    result.stdout.fnmatch_lines(["uploadFile #1 had not ended", "trace of 1 call on wx: *"])


@pytest.mark.parametrize("workers", [(), ("-p", "xdist.plugin", "-n", "2")])
def test_the_page_shows_the_calls_of_every_test(
    suite: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    """Passing tests too, and those of all processes."""
    result = run(suite, "--bridge-report=run.html", *workers)
    result.stdout.fnmatch_lines(["minibridge: 3 calls on the page run.html"])
    page = (suite.path / "run.html").read_text()
    assert page.startswith("<!doctype html>")
    assert 1 == page.count('class="calls"')


def test_a_run_without_calls_writes_no_page(suite: pytest.Pytester) -> None:
    """And says so."""
    result = run(suite, "--bridge-report=run.html", code="def test_nothing(): pass")
    result.stdout.fnmatch_lines(["minibridge: no test made a call, so run.html was not written"])
    assert not (suite.path / "run.html").exists()


def test_a_page_that_cannot_be_written_is_said_at_the_end(suite: pytest.Pytester) -> None:
    """The tests have run all the same."""
    result = run(suite, "--bridge-report=none/run.html", "-k", "good")
    result.assert_outcomes(passed=1, deselected=1)
    result.stdout.fnmatch_lines(["minibridge: *none/run.html*"])
