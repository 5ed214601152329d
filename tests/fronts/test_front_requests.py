"""What `request` and its data come to, the same through Python, Node and quickjs-ng."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge import layers, undefined
from tests.fronts.fronts import one_per, untimed

if TYPE_CHECKING:
    from bridge import UploadServer
    from bridge.target import Target
    from tests.fronts.fronts import Mini, On

DATA = {
    "text": "文😀",
    "number": 1e21,
    "zero": -0.0,
    "fraction": 0.1,
    "yes": True,
    "nothing": None,
    "absent": undefined,
    "deep": {"list": [1, None, undefined, {"a": "b"}]},
}
ASKED = [
    ("GET", None),
    ("POST", None),
    ("POST", "application/x-www-form-urlencoded"),
    ("PUT", "text/plain"),
]


def requesting(target: Target) -> object:
    """Tell how a target asks and answers; None where it has no `request`."""
    rules = target.profile.request
    if rules is None or "request" not in layers.describe(target)[layers.main_namespace(target)]:
        return None
    kinds = rules.returns, rules.query_lists, rules.query_nothing, rules.other_types
    return *kinds, rules.success, rules.fail, len(target.layers)


requesters = pytest.mark.parametrize("target", one_per(requesting))


@requesters
async def test_data_is_encoded_the_same_on_every_front(
    each: tuple[On, ...], server: UploadServer, target: str
) -> None:
    """As a query, as JSON, as form fields or as text: byte for byte, and the answer as well."""
    told = []
    for on in each:
        mini = await on(target)
        told.append([await asked(mini, server, method, kind) for method, kind in ASKED])
    assert told[0] == told[1] == told[2]
    assert [{"n": [1, 2.5, None]}] * len(ASKED) == [one[3] for one in told[0]]


async def asked(mini: Mini, server: UploadServer, method: str, kind: str | None) -> list[object]:
    """Make one request; return what the server got of it, and what came back."""
    header = {"Content-Type": kind} if kind else {}
    options = {"url": server.url, "method": method, "data": DATA}
    server.reply(body={"n": [1, 2.5, None]})
    seen = await mini.call("request", options | {"header": header, "headers": header})
    assert ["returned", "success", "complete"] == seen.names
    (result,), (whole,) = seen.of("success"), seen.of("complete")
    got = server.last
    heard = [result["data"], [*result], [*whole]]
    return [got.method, got.path, got.text, *heard, seen.returned]


@requesters
async def test_a_refused_request_reads_the_same_on_every_front(
    each: tuple[On, ...], target: str
) -> None:
    """What it returns, what `fail` and `complete` hear, and what a Promise comes to."""
    for callbacks in (("fail", "complete"), ()):
        seen = []
        for on in each:
            mini = await on(target)
            seen.append(await mini.call("request", {"url": "nowhere:"}, callbacks=callbacks))
        python, node, quickjs = map(untimed, seen)
        assert python == node == quickjs
        assert ["returned", *callbacks] == seen[0].names
