"""How much of a server's answer is taken before it is refused."""

from __future__ import annotations

from dataclasses import dataclass

_KIB = 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """
    What an answer may hold; one that holds more fails as a `BAD_RESPONSE`.

    How long it may take and how often it may redirect are the host's to say: the profile's
    `fixed_timeout`, `max_timeout` and `max_redirects`.

    Attributes:
        line: bytes of the status line.
        header: bytes of a header's name, and of its value.
        headers: header lines of one head.
        interim: heads of status 1xx before the answer's own.
        body: bytes of the body, decompressed.
        redirect_body: bytes of a redirect's body that are read so that its connection can be used
            again; of a longer one the rest is left, and the connection with it.
    """

    line: int = 8190
    header: int = 8190
    headers: int = 128
    interim: int = 32
    body: int = 64 * _KIB * _KIB
    redirect_body: int = 64 * _KIB


DEFAULT_LIMITS = Limits()
