"""One upload or request in flight: its state, what was measured, and what the transport reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge import outcome
from bridge.protocol import TaskStateChange
from bridge.task import Event, Life
from bridge.transport import Measures

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from bridge.profile import Layer, Options, Profile, Result
    from bridge.protocol import Deliver, TaskState
    from bridge.trace import Record
    from bridge.transport import Headers
    from bridge.wire import Chosen


class Call:
    """
    The record of a call while it lives; it is what the transport calls `Events`.

    Args:
        record: its trace record, whose id is the task's number.
        task: the kind of task, `UploadTask` or `RequestTask`.
        chain: the layers it came through, outermost first.
        profile: the host.
        heard: the events this host's task can be asked for.
        deliver: takes messages to the logic that made the call.
        now: the loop's clock.
    """

    __slots__ = (
        "_heard",
        "_life",
        "_now",
        "_profile",
        "_shown",
        "_task",
        "body",
        "chain",
        "deliver",
        "dequeued",
        "header",
        "invoked",
        "measures",
        "method",
        "number",
        "picked",
        "placed",
        "queued",
        "record",
        "timer",
        "trace_id",
        "turn",
        "values",
        "waits",
        "worker",
    )

    def __init__(  # noqa: PLR0913, PLR0917  one record, made in one place
        self,
        record: Record,
        task: str,
        chain: tuple[Layer, ...],
        profile: Profile,
        heard: frozenset[str],
        deliver: Deliver,
        now: Callable[[], float],
    ) -> None:
        self.number = record.id
        self.record = record
        self.chain = chain
        self.values: Options = {}
        self.trace_id = ""
        self.picked: list[Chosen] = []
        self.header: Options = {}
        self.method = "POST"
        self.body = b""
        self.placed = self.waits = False
        self.measures = Measures()
        self.turn: asyncio.Event | None = None
        self.worker: asyncio.Task[None] | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.invoked = self.queued = self.dequeued = now()
        self._heard = heard
        self._life = Life()
        self._profile = profile
        self.deliver = deliver
        self._now = now
        self._task = task
        self._shown = (-1, False)

    @property
    def settled(self) -> bool:
        """Tell whether the call has ended."""
        return self._life.settled

    def advance(self, event: Event) -> bool:
        """Apply an event of its life; False when it came too late."""
        return self._life.advance(event)

    def progress(self, sent: int, total: int) -> None:
        """Tell the logic of each further percent and of the end; what comes too late is dropped."""
        # A host that rounds shows 100 before the last byte: the exact end is news all the same.
        shown = (outcome.percent(self._profile, sent, total), sent >= total)
        if self.settled or shown == self._shown:
            return
        self._shown = shown
        self.record.progress.append((self.ms(), sent))
        if "progressUpdate" in self._heard:
            self.tell("progressUpdate", outcome.progress_payload(self._profile, sent, total))

    def headers(self, status: int, headers: Headers) -> None:
        """Tell the logic that an answer has begun."""
        if self.advance(Event.HEADERS) and "headersReceived" in self._heard:
            self.tell("headersReceived", outcome.headers_payload(self._profile, status, headers))

    def tell(self, state: TaskState, result: Result, raw: Result | None = None) -> None:
        """Send the logic one state change, and note it in the record."""
        self.record.callbacks.append((self.ms(), state, result))
        self.deliver(TaskStateChange(self.number, state, result, self._task, raw))

    def ms(self, at: float | None = None) -> float:
        """Return a moment (now, unless given) in milliseconds since the call was made."""
        return ((self._now() if at is None else at) - self.invoked) * 1000
