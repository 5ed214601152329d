"""Interceptors in Python: what hooks may do to a call, and what becomes of one that they end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from bridge import Bridge, BridgeError, HostPromise, HostTask, MemoryTransport, Reason, UploadFailed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

pytestmark = pytest.mark.parametrize("target", ["uni/h5", "uni/wx", "uni/tt:feishu"])
Told = list[tuple[str, Any]]


@pytest.fixture
async def bridge(target: str) -> AsyncIterator[Bridge]:
    """Open a bridge whose every upload is answered."""
    readable = {"Access-Control-Allow-Origin": "*"}
    async with Bridge(target, transport=MemoryTransport(headers=readable)) as opened:
        yield opened


def options(bridge: Bridge, **more: object) -> dict[str, Any]:
    """Return options of an upload."""
    path = bridge.files.add("a.png", b"picture")
    return {"url": "https://a.test/up", "filePath": path, "name": "f", **more}


def note(told: Told, word: str, answer: object = None) -> Callable[[Any], Any]:
    """Return a function that notes what it is given."""

    def noted(given: object) -> object:
        told.append((word, given))
        return answer

    return noted


def heard(told: Told) -> dict[str, Callable[[Any], Any]]:
    """Return the callbacks of a call."""
    return {name: note(told, name) for name in ("success", "fail", "complete")}


def words(told: Told) -> list[str]:
    """Return what was called, in order."""
    return [word for word, _ in told]


def fails(_: object) -> object:
    """Be a hook that raises."""
    raise ValueError("a hook raised")


async def later(given: object) -> object:
    """Be a hook that brings later what it is given."""
    await asyncio.sleep(0)
    return given


def sent(bridge: Bridge) -> list[str | None]:
    """Return the token of each call that was sent."""
    requests: list[Any] = [record.request for record in bridge.calls]
    return [dict(request.headers).get("token") for request in requests]


async def test_invoke_edits_what_is_sent(bridge: Bridge) -> None:
    """The caller's own object stays as it is, and a task is returned all the same."""
    bridge.api.addInterceptor("uploadFile", {"invoke": lambda o: o.update(header={"token": "t"})})
    given = options(bridge, success=print)
    assert isinstance(bridge.api.uploadFile(given), HostTask)
    await bridge.settled()
    assert ["t"] == sent(bridge)
    assert "header" not in given


async def test_an_awaited_invoke_makes_it_a_promise_of_the_task(bridge: Bridge) -> None:
    """What it brings takes the place of the options, and `settled` waits for it."""

    async def invoke(given: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0)
        return {**given, "header": {"token": "t"}}

    bridge.api.addInterceptor("uploadFile", {"invoke": invoke})
    told: Told = []
    promise = bridge.api.uploadFile(options(bridge, **heard(told)))
    assert isinstance(promise, HostPromise)
    assert not isinstance(promise, HostTask)
    assert "<LayerPromise of uni.uploadFile>" == repr(promise)
    assert [] == bridge.calls
    await bridge.settled()
    assert ["success", "complete"] == words(told)
    assert isinstance(await promise, HostTask)
    assert (await bridge.api.uploadFile(options(bridge)))["statusCode"]
    assert ["t", "t"] == sent(bridge)


async def test_a_task_that_a_hook_returns_is_no_promise(bridge: Bridge) -> None:
    """No mini-program can await one, so nothing waits for it."""
    other = options(bridge, success=print)
    hook = {"invoke": lambda _: bridge.api.request({**other, "complete": print})}
    bridge.api.addInterceptor("uploadFile", hook)
    assert isinstance(bridge.api.uploadFile(options(bridge, success=print)), HostTask)
    await bridge.settled()
    assert ["request", "uploadFile"] == [record.api for record in bridge.calls]


async def test_settled_waits_for_what_an_awaited_hook_begins(bridge: Bridge) -> None:
    """Call after call, as a hook that tries again makes them."""
    told: Told = []

    async def again(result: object) -> object:
        await asyncio.sleep(0)
        if len(bridge.calls) < 3:
            bridge.api.uploadFile(options(bridge, success=note(told, "success")))
        return result

    bridge.api.addInterceptor("uploadFile", {"success": again})
    bridge.api.uploadFile(options(bridge, success=note(told, "success")))
    await bridge.settled()
    assert 3 == len(told)


