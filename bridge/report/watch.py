"""
Calls while they happen, for pages that look on.

What a page is told is a state and not a stream of events: the newest record of each call that has
changed since the page last asked. A page that comes late is told everything, a slow one skips what
it would be too late for, and one that has gone leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Final

from bridge.arrived import traced, upload_of
from bridge.report.emulated import about

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from bridge.runtime import Bridge
    from bridge.sink import UploadServer
    from bridge.trace import Record
    from bridge.uploads import Upload

ROOM: Final = 64 << 20
"""Bytes of records of ended calls that are kept for pages still to come."""
EVERY: Final = 0.1
"""Seconds between two looks at the calls in flight."""
_SHARE: Final = 10
"""A look may take up a tenth of the time, however many calls there are."""
_MOST_CALLS: Final = 200
_MOST_BYTES: Final = 1 << 20


@dataclass(slots=True, eq=False)
class _Call:
    """A call as pages see it; `record` is let go once its last words are kept in `line`."""

    number: int
    session: str
    target: str
    record: Record | None
    revision: int = 0
    look: tuple[object, ...] = ()
    upload: Upload | None = None
    line: bytes = b""

    def told(self) -> bytes:
        """Return the record as JSON, written once for all pages."""
        if self.record is not None and not self.line:
            data = traced(self.record, self.upload) | {"session": self.session}
            if self.upload is not None:
                data["sink_upload"] = self.upload.number
            self.line = json.dumps(data, separators=(",", ":")).encode()
        return self.line


class Watch:
    """
    The calls of some bridges.

    Args:
        title: what pages call it, such as `run upload.js`.
        room: bytes of ended calls that are kept; older ones are dropped, and counted.
    """

    def __init__(self, title: str, room: int = ROOM) -> None:
        self.title = title
        self.watching = 0
        """How many pages look on."""
        self._room = room
        self._calls: OrderedDict[int, _Call] = OrderedDict()
        self._open: dict[int, _Call] = {}
        self._just_ended: list[_Call] = []
        self._kept: dict[int, _Call] = {}
        self._sessions: Counter[str] = Counter()
        self._number = 0
        self._revision = 0
        self._dropped = 0
        self._over = False
        self._changed = asyncio.Event()

    def follow(self, bridge: Bridge, session: str, server: UploadServer) -> None:
        """
        Show the calls of a bridge from now on.

        Args:
            bridge: one whose calls nobody else follows.
            session: what its calls are grouped by; a second one of that name gets a number.
            server: whose uploads tell what arrived.
        """
        self._sessions[session] += 1
        nth = self._sessions[session]
        name = session if nth == 1 else f"{session} ({nth})"
        bridge.watch(_Following(self, name, server))

    def finish(self) -> None:
        """Say that nothing more is to come."""
        self.look()
        self._over = True
        self._notify()

    async def looking(self) -> None:
        """Look at the calls in flight again and again, until cancelled."""
        while True:
            began = time.perf_counter()
            self.look()
            took = time.perf_counter() - began
            await asyncio.sleep(max(EVERY, took * _SHARE))

    def look(self) -> None:
        """Note what has changed since the last look."""
        before = self._revision
        ended, self._just_ended = self._just_ended, []
        for call in ended:
            self._touch(call)
            self._keep(call)
        if self.watching:
            self._compare()
        if self._revision != before:
            self._notify()

    async def news(self, since: int = 0) -> AsyncGenerator[bytes, None]:
        """
        Yield what a page has to know, as lines of JSON, until nothing more is to come.

        The first is `{title, version}`. The following are `{now, at, targets, dropped, calls}`:
        epoch milliseconds, the `since` of whoever asks again, what is said of each new target, how
        many calls were dropped, and records; the last one is `{over: true}`.
        """
        self.watching += 1
        try:
            self.look()
            yield _line({"title": self.title, "version": metadata.version("minibridge")})
            targets: set[str] = set()
            over = False
            while not over:
                over, at = self._over, self._revision
                fresh = self._changed_since(since)
                while len(piece := _piece(fresh)) < len(fresh):
                    yield self._batch(piece, since, targets)
                    del fresh[: len(piece)]
                yield self._batch(piece, at, targets)
                since = at
                while not over and self._revision == since and not self._over:
                    await self._changed.wait()
            yield _line({"over": True})
        finally:
            self.watching -= 1

    # --- what bridges tell

    def began(self, session: str, record: Record) -> _Call:
        """Take in a call that has just begun."""
        self._number += 1
        call = _Call(self._number, session, record.target.name, record)
        self._open[call.number] = call
        return call

    def ended(self, call: _Call) -> None:
        """Take in that a call has ended: the next look keeps its last words."""
        del self._open[call.number]
        self._just_ended.append(call)

    # --- revisions

    def _compare(self) -> None:
        for call in self._open.values():
            look = () if call.record is None else _looks(call.record)
            if look != call.look:
                call.look = look
                self._touch(call)

    def _touch(self, call: _Call) -> None:
        self._revision += 1
        call.revision = self._revision
        call.line = b""
        self._calls[call.number] = call
        self._calls.move_to_end(call.number)

    def _keep(self, call: _Call) -> None:
        self._room -= len(call.told())
        call.record = call.upload = None
        self._kept[call.number] = call
        while self._room < 0 and len(self._kept) > 1:
            number, oldest = next(iter(self._kept.items()))
            self._room += len(oldest.line)
            self._dropped += 1
            del self._kept[number], self._calls[number]

    def _changed_since(self, revision: int) -> list[_Call]:
        """Return the calls that have changed, in the order in which they began."""
        found: list[_Call] = []
        for call in reversed(self._calls.values()):
            if call.revision <= revision:
                break
            found.append(call)
        return sorted(found, key=lambda call: call.number)

    def _batch(self, calls: Sequence[_Call], at: int, targets: set[str]) -> bytes:
        new = {call.target for call in calls} - targets
        targets |= new
        head = {
            "now": round(time.time() * 1000),
            "at": at,
            "dropped": self._dropped,
            "targets": {name: about(name) for name in sorted(new)},
        }
        lines = b",".join(call.told() for call in calls)
        return _line(head).removesuffix(b"}\n") + b',"calls":[' + lines + b"]}\n"

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class _Following:
    """What one bridge tells of its calls."""

    def __init__(self, watch: Watch, session: str, server: UploadServer) -> None:
        self._watch = watch
        self._session = session
        self._server = server
        self._calls: dict[int, _Call] = {}

    def began(self, record: Record) -> None:
        self._calls[record.id] = self._watch.began(self._session, record)

    def ended(self, record: Record) -> None:
        call = self._calls.pop(record.id, None)
        if call is not None:
            # The server has recorded an upload before its answer goes out.
            call.upload = upload_of(record, self._server.uploads)
            self._watch.ended(call)


def _piece(calls: list[_Call]) -> list[_Call]:
    """Return the first calls, as many as a page may well take at once."""
    piece: list[_Call] = []
    size = 0
    for call in calls[:_MOST_CALLS]:
        piece.append(call)
        size += len(call.told())
        if size > _MOST_BYTES:
            break
    return piece


def _looks(record: Record) -> tuple[object, ...]:
    """Return what shows that a record in flight has changed."""
    return (
        len(record.progress),
        len(record.told or ()),
        len(record.measured),
        len(record.decided),
        record.queued,
        record.dequeued,
        record.request is None,
    )


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
