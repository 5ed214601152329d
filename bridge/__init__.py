"""
minibridge: the native bridge of mini-programs, emulated for tests.

`Bridge("wx")` opens one emulated environment; its `api` is the host's global object, and an
`uploadFile` on it is a real multipart upload that answers in that host's own shape.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING


def _check_siblings() -> None:
    """Refuse to run with somebody else's `platforms` or `schemas` in the place of ours."""
    here = Path(__file__).resolve().parent.parent
    for name in ("platforms", "schemas"):
        spec = find_spec(name)
        found = Path(spec.origin).resolve() if spec is not None and spec.origin else None
        if found is None or found.parent.parent != here:
            text = f"minibridge needs its own package {name!r}, but Python finds {found}"
            raise ImportError(text)


_check_siblings()

from bridge.errors import BridgeError, HostError  # noqa: E402  the guard comes first
from bridge.files import HostFile  # noqa: E402
from bridge.logic.python import HostObject, HostPromise, HostTask, UploadFailed  # noqa: E402
from bridge.profile import Layer, Never, Paths, Picker, Profile, Source, Text  # noqa: E402
from bridge.reasons import Failure, Reason  # noqa: E402
from bridge.runtime import Bridge, Outcome  # noqa: E402
from bridge.transport import Reply, Transport, TransportFailure  # noqa: E402
from bridge.values import undefined  # noqa: E402

if TYPE_CHECKING:
    from bridge.sink import UploadServer
    from bridge.transport.http import HttpTransport
    from bridge.transport.memory import MemoryTransport

__all__ = [
    "Bridge",
    "BridgeError",
    "Failure",
    "HostError",
    "HostFile",
    "HostObject",
    "HostPromise",
    "HostTask",
    "HttpTransport",
    "Layer",
    "MemoryTransport",
    "Never",
    "Outcome",
    "Paths",
    "Picker",
    "Profile",
    "Reason",
    "Reply",
    "Source",
    "Text",
    "Transport",
    "TransportFailure",
    "UploadFailed",
    "UploadServer",
    "undefined",
]

_LAZY = {
    "HttpTransport": "bridge.transport.http",
    "MemoryTransport": "bridge.transport.memory",
    "UploadServer": "bridge.sink",
}


def __getattr__(name: str) -> object:
    """Import what needs aiohttp only when it is asked for."""
    module = _LAZY.get(name)
    if module is None:
        message = f"module 'bridge' has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module  # noqa: PLC0415  only on this rare way

    return getattr(import_module(module), name)
