"""What a call handed back at once: whether there is such a function, of which kind, with what."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.comparison.ending import decided, of_the_phone, phones_own
from bridge.layers import describe_host
from bridge.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.comparison.case import Case
    from bridge.comparison.model import Cause


def offered(case: Case) -> Iterator[Cause]:
    """Say why there is an API, or none: a layer, a version, what stands behind it, or a list."""
    if case.target.layers and case.api in describe_host(case.target):
        yield from case.layer(case.target.layers[0], "apis")
        return
    network = ["returns"] if case.present else []
    for name in ("pickers.{api}", "device.{api}", *network, "device.apis"):
        found = list(case.hidden("api", case.api)) or list(case.rule(name))
        if found:
            yield from found
            return


def returned(case: Case) -> Iterator[Cause]:
    """Say why a call returns what it returns."""
    refused = case.record is not None and case.record.reason is Reason.BAD_PARAMETER
    if refused and case.value == "undefined":
        yield from case.rule("after_bad_parameter")
        yield from decided(case)
        return
    yield from _by_layer(case)
    if of_the_phone(case):
        for found in case.rule("device.{api}"):
            yield replace(found, says=f"a promise: {phones_own(case).promise}")
    elif case.api in case.profile.pickers:
        yield from case.rule("picker_returns")
    else:
        yield from case.rule("returns")
        # A Promise is a task as well where it has members.
        yield from case.rule("members") if case.profile.returns != "task" else ()


def _by_layer(case: Case) -> Iterator[Cause]:
    yield from case.layers("use_promise", lambda layer: layer.use_promise == "on")
    if case.key == "without_callbacks":
        yield from case.layers("returns", lambda layer: layer.returns != "host")
        yield from case.layers("all_callbacks", lambda layer: layer.all_callbacks)


def member(case: Case) -> Iterator[Cause]:
    """Say why a task has a member, or lacks it."""
    yield from list(case.hidden("member")) or case.rule("members")


def does(case: Case) -> Iterator[Cause]:
    """Say what a member of a task does when it is called."""
    for found in case.rule("members"):
        yield replace(found, says=f"{case.key}: {case.profile.members.get(case.key)}")


def listeners(case: Case) -> Iterator[Cause]:
    """Say which members a task has, since when it has the listeners that are missing, or do not."""
    members = case.profile.members
    names = [name for name in members if name.startswith("on")]
    lacking = [cause for name in names for cause in case.hidden("member", name)]
    idle = ", ".join(f"{name}: {members[name]}" for name in names if members[name] != "call")
    for found in lacking or case.rule("members"):
        yield replace(found, says=idle) if idle and not lacking else found
