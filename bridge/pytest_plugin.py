"""
The pytest plugin: `bridge`, `upload_server` and `mini_program` in every test that asks for them.

It needs pytest-asyncio; without it the plugin is inert, and a test that asks for a fixture says so.
A run in which no test asks for one imports no emulation.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, suppress
from inspect import signature
from typing import TYPE_CHECKING, Any, cast

import pytest

from bridge import stacks
from bridge.errors import BridgeError
from bridge.pytest_traces import Traces

try:
    import pytest_asyncio
except ImportError:
    pytest_asyncio = None  # type: ignore[assignment]  # tested by running without it

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping
    from pathlib import Path

    from bridge.logic.children import Children
    from bridge.logic.program import Program
    from bridge.runtime import Bridge
    from bridge.sink import UploadServer
    from bridge.trace import Record

_MARK = "target(*names, **settings): the environments that the `bridge` fixture emulates in turn"
_LEAKED = pytest.StashKey["list[Record]"]()
_MISSING = "the minibridge fixtures need pytest-asyncio: pip install 'minibridge[pytest]'"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the page of a run."""
    parser.getgroup("minibridge").addoption(
        "--bridge-report",
        metavar="FILE",
        help="write the calls of all tests that have a bridge to one HTML page",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the `target` marker, and what keeps traces."""
    config.addinivalue_line("markers", _MARK)
    config.pluginmanager.register(Traces(config, config.getoption("bridge_report")))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each target its marker names."""
    if "bridge" not in metafunc.fixturenames:
        return
    marked = metafunc.definition.get_closest_marker("target") is not None
    targets = _targets(metafunc.definition)
    ids = [name if marked else pytest.HIDDEN_PARAM for name, _ in targets]
    metafunc.parametrize("bridge", targets, indirect=True, ids=ids)


def _targets(item: pytest.Item) -> list[tuple[str, Mapping[str, Any]]]:
    """Return what a test's marker asks for, or fail the test in a sentence."""
    mark = item.get_closest_marker("target")
    names, settings = (mark.args or ("wx",), mark.kwargs) if mark else (("wx",), {})
    try:
        return [(name, settings) for name in _resolved(names, settings)]
    except BridgeError as error:
        wrong = str(error)
    # Not raised while the other is handled, which pytest would show as well.
    pytest.fail(f"{item.nodeid}: {wrong}", pytrace=False)


def _resolved(names: tuple[str, ...], settings: Mapping[str, object]) -> list[str]:
    """Return the canonical addresses of targets; raises `BridgeError` for what cannot be opened."""
    from bridge.runtime import Bridge  # noqa: PLC0415  for who asks
    from bridge.target import all_names, resolve  # noqa: PLC0415

    own = signature(Bridge).parameters.keys() - {"target", "overrides"}
    overrides = {name: value for name, value in settings.items() if name not in own}
    every = [one for name in names for one in (all_names() if name == "all" else [name])]
    return [resolve(name, overrides).name for name in every]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Note what is in flight when a test ends: the end of other fixtures may end it."""
    opened = getattr(item, "funcargs", {}).get("bridge")
    if opened is None:
        return
    from bridge.runtime import Bridge  # noqa: PLC0415  it may be another plugin's fixture, though

    if isinstance(opened, Bridge):
        item.stash[_LEAKED] = [record for record in opened.in_flight if record.ok is None]


def _fixture(function: Callable[..., Any]) -> Any:  # noqa: ANN401  pytest's fixtures are not typed
    if pytest_asyncio is not None:
        return pytest_asyncio.fixture(function)
    return pytest.fixture(_missing, name=function.__name__)


def _missing() -> None:
    raise pytest.UsageError(_MISSING)


def _check_loop(request: pytest.FixtureRequest) -> None:
    """Fail a test on another loop than its fixtures: its calls would wait until their time-out."""
    mark = request.node.get_closest_marker("asyncio")
    if mark is None:
        return
    own = request.config.getini("asyncio_default_fixture_loop_scope") or "function"
    its = mark.kwargs.get("loop_scope") or request.config.getini("asyncio_default_test_loop_scope")
    if its != own:
        pytest.fail(
            f"the test runs on the event loop of its {its}, and the minibridge fixtures on that "
            f"of a {own}: set asyncio_default_fixture_loop_scope = {its}, or open Bridge and "
            "UploadServer in fixtures of your own",
            pytrace=False,
        )


def _asked(request: pytest.FixtureRequest) -> tuple[str, Mapping[str, Any]]:
    """Return the target of a bridge, also of one that a fixture asks for while the test runs."""
    if hasattr(request, "param"):
        return cast("tuple[str, Mapping[str, Any]]", request.param)
    targets = _targets(request.node)
    if len(targets) > 1:
        message = f"the marker names {len(targets)} targets: have `bridge` among the arguments"
        raise pytest.UsageError(message)
    return targets[0]


@_fixture
async def bridge(request: pytest.FixtureRequest) -> AsyncIterator[Bridge]:
    """
    Return an open `Bridge` on the marked target, by default `wx`.

    The marker takes what `Bridge` takes: `@pytest.mark.target("wx", domains=[...], limit=2)`, and
    `all` is every target.
    The test fails at its end if a call is still in flight, if an unrouted origin was called, or if
    a callback raised; `bridge.callback_errors.clear()` forgives the last.
    """
    from bridge.runtime import Bridge  # noqa: PLC0415  for who asks

    _check_loop(request)
    name, settings = _asked(request)
    async with Bridge(name, **settings) as opened:
        yield opened
        _check_end(opened, request.node.stash.get(_LEAKED, []))


@_fixture
async def upload_server(request: pytest.FixtureRequest) -> AsyncIterator[UploadServer]:
    """Return a started `UploadServer` on loopback."""
    from bridge.sink import UploadServer  # noqa: PLC0415  aiohttp's server, only for who asks

    _check_loop(request)
    async with UploadServer() as server:
        yield server


class MiniProgram:
    """
    What the `mini_program` fixture returns: call it to run a mini-program's own JavaScript.

    Every program runs on the test's `bridge`, in an engine of its own, until the test ends; the
    engines' processes serve the next test.
    """

    def __init__(
        self,
        bridge: Bridge,
        sink_url: str,
        folder: Path,
        children: Children,
        stack: AsyncExitStack,
    ) -> None:
        self._bridge = bridge
        self._children = children
        self._env = {"MINIBRIDGE_SINK_URL": sink_url, "MINIBRIDGE_TARGET": bridge.target}
        self._folder = folder
        self._stack = stack
        self._programs: list[Program] = []

    async def __call__(
        self, *files: str | Path, engine: str = "auto", deadline: float | None = 10.0
    ) -> Program:
        """
        Load logic files in this order: `app.js`, then the pages a test is about.

        Args:
            *files: paths; relative ones start at the folder of the test's file.
            engine: `auto`, `node` or `quickjs`.
            deadline: seconds one turn of the program may take.

        Raises:
            JSError: a file threw, or did not parse.
            BridgeError: there is no such file, or no such engine here.
        """
        from bridge.logic.program import JSError, Program  # noqa: PLC0415  for who asks

        def hear(level: str, message: str, stack: str) -> None:
            if level == "unhandled" or stack:
                program.errors.append(JSError(message, stack))
            else:
                print(message)  # noqa: T201  pytest shows it with a test that fails

        program = Program(
            self._bridge,
            engine=engine,
            deadline=deadline,
            children=self._children,
            env=self._env,
            hear=hear,
        )
        self._programs.append(await self._stack.enter_async_context(program))
        for file in files:
            await program.load(self._folder / file)
        return program

    def let_go(self) -> None:
        """Cancel what the test has left waiting for a program, as the end of its loop would."""
        for program in self._programs:
            program.let_go()

    async def check_end(self) -> None:
        """Fail the test for what the programs threw and nobody caught."""
        for program in self._programs:
            await _last_turn(program)
        errors = [error for program in self._programs for error in program.errors]
        if errors:
            text = "\n".join(stacks.told(error.message, error.stack) for error in errors)
            pytest.fail(f"the mini-program threw, and nobody caught it\n{text}", pytrace=False)


async def _last_turn(program: Program) -> None:
    """Let the engine end the turn it is in: what it has to report comes before the next answer."""
    from bridge.logic.program import JSError  # noqa: PLC0415

    with suppress(JSError):
        await program.call("no export has this name")


@pytest.fixture(scope="session")
def minibridge_children() -> Iterator[Children]:
    """Return the engine processes that one test after the other uses."""
    from bridge.logic.children import Children  # noqa: PLC0415  for who asks

    with Children() as children:
        yield children


@_fixture
async def mini_program(
    request: pytest.FixtureRequest,
    bridge: Bridge,
    upload_server: UploadServer,
    minibridge_children: Children,
) -> AsyncIterator[MiniProgram]:
    """
    Return what runs a mini-program's own JavaScript.

    `await mini_program("upload.js")` is a `Program` on the test's `bridge`, whose
    `process.env.MINIBRIDGE_SINK_URL` leads to `upload_server`. What the program logs is captured
    output. The test fails at its end if the program threw where nobody caught it;
    `program.errors.clear()` forgives that.
    """
    async with AsyncExitStack() as stack:
        folder = request.path.parent
        loader = MiniProgram(bridge, upload_server.url, folder, minibridge_children, stack)
        yield loader
        try:
            await loader.check_end()
        finally:
            loader.let_go()


def _check_end(bridge: Bridge, leaked: list[Record]) -> None:
    unrouted = sorted({record.unrouted for record in bridge.calls if record.unrouted})
    if unrouted:
        pytest.fail(
            f"nothing is routed for {', '.join(unrouted)}: the call failed as a DNS failure. "
            f"Say bridge.route({unrouted[0]!r}, to=upload_server.url)",
            pytrace=False,
        )
    if leaked:
        running = ", ".join(f"{record.api} #{record.id}" for record in leaked)
        pytest.fail(f"still in flight: {running}; await it, or bridge.settled()", pytrace=False)
    if bridge.callback_errors:
        raise bridge.callback_errors[0]
