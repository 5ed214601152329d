"""Which upload at the embedded server carried a call, and what its record says of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.trace import Record
    from bridge.uploads import Upload


def upload_of(record: Record, uploads: Sequence[Upload]) -> Upload | None:
    """Return the newest upload that carried the boundary of a call."""
    if not record.boundary:
        return None
    carried = (up for up in reversed(uploads) if record.boundary in _content_type(up))
    return next(carried, None)


def traced(record: Record, upload: Upload | None) -> dict[str, object]:
    """Return the record as data, its parts with their hashes as the embedded server saw them."""
    data: dict[str, Any] = record.to_json()
    if upload is not None and data["request"] is not None:
        for part, seen in zip(data["request"]["parts"], upload.parts, strict=False):
            part["sha256"] = seen.sha256
    return data


def _content_type(upload: Upload) -> str:
    return upload.headers.get("Content-Type", "")
