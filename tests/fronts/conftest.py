"""The three fronts: Python, and the script on each engine."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest

from bridge import Bridge, UploadServer
from bridge.logic.program import Program
from tests.fronts.fronts import SCRIPT, Front, Mini, PythonFront, ScriptFront

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.logic.children import Children
    from tests.fronts.fronts import On

NAMES = ("python", "node", "quickjs")


@pytest.fixture
async def server() -> AsyncIterator[UploadServer]:
    """Run the embedded upload server."""
    async with UploadServer() as opened:
        yield opened


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """Close with the test what it opened."""
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture(params=NAMES)
def on(request: pytest.FixtureRequest, stack: AsyncExitStack, minibridge_children: Children) -> On:
    """Open mini-programs on each front in turn, by a target and the settings of a `Bridge`."""
    return _opener(request.param, stack, minibridge_children)


@pytest.fixture
def each(stack: AsyncExitStack, minibridge_children: Children) -> tuple[On, ...]:
    """Open the same on all three fronts, for what has to be equal on them."""
    return tuple(_opener(name, stack, minibridge_children) for name in NAMES)


def _opener(front: str, stack: AsyncExitStack, children: Children) -> On:
    async def opened(target: str, **settings: Any) -> Mini:  # noqa: ANN401  the Bridge's own
        bridge = await stack.enter_async_context(Bridge(target, **settings))
        return Mini(bridge, await _front(front, bridge, stack, children))

    return opened


async def _front(name: str, bridge: Bridge, stack: AsyncExitStack, children: Children) -> Front:
    if name == "python":
        return PythonFront(bridge)
    said: list[tuple[str, str, str]] = []
    hear = lambda *line: said.append(line)  # noqa: E731  the name is the argument's
    program = await stack.enter_async_context(
        Program(bridge, engine=name, hear=hear, children=children)
    )
    await program.load(SCRIPT)
    return ScriptFront(program, said)
