"""Facts about the device, the account and `env`: what a host tells, and nothing it has not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge import Bridge

if TYPE_CHECKING:
    from tests.device.conftest import Asking


async def test_both_forms_tell_the_same(asking: Asking) -> None:
    """The callback form adds errMsg at most."""
    at_once = asking.api.getSystemInfoSync()
    later = (await asking.bridge.call("getSystemInfo")).result
    assert {**at_once, "errMsg": later.get("errMsg")} == {**later, "errMsg": later.get("errMsg")}
    assert {"pixelRatio", "platform", "screenWidth", "system"} <= at_once.keys()


async def test_a_target_without_a_version_tells_the_newest_at_hand() -> None:
    """The seed is in the profile."""
    async with Bridge("wx") as bridge:
        assert "3.11.1" == bridge.api.getSystemInfoSync()["SDKVersion"]


@pytest.mark.parametrize(
    ("target", "key", "wanted"),
    [
        ("wx@2.30.0", "SDKVersion", "2.30.0"),
        ("tt:douyin@3.1", "SDKVersion", "3.1.0"),
        ("my@10", "version", "10.0.0"),
        ("my@10.2.28.1769", "version", "10.2.28.1769"),
    ],
)
async def test_a_targets_version_is_what_the_device_tells(
    target: str, key: str, wanted: str
) -> None:
    """`@VERSION` replaces what it counts, written as the host writes it."""
    async with Bridge(target) as bridge:
        assert wanted == bridge.api.getSystemInfoSync()[key]


@pytest.mark.parametrize("target", ["wx", "wx:devtools", "my", "tt:feishu", "uni/wx", "uni/my"])
async def test_a_mini_program_host_is_known_by_its_font_size(target: str) -> None:
    """Clients tell a mini-program from a browser by a truthy fontSizeSetting."""
    async with Bridge(target) as bridge:
        assert bridge.api.getSystemInfoSync()["fontSizeSetting"]


@pytest.mark.parametrize(
    ("target", "platform"),
    [
        ("wx", "android"),
        ("wx:devtools", "devtools"),
        ("my", "Android"),
        ("uni/my", "android"),
        ("uni/my:ide", "devtools"),
        ("uni/app", "android"),
    ],
)
async def test_the_platform_is_that_of_the_variant(target: str, platform: str) -> None:
    """A simulator says that it is one; uni spells Alipay's word as others do."""
    async with Bridge(target) as bridge:
        assert platform == bridge.api.getSystemInfoSync()["platform"]


async def test_the_successors_tell_their_part_from_their_version_on() -> None:
    """Window, device and app each have an API of their own since 2.20.1."""
    async with Bridge("wx") as bridge:
        whole = bridge.api.getSystemInfoSync()
        for api in ("getWindowInfo", "getDeviceInfo", "getAppBaseInfo"):
            assert getattr(bridge.api, api)().items() <= whole.items()
    async with Bridge("wx@2.20") as bridge:
        assert not hasattr(bridge.api, "getWindowInfo")


async def test_what_the_logic_does_to_an_answer_stays_there(asking: Asking) -> None:
    """Each answer is an object of its own."""
    asking.api.getSystemInfoSync()["safeArea"] = None
    asking.api.getSystemInfoSync().clear()
    assert asking.api.getSystemInfoSync()["platform"]


@pytest.mark.parametrize(
    ("target", "root"),
    [
        ("wx", "wxfile://usr"),
        ("wx:devtools", "http://usr"),
        ("my", "https://usr"),
        ("tt:douyin", "ttfile://user"),
    ],
)
async def test_env_names_the_users_directory(target: str, root: str) -> None:
    """A file written there is in that directory."""
    async with Bridge(target) as bridge:
        assert root == bridge.api.env["USER_DATA_PATH"]
        assert bridge.files.add("a.txt", "x", kind="user").startswith(f"{root}/")


async def test_the_account_is_the_bridges_app() -> None:
    """The app id and, in a released version, the version are those in the Referer."""
    async with Bridge("wx", appid="wx1") as bridge:
        told = bridge.api.getAccountInfoSync()["miniProgram"]
        assert {"appId": "wx1", "envVersion": "develop", "version": ""} == told
    async with Bridge("my", appid="2021", page_version="1.2.3") as bridge:
        told = bridge.api.getAccountInfoSync()["miniProgram"]
        assert {"appId": "2021", "envVersion": "release", "version": "1.2.3"} == told
        assert {"appId": "2021"} == bridge.api.getAppIdSync()
    for version, told in (("0", ("develop", "")), ("1.2", ("release", "1.2"))):
        async with Bridge("tt:douyin", appid="tt1", page_version=version) as bridge:
            app = bridge.api.getEnvInfoSync()["microapp"]
            assert ("tt1", *told) == (app["appId"], app["envType"], app["mpVersion"])


async def test_a_simulator_says_so_on_alipay() -> None:
    """`my.isIDE` tells the two apart."""
    async with Bridge("my") as phone, Bridge("my:ide") as tool:
        assert (False, True) == (phone.api.isIDE, tool.api.isIDE)


async def test_what_is_not_emulated_is_absent(asking: Asking) -> None:
    """No API is there only to fail."""
    for name in ("getLocation", "scanCode", "login"):
        assert not hasattr(asking.api, name)
