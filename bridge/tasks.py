"""
The whole life of a network call on the native side, whatever it sends.

One call goes straight through: layer, options, rules, content, schedule, transport, shape, trace.
A call settles by itself, and only then is its I/O cancelled: an abort in the very tick of the call
still ends in exactly one `fail`.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, cast

from bridge import layers, outcome, rules, wire
from bridge.call import Call, Kind
from bridge.deadlines import Deadlines
from bridge.failure import Failure
from bridge.files import FileFailure
from bridge.log import log
from bridge.network import detail_of
from bridge.options import reader
from bridge.profile import Text
from bridge.protocol import id_key
from bridge.reasons import Reason
from bridge.scheduler import Scheduler
from bridge.task import CREATED, QUEUED, SENDING, SETTLED
from bridge.timings import Moments
from bridge.trace import PREVIEW_BYTES, Decisions, Response, request_of
from bridge.transport import TransportFailure, WireUpload
from bridge.values import js_string

if TYPE_CHECKING:
    from bridge.desk import Desk
    from bridge.phone import Phone
    from bridge.profile import Options, Result
    from bridge.protocol import Deliver, Invoke, TaskState
    from bridge.rules import DomainLists
    from bridge.target import Target
    from bridge.transport import Reply
    from bridge.wire import Content


_ADDRESSES_HELD = 512


class Tasks(ABC):
    """
    The calls of one API of one bridge, in a bucket of slots of their own.

    Args:
        phone: what they run on.
        target: the environment as this API sees it.
        desk: where they are signed in and out.
        configs: the layers' settings, by layer.
    """

    api: ClassVar[str]
    """The host's name of the API."""
    task: ClassVar[str]
    """The kind of task that stands for one call."""

    def __init__(
        self, phone: Phone, target: Target, desk: Desk, configs: dict[str, Options]
    ) -> None:
        self._phone = phone
        self._desk = desk
        self._configs = configs
        self._target = target
        self._profile = target.profile
        self._reader = reader(target, self.api)
        heard = layers.heard(phone.target, self.api)
        self._kind = Kind(self.task, target.profile, heard, None, phone.network)
        self._shape = outcome.shape(target, self.api)
        self._headers = rules.HeaderRules(target.profile, phone.appid, phone.page_version)
        self._chains = {name: layers.chain(target, name) for name in layers.namespaces(target)}
        self._addresses: dict[str, str] = {}
        self._calls: dict[int, Call] = {}
        self._scheduler = Scheduler(self._profile.limit, self._profile.overflow, self._run)
        self._waits = (("schedule", "limit", f"{self._profile.limit} are running: it waits"),)
        self._deadlines = Deadlines(self._expire)
        self._number = id_key(self.task)

    # --- what each API does in its own way

    @abstractmethod
    def _ready(self, call: Call) -> Failure | None:
        """Prepare what the call sends, and find what is wrong with it before it takes a slot."""

    @abstractmethod
    def _content(self, call: Call) -> Content:
        """Return what the call sends, its files opened."""

    @abstractmethod
    def _shaped(self, call: Call, answer: outcome.Answer) -> Result | Failure:
        """Return what the host makes of an answer."""

    # --- what the native side asks for

    def judge_by(self, domains: DomainLists | None) -> None:
        """Judge the addresses of the calls to come by this domain list; None judges none."""
        self._kind = self._kind._replace(listed=rules.listed_for(self._profile, domains, self.api))
        self._addresses.clear()

    def abandon(self, why: str, deliver: Deliver | None = None) -> None:
        """End the calls of one logic, or of all, as aborted."""
        for call in tuple(self._calls.values()):
            if deliver is None or call.deliver == deliver:
                self._fail(call, Failure(Reason.ABORTED, {"detail": why}))

    def interrupt(self, reason: Reason, why: str, *, waiting: bool = False) -> None:
        """End the calls that are on their way, or also those that wait to be sent."""
        for call in tuple(self._calls.values()):
            address = rules.parse(call.url)
            if address is not None and (waiting or call.state >= SENDING):
                self._fail(call, Failure(reason, detail_of(address, why)), later=True)

    async def drained(self) -> None:
        """Wait until the I/O of every ended call is gone."""
        await self._scheduler.drained()

    def operate(self, message: Invoke, deliver: Deliver) -> Result:  # noqa: ARG002  taken like all
        """Do what the logic asks of a task: `abort`, which is too late for one that has ended."""
        params = message.params
        call = self._calls.get(cast("int", params.get(self._number)))
        if params.get("operationType") != "abort" or call is None:
            return {"errMsg": f"operate{self.task}:fail"}
        self._fail(call, Failure(Reason.ABORTED), later=True)
        return {"errMsg": f"operate{self.task}:ok"}

    def create(self, message: Invoke, deliver: Deliver) -> Result:
        """Begin a call; what it comes to is delivered later, never before this returns."""
        call = self._open(message, deliver)
        try:
            failed = self._prepare(call, message)
        except Exception as error:  # noqa: BLE001  no fault of ours may leave a call hanging
            failed = self._broken(call, error)
        if failed is not None:
            self._fail(call, failed, later=True)
        answer: Result = {self._number: call.number, "errMsg": f"create{self.task}:ok"}
        refused = failed is not None and failed.reason is Reason.BAD_PARAMETER
        if refused and self._profile.after_bad_parameter == "undefined":
            answer["returns"] = "undefined"
        return answer

    # --- before it is sent

    def _open(self, message: Invoke, deliver: Deliver) -> Call:
        clock = self._desk.clock
        record = self._desk.sign_in(message, self.api, clock, self._target)
        chain = self._chains.get(message.namespace, ())
        call = Call(record, self._kind, chain, deliver, message.turn, clock)
        self._calls[record.id] = call
        self._phone.network.begin()
        return call

    def _prepare(self, call: Call, message: Invoke) -> Failure | None:
        return (
            self._understand(call, message)
            or self._judge(call)
            or self._ready(call)
            or self._submit(call)
        )

    def _broken(self, call: Call, error: Exception) -> Failure:
        """Log a fault of ours, and let the call end as the host's internal error."""
        log().error(f"{self.api} broke", task_id=call.number, exc_info=error)
        return Failure(Reason.INTERNAL, {"detail": repr(error)})

    def _understand(self, call: Call, message: Invoke) -> Failure | None:
        record, profile = call.record, self._profile
        given = message.params
        if call.chain:
            given = layers.down(call.chain, profile, self.api, given, self._configs, record)
        reading = self._reader.reading(given)
        record.decide(reading.decisions)
        record.understood = call.values = reading.values(given)
        if reading.unknown or message.unknown:
            record.unknown_keys = (*reading.unknown, *message.unknown)
        if reading.idle:
            record.not_emulated = reading.switched_on(call.values)
        if profile.trace_headers:
            call.trace_id = self._phone.chance.trace_id(round(record.started))
        return reading.failure

    def _judge(self, call: Call) -> Failure | None:
        if self._phone.network.background_now and self._profile.background_calls == "refused":
            call.record.add("rules", "background_calls", "called in the background")
            return Failure(Reason.INTERRUPTED_BACKGROUND)
        given = js_string(call.values.get("url", ""))
        known = self._addresses.get(given)
        if known is not None:
            call.url = call.values["url"] = known
            return None
        call.url = call.values["url"] = rules.absolute(self._profile, given)
        return self._judge_anew(call, given)

    def _judge_anew(self, call: Call, given: str) -> Failure | None:
        """Judge an address, and remember it when nothing at all is to be said of it."""
        said = Decisions()
        failed = rules.judge(self._profile, call.url, self._kind.listed, said)
        if said:
            call.record.decide(tuple(said))
        elif len(self._addresses) < _ADDRESSES_HELD:
            self._addresses[given] = call.url
        return failed

    def _submit(self, call: Call) -> Failure | None:
        record, limit = call.record, self._profile.limit
        place = self._scheduler.submit(call)
        if place == "refused":
            record.add("schedule", "overflow", f"{limit} are running: refused")
            return Failure(Reason.OVER_LIMIT)
        call.advance(QUEUED)
        record.queued = call.clock.now()
        if place == "queue":
            record.decide(self._waits)
            wire.close(call.files)
            call.files = ()
        else:
            record.dequeued = record.queued
        return None

    # --- while it is sent

    async def _run(self, call: Call) -> None:
        """Send one call; whatever goes wrong settles it, cancellation apart."""
        if call.turn is not None:
            await call.turn.wait()
        try:
            self._begin(call)
            try:
                upload = self._wire_upload(call)
                try:
                    reply = await self._phone.transport().send(upload, call)
                finally:
                    self._note_request(call, upload)
            finally:
                wire.close(call.files)
                self._scheduler.finish(call)
            self._answer(call, reply)
        except (TransportFailure, FileFailure) as failure:
            self._fail(call, Failure(failure.reason, failure.detail))
        except Exception as error:  # noqa: BLE001  no fault of ours may leave a call hanging
            self._fail(call, self._broken(call, error))

    def _begin(self, call: Call) -> None:
        """Let the time of a call run."""
        now, record = call.clock.now(), call.record
        if record.dequeued is None:
            record.dequeued = now
        call.begin()
        self._deadlines.start(call, self._timeout(call), now)

    def _timeout(self, call: Call) -> float:
        """Return the seconds this call may take from now on."""
        profile, given = self._profile, call.values.get("timeout")
        if given is None and profile.max_timeout is None:
            return profile.fixed_timeout / 1000
        wanted = float(profile.fixed_timeout)
        if isinstance(given, (int, float)) and given > 0:
            wanted = float(given)
        elif isinstance(given, (int, float)) and profile.zero_timeout == "at once":
            call.record.add("rules", "zero_timeout", f"{given:g} ms are over at once")
            wanted = 0.0
        if profile.max_timeout is not None and wanted > profile.max_timeout:
            call.record.add("rules", "max_timeout", f"{wanted:g} ms is too long")
            wanted = float(profile.max_timeout)
        return wanted / 1000

    def _expire(self, call: Call) -> None:
        self._fail(call, Failure(Reason.TIMEOUT))

    def _wire_upload(self, call: Call) -> WireUpload:
        profile, network = self._profile, self._phone.network
        network.judge(rules.parse(call.url))
        call.measures.estimate = network.estimate
        headers = self._headers.sent(call.header, call.trace_id, call.record)
        content = self._content(call)
        return WireUpload(
            url=call.url,
            headers=(*headers, *rules.origin(profile, call.url, content.method)),
            fields=content.fields,
            files=content.files,
            boundary=content.boundary,
            judge=call.judge_hop,
            check_answer=call.check_answer,
            max_redirects=profile.max_redirects,
            cookies=profile.cookies == "session",
            cut=network.cut,
            passage=call.passage,
            lost=network.lost,
            method=content.method,
            body=content.body,
        )

    def _note_request(self, call: Call, upload: WireUpload) -> None:
        desk = self._desk
        request = request_of(upload, call.measures, desk.previews_left)
        call.record.request = request
        desk.previews_left -= request.held

    # --- the end of a call

    def _answer(self, call: Call, reply: Reply) -> None:
        record, measures, body = call.record, call.measures, reply.body
        record.response = Response(reply.status, reply.headers, len(body), body[:PREVIEW_BYTES])
        if self._profile.check_cors:
            shown = rules.readable(self._profile, reply.url, reply.headers, record)
            reply = reply._replace(headers=shown)
        moments = Moments(
            record.invoked,
            record.queued or 0.0,
            record.dequeued or 0.0,
            measures,
            call.clock.offset,
        )
        shaped = self._shaped(call, outcome.Answer(reply, moments, call.trace_id))
        if isinstance(shaped, Failure):
            self._fail(call, shaped)
            return
        plain = rules.is_downgraded(reply.url, measures.dialled)
        holes = self._shape.not_emulated(shaped, measures, plain=plain)
        if holes:
            record.not_emulated = [*record.not_emulated, *holes]
        self._settle(call, "success", shaped)

    def _fail(self, call: Call, failed: Failure, *, later: bool = False) -> None:
        if call.settled:
            return
        record = call.record
        record.reason, record.detail = failed.reason, str(failed.detail.get("detail", ""))
        record.add("shape", self._rule_of(failed), record.detail or "the host's text")
        result = outcome.failure(self._target, failed, call.trace_id, self.api)
        self._settle(call, "fail", result, later=later)

    def _rule_of(self, failed: Failure) -> str:
        """Return the name of the text that the host has for a failure."""
        text, cause = self._profile.texts[failed.reason], str(failed.detail.get("cause"))
        known = isinstance(text, Text) and cause in text.causes
        return f"{failed.reason}.{cause}" if known else str(failed.reason)

    def _settle(self, call: Call, state: TaskState, result: Result, *, later: bool = False) -> None:
        """End a call once: free what it holds, close its record, then tell the logic."""
        reached = call.state
        if not call.advance(SETTLED):
            return
        if reached is not CREATED:
            self._scheduler.release(call)
        shown = result
        if call.chain:
            shown = layers.up(call.chain, self._profile, self.api, result)
        call.record.close(shown, ok=state == "success", at=call.ms())
        if reached >= SENDING:
            self._deadlines.stop(call)
            call.record.note_measures(call.measures)
        else:
            wire.close(call.files)
        raw = None if shown is result or shown == result else result
        if later:
            # No event fires before the call has returned.
            asyncio.get_running_loop().call_soon(self._finish, call, state, shown, raw)
        else:
            self._finish(call, state, shown, raw)

    def _finish(self, call: Call, state: TaskState, result: Result, raw: Result | None) -> None:
        del self._calls[call.number]
        if not self._calls:
            self._deadlines.rest()
        try:
            call.tell(state, result, call.ms(), raw)
        finally:
            self._desk.sign_out(call.record)
