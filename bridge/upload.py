"""`uploadFile`: files and text fields in one multipart body."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bridge import layers, wire
from bridge.failure import Failure
from bridge.files import FileFailure
from bridge.reasons import Reason
from bridge.tasks import Tasks

if TYPE_CHECKING:
    from bridge.call import Call
    from bridge.outcome import Answer
    from bridge.profile import Options, Result
    from bridge.protocol import Invoke

_BOUNDARY_DIGITS = 24
_NO_HEADER: Options = {}


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
        """Open the files, so that a bad one is found before the call takes a slot."""
        header = call.values.get("header")
        call.header = header if isinstance(header, dict) else _NO_HEADER
        try:
            call.picked = wire.chosen(call.values, call.record)
            call.files = wire.opened(self._profile, self._phone.files, call.picked)
        except FileFailure as failure:
            return Failure(failure.reason)
        return None

    def _content(self, call: Call) -> wire.Content:
        """Return the form; the files of a call that has waited are opened again."""
        record, phone = call.record, self._phone
        record.boundary = f"----minibridge{phone.chance.hex(_BOUNDARY_DIGITS)}"
        fields = wire.text_fields(call.values, record)
        call.files = call.files or wire.opened(self._profile, phone.files, call.picked)
        return wire.Content(fields, call.files, record.boundary)

    def _shaped(self, call: Call, answer: Answer) -> Result | Failure:
        """Return the success object: any HTTP status is a success."""
        return self._shape.success(answer, call.values)
