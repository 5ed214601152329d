"""Options of every shape and size: what a call comes to, and what of them reaches a wire."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bridge import Bridge, MemoryTransport, Reason, layers
from bridge.options import rules_for
from bridge.target import all_names, resolve
from tests.hostile.declared import declares

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Options = dict[str, object]

EXAMPLES = int(os.environ.get("MINIBRIDGE_EXAMPLES", "2"))
"""How many option objects are tried on each target; the environment may ask for more."""
TARGETS = tuple(all_names())
CALLS = [
    (name, api)
    for name in TARGETS
    for api in (layers.UPLOAD, layers.REQUEST)
    if api == layers.UPLOAD or not name.startswith("uploader/")
]
FILE = object()
"""Stands for the path of a file that exists."""
GOOD: Options = {
    "url": "https://a.test/up",
    "filePath": FILE,
    "name": "f",
    "fileType": "image",
    "method": "POST",
}
PROFILE = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

texts = st.one_of(
    st.text(st.characters(), max_size=20),
    st.text(st.characters(categories=["Cs"]), min_size=1, max_size=3),
    st.sampled_from(
        [
            "\0",
            "\r\n",
            "a\r\nX: y",
            '"',
            "../../etc/passwd",
            "__proto__",
            "%0d%0a",
            "\x7f",
            "\u2028",
        ]
    ),
    st.builds(lambda text, count: text * count, st.sampled_from("a\0é上"), st.just(100_000)),
)
numbers = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([0, -1, 2**31, 2**53 + 1, 2**64, 10**400, -(10**400), 5e-324, float("inf")]),
)
leaves = st.one_of(st.none(), st.booleans(), numbers, texts)
keys = st.one_of(
    texts,
    st.sampled_from(
        [
            "__proto__",
            "constructor",
            "prototype",
            "toString",
            "hasOwnProperty",
            "then",
            "length",
            "0",
        ]
    ),
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=20,
)


def named(api: str) -> list[str]:
    """Return every option that some target has for an API."""
    found: set[str] = {"success", "header", "headers", "hideLoading", "files"}
    for name in TARGETS:
        target = resolve(name)
        seen = target if api == layers.UPLOAD else target.requesting
        if seen is not None:
            found |= set(rules_for(seen, api).properties)
    return sorted(found - {"success", "fail", "complete"})


def objects(api: str) -> st.SearchStrategy[Options]:
    """Return option objects: what is right with some of it replaced, or anything at all."""
    replaced = st.dictionaries(st.one_of(st.sampled_from(named(api)), keys), values, max_size=5)
    bent = st.builds(lambda more: {**GOOD, **more}, replaced)
    missing = st.builds(
        lambda found, left: {key: found[key] for key in found if key not in left},
        bent,
        st.sets(st.sampled_from(sorted(GOOD)), max_size=2),
    )
    return st.one_of(bent, missing, st.dictionaries(keys, values, max_size=5))


def nested(depth: int, wrap: str) -> object:
    """Return a value so many levels deep."""
    value: object = []
    for _ in range(depth - 1):
        value = [value] if wrap == "list" else {"a": value}
    return value


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """Return a runner, whose loop serves every example of a test."""
    with asyncio.Runner() as made:
        yield made


async def outcome(target: str, api: str, options: Options) -> tuple[bool, Options, Reason | None]:
    """Make a call whose every sending is answered, and return what it came to."""
    transport = MemoryTransport(headers={"Access-Control-Allow-Origin": "*"})
    async with asyncio.timeout(60), Bridge(target, transport=transport) as bridge:
        path = bridge.files.add("a.png", b"picture")
        filled = {key: path if value is FILE else value for key, value in options.items()}
        found = await bridge.call(api, filled)
        assert [] == bridge.in_flight
        return found.ok, found.result, found.reason


@pytest.mark.parametrize(("target", "api"), CALLS)
def test_any_options_end_in_a_declared_result(
    runner: asyncio.Runner, target: str, api: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The call ends in a success, or in a text and a number that the host has for a reason."""

    @PROFILE
    @example(options={**GOOD, "formData": nested(60, "list"), "header": nested(60, "dict")})
    @example(options={**GOOD, "name": "x" * 1_000_000, "timeout": 10**400})
    @given(options=objects(api))
    def tried(options: Options) -> None:
        ok, result, reason = runner.run(outcome(target, api, options))
        assert reason is not Reason.INTERNAL
        assert ok or reason is not None
        if not ok and not special(target, api, result):
            assert declares(target, api, result, [reason] if reason else [])

    tried()
    assert [] == [one for one in caplog.records if one.levelno >= logging.ERROR]


def special(target: str, api: str, result: Mapping[str, object]) -> bool:
    """Tell whether a host has words of its own for what is wrong with a request."""
    own = resolve(target).profile.request
    assert own is not None or api == layers.UPLOAD
    texts = [own.unknown_method, own.bad_json, own.http_error] if own else []
    return api == layers.REQUEST and any(
        text is not None and text.message in map(str, result.values()) for text in texts
    )
