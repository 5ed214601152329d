"""What the network and the background do to calls that are on their way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.reasons import Reason

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from bridge.desk import Desk
    from bridge.phone import Phone
    from bridge.tasks import Tasks


class Interruptions:
    """
    Ends the calls that the network or the background does not let finish, and notes conditions.

    Args:
        phone: what the calls run on.
        desk: where their records are.
        tasks: the calls, by API.
    """

    def __init__(self, phone: Phone, desk: Desk, tasks: Sequence[Tasks]) -> None:
        self._network = phone.network
        self._seconds = phone.target.profile.background_seconds
        self._desk = desk
        self._tasks = tasks
        self._timer: asyncio.TimerHandle | None = None
        phone.network.attend(self)

    def changed(self, why: str) -> None:
        """Note what is in force now in the records of the calls that have not ended."""
        for record in self._desk.in_flight:
            record.meet(self._network.conditions)
            if why:
                record.decisions.add("network", "script", why)

    def interrupted(self, reason: Reason, why: str) -> None:
        """End what is being sent or received."""
        for tasks in self._tasks:
            tasks.interrupt(reason, why)

    def hidden(self) -> None:
        """Give what is unfinished as long as the host gives it in the background."""
        if self._seconds is not None and self._desk.in_flight:
            loop = self._desk.clock.loop
            self._timer = loop.call_later(self._seconds, self._expire, self._seconds)

    def shown(self) -> None:
        """Let it take its time again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self, seconds: float) -> None:
        for tasks in self._tasks:
            why = f"unfinished after {seconds:g} s in the background"
            tasks.interrupt(Reason.INTERRUPTED_BACKGROUND, why, waiting=True)
