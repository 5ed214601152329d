"""The network conditions of a plan: what `--network` takes, and `none`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bridge.conditions import read
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.network import Network

NONE: Final = "none"
"""The condition that changes nothing."""


def apply(network: Network, text: str) -> None:
    """
    Put a condition on a network.

    Args:
        network: the network of a bridge.
        text: `none`, or what `Network.apply` takes, such as `3g` or `3g,offline@40%`.

    Raises:
        BridgeError: there is no such condition, or no such place.
    """
    if text != NONE:
        network.apply(text)


def check(text: str) -> None:
    """Raise `BridgeError` for what is no condition."""
    if not text:
        raise BridgeError(f"an empty text is no condition; write {NONE!r} for a network as it is")
    if text != NONE:
        read(text)
