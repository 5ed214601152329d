"""The loop's clock told as epoch time, and the bridge's seeded randomness."""

from __future__ import annotations

import random
import string
import time
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    import asyncio

_ALPHABET = string.digits + string.ascii_lowercase


class Clock:
    """
    Epoch milliseconds that advance with `loop.time()`, so that virtual time moves them too.

    Args:
        loop: the loop every call of a bridge runs on.

    Attributes:
        now: returns seconds of `loop.time()`.
        offset: what makes epoch seconds of them.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.now = loop.time
        self.offset = time.time() - loop.time()

    def epoch_ms(self, at: float) -> int:
        """Return a moment of `loop.time()` as whole epoch milliseconds."""
        return int((at + self.offset) * 1000)


class Chance:
    """
    Everything random a host makes up: paths, boundaries, ids; the same for the same seed.

    Only what a path template takes from the clock (`ms`) is new each time.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  names in a test, not secrets
        self._last_ms = 0

    def hex(self, digits: int) -> str:
        """Return so many lower-case hex digits."""
        return f"{self._random.getrandbits(digits * 4):0{digits}x}"

    def expand(self, template: str, name: str) -> str:
        """Fill a path template (`hex32`, `uuid`, `ms`, `name`, `ext`) for a file's name."""
        plain = PurePosixPath(name).name or "file"
        return template.format(
            hex32=self.hex(32),
            uuid=UUID(int=self._random.getrandbits(128), version=4),
            ms=self._next_ms(),
            name=plain,
            ext=PurePosixPath(plain).suffix,
        )

    def trace_id(self, epoch_ms: int) -> str:
        """Return an id as Feishu's samples have it: `02`, 13 digits, 32 hex, 6 characters."""
        tail = "".join(self._random.choices(_ALPHABET, k=6))
        return f"02{epoch_ms:013d}{self.hex(32)}{tail}"

    def _next_ms(self) -> int:
        """Return epoch milliseconds, no value twice, for paths that are named by them."""
        self._last_ms = max(int(time.time() * 1000), self._last_ms + 1)
        return self._last_ms
