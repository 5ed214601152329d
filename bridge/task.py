"""
The life of one call: a transition table, and the listeners of its task. No I/O happens here.

```
created -> queued -> sending -> receiving -> settled
```

Every state may settle; nothing follows `settled`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class State(StrEnum):
    """Where a call is."""

    CREATED = "created"
    QUEUED = "queued"
    SENDING = "sending"
    RECEIVING = "receiving"
    SETTLED = "settled"


class Event(StrEnum):
    """What can happen to a call."""

    QUEUE = "queue"
    SEND = "send"
    HEADERS = "headers"
    SETTLE = "settle"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.CREATED, Event.QUEUE): State.QUEUED,
    (State.QUEUED, Event.SEND): State.SENDING,
    (State.SENDING, Event.HEADERS): State.RECEIVING,
    (State.CREATED, Event.SETTLE): State.SETTLED,
    (State.QUEUED, Event.SETTLE): State.SETTLED,
    (State.SENDING, Event.SETTLE): State.SETTLED,
    (State.RECEIVING, Event.SETTLE): State.SETTLED,
}


class Life:
    """One call's state; an event that the table does not list is late, and changes nothing."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        self.state = State.CREATED

    def advance(self, event: Event) -> bool:
        """Apply an event; False when it came too late or too early to count."""
        after = TRANSITIONS.get((self.state, event))
        if after is None:
            return False
        self.state = after
        return True

    @property
    def settled(self) -> bool:
        """Tell whether the terminal event has happened."""
        return self.state is State.SETTLED


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
