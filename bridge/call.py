"""One upload or request in flight: its state, what was measured, and what the transport reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bridge import outcome
from bridge.protocol import TaskStateChange
from bridge.task import Life, State
from bridge.transport import Measures

if TYPE_CHECKING:
    import asyncio

    from bridge.clock import Clock
    from bridge.profile import Layer, Options, Profile, Result
    from bridge.protocol import Deliver, TaskState
    from bridge.trace import Record
    from bridge.transport import Headers
    from bridge.wire import Chosen


class Kind(NamedTuple):
    """
    What all calls of one API have in common.

    Attributes:
        task: the kind of task, `UploadTask` or `RequestTask`.
        profile: the host.
        heard: the events this host's task can be asked for.
    """

    task: str
    profile: Profile
    heard: frozenset[str]


class Call(Life):
    """
    The record of a call while it lives; it is what the transport calls `Events`.

    Args:
        record: its trace record, whose id is the task's number.
        kind: what it has in common with others.
        chain: the layers it came through, outermost first.
        deliver: takes messages to the logic that made the call.
        turn: nothing leaves before this is set; None holds nothing back.
        clock: the loop's.
    """

    __slots__ = (
        "_kind",
        "_same",
        "body",
        "chain",
        "clock",
        "deliver",
        "header",
        "measures",
        "method",
        "number",
        "picked",
        "record",
        "timer",
        "trace_id",
        "turn",
        "values",
        "worker",
    )

    def __init__(  # noqa: PLR0913, PLR0917  one record, made in one place
        self,
        record: Record,
        kind: Kind,
        chain: tuple[Layer, ...],
        deliver: Deliver,
        turn: asyncio.Event | None,
        clock: Clock,
    ) -> None:
        self.state = State.CREATED
        self.number = record.id
        self.record = record
        self.chain = chain
        self.deliver = deliver
        self.turn = turn
        self.values: Options = {}
        self.trace_id = ""
        self.picked: list[Chosen] = []
        self.header: Options = {}
        self.method = "POST"
        self.body = b""
        self.measures = Measures()
        self.worker: asyncio.Task[None] | None = None
        self.timer: asyncio.TimerHandle | None = None
        self._kind = kind
        self.clock = clock
        self._same = range(0)

    def progress(self, sent: int, total: int) -> None:
        """Tell the logic of each further percent and of the end; what comes too late is dropped."""
        if sent in self._same or self.state is State.SETTLED:
            return
        profile = self._kind.profile
        self._same = outcome.same_progress(profile, sent, total)
        self.record.progress.append((self.ms(), sent))
        if "progressUpdate" in self._kind.heard:
            self.tell("progressUpdate", outcome.progress_payload(profile, sent, total))

    def headers(self, status: int, headers: Headers) -> None:
        """Tell the logic that an answer has begun."""
        if self.advance(State.RECEIVING) and "headersReceived" in self._kind.heard:
            payload = outcome.headers_payload(self._kind.profile, status, headers)
            self.tell("headersReceived", payload)

    def tell(self, state: TaskState, result: Result, raw: Result | None = None) -> None:
        """Send the logic one state change, and note it in the record."""
        self.record.callbacks.append((self.ms(), state, result))
        self.deliver(TaskStateChange(self.number, state, result, self._kind.task, raw))

    def ms(self) -> float:
        """Return the milliseconds since the call was made."""
        return self.record.ms(self.now())

    def now(self) -> float:
        """Return seconds of the loop's clock."""
        return self.clock.now()
