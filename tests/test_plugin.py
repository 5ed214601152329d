"""The pytest plugin, met by small suites of its users."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.target import all_names
from tests.inside import run_inside

if TYPE_CHECKING:
    from pathlib import Path

UPLOAD = """
def options(bridge, url):
    path = bridge.files.add("a.png", b"x")
    return {"url": url, "filePath": path, "name": "f", "fileType": "image"}
"""
PLUGINS = ("-p", "pytest_asyncio.plugin", "-p", "bridge.pytest_plugin", "-p", "no:cacheprovider")


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Make a project whose pytest loads pytest-asyncio and our plugin, and nothing else."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function")
    return pytester


def run(suite: pytest.Pytester, code: str, *more: str) -> pytest.RunResult:
    """Run a test module of a user."""
    suite.makepyfile(UPLOAD + code)
    return run_inside(suite, *PLUGINS, "--strict-markers", *more)


def test_a_bridge_is_on_wechat_unless_marked(suite: pytest.Pytester) -> None:
    """Both fixtures work together, and the bridge is closed at the end."""
    result = run(
        suite,
        """
async def test_upload(bridge, upload_server):
    assert bridge.target == "wx"
    outcome = await bridge.call("uploadFile", options(bridge, upload_server.url))
    assert outcome.ok
    upload_server.last.assert_file(name="f", size=1)
""",
        "-v",
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*::test_upload PASSED*"])


def test_a_run_without_the_fixtures_imports_no_emulation(suite: pytest.Pytester) -> None:
    """The plugin is loaded in every run of whoever has it installed."""
    suite.makepyfile(
        """
import sys

def test_without():
    assert not {"bridge.runtime", "bridge.target", "aiohttp"} & sys.modules.keys()
"""
    )
    result = suite.runpytest_subprocess(*PLUGINS)
    result.assert_outcomes(passed=1)


def test_a_bridge_of_somebody_else_is_left_alone(suite: pytest.Pytester) -> None:
    """A test may have a fixture of that name of its own."""
    result = run(
        suite,
        """
import pytest

@pytest.fixture
def bridge():
    return "over the river"

def test_with_its_own(bridge):
    assert bridge == "over the river"
""",
    )
    result.assert_outcomes(passed=1)


def test_the_marker_runs_a_test_for_each_target(suite: pytest.Pytester) -> None:
    """The ids are the canonical names, and overrides reach the profile."""
    result = run(
        suite,
        """
import pytest

@pytest.mark.target("wx", "my:device", "uni/my:ide", file_type="ignored")
async def test_upload(bridge):
    assert bridge.profile.file_type == "ignored"

@pytest.mark.target("tt")
class TestAll:
    def test_class(self, bridge):
        assert bridge.target == "tt:feishu"
""",
        "-v",
    )
    result.assert_outcomes(passed=4)
    for name in ("upload[[]wx]", "upload[[]my]", "upload[[]uni/my:ide]", "class[[]tt:feishu]"):
        result.stdout.fnmatch_lines([f"*::test_{name} PASSED*"])


def test_a_marker_without_names_keeps_the_default(suite: pytest.Pytester) -> None:
    """Only the overrides count then."""
    result = run(
        suite,
        """
import pytest

@pytest.mark.target(limit=2)
async def test_limit(bridge):
    assert (bridge.target, bridge.profile.limit) == ("wx", 2)
""",
    )
    result.assert_outcomes(passed=1)


def test_the_marker_takes_what_a_bridge_takes(suite: pytest.Pytester) -> None:
    """Its own arguments and profile fields side by side."""
    result = run(
        suite,
        """
import pytest

@pytest.mark.target("wx", domains=["https://a.test"], limit=2)
async def test_domains(bridge, upload_server):
    bridge.route("https://b.test", to=upload_server.url)
    outcome = await bridge.call("uploadFile", options(bridge, "https://b.test/"))
    assert (outcome.reason, bridge.profile.limit) == ("domain_not_listed", 2)
""",
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ('"wexin"', "unknown platform 'wexin'"),
        ('"tt:feishuu"', "did you mean 'tt:feishu'?"),
        ('"my", file_type="off"', "file_type is required or checked or ignored"),
        ('["wx", "my"]', "a target is a text such as 'wx', not ['wx', 'my']"),
    ],
)
def test_a_bad_target_is_one_clear_error(suite: pytest.Pytester, mark: str, said: str) -> None:
    """It is told when tests are collected, with the test, and without our code or pytest's."""
    result = run(
        suite,
        f"""
import pytest

@pytest.mark.target({mark})
async def test_upload(bridge):
    pass
""",
    )
    shown = result.stdout.str() + result.stderr.str()
    assert said in shown
    assert "test_a_bad_target_is_one_clear_error.py::test_upload: " in shown
    assert "pytest_plugin.py" not in shown
    assert "During handling" not in shown
    assert "Traceback" not in shown
    assert "INTERNALERROR" not in shown
    assert result.ret != 0


