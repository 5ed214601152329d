"""How bodies are written; the defaults are the measured best."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

import aiohttp

from bridge.transport.direct import Share

DIRECT: Final = aiohttp.__version__.startswith("3.14.")
"""Whether this aiohttp is one whose connection, writer and parser are known to `DirectLine`."""
_KIB = 1024


@dataclass(frozen=True, slots=True)
class Tuning:
    """
    How bodies are written.

    Attributes:
        small: bodies up to this many bytes are joined into one write.
        step: bytes one file sends before the loop goes on, and so between two progress reports.
        most: bytes of a very large file's step, which is a hundredth of it where that is more.
        turn: bytes all files together send before the loop has come round.
        least: bytes a step never goes below, however many files are on their way.
        chunk: bytes of one copied piece.
        burst: bytes copied before the loop goes on.
        sendfile: whether the kernel may send from the file.
        direct: whether requests go by aiohttp's connections instead of its session.
    """

    small: int = 128 * _KIB
    step: int = 1024 * _KIB
    most: int = 4096 * _KIB
    turn: int = 4096 * _KIB
    least: int = 128 * _KIB
    chunk: int = 64 * _KIB
    burst: int = 512 * _KIB
    sendfile: bool = hasattr(os, "sendfile")
    direct: bool = DIRECT

    def share(self) -> Share:
        """Return what bodies written on one loop part among themselves."""
        return Share(self.step, self.most, self.turn, self.least)


DEFAULT_TUNING = Tuning()
