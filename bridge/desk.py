"""The desk where every call is signed in and out: its record, its number, and the clock."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Protocol

from bridge.clock import Clock
from bridge.errors import BridgeError
from bridge.trace import Record

if TYPE_CHECKING:
    from bridge.phone import Phone
    from bridge.protocol import Invoke
    from bridge.target import Target

_PREVIEWS_HELD = 8 << 20


class Watcher(Protocol):
    """What hears of calls as they begin and end; it may not raise."""

    def began(self, record: Record) -> None:
        """Hear of a call whose record was just opened."""

    def ended(self, record: Record) -> None:
        """Hear of a call that has ended, its logic told."""


class Desk:
    """
    The records of one bridge, and which of its calls have not ended.

    Args:
        phone: what the bridge runs on.
        record_limit: how many records are kept.
    """

    def __init__(self, phone: Phone, record_limit: int) -> None:
        self.records: deque[Record] = deque(maxlen=record_limit)
        self.watchers: list[Watcher] = []
        self._phone = phone
        self._session = phone.chance.hex(8)
        self._live: dict[int, Record] = {}
        self._count = 0
        self.previews_left = _PREVIEWS_HELD
        """Bytes of previews that may still be kept in records."""
        self._clock: Clock | None = None
        self._idle: asyncio.Event | None = None

    @property
    def in_flight(self) -> list[Record]:
        """The records of the calls that have not settled."""
        return [*self._live.values()]

    @property
    def clock(self) -> Clock:
        """The clock of the loop that makes the calls; raises `BridgeError` on any other."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError as error:
            message = "make the call inside a running event loop, as in an async test"
            raise BridgeError(message) from error
        clock = self._clock
        if clock is None:
            clock = self._clock = Clock(loop)
        elif clock.loop is not loop:
            message = "this Bridge belongs to another event loop; make one Bridge for each loop"
            raise BridgeError(message)
        return clock

    def sign_in(
        self, message: Invoke, api: str, clock: Clock, target: Target | None = None
    ) -> Record:
        """
        Open the record of a call.

        Args:
            message: what the logic asks for.
            api: the host's API.
            clock: `self.clock`, which its caller needs as well.
            target: the environment as this API sees it; None for the phone's own.
        """
        now, phone = clock.now(), self._phone
        self._count = number = self._count + 1
        record = self._live[number] = Record(
            id=number,
            target=target or phone.target,
            api=message.api or api,
            overrides=phone.overrides,
            session=self._session,
            started=int((now + clock.offset) * 1000),
            options=message.params,
            conditions=phone.network.conditions,
            invoked=now,
        )
        for key in message.unknown:
            record.add("options", "unknown_key", f"{key} is not an option here: dropped")
        if len(self.records) == self.records.maxlen:
            self.previews_left += self.records[0].preview_bytes
        self.records.append(record)
        for watcher in self.watchers:
            watcher.began(record)
        return record

    def sign_out(self, record: Record) -> None:
        """Note that a call has ended and its logic been told."""
        del self._live[record.id]
        if self._idle is not None:
            self._idle.set()
            self._idle = None
        for watcher in self.watchers:
            watcher.ended(record)

    async def settled(self) -> None:
        """Wait until nothing is in flight and every message has been delivered."""
        while self._live:
            if self._idle is None:
                self._idle = asyncio.Event()
            await self._idle.wait()
