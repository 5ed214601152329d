"""What the tests of the phone share: every target that has one, and how it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bridge import Bridge, MemoryTransport
from bridge.layers import describe, main_namespace
from bridge.target import all_names, resolve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def _with_a_phone() -> list[str]:
    """Return the targets whose own global has device APIs; the uploader of lwu-upload has none."""
    return [name for name in all_names() if not name.startswith("uploader/")]


def _with(api: str) -> list[str]:
    """Return the targets whose own global has an API."""
    targets = map(resolve, all_names())
    return [each.name for each in targets if api in describe(each)[main_namespace(each)]]


class Asking:
    """A bridge, and its sync APIs called the way its target wants them called."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge
        self.api: Any = bridge.api
        self.takes_objects = main_namespace(resolve(bridge.target)) == "my"

    def has(self, name: str) -> bool:
        """Tell whether the target has an API."""
        return name in self.bridge.description[main_namespace(resolve(self.bridge.target))]

    def store(self, key: object, data: object) -> object:
        """Store a value at once."""
        if self.takes_objects:
            return self.api.setStorageSync({"key": key, "data": data})
        return self.api.setStorageSync(key, data)

    def stored(self, key: object) -> object:
        """Return a stored value, out of the object that Alipay puts around it."""
        if self.takes_objects:
            return self.api.getStorageSync({"key": key})["data"]
        return self.api.getStorageSync(key)

    def forget(self, key: object) -> object:
        """Remove a value at once."""
        return self.api.removeStorageSync({"key": key} if self.takes_objects else key)

    @property
    def files(self) -> Any:  # noqa: ANN401  the host's own object
        """The target's file manager."""
        return self.api.getFileSystemManager()

    @property
    def root(self) -> str:
        """The user's directory."""
        return self.bridge.profile.paths.user.partition("{")[0].rstrip("/")


@pytest.fixture(params=_with_a_phone())
async def asking(request: pytest.FixtureRequest) -> AsyncIterator[Asking]:
    """Every target with a phone in turn."""
    async with Bridge(request.param, transport=MemoryTransport()) as bridge:
        yield Asking(bridge)


@pytest.fixture(params=_with("getFileSystemManager"))
async def managed(request: pytest.FixtureRequest) -> AsyncIterator[Asking]:
    """Every target with a file manager in turn; a browser and uni's App offer none."""
    async with Bridge(request.param, transport=MemoryTransport()) as bridge:
        yield Asking(bridge)
