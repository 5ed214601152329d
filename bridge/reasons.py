"""Why a call failed, in words no platform owns; each profile maps every reason to its own shape."""

from __future__ import annotations

from enum import StrEnum


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
