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

if TYPE_CHECKING:
    from bridge.comparison import Comparison, compare
    from bridge.errors import BridgeError, HostError
    from bridge.failure import Failure
    from bridge.files import HostFile
    from bridge.logic.python import HostObject, HostPromise, HostTask, UploadFailed
    from bridge.profile import Layer, Never, Paths, Picker, Profile, Source, Text
    from bridge.reasons import Reason
    from bridge.runtime import Bridge, Outcome
    from bridge.sink import UploadLimits, UploadServer
    from bridge.transport import Reply, Transport, TransportFailure
    from bridge.transport.http import HttpTransport
    from bridge.transport.limits import Limits
    from bridge.transport.memory import MemoryTransport
    from bridge.values import undefined

__all__ = [
    "Bridge",
    "BridgeError",
    "Comparison",
    "Failure",
    "HostError",
    "HostFile",
    "HostObject",
    "HostPromise",
    "HostTask",
    "HttpTransport",
    "Layer",
    "Limits",
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
    "UploadLimits",
    "UploadServer",
    "compare",
    "undefined",
]

_HOMES = {
    "bridge.comparison": ("Comparison", "compare"),
    "bridge.errors": ("BridgeError", "HostError"),
    "bridge.failure": ("Failure",),
    "bridge.files": ("HostFile",),
    "bridge.logic.python": ("HostObject", "HostPromise", "HostTask", "UploadFailed"),
    "bridge.profile": ("Layer", "Never", "Paths", "Picker", "Profile", "Source", "Text"),
    "bridge.reasons": ("Reason",),
    "bridge.runtime": ("Bridge", "Outcome"),
    "bridge.sink": ("UploadLimits", "UploadServer"),
    "bridge.transport": ("Reply", "Transport", "TransportFailure"),
    "bridge.transport.http": ("HttpTransport",),
    "bridge.transport.limits": ("Limits",),
    "bridge.transport.memory": ("MemoryTransport",),
    "bridge.values": ("undefined",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Import a public name from its module when it is asked for, and keep it."""
    module = _HOME.get(name)
    if module is None:
        message = f"module 'bridge' has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module  # noqa: PLC0415  only once for each name

    found = globals()[name] = getattr(import_module(module), name)
    return found
