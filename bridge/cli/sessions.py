"""What `serve` and `exec` share: what a client's session gets and is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.cli.asked import overrides_for
from bridge.runtime import Bridge
from bridge.target import resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.logic.server import BridgeServer


def opener(
    default: str, given: list[tuple[str, str]], network: str = ""
) -> Callable[[str], Bridge]:
    """
    Return what opens a bridge on a client's target, or on the default where it names none.

    Args:
        default: that target.
        given: fields to set, by name.
        network: the conditions each bridge begins with, as text.

    Raises:
        Mistake: a field that no one word can tell.
        BridgeError: an unknown target or field, or a value the field cannot take.
    """
    overrides_for(default, given)

    def open_bridge(target: str) -> Bridge:
        name = target or default
        bridge = Bridge(name, **overrides_for(name, given))  # type: ignore[arg-type]  # fields, by name
        bridge.network.apply(network)
        return bridge

    return open_bridge


def environment(server: BridgeServer, target: str) -> dict[str, str]:
    """Return the variables a client finds the server by."""
    return {
        "MINIBRIDGE_URL": server.url,
        "MINIBRIDGE_TOKEN": server.token,
        "MINIBRIDGE_TARGET": resolve(target).name,
    }
