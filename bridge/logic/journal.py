"""What a session did, handed on in full before its bridge forgets it."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.runtime import Bridge
    from bridge.sink import Upload
    from bridge.trace import Record

    Keep = Callable[[str, list[Record], list[Upload]], None]

BATCH: Final = 100
"""Records that are handed on together while a session goes on."""


class Journal:
    """
    Hands on each record of a bridge once, when its call has ended, under the session's name.

    Args:
        session: the name.
        bridge: whose calls they are.
        uploads: returns what the session's own upload server holds; empty for a shared one, where
            two sessions may have used the same boundary.
        keep: gets the name, the records, and those uploads.
    """

    def __init__(
        self, session: str, bridge: Bridge, uploads: Callable[[], list[Upload]], keep: Keep
    ) -> None:
        self._session = session
        self._bridge = bridge
        self._uploads = uploads
        self._keep = keep
        self._waiting: dict[int, Record] = {}
        self._newest = 0

    def follow(self) -> None:
        """Note the calls made since the last time, and hand on a batch where there is one."""
        fresh = takewhile(lambda record: record.id > self._newest, reversed(self._bridge.calls))
        for record in reversed([*fresh]):
            record.session = self._session
            self._waiting[record.id] = record
            self._newest = record.id
        if len(self._waiting) >= BATCH:
            self._hand_on()

    def end(self) -> None:
        """Hand on what is left, once the bridge is closed."""
        self.follow()
        self._hand_on()

    def _hand_on(self) -> None:
        going = {record.id for record in self._bridge.in_flight}
        ended = [self._waiting.pop(number) for number in [*self._waiting] if number not in going]
        if ended:
            self._keep(self._session, ended, self._uploads())