async def test_an_awaited_invoke_that_brings_nothing_loses_the_options(bridge: Bridge) -> None:
    """The host is called without any, and without callbacks."""

    async def invoke(_: object) -> None:
        """Bring nothing."""

    bridge.api.addInterceptor("uploadFile", {"invoke": invoke})
    told: Told = []
    with pytest.raises(BridgeError, match="never settles"):
        await bridge.api.uploadFile(options(bridge))
    bridge.api.uploadFile(options(bridge, **heard(told)))
    await bridge.settled()
    assert [] == told
    assert [{}, {}] == [record.options for record in bridge.calls]


async def test_an_invoke_that_says_false_ends_the_call(bridge: Bridge) -> None:
    """Nothing is called and nothing comes back; a Promise that Python awaits says so."""
    told: Told = []
    interceptor = {"invoke": lambda _: False, "success": note(told, "hook")}
    bridge.api.addInterceptor("uploadFile", interceptor)
    assert bridge.api.uploadFile(options(bridge, **heard(told))) is None
    bridge.api.uploadFile(options(bridge))
    promise = bridge.api.uploadFile(options(bridge))
    await bridge.settled()
    assert [] == told
    assert [] == bridge.calls
    with pytest.raises(BridgeError, match=r"uni\.uploadFile> never settles"):
        await promise
    assert [] == bridge.callback_errors


async def test_hooks_of_a_result_come_before_the_callback(bridge: Bridge) -> None:
    """They share its object; what they return at once is nothing to anybody."""
    told: Told = []

    def success(result: dict[str, object]) -> dict[str, object]:
        told.append(("hook", dict(result)))
        result["data"] = "edited"
        return {"data": "returned"}

    bridge.api.addInterceptor("uploadFile", {"success": success, "complete": note(told, "last")})
    bridge.api.uploadFile(options(bridge, **heard(told)))
    await bridge.settled()
    assert ["hook", "success", "last", "complete"] == words(told)
    assert "edited" == told[1][1]["data"]
    assert "edited" == (await bridge.api.uploadFile(options(bridge)))["data"]


async def test_an_awaited_hook_replaces_a_result(bridge: Bridge) -> None:
    """`complete` does not wait for it."""

    async def success(_: object) -> object:
        await asyncio.sleep(0)
        return {"data": "replaced"}

    bridge.api.addInterceptor("uploadFile", {"success": success})
    told: Told = []
    bridge.api.uploadFile(options(bridge, **heard(told)))
    await bridge.settled()
    assert ["complete", "success"] == words(told)
    assert {"data": "replaced"} == told[1][1]
    assert {"data": "replaced"} == await bridge.api.uploadFile(options(bridge))


async def test_a_failure_goes_through_its_hooks(bridge: Bridge) -> None:
    """And is raised with its reason and record, as without hooks."""
    told: Told = []
    bridge.api.addInterceptor({"fail": lambda result: result.update(seen=True)})
    with pytest.raises(UploadFailed) as raised:
        await bridge.api.uploadFile(options(bridge, filePath="nothing.png"))
    assert raised.value.result["seen"]
    assert Reason.MISSING_FILE == raised.value.reason
    assert bridge.calls[-1] is raised.value.record
    bridge.api.uploadFile(options(bridge, filePath="nothing.png", **heard(told)))
    await bridge.settled()
    assert ["fail", "complete"] == words(told)
    assert [True, False] == ["seen" in result for _, result in told]
    bridge.api.uploadFile(options(bridge, filePath="nothing.png"))
    await bridge.settled()
    await asyncio.sleep(0)
    assert [] == bridge.callback_errors


