"""The three exceptions a user of minibridge can meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.reasons import Reason
    from bridge.trace import Record


class BridgeError(Exception):
    """
    The test author's mistake, raised at once: a bad target, an unknown override, a missing file.

    What the mini-program did wrong is never a `BridgeError`; it reaches `fail` and `complete`.
    """


class HostError(Exception):
    """An exception the emulated host itself throws into the mini-program, with the host's text."""


class UploadFailed(Exception):  # noqa: N818  the field's word for this outcome is "fail"
    """
    A call awaited from Python ended in `fail`.

    Attributes:
        result: the object `fail` received, in the host's own shape.
        reason: minibridge's platform-neutral name of the cause.
        record: the trace record of the call.
    """

    def __init__(self, result: dict[str, object], reason: Reason, record: Record) -> None:
        super().__init__(f"{reason}: {result}")
        self.result = result
        self.reason = reason
        self.record = record
