"""mpx's own layer, `@mpxjs/api-proxy`, in two builds beside our `mpx/wx` and `mpx/my`."""

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

BUILDS = {"mpx/wx": "mpx-wx", "mpx/my": "mpx-ali", "mpx/my:ide": "mpx-ali"}
BOTH = """
const vendor = {};
require('../BUILD.js').default(vendor, { usePromise: ON });
module.exports = require('./probe.js');
module.exports.apis = { ours: mpx, vendor };
"""


async def begin(start: Start, target: str, *, promises: bool = False, **more: Any) -> Mini:  # noqa: ANN401
    """Start a program that has both layers over one host."""
    on = "true" if promises else "false"
    source = BOTH.replace("BUILD", BUILDS[target]).replace("ON", on)
    return await start(source, target, **({"use_promise": "on"} if promises else {}), **more)


@pytest.mark.parametrize("target", BUILDS)
@pytest.mark.parametrize("mode", ["callbacks", "promises"])
@pytest.mark.parametrize("cases", [UPLOADS, FAILURES], ids=["uploads", "failures"])
async def test_uploads_end_as_through_the_vendors_layer(
    start: Start, target: str, mode: str, cases: Mapping[str, Case]
) -> None:
    """Return kinds, `__returned`, callbacks, results and what reached the server agree."""
    mini = await begin(start, target, promises=mode == "promises")
    vendors, ours = await compared(mini, cases)
    assert vendors == ours


@pytest.mark.parametrize("mode", ["callbacks", "promises"])
@pytest.mark.parametrize("target", ["mpx/wx", "mpx/my"])
async def test_an_abort_ends_as_through_the_vendors_layer(
    start: Start, target: str, mode: str
) -> None:
    """The task of the host is returned, or kept in `__returned`."""
    mini = await begin(start, target, promises=mode == "promises")
    vendors, ours = await compared(mini, ABORTED)
    assert vendors == ours
    assert ["fail", "complete"] == [name for name, _ in ours["aborted"]["heard"][-2:]]


async def test_the_ali_build_sends_the_name_and_leaves_results_as_they_are(start: Start) -> None:
    """So the calls that are compared do reach the server, and do end."""
    mini = await begin(start, "mpx/my")
    told, _ = await compared(mini, UPLOADS | {"both": Case({"fileName": "g"})} | FAILURES)
    sent = {
        name: [(part[0], part[3]) for part in outcome["arrived"][0]["parts"]]
        for name, outcome in told.items()
        if outcome["arrived"]
    }
    assert [("f", "picture")] == sent["with every callback"]
    assert [("g", "picture")] == sent["both"]
    first = next(record for record in mini.bridge.calls if record.api == "uploadFile")
    assert ("f", False) == (first.options["fileName"], "name" in first.options)
    failed = {"error": 11, "errorMessage": "文件不存在"}
    assert [["fail", failed], ["complete", failed]] == told["without the file"]["heard"]


async def test_in_promise_mode_the_wx_task_is_in_returned(start: Start) -> None:
    """Outside there is nothing but the Promise."""
    mini = await begin(start, "mpx/wx", promises=True)
    told, _ = await compared(mini, {"one": Case(callbacks=[])})
    returned = told["one"]["returned"]
    assert ("Promise", []) == (returned["kind"], returned["members"])
    assert ("object", True) == (
        returned["inner"]["kind"],
        {"abort", "onProgressUpdate"} <= set(returned["inner"]["members"]),
    )
    state, result = told["one"]["promise"]
    assert ("resolved", 200) == (state, result["statusCode"])


@pytest.mark.parametrize("target", ["mpx/wx", "mpx/my"])
async def test_requests_end_as_through_the_vendors_layer(start: Start, target: str) -> None:
    """Names of status and headers, bodies, failures and what reached the server agree."""
    mini = await begin(start, target)
    vendors, ours = await compared(mini, of("request", REQUESTS))
    assert without_native(vendors) == without_native(ours)
    assert [] == mini.said


@pytest.mark.parametrize("mode", ["callbacks", "promises"])
@pytest.mark.parametrize("target", ["mpx/wx", "mpx/my"])
async def test_device_calls_end_as_through_the_vendors_layer(
    start: Start, target: str, mode: str
) -> None:
    """Storage, network, notes on the screen and the picker answer as the vendor's layer says."""
    mini = await begin(start, target, promises=mode == "promises", album=[PNG, PNG])
    vendors, ours = await compared(mini, by_name(DEVICE))
    assert without_native(vendors) == without_native(ours)


@pytest.mark.parametrize("target", ["mpx/wx", "mpx/my"])
async def test_values_are_those_of_the_vendors_layer(start: Start, target: str) -> None:
    """What an API returns at once is the same through both layers."""
    mini = await begin(start, target)
    assert await values(mini, "vendor", VALUES) == await values(mini, "ours", VALUES)


async def test_a_requests_header_reaches_the_server(start: Start) -> None:
    """It does through the vendor's layer."""
    mini = await begin(start, "mpx/my")
    cases = {"any": Case({"header": {"X-A": "1"}}, ["success"])}
    vendors, ours = await compared(mini, of("request", cases))
    assert without_native(vendors) == without_native(ours)


@pytest.mark.parametrize("callbacks", [["complete"], []], ids=["complete", "none"])
async def test_a_request_is_renamed_for_success_alone(start: Start, callbacks: list[str]) -> None:
    """`complete` and the host's own Promise get `status` and `headers`."""
    mini = await begin(start, "mpx/my")
    vendors, ours = await compared(mini, of("request", {"one": Case(callbacks=callbacks)}))
    assert vendors == ours


async def test_a_dialogs_answer_is_shaped_for_success_alone(start: Start) -> None:
    """`complete` gets what `confirm` says."""
    mini = await begin(start, "mpx/my")
    vendors, ours = await compared(mini, by_name({"showModal": Case({"title": "t"})}))
    assert vendors == ours
