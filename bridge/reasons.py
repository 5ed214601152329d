"""Why a call failed, in words no platform owns; each profile maps every reason to its own shape."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.profile import Text


class Reason(StrEnum):
    """The causes a profile has to answer for."""

    BAD_PARAMETER = "bad_parameter"
    MISSING_FILE = "missing_file"
    NOT_A_FILE = "not_a_file"
    UNREADABLE_FILE = "unreadable_file"
    OVER_SIZE = "over_size"
    BAD_URL = "bad_url"
    UNSUPPORTED_SCHEME = "unsupported_scheme"
    DOMAIN_NOT_LISTED = "domain_not_listed"
    OVER_LIMIT = "over_limit"
    OFFLINE = "offline"
    DNS_FAILURE = "dns_failure"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_RESET = "connection_reset"
    NETWORK_CHANGED = "network_changed"
    TLS_FAILURE = "tls_failure"
    TIMEOUT = "timeout"
    ABORTED = "aborted"
    INTERRUPTED_BACKGROUND = "interrupted_background"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    BAD_RESPONSE = "bad_response"
    INTERNAL = "internal"


TLS_CAUSES = ("expired", "wrong_name", "untrusted", "old_protocol")
"""Why no secure connection comes about, where that is known; `detail` has it under `cause`."""


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
