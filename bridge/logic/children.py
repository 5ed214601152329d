"""Engine processes that outlive their mini-programs."""

from __future__ import annotations

from typing import Self

from bridge.logic.child import CHANGES_LOOPS, Child

_IDLE = 4
_PROGRAMS = 500


class Children:
    """
    Keeps the processes of closed programs for the next ones; close it with `with`.

    To start a process takes some fifty times as long as to give a running one a fresh context. A
    process runs one program at a time, so one that has to be killed takes no other along; and each
    program gets a context of its own, which nothing of the one before can reach.

    Args:
        idle: how many processes may wait for a program; 0 keeps none.
        programs: after how many programs a process is replaced.
    """

    def __init__(self, *, idle: int = _IDLE, programs: int = _PROGRAMS) -> None:
        self._room = idle if CHANGES_LOOPS else 0
        self._programs = programs
        self._idle: list[Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def take(self, argv: list[str]) -> Child | None:
        """Return a process of this command that waits for a program, None where there is none."""
        for child in [each for each in self._idle if each.argv == argv]:
            self._idle.remove(child)
            if child.alive:
                return child
            child.end()
        return None

    def wants(self, child: Child) -> bool:
        """Tell whether a process whose program is done would be kept."""
        return len(self._idle) < self._room and child.programs < self._programs

    def keep(self, child: Child) -> None:
        """Take a process whose context is fresh again."""
        if self.wants(child):
            self._idle.append(child)
        else:
            child.end()

    def close(self) -> None:
        """End every process that waits, and keep no more; safe to call twice."""
        self._room = 0
        while self._idle:
            self._idle.pop().end()
