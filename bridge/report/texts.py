"""
The long texts of records, each kept once.

A test sends the same picture again and again, and an answer is told to three callbacks. A long text
is taken out of its record, named by its SHA-256, and written into the page where it first appears.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

ROOM: Final = 64 << 20
"""Characters of long texts that one page holds; what comes after stays in the trace alone."""

_LONG: Final = 256


class Texts:
    """
    The long texts of one page.

    Args:
        write: is given the name and the characters of each new text.
        room: characters that may be written in all.

    Attributes:
        left_out: how many found no room.
    """

    def __init__(self, write: Callable[[str, str], None], room: int = ROOM) -> None:
        self._write = write
        self._room = room
        self._known: set[str] = set()
        self.left_out = 0

    def moved(self, value: object) -> object:
        """
        Return plain data with its long texts replaced.

        One that is kept becomes `{"$kept": NAME}`, one without room `{"$left_out": LENGTH}`.
        """
        if isinstance(value, dict):
            return {key: self.moved(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.moved(inner) for inner in value]
        return self._named(value) if isinstance(value, str) and len(value) > _LONG else value

    def _named(self, text: str) -> dict[str, object]:
        name = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        if name not in self._known:
            if len(text) > self._room:
                self.left_out += 1
                return {"$left_out": len(text)}
            self._room -= len(text)
            self._known.add(name)
            self._write(name, text)
        return {"$kept": name}
