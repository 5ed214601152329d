"""The same calls through a vendor's own layer and through ours, over one host."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.clients.conftest import Mini

ALL = ("success", "fail", "complete")
CLOSED = "http://127.0.0.1:1/"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0"
Outcomes = dict[str, dict[str, Any]]
_TEMPORARY = re.compile(r"(https?://resource/|wxfile://tmp_)\w+")


@dataclass(frozen=True)
class Case:
    """
    One call.

    Attributes:
        options: what it passes; an upload's and a request's come on top of sound ones.
        callbacks: the callbacks it passes.
        api: what it calls.
        status: what the server answers.
        abort: whether it is aborted once everything has arrived.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    callbacks: Iterable[str] = ALL
    api: str = "uploadFile"
    status: int = 200
    abort: bool = False


UPLOADS = {
    "with every callback": Case(),
    "with complete only": Case(callbacks=["complete"]),
    "with success only": Case(callbacks=["success"]),
    "with no callback": Case(callbacks=[]),
    "with callbacks that are no functions": Case({"complete": None}, callbacks=[]),
    "with a field of every kind": Case(
        {"formData": {"n": 200, "b": True, "e": "", "o": {"a": 1}, "l": [1, 2], "x": None}}
    ),
    "with a header": Case({"header": {"Content-Type": "text/plain", "X-A": "1"}}),
    "with keys nobody knows": Case({"files": [], "method": "PUT", "extra": {"a": 1}}),
    "with a time-out of zero": Case({"timeout": 0}),
    "answered by 500": Case(status=500),
    "answered by 500, with no callback": Case(callbacks=[], status=500),
}
FAILURES = {
    "without the file": Case({"filePath": "nothing.png"}),
    "without the file, with complete only": Case({"filePath": "nothing.png"}, ["complete"]),
    "without the file, with no callback": Case({"filePath": "nothing.png"}, []),
    "without a name": Case({"name": None}),
    "to an address that is no text": Case({"url": 1}),
    "by another scheme": Case({"url": "ftp://127.0.0.1/"}),
}
ABORTED = {"aborted": Case(abort=True)}
REQUESTS = {
    "with success and fail": Case(callbacks=["success", "fail"]),
    "with JSON": Case({"method": "POST", "data": {"a": 1, "b": "x y"}}, ["success", "fail"]),
    "with a text": Case({"method": "PUT", "data": "text"}, ["success"]),
    "with a query": Case({"data": {"q": 1}}, ["success"]),
    "for a text": Case({"dataType": "text"}, ["success"]),
    "in lower case": Case({"method": "post"}, ["success"]),
    "without headers": Case({"header": None}, ["success"]),
    "answered by 500": Case(status=500),
    "answered by 404, with no callback": Case(callbacks=[], status=404),
    "to a closed port": Case({"url": CLOSED}),
    "to a closed port, with no callback": Case({"url": CLOSED}, []),
}
DEVICE = {
    "setStorage": Case({"key": "a", "data": {"x": 1}}),
    "getStorage": Case({"key": "a"}),
    "getStorageInfo": Case(),
    "removeStorage": Case({"key": "a"}),
    "getNetworkType": Case(callbacks=[]),
    "showToast": Case({"title": "t", "icon": "none"}),
    "showLoading": Case({"title": "t", "mask": True}),
    "hideLoading": Case(),
    "chooseImage": Case({"count": 2}),
}
VALUES: dict[str, list[Any]] = {
    "setStorageSync": ["k", {"a": 1}],
    "getStorageSync": ["k"],
    "getStorageInfoSync": [],
    "removeStorageSync": ["k"],
    "canIUse": ["uploadFile"],
    "clearStorageSync": [],
}


def of(api: str, cases: Mapping[str, Case]) -> dict[str, Case]:
    """Return the same cases of another API."""
    return {name: replace(case, api=api) for name, case in cases.items()}


def by_name(cases: Mapping[str, Case]) -> dict[str, Case]:
    """Return cases that are named by what they call."""
    return {name: replace(case, api=name) for name, case in cases.items()}


async def values(mini: Mini, owner: str, steps: Mapping[str, list[Any]]) -> list[Any]:
    """Return what each of some APIs returns at once."""
    return [await mini.program.call("value", owner, *step) for step in steps.items()]


def without_native(outcomes: Outcomes) -> Outcomes:
    """Leave out what the host's own Promise came to, which a call with callbacks returns."""
    return {name: {**told, "native": None} for name, told in outcomes.items()}


async def compared(mini: Mini, cases: Mapping[str, Case]) -> tuple[Outcomes, Outcomes]:
    """Return what the vendor's layer came to in each case, and what ours did."""
    outcomes: tuple[Outcomes, Outcomes] = ({}, {})
    for name, case in cases.items():
        options = _options(mini, case)
        for owner, told in zip(("vendor", "ours"), outcomes, strict=True):
            told[name] = await _outcome(mini, owner, case, options)
    return outcomes


def _options(mini: Mini, case: Case) -> dict[str, Any]:
    """Return what both get, a file included, so that its path is the same."""
    sound = {
        "uploadFile": mini.options,
        "request": {"url": f"{mini.server.url}/path?z=1"},
    }
    return {**sound.get(case.api, {}), **case.options}


async def _outcome(mini: Mini, owner: str, case: Case, options: dict[str, Any]) -> dict[str, Any]:
    if case.status != 200:
        mini.server.reply(case.status, "no", times=1)
    if case.abort:
        mini.server.hold()
    outcome = await mini.tell(owner, case.api, options, *case.callbacks, abort=case.abort)
    mini.server.release()
    result: dict[str, Any] = _lasting(outcome)
    return result


def _lasting(value: Any) -> Any:  # noqa: ANN401  whatever JSON holds
    """Leave out what two equal calls do not share: times, and the names of temporary files."""
    if isinstance(value, dict):
        kept = {key: _lasting(inner) for key, inner in value.items() if key != "Date"}
        return kept | ({"profile": sorted(kept["profile"])} if "profile" in kept else {})
    if isinstance(value, list | tuple):
        return [_lasting(inner) for inner in value]
    return _TEMPORARY.sub(r"\1*", value) if isinstance(value, str) else value
