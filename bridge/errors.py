"""Who is at fault: the test author, or the emulated host on purpose."""

from __future__ import annotations


class BridgeError(Exception):
    """
    The test author's mistake, raised at once: a bad target, an unknown override, a missing file.

    What the mini-program did wrong is never a `BridgeError`; it reaches `fail` and `complete`.
    """


class MissingError(BridgeError):
    """What a test asks for has to be installed first; the text says how to get it."""


class HostError(Exception):
    """An exception the emulated host itself throws into the mini-program, with the host's text."""
