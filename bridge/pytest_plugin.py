"""
The pytest plugin: a `bridge` and an `upload_server` in every test that asks for them.

It needs pytest-asyncio; without it the plugin is inert, and a test that asks for a fixture says so.
"""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any

import pytest

from bridge.errors import BridgeError
from bridge.runtime import Bridge
from bridge.target import resolve

try:
    import pytest_asyncio
except ImportError:
    pytest_asyncio = None  # type: ignore[assignment]  # tested by running without it

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bridge.sink import UploadServer
    from bridge.trace import Record

_MARK = "target(*names, **settings): the environments that the `bridge` fixture emulates in turn"
_OWN = {name for name in signature(Bridge).parameters if name not in ("target", "overrides")}
_LEAKED = pytest.StashKey["list[Record]"]()
_MISSING = "the minibridge fixtures need pytest-asyncio: pip install 'minibridge[pytest]'"


def pytest_configure(config: pytest.Config) -> None:
    """Register the `target` marker."""
    config.addinivalue_line("markers", _MARK)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each target its marker names."""
    if "bridge" not in metafunc.fixturenames:
        return
    mark = metafunc.definition.get_closest_marker("target")
    names, settings = (mark.args or ("wx",), mark.kwargs) if mark else (("wx",), {})
    overrides = {name: value for name, value in settings.items() if name not in _OWN}
    try:
        targets = [(resolve(name, overrides).name, settings) for name in names]
    except BridgeError as error:
        raise pytest.UsageError(str(error)) from error
    ids = [name if mark else pytest.HIDDEN_PARAM for name, _ in targets]
    metafunc.parametrize("bridge", targets, indirect=True, ids=ids)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Note what is in flight when a test ends: the end of other fixtures may end it."""
    opened = getattr(item, "funcargs", {}).get("bridge")
    if isinstance(opened, Bridge):
        item.stash[_LEAKED] = [record for record in opened.in_flight if record.ok is None]


def _fixture(function: Callable[..., Any]) -> Any:  # noqa: ANN401  pytest's fixtures are not typed
    if pytest_asyncio is not None:
        return pytest_asyncio.fixture(function)
    return pytest.fixture(_missing, name=function.__name__)


def _missing() -> None:
    raise pytest.UsageError(_MISSING)


@_fixture
async def bridge(request: pytest.FixtureRequest) -> AsyncIterator[Bridge]:
    """
    Return an open `Bridge` on the marked target, by default `wx`.

    The marker takes what `Bridge` takes: `@pytest.mark.target("wx", domains=[...], limit=2)`.
    The test fails at its end if a call is still in flight, if an unrouted origin was called, or if
    a callback raised; `bridge.callback_errors.clear()` forgives the last.
    """
    name, settings = request.param
    async with Bridge(name, **settings) as opened:
        yield opened
        _check_end(opened, request.node.stash.get(_LEAKED, []))


@_fixture
async def upload_server() -> AsyncIterator[UploadServer]:
    """Return a started `UploadServer` on loopback."""
    from bridge.sink import UploadServer  # noqa: PLC0415  aiohttp's server, only for who asks

    async with UploadServer() as server:
        yield server


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
