"""The network conditions of a plan, put on the network of one bridge."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bridge.errors import BridgeError
from bridge.network import Network
from bridge.registry import unknown

if TYPE_CHECKING:
    from collections.abc import Callable

NONE: Final = "none"
"""The condition that changes nothing."""
_DOWN: Final[dict[str, Callable[[Network], None]]] = {
    "offline": Network.offline,
    "dns_failure": Network.dns_failure,
    "refuse": Network.refuse,
}
_CUTS: Final = {"reset_after": Network.reset_after, "stall_after": Network.stall_after}
_PLACE: Final = re.compile(r"(?P<percent>\d+(?:\.\d+)?)%|(?P<bytes>\d+)")


def apply(network: Network, text: str) -> None:
    """
    Put a condition on a network.

    Args:
        network: the network of a bridge.
        text: `none`; or a word, such as `offline`; or a word and a place in the body, such as
            `reset_after:40%` or `stall_after:1000` bytes.

    Raises:
        BridgeError: there is no such condition, or no such place.
    """
    word, colon, place = text.partition(":")
    if not colon and word in _DOWN:
        _DOWN[word](network)
    elif colon and word in _CUTS:
        found = _PLACE.fullmatch(place)
        if found is None:
            raise BridgeError(f"{place!r} is no place in a body: write {word}:40% or {word}:64000")
        size, percent = found["bytes"], found["percent"]
        _CUTS[word](
            network,
            bytes=None if size is None else int(size),
            percent=None if percent is None else float(percent),
        )
    elif text != NONE:
        known = [NONE, *_DOWN, *(f"{each}:40%" for each in _CUTS)]
        raise BridgeError(unknown("condition", text, known))


def check(text: str) -> None:
    """Raise `BridgeError` for what is no condition."""
    apply(Network(), text)
