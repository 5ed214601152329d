"""Why a call failed, in one line."""

from __future__ import annotations

import pytest

from bridge import Bridge, MemoryTransport
from bridge.why import story_of, why_of


def options(bridge: Bridge, **more: object) -> dict[str, object]:
    """Return the options of an upload."""
    path = bridge.files.add("a.png", b"x")
    return {"url": "https://a.test/", "filePath": path, "name": "f", **more}


async def test_the_rule_that_decided_is_named_with_its_source() -> None:
    """Not the last one that had a part in it."""
    async with Bridge("my") as bridge:
        await bridge.call("uploadFile", options(bridge))
        assert (
            "bad_parameter: fileType should be string, not Undefined; "
            "by mismatch, documented: opendocs.alipay.com/mini/api/kmq4hc"
        ) == why_of(bridge.calls[0])


async def test_a_rule_of_ours_has_no_source() -> None:
    """An origin that is not routed is minibridge's own doing."""
    async with Bridge("wx") as bridge:
        await bridge.call("uploadFile", options(bridge))
        assert (
            "dns_failure: https://a.test is not routed, so it was never dialled; by bridge.route"
        ) == why_of(bridge.calls[0])


@pytest.mark.parametrize("target", ["wx", "uni/my"])
async def test_a_path_that_is_no_file_there_is_told_with_where_one_comes_from(target: str) -> None:
    """A path on this machine, as one writes it first, is none that a mini-program has."""
    async with Bridge(target, transport=MemoryTransport()) as bridge:
        await bridge.call("uploadFile", options(bridge, filePath="./a.png", fileType="image"))
        assert (
            "missing_file: the mini-program has no file './a.png': "
            "a path comes from a picker or from files.add; "
        ) in why_of(bridge.calls[0])


async def test_one_of_many_files_that_is_missing_is_told_without_its_path() -> None:
    """Which of them it was is not recorded."""
    async with Bridge("uni/app", transport=MemoryTransport()) as bridge:
        files = [{"name": "a", "uri": "./a.png"}]
        await bridge.call("uploadFile", {"url": "https://a.test/", "files": files})
        assert "missing_file: the mini-program has no such file: a path" in why_of(bridge.calls[0])


async def test_the_last_failure_is_the_story_of_some_calls() -> None:
    """A success after it does not hide it."""
    async with Bridge("wx", transport=MemoryTransport()) as bridge:
        await bridge.call("uploadFile", options(bridge))
        assert [] == story_of(bridge.calls)
        await bridge.call("uploadFile", options(bridge, filePath="wxfile://nothing.png"))
        await bridge.call("uploadFile", options(bridge))
        [told] = story_of(bridge.calls)
        assert told.startswith("uploadFile #2 failed: missing_file: ")


@pytest.mark.parametrize("target", ["wx", "my"])
async def test_a_call_in_flight_is_the_story(target: str) -> None:
    """It is what the others waited for, perhaps."""
    async with Bridge(target, transport=MemoryTransport()) as bridge:
        bridge.network.stall_after(percent=50)
        bridge.api.uploadFile(options(bridge, fileType="image"))
        assert ["uploadFile #1 had not ended"] == story_of(bridge.calls)
