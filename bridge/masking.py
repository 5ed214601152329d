"""What looks like a secret, and is hidden wherever a call is shown or written down."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bridge.transport import Headers

MASK: Final = "***"
_SECRET = re.compile(
    r"authorization|cookie|token|secret|passw|signature|policy|credential|accesskey|api[-_]?key"
    r"|session|(?:^|[-_])sign?$",
    re.IGNORECASE,
)
_QUERY = re.compile(r"([?&])([^=&#]*)=([^&#]*)")
_USER = re.compile(r"(?<=://)[^/@\s]*@")


def is_secret(name: str) -> bool:
    """Tell whether a key, a field or a header of this name holds what nobody else may read."""
    return _SECRET.search(name) is not None


def masked_text(text: str) -> str:
    """Hide what secret-looking keys hold in a JSON text, in form fields, or in an address."""
    if text[:1] in ("{", "["):
        return _masked_json(text)
    if "://" not in text and _QUERY.match(f"?{text}"):
        return mask_url(f"?{text}")[1:]
    return mask_url(text)


def _masked_json(text: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        # Cut off or broken: what is secret in it cannot be told from the rest.
        return MASK if _SECRET.search(text) else mask_url(text)
    hidden = masked(value)
    return text if hidden == value else json.dumps(hidden, ensure_ascii=False)


def masked_headers(headers: Headers) -> list[list[str]]:
    """Return header lines as pairs, the values of secret-looking ones hidden."""
    return [[name, MASK if is_secret(name) else value] for name, value in headers]


def mask_url(url: str) -> str:
    """Hide the values of secret-looking query parameters, and a user before the host."""
    return _QUERY.sub(_masked_pair, _USER.sub(f"{MASK}@", url))


def _masked_pair(pair: re.Match[str]) -> str:
    before, name, value = pair.groups()
    return f"{before}{name}={MASK if is_secret(name) else value}"


def masked(value: object) -> object:
    """Hide the values of secret-looking keys, at every depth."""
    if isinstance(value, dict):
        return {k: MASK if is_secret(k) else masked(inner) for k, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(inner) for inner in value]
    return masked_text(value) if isinstance(value, str) else value
