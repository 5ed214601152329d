"""Storage: every host's own forms over one set of keys, copied in and out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from bridge import Bridge, HostError, UploadFailed, undefined
from bridge.device.storage import Storage
from bridge.values import Foreign

if TYPE_CHECKING:
    from tests.device.conftest import Asking

NOTHING = {"uni/my": "", "my": None, "mpx/my": None}
MISSING = {
    "wx": {"errMsg": "getStorage:fail data not found"},
    "tt:feishu": {"errMsg": "getStorage:fail key not found", "errno": 1802001},
    "tt:douyin": {"errMsg": "getStorage:fail data not found, key == gone", "errNo": 21101},
    "uni/h5": {"errMsg": "getStorage:fail data not found"},
    "uni/app": {"errMsg": "getStorage:fail data not found"},
}


def base(target: str) -> str:
    """Return a target without its variant where that does not matter here."""
    return target.replace(":devtools", "").replace(":ide", "").replace(":harmony", "")


async def test_what_is_stored_at_once_is_read_at_once(asking: Asking) -> None:
    """Values keep their types."""
    for value in ("text", 1.5, True, [1, {"a": None}], {"deep": {"er": ["x"]}}):
        asking.store("key", value)
        assert value == asking.stored("key")


async def test_a_stored_value_is_a_copy_both_ways(asking: Asking) -> None:
    """A later change on either side stays there."""
    value: dict[str, Any] = {"list": [1]}
    asking.store("key", value)
    value["list"].append(2)
    read: Any = asking.stored("key")
    read["list"].append(3)
    assert {"list": [1]} == asking.stored("key")


async def test_a_missing_key_reads_as_nothing(asking: Asking) -> None:
    """An empty text on most hosts, null where Alipay's own answer comes through."""
    assert NOTHING.get(base(asking.bridge.target), "") == asking.stored("gone")


async def test_a_missing_key_fails_or_is_null_by_callback(asking: Asking) -> None:
    """`getStorage` fails with the host's text; Alipay answers null."""
    outcome = await asking.bridge.call("getStorage", {"key": "gone"})
    host = base(asking.bridge.target).removeprefix("mpx/")
    host = host if host in MISSING else host.removeprefix("uni/")
    if host == "my":
        assert (True, None) == (outcome.ok, outcome.result["data"])
    else:
        assert (False, MISSING[host]) == (outcome.ok, outcome.result)


async def test_both_forms_see_the_same_keys(asking: Asking) -> None:
    """What is stored by callback is read at once, and the other way round."""
    await asking.bridge.call("setStorage", {"key": "a", "data": [1]})
    assert [1] == asking.stored("a")
    asking.store("b", 2)
    assert 2 == (await asking.bridge.call("getStorage", {"key": "b"})).result["data"]
    assert ["a", "b"] == asking.bridge.storage.keys


async def test_keys_are_removed_one_by_one_and_all_at_once(asking: Asking) -> None:
    """Removing a key that is not there is no mistake."""
    for key in "abcd":
        asking.store(key, 1)
    asking.forget("a")
    asking.forget("a")
    await asking.bridge.call("removeStorage", {"key": "b"})
    assert ["c", "d"] == asking.api.getStorageInfoSync()["keys"]
    asking.api.clearStorageSync()
    assert [] == asking.bridge.storage.keys
    asking.store("e", 1)
    await asking.bridge.call("clearStorage")
    assert "e" not in asking.bridge.storage


async def test_the_storage_tells_its_size(asking: Asking) -> None:
    """In kilobytes, rounded up, with the host's limit."""
    asking.store("key", "x" * 2048)
    told = (await asking.bridge.call("getStorageInfo")).result
    assert (["key"], 3) == (told["keys"], told["currentSize"])
    assert told["limitSize"] in (10_240, sys.float_info.max)
    assert asking.api.getStorageInfoSync().items() <= told.items()


async def test_two_bridges_store_apart() -> None:
    """Each emulated phone has its own storage."""
    async with Bridge("wx") as one, Bridge("wx") as other:
        one.api.setStorageSync("key", 1)
        assert "" == other.api.getStorageSync("key")


async def test_a_missing_argument_is_thrown_on_wechat() -> None:
    """The Error has the host's text for a wrong parameter."""
    async with Bridge("wx") as bridge:
        with pytest.raises(
            HostError, match=r"^getStorageSync:fail parameter error: parameter\.key"
        ):
            bridge.api.getStorageSync()
        assert "bad_parameter" == bridge.calls[-1].reason
        with pytest.raises(HostError, match="String instead of Number"):
            bridge.api.getStorageSync(1)


async def test_a_missing_argument_is_answered_on_alipay() -> None:
    """A sync API there answers an object in any case; an empty key is a missing one."""
    async with Bridge("my") as bridge:
        refused = {"error": 2, "errorMessage": "必填参数为空。"}
        for argument in ({}, {"key": ""}, "key", undefined):
            assert refused == bridge.api.getStorageSync(argument)
        assert False is bridge.calls[-1].ok


async def test_a_wrong_argument_goes_on_as_text_where_the_host_only_warns() -> None:
    """Neither H5 nor App refuses a key that is no string."""
    async with Bridge("uni/h5") as bridge:
        bridge.api.setStorageSync(7, "x")
        assert "x" == bridge.api.getStorageSync("7")


async def test_a_promise_comes_back_without_callbacks_where_the_host_gives_one() -> None:
    """`wx` and `my` give one, and it raises what `fail` would get; `tt` gives none."""
    async with Bridge("wx") as bridge:
        with pytest.raises(UploadFailed) as caught:
            await bridge.api.getStorage({"key": "gone"})
        assert {"errMsg": "getStorage:fail data not found"} == caught.value.result
    async with Bridge("my") as bridge:
        assert {"data": None} == await bridge.api.getStorage({"key": "gone"})
    async with Bridge("tt:douyin") as bridge:
        assert None is bridge.api.setStorage({"key": "k", "data": 1})
        await bridge.settled()


def test_what_json_leaves_out_is_not_stored() -> None:
    """Undefined vanishes from an object, is null in a list; a Date becomes its text."""
    storage = Storage()
    storage.set("k", {"a": undefined, "b": [undefined], "c": Foreign("Date", "today")})
    assert {"b": [None], "c": "today"} == storage.get("k")


async def test_a_date_that_became_text_is_listed_as_not_emulated() -> None:
    """The record says what was kept in another form."""
    async with Bridge("wx") as bridge:
        bridge.api.setStorageSync("k", [{"d": Foreign("Date", "today")}])
        assert ["an object of a class is kept as its text"] == bridge.calls[-1].not_emulated
