"""A scenario that is ready to be played."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from bridge.sweep.scenario import Result


class Play(NamedTuple):
    """
    What is left to do of a scenario: to wait for it.

    Attributes:
        virtual: whether it belongs in a loop of virtual time.
        begin: plays it.
    """

    virtual: bool
    begin: Callable[[], Coroutine[Any, Any, Result]]
