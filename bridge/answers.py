"""Scripted answers of the embedded upload server: the steps of a script, checked once."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from multidict import CIMultiDict

from bridge.errors import BridgeError

Body = str | bytes | Mapping[str, object] | list[object] | float | bool | None
"""An answer's body: text, bytes, or anything else that JSON can spell."""

_TOKEN = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Step:
    """One scripted answer; `drop_after` set means that there is no answer at all."""

    status: int = 200
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: Body = ""
    delay: float = 0
    redirect: str | None = None
    drop_after: int | None = None
    times: int = 1

    def encoded(self) -> tuple[bytes, CIMultiDict[str]]:
        """Return the answer's bytes and its headers."""
        payload, kind = _encoded(self.body)
        given = {"Access-Control-Allow-Origin": "*"}
        if payload:
            given["Content-Type"] = kind
        if self.redirect is not None:
            given["Location"] = self.redirect
        headers = CIMultiDict(given)
        for name, value in self.headers.items():
            headers.popall(name, None)
            if value is not None:
                headers[name] = value
        return payload, headers


def default_step(error: str | None) -> Step:
    """Answer an upload for which the script has no step; `error` says what was wrong with it."""
    if error is None:
        return Step(body={"ok": True})
    return Step(status=400, body={"ok": False, "error": error})


def _encoded(body: Body) -> tuple[bytes, str]:
    """Return an answer's bytes and their content type."""
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    if isinstance(body, str):
        return body.encode(), "text/plain; charset=utf-8"
    text = json.dumps(body, separators=(",", ":"), allow_nan=False)
    return text.encode(), "application/json"


def check_step(raw: object, place: str) -> Step:
    """Check a step in its JSON form; `place` names it in the error's text."""
    if not isinstance(raw, Mapping):
        raise BridgeError(f"{place} is an object with fields, not {_shown(raw)}")
    for name, value in raw.items():
        if name not in _CHECKS:
            known = ", ".join(_CHECKS)
            raise BridgeError(f"{place}: there is no field {name!r}; the fields are {known}")
        is_valid, wanted = _CHECKS[name]
        if not is_valid(value):
            raise BridgeError(f"{place}: {name!r} is {wanted}, not {_shown(value)}")
    answering = sorted(raw.keys() & {"status", "headers", "body", "redirect"})
    if "drop_after" in raw and answering:
        raise BridgeError(f"{place}: 'drop_after' sends no answer, so {answering[0]!r} has no use")
    status = raw.get("status", 307 if "redirect" in raw else 200)
    if "redirect" in raw and status not in range(300, 400):
        raise BridgeError(f"{place}: 'status' of a redirect is from 300 to 399, not {status}")
    return Step(**{**raw, "status": status, "headers": dict(raw.get("headers", {}))})


def _is_whole(value: object, least: int, most: float = math.inf) -> bool:
    return type(value) is int and least <= value <= most


def _is_delay(value: object) -> bool:
    return type(value) in (int, float) and 0 <= value < math.inf  # type: ignore[operator]


def _is_body(value: object) -> bool:
    try:
        _encoded(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _is_header_value(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and _is_body(value)


def _are_headers(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str)
        and _TOKEN.fullmatch(name)
        and name.lower() not in ("content-length", "transfer-encoding")
        and (content is None or _is_header_value(content))
        for name, content in value.items()
    )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


_CHECKS: Final[Mapping[str, tuple[Callable[[object], bool], str]]] = {
    "status": (lambda value: _is_whole(value, 200, 999), "a whole number from 200 to 999"),
    "headers": (
        _are_headers,
        "an object of printable texts or nulls by header name (not Content-Length)",
    ),
    "body": (_is_body, "text, bytes or a JSON value"),
    "delay": (_is_delay, "a number of seconds from 0"),
    "redirect": (
        lambda value: _is_header_value(value) and value != "",
        "an address in printable characters",
    ),
    "drop_after": (lambda value: _is_whole(value, 0), "a whole number of bytes from 0"),
    "times": (lambda value: _is_whole(value, 1), "a whole number from 1"),
}
