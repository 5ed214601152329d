"""uni-app's own Alipay layer over our `my`, beside our `uni/my`: the same calls, the same end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.clients.comparing import (
    ABORTED,
    DEVICE,
    FAILURES,
    PNG,
    REQUESTS,
    UPLOADS,
    VALUES,
    Case,
    by_name,
    compared,
    of,
    values,
    without_native,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.clients.conftest import Mini, Start

BOTH = """
module.exports = require('./probe.js');
module.exports.apis = { ours: uni, vendor: require('../uni-mp-alipay.js').default };
"""
SHOWN = ("success", "complete")


@pytest.mark.parametrize("target", ["uni/my", "uni/my:ide", "uni/my:harmony"])
@pytest.mark.parametrize("cases", [UPLOADS, FAILURES], ids=["uploads", "failures"])
async def test_uploads_end_as_through_the_vendors_layer(
    start: Start, target: str, cases: Mapping[str, Case]
) -> None:
    """Return kinds, callbacks, results and what reached the server are the vendor's."""
    mini = await start(BOTH, target)
    vendors, ours = await compared(mini, cases)
    assert without_native(vendors) == without_native(ours)
    assert [] == mini.said


async def test_the_vendors_layer_sends_the_name_and_makes_up_a_message(start: Start) -> None:
    """So the calls that are compared do reach the server, and do end."""
    mini = await start(BOTH, "uni/my")
    told, _ = await compared(mini, UPLOADS)
    outcome = told["with every callback"]
    assert ["progress", "success", "complete"] == [name for name, _ in outcome["heard"]]
    for name, result in outcome["heard"][1:]:
        assert (200, "uploadFile:ok") == (result["statusCode"], result["errMsg"]), name
    assert [["f", "picture"]] == [[part[0], part[3]] for part in outcome["arrived"][0]["parts"]]
    assert "resolved" == told["with no callback"]["promise"][0]


@pytest.mark.parametrize("target", ["uni/my", "uni/my:harmony"])
async def test_an_abort_ends_as_through_the_vendors_layer(start: Start, target: str) -> None:
    """Alipay's text for an abort has the prefix that the layer puts before it once more."""
    mini = await start(BOTH, target)
    vendors, ours = await compared(mini, ABORTED)
    assert without_native(vendors) == without_native(ours)
    aborted = {"errMsg": "uploadFile:fail uploadFile:fail abort"}
    assert [["fail", aborted], ["complete", aborted]] == ours["aborted"]["heard"][-2:]


async def test_requests_end_as_through_the_vendors_layer(start: Start) -> None:
    """Names of status and headers, failures and what reached the server are the vendor's."""
    mini = await start(BOTH, "uni/my")
    more = {"with complete": Case(callbacks=["complete"]), "with no callback": Case(callbacks=[])}
    vendors, ours = await compared(mini, of("request", REQUESTS | more))
    assert without_native(vendors) == without_native(ours)
    assert [] == mini.said


async def test_device_calls_end_as_through_the_vendors_layer(start: Start) -> None:
    """Storage, network, notes on the screen and the picker answer as the vendor's layer says."""
    mini = await start(BOTH, "uni/my", album=[PNG, PNG])
    vendors, ours = await compared(mini, by_name(DEVICE))
    assert vendors == ours
    assert [] == mini.said


async def test_values_are_those_of_the_vendors_layer(start: Start) -> None:
    """What an API returns at once is the same through both layers."""
    mini = await start(BOTH, "uni/my")
    assert await values(mini, "vendor", VALUES) == await values(mini, "ours", VALUES)


@pytest.mark.parametrize("target", ["uni/my", "uni/my:ide"])
async def test_system_information_agrees_where_both_have_it(start: Start, target: str) -> None:
    """The vendor's layer adds facts about the application, which are not emulated."""
    mini = await start(BOTH, target)
    steps: dict[str, list[object]] = {"getSystemInfoSync": [], "getWindowInfo": []}
    vendors, ours = [await values(mini, owner, steps) for owner in ("vendor", "ours")]
    for vendor, own in zip(vendors, ours, strict=True):
        assert {key: vendor.get(key) for key in own} == own


async def test_a_requests_header_reaches_the_server(start: Start) -> None:
    """It does through the vendor's layer, where it also decides how data is encoded."""
    mini = await start(BOTH, "uni/my")
    cases = {
        "any": Case({"header": {"X-A": "1"}}, ["success"]),
        "form": Case(
            {
                "method": "POST",
                "data": {"a": 1},
                "header": {"Content-Type": "application/x-www-form-urlencoded"},
            },
            ["success"],
        ),
    }
    vendors, ours = await compared(mini, of("request", cases))
    assert without_native(vendors) == without_native(ours)


async def test_the_hosts_own_promise_comes_to_the_hosts_result(start: Start) -> None:
    """A call with callbacks returns it, and no layer rewrites what it resolves to."""
    mini = await start(BOTH, "uni/my")
    vendors, ours = await compared(mini, UPLOADS | FAILURES)
    assert vendors == ours


async def test_of_name_and_file_name_the_name_wins(start: Start) -> None:
    """Whatever their order."""
    mini = await start(BOTH, "uni/my")
    vendors, ours = await compared(mini, {"both": Case({"fileName": "g"}, ["success"])})
    assert without_native(vendors) == without_native(ours)


async def test_a_dialog_is_asked_by_the_hosts_own_show_modal(start: Start) -> None:
    """The layer then drops `cancel`, which it takes for a callback that is no function."""
    mini = await start(BOTH, "uni/my")
    dialog = Case({"title": "t", "content": "c"}, SHOWN)
    vendors, ours = await compared(mini, by_name({"showModal": dialog}))
    assert vendors == ours
    first, second = mini.bridge.ui.modals
    assert first == second


async def _hooked(mini: Mini, owner: str, name: str, options: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """Return what hooks, callbacks and Promises were given, what was reported, what arrived."""
    mini.server.clear()
    mini.said.clear()
    await mini.program.call("play", owner, name, options)
    await mini.program.idle()
    told = await mini.program.call("clear")
    said = [message for _, message, _ in mini.said]
    # QuickJS tells nobody of a rejection that the vendor's code leaves alone.
    said = said if mini.program.engine == "node" else []
    return told, said, [upload.headers.get("token") for upload in mini.server.uploads]


async def test_interceptors_do_what_the_vendors_do(start: Start) -> None:
    """In every order and kind of hook, in what is lost, and in what throws."""
    mini = await start(BOTH.replace("./probe.js", "./hooks.js"), "uni/my")
    options, names = mini.options, await mini.program.call("names")
    vendors = {name: await _hooked(mini, "vendor", name, options) for name in names}
    ours = {name: await _hooked(mini, "ours", name, options) for name in names}
    assert vendors == ours
    told, _, arrived = ours["edited options"]
    assert ["complete", "resolved", "resolved"] == [word for word, _ in told][-3:]
    assert ["t", "t"] == arrived