async def test_hooks_of_every_api_come_first(bridge: Bridge) -> None:
    """Then those of the API, in the order in which they were added, and each once."""
    told: Told = []
    names = ("invoke", "success", "complete", "returnValue")

    def interceptor(word: str) -> dict[str, object]:
        return {name: note(told, f"{word} {name}") for name in names}

    twice = interceptor("one")
    for own in (twice, interceptor("two"), twice):
        bridge.api.addInterceptor("uploadFile", own)
    bridge.api.addInterceptor("request", interceptor("foreign"))
    bridge.api.addInterceptor(interceptor("every"))
    bridge.api.uploadFile(options(bridge, success=note(told, "success")))
    await bridge.settled()
    order = ("invoke", "returnValue", "success", "complete")
    expected = [f"{word} {name}" for name in order for word in ("every", "one", "two")]
    assert [*expected[:9], "success", *expected[9:]] == words(told)


async def test_hooks_are_removed_one_by_one_and_all_at_once(bridge: Bridge) -> None:
    """By the functions of an interceptor, whichever object they come in, or by the API's name."""
    told: Told = []
    own, every = {"invoke": note(told, "own")}, {"invoke": note(told, "every")}
    api = bridge.api
    for _ in range(2):
        api.addInterceptor("uploadFile", own)
        api.addInterceptor("uploadFile", {"invoke": note(told, "other")})
    api.addInterceptor(every)
    changes: list[tuple[Callable[[], object], list[str]]] = [
        (lambda: api.removeInterceptor("uploadFile", {**own, "fail": print}), ["every", "other"]),
        (lambda: api.removeInterceptor(every), ["other"]),
        (lambda: api.removeInterceptor("request"), ["other"]),
        (lambda: api.removeInterceptor("request", own), ["other"]),
        (lambda: api.removeInterceptor("uploadFile"), []),
        (lambda: api.addInterceptor("uploadFile", {"invoke": "no function"}), []),
        (lambda: api.addInterceptor("uploadFile"), []),
        (lambda: api.removeInterceptor(None), []),
    ]
    for change, left in changes:
        told.clear()
        assert change() is None
        await api.uploadFile(options(bridge))
        assert left == list(dict.fromkeys(words(told)))


async def test_only_what_takes_callbacks_is_intercepted(bridge: Bridge) -> None:
    """What answers at once is not, nor is what keeps listeners, nor `bridge.call`."""
    told: Told = []
    bridge.api.addInterceptor({"invoke": note(told, "invoke"), "returnValue": note(told, "value")})
    await bridge.api.setStorage({"key": "k", "data": 1})
    assert ["invoke", "value"] == words(told)
    assert 1 == bridge.api.getStorageSync("k")
    bridge.api.onNetworkStatusChange(print)
    assert (await bridge.call("uploadFile", options(bridge))).ok
    assert ["invoke", "value"] == words(told)


async def test_return_value_takes_the_place_of_what_is_returned(bridge: Bridge) -> None:
    """Unless JavaScript takes it for false, as it does no empty object."""
    given = options(bridge, success=print)
    for told, kept in (({}, False), ([], False), (0, True), ("", True), (False, True)):
        own = {"returnValue": lambda _, told=told: told}
        bridge.api.addInterceptor("uploadFile", own)
        returned = bridge.api.uploadFile(given)
        assert returned is told or (kept and isinstance(returned, HostTask)), told
        bridge.api.removeInterceptor("uploadFile", own)


async def test_an_awaited_return_value_goes_on_by_itself(bridge: Bridge) -> None:
    """Whether or not anybody awaits what is returned."""
    told: list[object] = []

    async def unwrapped(promise: HostPromise) -> object:
        told.append((await promise)["data"])
        return told[-1]

    bridge.api.addInterceptor("uploadFile", {"returnValue": unwrapped})
    assert isinstance(await bridge.api.uploadFile(options(bridge)), str)
    bridge.api.uploadFile(options(bridge))
    await bridge.settled()
    assert 2 == len(told)


