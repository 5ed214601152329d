"""One upload or request in flight: its state, what was measured, and what the transport reports."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from bridge import outcome, rules
from bridge.protocol import TaskStateChange
from bridge.reasons import Reason
from bridge.task import CREATED, RECEIVING, SENDING, SETTLED, Life
from bridge.transport import Measures, TransportFailure

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from bridge.clock import Clock
    from bridge.network import Network
    from bridge.profile import Layer, Options, Profile, Result
    from bridge.protocol import Deliver, Payload, TaskState
    from bridge.trace import Record
    from bridge.transport import FilePart, Headers
    from bridge.transport.shaping import Passage
    from bridge.wire import Chosen

_NOTHING_SENT = range(0)


class Kind(NamedTuple):
    """
    What all calls of one API have in common.

    Attributes:
        task: the kind of task, `UploadTask` or `RequestTask`.
        profile: the host.
        heard: the events this host's task can be asked for.
        listed: the domain list, or None where the test gave none.
        network: what slows calls.
    """

    task: str
    profile: Profile
    heard: frozenset[str]
    listed: tuple[str, ...] | None
    network: Network


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
        "_passage",
        "_progress",
        "_same",
        "body",
        "chain",
        "clock",
        "deliver",
        "files",
        "header",
        "measures",
        "method",
        "number",
        "picked",
        "record",
        "timeout",
        "trace_id",
        "turn",
        "url",
        "values",
        "worker",
    )

    measures: Measures
    """What the transport measures, once the call has begun to be sent."""
    header: Options
    """The `header` option, once the call is ready."""
    picked: Sequence[Chosen]
    """The files an upload sends."""
    method: str
    """The method of a request."""
    body: bytes
    """The body of a request."""
    _progress: list[tuple[float, int]]
    _same: range

    def __init__(  # noqa: PLR0913, PLR0917  one record, made in one place
        self,
        record: Record,
        kind: Kind,
        chain: tuple[Layer, ...],
        deliver: Deliver,
        turn: asyncio.Event | None,
        clock: Clock,
    ) -> None:
        self.state = CREATED
        self.number = record.id
        self.record = record
        self.chain = chain
        self.deliver = deliver
        self.turn = turn
        self.values: Options = record.understood
        self.url = self.trace_id = ""
        self.files: tuple[FilePart, ...] = ()
        self.worker: asyncio.Task[None] | None = None
        self.timeout: float | None = None
        self._kind = kind
        self._passage: Passage | None = None
        self.clock = clock

    def begin(self) -> None:
        """Go on to sending: from now on there is something to measure."""
        self.advance(SENDING)
        self.measures = Measures()
        self.record.measured = self.measures.times
        self.record.progress = self._progress = []
        self._same = _NOTHING_SENT

    def passage(self) -> Passage | None:
        """Return what slows or stops the call from now on; None while nothing does."""
        if self._passage is None:
            self._passage = self._kind.network.passage(self.number)
        return self._passage

    def progress(self, sent: int, total: int) -> None:
        """Tell the logic of each further percent and of the end; what comes too late is dropped."""
        if sent in self._same or self.state is SETTLED:
            return
        at, profile = self.ms(), self._kind.profile
        self._same = outcome.same_progress(profile, sent, total)
        self._progress.append((at, sent))
        if "progressUpdate" in self._kind.heard:
            self.tell("progressUpdate", partial(outcome.progress_payload, profile, sent, total), at)

    def headers(self, status: int, headers: Headers) -> None:
        """Tell the logic that an answer has begun."""
        if self.advance(RECEIVING) and "headersReceived" in self._kind.heard:
            profile = self._kind.profile
            payload = partial(outcome.headers_payload, profile, status, headers)
            self.tell("headersReceived", payload, self.ms())

    def tell(
        self, state: TaskState, payload: Payload, at: float, raw: Result | None = None
    ) -> None:
        """Send the logic one state change, `at` milliseconds from the call, and note it."""
        self.record.tell(at, state, payload)
        self.deliver(TaskStateChange(self.number, state, payload, self._kind.task, raw))

    def judge_hop(self, url: str) -> None:
        """Let a redirect be followed to `url`, or raise `TransportFailure`."""
        kind, decisions = self._kind, self.record
        decisions.add("rules", "max_redirects", f"redirected to {url}")
        failed = rules.judge(kind.profile, url, kind.listed, decisions, redirect=True)
        if failed is not None:
            raise TransportFailure(failed.reason, failed.detail)

    def check_answer(self, url: str, headers: Headers) -> None:
        """Let an answer from `url` be read, or raise `TransportFailure`."""
        profile = self._kind.profile
        if profile.check_cors and not rules.check_cors(profile, url, headers):
            self.record.add("rules", "check_cors", "no Access-Control-Allow-Origin")
            raise TransportFailure(Reason.BAD_RESPONSE, {"detail": "cross-origin answer refused"})

    def ms(self) -> float:
        """Return the milliseconds since the call was made."""
        return (self.clock.now() - self.record.invoked) * 1000
