"""Records and traces for the tests of the report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Json = dict[str, Any]
TIMES = (
    "invoked",
    "queued",
    "dequeued",
    "dns",
    "connect",
    "tls",
    "send",
    "sent",
    "first_byte",
    "end",
)


def times(**moments: object) -> Json:
    """Return the moments of a call; those not given did not happen."""
    return dict.fromkeys(TIMES) | moments


def record(**changes: object) -> Json:
    """Return a record with nothing in it but what the schema asks for, and these changes."""
    plain: Json = {
        "v": 1,
        "id": 1,
        "session": "s",
        "target": "wx",
        "profile_overrides": {},
        "api": "uploadFile",
        "started": 1_700_000_000_000,
        "options": {},
        "unknown_keys": [],
        "understood": {},
        "decisions": [],
        "conditions": [],
        "not_emulated": [],
        "times": times(invoked=0.0, end=1.5),
        "request": None,
        "response": None,
        "progress": [],
        "callbacks": [],
        "callback_errors": [],
        "outcome": {"ok": True, "reason": None, "detail": "", "result": {}},
        "sink_upload": None,
    }
    return plain | changes


def trace(path: Path, records: Iterable[Json]) -> Path:
    """Write records as a trace file."""
    lines = map(json.dumps, records)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path
