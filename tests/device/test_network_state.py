"""The network's type and its news agree with the conditions the test sets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from bridge import Bridge
from bridge.protocol import Announcement, Invoke

if TYPE_CHECKING:
    from tests.device.conftest import Asking


def words(asking: Asking) -> tuple[str, str]:
    """Return the words for a network and for none, as this target says them."""
    device = asking.bridge.profile.device
    assert device is not None
    if asking.bridge.target.startswith("uni/"):
        return "wifi", "none"
    return device.network.get("wifi", "wifi"), device.network.get("none", "none")


async def test_the_type_follows_the_network(asking: Asking) -> None:
    """A network that only resolves no name is one all the same."""
    up, down = words(asking)
    seen = []
    for change in ("online", "offline", "online", "dns_failure", "offline", "clear"):
        getattr(asking.bridge.network, change)()
        seen.append((await asking.bridge.call("getNetworkType")).result["networkType"])
    assert [up, down, up, up, down, up] == seen


async def test_a_listener_hears_each_change_once(asking: Asking) -> None:
    """Losing what is lost is no news; a listener added twice follows the host's rule."""
    up, down = words(asking)
    heard: list[Any] = []
    asking.api.onNetworkStatusChange(heard.append)
    for change in ("offline", "offline", "refuse", "online"):
        getattr(asking.bridge.network, change)()
        await asyncio.sleep(0)
    assert [(False, down), (True, up)] == [(n["isConnected"], n["networkType"]) for n in heard]
    assert asking.bridge.target.startswith("uni/my") == ("errMsg" in heard[0])


async def test_a_removed_listener_hears_nothing(asking: Asking) -> None:
    """One by name; all of them where the host clears without a name."""
    heard: list[str] = []

    def first(_: object) -> None:
        heard.append("first")

    def second(_: object) -> None:
        heard.append("second")

    for listener in (first, second):
        asking.api.onNetworkStatusChange(listener)
    asking.api.offNetworkStatusChange(first)
    asking.bridge.network.offline()
    await asyncio.sleep(0)
    assert ["second"] == heard
    asking.api.offNetworkStatusChange()
    asking.bridge.network.online()
    await asyncio.sleep(0)
    clears = asking.bridge.profile.off_without_function == "clear"
    assert (1 if clears else 2) == len(heard)


async def test_a_listener_that_raises_is_reported() -> None:
    """The others hear the news all the same."""
    async with Bridge("wx") as bridge:
        heard: list[object] = []
        bridge.api.onNetworkStatusChange(lambda _: 1 / 0)
        bridge.api.onNetworkStatusChange(heard.append)
        bridge.network.offline()
        await asyncio.sleep(0)
        assert [{"isConnected": False, "networkType": "none"}] == heard
        assert [ZeroDivisionError] == [type(error) for error in bridge.callback_errors]


async def test_a_logic_that_has_gone_hears_nothing() -> None:
    """Not even what happened just before it went."""
    async with Bridge("wx") as bridge:
        told: list[object] = []
        bridge.invoke(Invoke("onNetworkStatusChange", {}, "wx"), told.append)
        bridge.network.offline()
        bridge.abandon(told.append)
        await asyncio.sleep(0)
        assert [] == told


async def test_news_name_the_global_they_are_for() -> None:
    """Each global has listeners of its own, in its own words."""
    async with Bridge("uni/my") as bridge:
        told: list[Any] = []
        for namespace in ("uni", "my"):
            bridge.invoke(Invoke("onNetworkStatusChange", {}, namespace), told.append)
        bridge.network.offline()
        await asyncio.sleep(0)
        assert all(isinstance(news, Announcement) for news in told)
        seen = {news.namespace: news.result["networkType"] for news in told}
        assert {"uni": "none", "my": "NOTREACHABLE"} == seen
