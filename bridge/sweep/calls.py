"""One call as a scenario: it passes where the call ends in `success`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from bridge import layers
from bridge.comparison.given import ORIGIN
from bridge.comparison.steady import steady
from bridge.comparison.witness import own_texts, route
from bridge.masking import masked
from bridge.pictures import png
from bridge.runtime import Bridge
from bridge.sweep.condition import apply
from bridge.sweep.play import Play
from bridge.sweep.scenario import Result
from bridge.target import resolve
from bridge.transport.memory import MemoryTransport
from bridge.values import to_json

if TYPE_CHECKING:
    from bridge.comparison.given import Call
    from bridge.runtime import Outcome
    from bridge.sweep.scenario import Scenario

MEMORY: Final = "memory"


def prepared(scenario: Scenario, call: Call) -> Play | Result:
    """Return a call ready to be made, or why the target cannot be asked."""
    target = resolve(scenario.target)
    found = layers.with_callbacks(target, call.api)
    if found is None:
        return Result("skipped", f"lacks: api:{call.api}")
    made = call.addressed() if found.kind == "task" else call
    return Play(scenario.how.transport == MEMORY, partial(_played, scenario, made))


async def _played(scenario: Scenario, call: Call) -> Result:
    if scenario.how.transport == MEMORY:
        return await _made(scenario, call, "")
    from bridge.sink import UploadServer  # noqa: PLC0415  aiohttp's server takes 0.2 s to import

    async with UploadServer() as server:
        return await _made(scenario, call, server.url)


async def _made(scenario: Scenario, call: Call, server: str) -> Result:
    """Make the call against the embedded server's origin, or without one in memory."""
    transport = None if server else MemoryTransport()
    own = Bridge(
        scenario.target, album=[png()], transport=transport, seed=scenario.seed, record_limit=1
    )
    async with own as bridge:
        if server:
            page = bridge.profile.page_origin
            origins = [ORIGIN, *([page] if page else []), *scenario.how.routes, *call.origins]
            route(bridge, server, origins)
        apply(bridge.network, scenario.condition.text)
        outcome = await bridge.call(call.api, call.on(bridge.files))
    return _told(outcome, own_texts(server) if server else {})


def _told(outcome: Outcome, known: dict[str, str]) -> Result:
    ms = outcome.record.times.get("end")
    if outcome.ok:
        return Result("passed", ms=ms)
    result = steady(to_json(masked(outcome.result)), known)
    return Result("failed", str(outcome.reason), ms, {"result": result})
