"""The text files that a test author names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.errors import BridgeError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def text_of(file: Traversable, what: str) -> str:
    """
    Return what a file holds, without the mark that some editors put before the first character.

    Raises:
        BridgeError: it cannot be read or is no UTF-8; the sentence calls it `what`.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise BridgeError(f"cannot read {what} {str(file)!r}: {why}") from error