async def test_hooks_behind_an_awaited_one_are_lost(bridge: Bridge) -> None:
    """As with uni's own: the call goes on at once, without options; so does a result."""
    told: Told = []
    bridge.api.addInterceptor({"success": later})
    bridge.api.addInterceptor("uploadFile", {"success": note(told, "lost")})
    bridge.api.uploadFile(options(bridge, **heard(told)))
    await bridge.settled()
    assert ["complete", "success"] == words(told)
    assert callable(told[1][1])
    bridge.api.addInterceptor({"invoke": later})
    bridge.api.addInterceptor("uploadFile", {"invoke": note(told, "lost")})
    with pytest.raises(BridgeError, match="never settles"):
        await bridge.api.uploadFile(options(bridge))
    assert {} == bridge.calls[-1].options
    assert 2 == len(told)


# --- what raises


async def test_an_invoke_that_raises_raises_in_the_call(bridge: Bridge) -> None:
    """Without callbacks the Promise has it instead, and nobody who misses it is left untold."""
    bridge.api.addInterceptor("uploadFile", {"invoke": fails})
    with pytest.raises(ValueError, match="a hook raised"):
        bridge.api.uploadFile(options(bridge, success=print))
    with pytest.raises(ValueError, match="a hook raised"):
        await bridge.api.uploadFile(options(bridge))
    assert [] == bridge.callback_errors
    bridge.api.uploadFile(options(bridge))
    await asyncio.sleep(0)
    assert ["a hook raised"] == [str(error) for error in bridge.callback_errors]
    assert [] == bridge.calls


async def test_a_hook_of_a_result_that_raises_keeps_it_from_the_callback(bridge: Bridge) -> None:
    """`complete` still comes, and the error is told."""
    bridge.api.addInterceptor("uploadFile", {"success": fails})
    told: Told = []
    bridge.api.uploadFile(options(bridge, **heard(told)))
    await bridge.settled()
    assert ["complete"] == words(told)
    assert ["a hook raised"] == [str(error) for error in bridge.callback_errors]
    assert ["success: ValueError('a hook raised')"] == bridge.calls[0].callback_errors
    with pytest.raises(BridgeError, match="never settles"):
        await bridge.api.uploadFile(options(bridge))


@pytest.mark.parametrize("hook", ["invoke", "success"])
async def test_an_awaited_hook_that_raises_is_told(bridge: Bridge, hook: str) -> None:
    """Whoever awaits the call's Promise gets the error; else it is among the bridge's."""

    async def raises(_: object) -> None:
        await asyncio.sleep(0)
        raise ValueError(hook)

    bridge.api.addInterceptor("uploadFile", {hook: raises})
    with pytest.raises(BridgeError, match="never settles"):
        await bridge.api.uploadFile(options(bridge))
    assert [hook] == [str(error) for error in bridge.callback_errors]


async def test_who_awaits_a_hooks_error_has_it(bridge: Bridge) -> None:
    """It is told to nobody else."""

    async def raises(_: object) -> None:
        raise ValueError("awaited")

    bridge.api.addInterceptor("uploadFile", {"invoke": raises})
    with pytest.raises(ValueError, match="awaited"):
        await bridge.api.uploadFile(options(bridge, success=print))
    assert [] == bridge.callback_errors


async def test_what_is_no_options_cannot_take_hooks(bridge: Bridge) -> None:
    """JavaScript has a TypeError for it as well."""

    async def refuses(_: object) -> bool:
        return False

    bridge.api.addInterceptor("uploadFile", {"invoke": refuses, "success": print})
    with pytest.raises(TypeError, match="uploadFile brought False in place of its options"):
        await bridge.api.uploadFile(options(bridge, success=print))
    assert [] == bridge.calls


async def test_a_callback_to_be_awaited_is_refused(bridge: Bridge) -> None:
    """Hooks may be, callbacks may not: a host awaits none."""
    bridge.api.addInterceptor("uploadFile", {"success": later})
    with pytest.raises(BridgeError, match="success is a coroutine function"):
        bridge.api.uploadFile(options(bridge, success=later))
    with pytest.raises(BridgeError, match="takes one object"):
        bridge.api.uploadFile(url="https://a.test/")
    assert [] == bridge.calls
