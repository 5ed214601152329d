"""What the page is told of each target: its title, and how many calls it runs at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.errors import BridgeError
from bridge.target import resolve

if TYPE_CHECKING:
    from bridge.target import Target


def about(name: str) -> dict[str, object] | None:
    """
    Return `{title, limits: {API: calls at once or null}}`; "" stands for every API not named.

    None where this installation does not know the target: a trace outlives the packages it was
    made with.
    """
    try:
        target = resolve(name)
    except BridgeError:
        return None
    return {"title": target.title, "limits": _limits(target)}


def _limits(target: Target) -> dict[str, int | None]:
    requesting = target.requesting
    limits = {"": target.profile.limit}
    return limits if requesting is None else limits | {"request": requesting.profile.limit}
