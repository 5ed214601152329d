"""A failed call, on its way to the host that words it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.profile import Text
    from bridge.reasons import Reason


@dataclass(frozen=True, slots=True)
class Failure:
    """
    One failed call before it takes the host's shape.

    `detail` fills the host's text: `host`, `ip`, `port`, `problems` and a free `detail` sentence.
    Its `cause` chooses among the host's texts for one reason.
    `text` is what the host says instead of its usual text for the reason, and `extra` holds keys
    that the fail object has beside its usual ones.
    """

    reason: Reason
    detail: Mapping[str, object] = field(default_factory=dict)
    text: Text | None = None
    extra: Mapping[str, object] = field(default_factory=dict)
