"""Every call of the phone leaves a record, whichever way it is answered."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bridge import Bridge, BridgeError
from bridge.profile import Local
from bridge.protocol import Invoke
from bridge.target import resolve

if TYPE_CHECKING:
    from tests.device.conftest import Asking


async def test_a_sync_call_is_settled_at_once(asking: Asking) -> None:
    """Its record says what was asked, understood and answered."""
    asking.store("key", "value")
    (record,) = asking.bridge.calls
    assert [] == asking.bridge.in_flight
    assert ("setStorageSync", True) == (record.api, record.ok)
    assert {"key": "key", "data": "value"} == record.understood
    assert ["success"] == [name for _, name, _ in record.told or ()]
    assert 0 <= record.times["end"] < 60_000


async def test_an_asynchronous_call_is_in_flight_until_it_is_told(asking: Asking) -> None:
    """No callback runs inside the call."""
    heard: list[object] = []
    asking.api.getNetworkType({"success": heard.append})
    assert ([], 1) == (heard, len(asking.bridge.in_flight))
    await asking.bridge.settled()
    assert 1 == len(heard)
    assert asking.bridge.calls[-1].callbacks


async def test_a_record_cites_the_source_of_what_answered() -> None:
    """And it can be written as JSON, functions of a result included."""
    async with Bridge("wx") as bridge:
        path = bridge.files.add("a.txt", "x")
        bridge.api.getFileSystemManager().statSync(path)
        written = bridge.calls[-1].to_json()
        json.dumps(written)
        (decision,) = [d for d in written["decisions"] if d["step"] == "device"]  # type: ignore[attr-defined]
        assert "getFileSystemManager.statSync" == decision["rule"]
        assert decision["source"]["address"]


async def test_an_unknown_option_is_recorded_and_dropped() -> None:
    """As on any other call."""
    async with Bridge("wx") as bridge:
        await bridge.call("setStorage", {"key": "k", "data": None, "encrypt": False, "more": 1})
        record = bridge.calls[-1]
        assert {"encrypt", "more"} == set(record.unknown_keys)
        assert {"key": "k", "data": None} == record.understood
        assert not record.not_emulated
        effects = [note["effect"] for note in record.to_json()["decisions"]]  # type: ignore[attr-defined]
        assert "encrypt is not an option here: dropped" in effects
        assert None is bridge.storage.get("k", "other")


async def test_an_api_of_a_later_version_is_nothing_the_target_offers() -> None:
    """Also where a client asks for it by a message of its own."""
    async with Bridge("wx@1.9") as bridge:
        with pytest.raises(BridgeError, match="is nothing"):
            bridge.invoke(Invoke("getFileSystemManager.statSync", {"args": []}, "wx"), print)


async def test_only_what_takes_callbacks_can_be_called_by_name() -> None:
    """A sync API is called on the global itself."""
    async with Bridge("wx") as bridge:
        with pytest.raises(BridgeError, match="unknown API of wx 'getStorageSync'"):
            await bridge.call("getStorageSync", {"key": "k"})


async def test_a_value_no_mini_program_could_pass_is_the_authors_mistake() -> None:
    """It is raised at once, and leaves no record."""
    async with Bridge("wx") as bridge:
        with pytest.raises(BridgeError, match="no mini-program can pass"):
            bridge.api.setStorageSync("k", object())
        assert [] == bridge.calls


async def test_a_host_that_describes_no_phone_has_none() -> None:
    """Uploads and pickers are all there is."""
    async with Bridge("uni/my", device=None) as bridge:
        assert not hasattr(bridge.api, "getStorage")
        with pytest.raises(BridgeError, match="is nothing"):
            bridge.invoke(Invoke("getStorage", {"key": "k"}, "my"), print)
        bridge.network.offline()


async def test_a_host_that_names_an_unknown_action_leaves_nothing_in_flight() -> None:
    """Whoever wrote that host sees the action's name at once."""
    device = resolve("wx").profile.device
    assert device is not None
    odd = replace(device, apis={"fly": Local("no.such", device.sources["apis"])})
    async with Bridge("wx", device=odd) as bridge:
        with pytest.raises(KeyError, match=r"no\.such"):
            bridge.api.fly({})
        assert [] == bridge.in_flight


async def test_mpx_hands_on_alipays_facts_in_its_own_way() -> None:
    """The platform stands before the system's version, and the library's version is there."""
    async with Bridge("mpx/my") as bridge:
        assert "Android 12" == bridge.api.getSystemInfoSync()["system"]
        told = (await bridge.call("getSystemInfo")).result
        assert bridge.globals["my"].SDKVersion == told["SDKVersion"]
        assert "12" == bridge.globals["my"].getSystemInfoSync()["system"]