def test_an_unrouted_origin_fails_at_teardown(suite: pytest.Pytester) -> None:
    """The message says what to add."""
    result = run(
        suite,
        """
async def test_upload(bridge):
    await bridge.call("uploadFile", options(bridge, "https://nowhere.test/up"))
""",
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["nothing is routed for https://nowhere.test: the call failed*"])
    result.stdout.fnmatch_lines(["*bridge.route('https://nowhere.test', to=upload_server.url)"])


def test_all_targets_have_one_name(suite: pytest.Pytester) -> None:
    """`all` is every target, as it is for the command line."""
    result = run(
        suite,
        """
import pytest

@pytest.mark.target("all", limit=7)
async def test_upload(bridge):
    assert bridge.profile.limit == 7
""",
    )
    result.assert_outcomes(passed=len(list(all_names())))


def test_a_fixture_may_ask_for_the_bridge_of_its_test(suite: pytest.Pytester) -> None:
    """Without its name among the arguments there is no parameter: the marker's target is taken."""
    result = run(
        suite,
        """
import pytest

@pytest.fixture
def asked(request):
    return request.getfixturevalue("bridge")

@pytest.mark.target("my", limit=7)
def test_marked(asked):
    assert (asked.target, asked.profile.limit) == ("my", 7)

def test_unmarked(asked):
    assert asked.target == "wx"

@pytest.mark.target("my", "wx")
def test_many(asked):
    pass
""",
    )
    result.assert_outcomes(passed=2, errors=1)
    assert "names 2 targets: have `bridge` among the arguments" in result.stdout.str()


@pytest.mark.parametrize("fixture", ["bridge", "upload_server"])
def test_a_test_on_another_loop_than_its_fixtures_is_told_so(
    suite: pytest.Pytester, fixture: str
) -> None:
    """Its calls would wait for a server whose loop stands still, until their time is over."""
    code = f"""
import pytest

@pytest.mark.asyncio(loop_scope="module")
async def test_upload({fixture}):
    pass

@pytest.mark.asyncio(loop_scope="module")
async def test_without():
    pass
"""
    result = run(suite, code)
    result.assert_outcomes(passed=1, errors=1)
    said = "runs on the event loop of its module, and the minibridge fixtures on that of a function"
    assert said in result.stdout.str()

    result = run(suite, code, "-o", "asyncio_default_fixture_loop_scope=module")
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("fixtures", ["bridge", "bridge, upload_server", "upload_server, bridge"])
def test_a_leaked_call_fails_at_teardown(suite: pytest.Pytester, fixtures: str) -> None:
    """It is named by API and number, also where the server's end would have ended it."""
    result = run(
        suite,
        f"""
async def test_upload({fixtures}):
    bridge.api.uploadFile(options(bridge, "https://127.0.0.1:9/"))
""",
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["still in flight: uploadFile #1; await it, or bridge.settled()"])


def test_a_call_aborted_at_the_end_of_a_test_is_no_leak(suite: pytest.Pytester) -> None:
    """It has settled, although nobody waited to hear of it."""
    result = run(
        suite,
        """
async def test_upload(bridge):
    bridge.api.uploadFile(options(bridge, "https://127.0.0.1:9/")).abort()
""",
    )
    result.assert_outcomes(passed=1)


def test_a_raising_callback_fails_the_test(suite: pytest.Pytester) -> None:
    """An assertion inside a callback counts, unless it is forgiven."""
    result = run(
        suite,
        """
def wrong(result):
    assert result["statusCode"] == 201, "not created"

async def test_upload(bridge, upload_server):
    bridge.api.uploadFile({**options(bridge, upload_server.url), "success": wrong})
    await bridge.settled()

async def test_forgiven(bridge, upload_server):
    bridge.api.uploadFile({**options(bridge, upload_server.url), "success": wrong})
    await bridge.settled()
    bridge.callback_errors.clear()
""",
    )
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*AssertionError: not created*"])


def test_a_failing_test_is_told_once(suite: pytest.Pytester) -> None:
    """The bridge closes after a failure as well."""
    result = run(
        suite,
        """
async def test_upload(bridge, upload_server):
    assert (await bridge.call("uploadFile", {})).ok
""",
    )
    result.assert_outcomes(failed=1)


@pytest.fixture
def without_asyncio(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a module in the way that stands for pytest-asyncio not being installed."""
    folder = suite.mkdir("blocked")
    (folder / "pytest_asyncio.py").write_text("raise ImportError('not installed')\n")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    suite.makeini("[pytest]")
    return folder


@pytest.mark.usefixtures("without_asyncio")
def test_without_pytest_asyncio_the_plugin_is_inert(suite: pytest.Pytester) -> None:
    """Tests that use none of it run; one that does gets one clear error."""
    suite.makepyfile(
        """
import pytest

def test_plain():
    pass

def test_upload(bridge):
    pass

@pytest.mark.target("my")
def test_marked(bridge):
    pass

def test_server(upload_server):
    pass
"""
    )
    result = suite.runpytest_subprocess("-p", "bridge.pytest_plugin", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, errors=3)
    said = "the minibridge fixtures need pytest-asyncio: pip install 'minibridge[pytest]'"
    assert said in result.stdout.str()
    assert "Traceback" not in result.stdout.str()
