"""
The life of one call: a transition table, and the listeners of its task. No I/O happens here.

```
created -> queued -> sending -> receiving -> settled
```

Every state may settle; nothing follows `settled`.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class State(IntEnum):
    """Where a call is."""

    CREATED = 0
    QUEUED = 1
    SENDING = 2
    RECEIVING = 3
    SETTLED = 4


CREATED, QUEUED, SENDING, RECEIVING, SETTLED = State
"""The states as names of their own: a member costs ten times as much to look up in its class."""
FOLLOWING: tuple[tuple[State, ...], ...] = (
    (QUEUED, SETTLED),
    (SENDING, SETTLED),
    (RECEIVING, SETTLED),
    (SETTLED,),
    (),
)
"""The states that may follow each state, by its number."""


class Life:
    """One call's state; a step that the table does not list is late, and changes nothing."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        self.state = CREATED

    def advance(self, state: State) -> bool:
        """Go on to a state; False when that came too late or too early to count."""
        if state not in FOLLOWING[self.state]:
            return False
        self.state = state
        return True

    @property
    def settled(self) -> bool:
        """Tell whether the terminal event has happened."""
        return self.state is SETTLED


class Listeners:
    """
    The functions attached to one event of a task, by the host's own rules.

    Args:
        duplicates: how often a function added twice is called.
        off: what `remove()` without a function does.
    """

    __slots__ = ("_duplicates", "_functions", "_off", "_sealed")

    def __init__(
        self, duplicates: Literal["once", "twice"], off: Literal["clear", "ignore"]
    ) -> None:
        self._duplicates = duplicates
        self._off = off
        self._functions: list[Callable[[object], object]] = []
        self._sealed = False

    def add(self, function: object) -> None:
        """Attach a function; anything else, a repeat where repeats do not count, is ignored."""
        if self._sealed or not callable(function):
            return
        if self._duplicates == "twice" or function not in self._functions:
            self._functions.append(function)

    def remove(self, function: object = None) -> None:
        """Detach the first occurrence of a function; without one, do as the host does."""
        if function in self._functions:
            self._functions.remove(function)
        elif function is None and self._off == "clear":
            self._functions.clear()

    def seal(self) -> None:
        """Forget every function and take no more: the call has ended."""
        self._sealed = True
        self._functions.clear()

    def __iter__(self) -> Iterator[Callable[[object], object]]:
        """Iterate over a copy, so that a listener may detach itself."""
        return iter(tuple(self._functions))
