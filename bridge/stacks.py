"""How an error of the mini-program's JavaScript is told: what it says, then where it happened."""

from __future__ import annotations


def told(message: str, stack: str) -> str:
    """
    Return a message and the frames of its stack as one text.

    A stack begins with the error's own name and text; the message may say more before them, such
    as that it was an unhandled rejection. What is thrown without being an error has no stack.
    """
    at = stack.find("\n    at ")
    return message if at < 0 else message + stack[at:]
