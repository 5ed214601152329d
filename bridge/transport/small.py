"""A small form: one write, and nothing to wait for but a peer that does not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.transport import TransportFailure
from bridge.transport.connection import buffered, flush
from bridge.transport.multipart import joined
from bridge.transport.telling import Telling

if TYPE_CHECKING:
    import asyncio

    from aiohttp.abc import AbstractStreamWriter

    from bridge.transport import Events
    from bridge.transport.multipart import Form

AT_ONCE = 48 * 1024
"""Bytes of a body that aiohttp's writer lets pass without ever waiting, its head included."""


class SmallBody:
    """
    A form of at most `AT_ONCE` bytes that nothing slows or cuts, for every attempt of one upload.

    Args:
        form: what to send; its files belong to whoever opened them.
        events: what is told of it.
        loop: the loop it is sent on.
    """

    __slots__ = ("_stopped", "_telling", "_writer", "failure", "finished", "form")

    def __init__(self, form: Form, events: Events, loop: asyncio.AbstractEventLoop) -> None:
        self.form = form
        self.failure: TransportFailure | None = None
        self.finished = False
        self._telling = Telling(events, form.size, loop)
        self._stopped = False

    async def begin(self, writer: AbstractStreamWriter) -> bool:
        """
        Send the body; tell whether all of it has left.

        Raises `OSError` when a file cannot be read or the peer has gone.
        """
        self._writer = writer
        self._stopped = self.finished = False
        self._telling.begin()
        try:
            content = joined(self.form)
        except TransportFailure as failure:
            self.failure = failure
            raise OSError(str(failure.detail.get("detail"))) from failure
        await writer.write(content)
        if buffered(writer):
            return False
        self._end()
        return True

    async def rest(self) -> None:
        """Wait until what was written has left; raises `OSError` when the peer has gone."""
        await flush(self._writer)
        self._end()

    def stop(self) -> None:
        """Tell no progress any more."""
        self._stopped = True

    def release(self) -> None:
        """Stop for good."""
        self.stop()

    def _end(self) -> None:
        if self._stopped:
            return
        self._telling.reach(self.form.size)
        self._telling.end(self._writer)
        self.finished = True
