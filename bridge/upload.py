"""`uploadFile`: files and text fields in one multipart body."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from bridge import layers, outcome, wire
from bridge.files import FileFailure
from bridge.reasons import Failure, Reason
from bridge.tasks import Tasks

if TYPE_CHECKING:
    from bridge.call import Call
    from bridge.profile import Options, Result
    from bridge.protocol import Invoke
    from bridge.timings import Moments
    from bridge.transport import Reply

_BOUNDARY_DIGITS = 24


class Uploads(Tasks):
    """The uploads of one bridge."""

    api: ClassVar[str] = layers.UPLOAD
    task: ClassVar[str] = "UploadTask"

    def _understand(self, call: Call, message: Invoke) -> Failure | None:
        failed = super()._understand(call, message)
        blank = self._profile.blank_name
        if failed is None and blank is not None and call.values.get("name") == "":
            return Failure(Reason.BAD_PARAMETER, text=blank)
        return failed

    def _ready(self, call: Call) -> Failure | None:
        """Find a bad file before the call takes a slot; it is opened again when it is sent."""
        header = call.values.get("header")
        call.header = cast("Options", header) if isinstance(header, dict) else {}
        try:
            call.picked = wire.chosen(call.values, call.record.decisions)
            wire.probe(self._profile, self._phone.files, call.picked)
        except FileFailure as failure:
            return Failure(failure.reason)
        return None

    def _content(self, call: Call) -> wire.Content:
        record, phone = call.record, self._phone
        record.boundary = f"----minibridge{phone.chance.hex(_BOUNDARY_DIGITS)}"
        return wire.Content(
            fields=wire.text_fields(call.values, record.decisions),
            files=wire.opened(self._profile, phone.files, call.picked),
            boundary=record.boundary,
        )

    def _shaped(self, call: Call, reply: Reply, moments: Moments) -> Result | Failure:
        """Return the success object: any HTTP status is a success."""
        answer = outcome.Answer(self._target, reply, moments, call.trace_id)
        return outcome.success(answer, call.values)
