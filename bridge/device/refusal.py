"""Why the phone refuses a call, before the refusal takes the host's shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.reasons import Reason


class Refusal(Exception):  # noqa: N818  becomes the host's fail, never the test author's error
    """
    One refused call.

    Attributes:
        cause: the key of `Local.texts`.
        reason: what stands for it where the API has no text of its own.
        detail: what fills the text.
    """

    def __init__(self, cause: str, reason: Reason, detail: Mapping[str, object]) -> None:
        super().__init__(cause)
        self.cause = cause
        self.reason = reason
        self.detail = dict(detail)
