"""What a call returns and comes to, the same through Python, Node and quickjs-ng."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge import Reason
from bridge.values import brand
from tests.fronts.fronts import CALLBACKS, one_per, untimed

if TYPE_CHECKING:
    from bridge import UploadServer
    from tests.fronts.fronts import On, Seen

    Return = tuple[str, list[str]]

TWO = ["abort", "onProgressUpdate"]
FIVE = ["abort", "offHeadersReceived", "offProgressUpdate", "onHeadersReceived", "onProgressUpdate"]
NOTHING = {"kind": "undefined", "members": []}
REFUSED = ["returned", "fail", "complete"]


def in_short(seen: Seen) -> list[tuple[str, str]]:
    """Return the keys of the success object with the brands of their values."""
    (result,) = seen.of("success")
    return [(key, brand(value)) for key, value in result.items()]


@pytest.mark.parametrize(
    ("target", "called", "silent"),
    [
        ("wx", ("task", FIVE), ("task", FIVE)),
        ("my", ("promise+task", FIVE), ("promise+task", FIVE)),
        ("my:ide", ("promise", []), ("promise", [])),
        ("tt:feishu", ("task", TWO), ("task", TWO)),
        ("tt:douyin", ("task", TWO), ("task", TWO)),
        ("uni/wx", ("task", FIVE), ("promise", [])),
        ("uni/h5", ("task", FIVE), ("promise", [])),
        ("uni/my", ("promise+task", FIVE), ("promise", [])),
        ("mpx/wx", ("task", FIVE), ("task", FIVE)),
        ("mpx/my", ("promise+task", FIVE), ("promise+task", FIVE)),
        ("uploader/wx", ("task", FIVE), ("task", FIVE)),
    ],
)
async def test_a_call_returns_the_hosts_own_kind_with_its_members(
    on: On, server: UploadServer, target: str, called: Return, silent: Return
) -> None:
    """With callbacks and without; uni hides the task behind its plain Promise."""
    mini = await on(target)
    for callbacks, (kind, members) in ((CALLBACKS, called), ((), silent)):
        seen = await mini.upload(mini.options(server.url), callbacks=callbacks)
        assert {"kind": kind, "members": members} == seen.returned
        assert "returned" == seen.names[0]
        assert ("promise" in kind) == (seen.settled is not None)


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("wx", "undefined"),
        ("uni/app", "undefined"),
        ("uni/h5", "throws Method not implemented."),
        ("tt:feishu", None),
    ],
)
async def test_a_member_the_host_lacks_is_absent_or_idle_or_throws(
    on: On, server: UploadServer, target: str, headers: str | None
) -> None:
    """And every member that works returns undefined."""
    mini = await on(target)
    answers = (await mini.upload(mini.options(server.url))).answers
    assert "undefined" == answers["onProgressUpdate"]
    assert headers == answers.get("onHeadersReceived")
    assert headers == answers.get("offHeadersReceived")


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("wx", "undefined"),
        ("mpx/wx", "undefined"),
        ("uni/wx", "undefined"),
        ("uploader/wx", "undefined"),
        ("my", "promise+task"),
        ("tt:feishu", "task"),
        ("tt:douyin", "task"),
    ],
)
async def test_only_wechat_returns_nothing_after_a_parameter_error(
    on: On, target: str, kind: str
) -> None:
    """The callbacks run all the same, once the call is over."""
    mini = await on(target)
    seen = await mini.upload({"name": "f"})
    assert kind == seen.returned["kind"]
    assert REFUSED == seen.names
    assert Reason.BAD_PARAMETER is mini.last.reason


@pytest.mark.parametrize("target", one_per(lambda target: (target.fail_keys, len(target.layers))))
async def test_a_failure_tells_fail_and_then_complete(
    each: tuple[On, ...], server: UploadServer, target: str
) -> None:
    """With equal objects that are each one's own, and the same on every front."""
    seen = []
    for on in each:
        mini = await on(target)
        seen.append(await mini.upload(mini.options(server.url, filePath="wxfile://tmp_none.png")))
    for one in seen:
        assert REFUSED == one.names
        assert one.of("fail") == one.of("complete")
        assert "spoilt" not in one.of("complete")[0]
    python, node, quickjs = map(untimed, seen)
    assert python == node == quickjs


