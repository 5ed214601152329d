"""The network conditions of a plan: words and tables, put on the network of one bridge."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bridge.errors import BridgeError
from bridge.network import Network
from bridge.registry import unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NONE: Final = "none"
_DOWN: Final[dict[str, Callable[[Network], None]]] = {
    NONE: lambda _: None,
    "offline": Network.offline,
    "dns_failure": Network.dns_failure,
    "refuse": Network.refuse,
}
_CUTS: Final = {"reset_after": Network.reset_after, "stall_after": Network.stall_after}
_AMOUNT: Final = re.compile(r"(?P<percent>\d+(?:\.\d+)?)\s*%|(?P<bytes>\d+)")


def apply(network: Network, what: str | Mapping[str, object]) -> None:
    """
    Put a condition on a network.

    Args:
        network: the network of a bridge.
        what: a word such as `offline` or `none`; a word with an amount, `reset_after=40%` or
            `stall_after=1000` bytes; or a table, `{"reset_after": {"percent": 40}}`.

    Raises:
        BridgeError: there is no such condition, or no such amount.
    """
    if isinstance(what, str):
        word, equals, amount = what.partition("=")
        given = _amount(word, amount) if equals else None
    else:
        word, given = _only_entry(what)
    if given is None and word in _DOWN:
        _DOWN[word](network)
    elif given is not None and word in _CUTS:
        _CUTS[word](network, bytes=_whole(given.get("bytes")), percent=given.get("percent"))
    else:
        raise BridgeError(unknown("condition", word if given is None else str(what), _known()))


def check(what: object) -> str | Mapping[str, object]:
    """Return a condition that can be put on a network; raises `BridgeError` for any other."""
    if not isinstance(what, (str, dict)):
        raise BridgeError(f"a condition is a text or a table, not {what!r:.60}")
    apply(Network(), what)
    return what


def _only_entry(table: Mapping[str, object]) -> tuple[str, Mapping[str, float] | None]:
    if len(table) != 1:
        raise BridgeError(f"a condition has one entry, not {len(table)}: {table!r:.80}")
    [(word, given)] = table.items()
    if given is True:
        return word, None
    if not isinstance(given, dict) or given.keys() - {"bytes", "percent"}:
        raise BridgeError(f"{word!r} takes {{ bytes = N }} or {{ percent = N }}, not {given!r:.60}")
    for key, number in given.items():
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise BridgeError(f"{word!r}: {key} is a number, not {number!r:.60}")
    return word, given


def _whole(number: float | None) -> int | None:
    if isinstance(number, float):
        raise BridgeError(f"bytes is a whole number, not {number:g}")
    return number


def _amount(word: str, text: str) -> Mapping[str, float]:
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise BridgeError(f"{text!r} is no amount: write {word}=1000 for bytes, or {word}=40%")
    if found["percent"] is not None:
        return {"percent": float(found["percent"])}
    return {"bytes": int(found["bytes"])}


def _known() -> list[str]:
    return [*_DOWN, *(f"{word}=40%" for word in _CUTS)]
