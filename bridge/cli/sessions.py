"""What `serve` and `exec` share: how a client's session gets its bridge, and what it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.cli.readings import overrides_for
from bridge.runtime import Bridge
from bridge.target import resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.logic.server import BridgeServer


def opener(default: str, given: list[tuple[str, str]]) -> Callable[[str], Bridge]:
    """
    Return what opens a bridge on a client's target, or on the default where it names none.

    Raises:
        Mistake: a field that no one word can tell.
        BridgeError: an unknown target or field, or a value the field cannot take.
    """
    overrides_for(default, given)

    def open_bridge(target: str) -> Bridge:
        name = target or default
        return Bridge(name, **overrides_for(name, given))  # type: ignore[arg-type]  # fields, by name

    return open_bridge


def environment(server: BridgeServer, target: str) -> dict[str, str]:
    """Return the variables a client finds the server by."""
    return {
        "MINIBRIDGE_URL": server.url,
        "MINIBRIDGE_TOKEN": server.token,
        "MINIBRIDGE_TARGET": resolve(target).name,
    }