@pytest.mark.parametrize(
    "target",
    one_per(lambda target: (target.success_keys, target.profile.status_code, len(target.layers))),
)
async def test_a_success_has_the_hosts_keys_in_order(
    each: tuple[On, ...], server: UploadServer, target: str
) -> None:
    """With values of one type on every front, a text for `statusCode` where the host has that."""
    seen = []
    for on in each:
        mini = await on(target)
        seen.append(await mini.upload(mini.options(server.url)))
    python, node, quickjs = map(in_short, seen)
    assert python == node == quickjs
    if "/" not in target:
        numbers = brand(200 if mini.bridge.profile.status_code == "number" else "200")
        assert numbers == dict(python)["statusCode"]
        assert set(mini.bridge.profile.success) >= dict(python).keys()
    for one in seen:
        assert ["returned", "success", "complete"] == one.names
        assert one.of("success") == one.of("complete")


@pytest.mark.parametrize("target", ["uni/wx", "uni/my", "uni/tt:feishu", "uni/h5"])
async def test_unis_promise_comes_to_what_a_callback_gets(
    on: On, server: UploadServer, target: str
) -> None:
    """The success object, or the fail object as it is; with one callback there is no Promise."""
    mini = await on(target)
    promised = await mini.upload(mini.options(server.url), callbacks=())
    called = await mini.upload(mini.options(server.url), callbacks=("success",))
    assert promised.settled is not None
    state, result = promised.settled
    assert "resolved" == state
    assert list(called.of("success")[0]) == list(result)
    refused = await mini.upload(mini.options("nowhere"), callbacks=())
    failed = await mini.upload(mini.options("nowhere"), callbacks=("fail",))
    assert untimed(["rejected", *failed.of("fail")]) == untimed(refused.settled)


@pytest.mark.parametrize(
    ("target", "native"),
    [
        ("mpx/wx", {"kind": "task", "members": FIVE}),
        ("mpx/my", {"kind": "promise+task", "members": FIVE}),
        ("mpx/tt:feishu", {"kind": "task", "members": TWO}),
    ],
)
async def test_mpx_can_wrap_every_return_in_a_promise(
    on: On, server: UploadServer, target: str, native: dict[str, object]
) -> None:
    """The native return hangs on it, callbacks or not, and callbacks run as well."""
    mini = await on(target, use_promise="on")
    seen = await mini.upload(mini.options(server.url))
    assert {"kind": "promise", "members": [], "native": native} == seen.returned
    assert ["resolved", *seen.of("complete")] == seen.settled
    refused = await mini.upload({})
    nothing = NOTHING if target == "mpx/wx" else native
    assert nothing == refused.returned["native"]
    assert ["rejected", *refused.of("fail")] == refused.settled


@pytest.mark.parametrize(("reading", "there"), [("honour", True), ("ignore", False)])
async def test_the_uploader_is_set_up_in_a_chain_and_domain_wins_where_it_is_honoured(
    on: On, server: UploadServer, reading: str, *, there: bool
) -> None:
    """`config` sets the base, `setHeader` and `setFormData` fill in, `domain` is for one call."""
    mini = await on("uploader/wx", domain=reading)
    assert await mini.set("config", {"baseURI": f"{server.url}/base"})
    assert await mini.set("setHeader", {"X-A": "1"})
    assert await mini.set("setFormData", {"b": "2"})
    options = mini.options("/up")
    seen = await mini.upload(options | {"domain": f"{server.url}/there"})
    await mini.upload(options)
    assert ["returned", "success", "complete"] == seen.names
    paths = ["/there/up" if there else "/base/up", "/base/up"]
    assert paths == [upload.path for upload in server.uploads]
    assert ["1", "1"] == [upload.headers["X-A"] for upload in server.uploads]
    assert ["2", "2"] == [upload.field("b") for upload in server.uploads]
