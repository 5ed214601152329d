"""
The native side: it takes `invoke`, runs the call, and tells the logic what became of it.

One call goes straight through: layer, options, rules, files, schedule, transport, shape, trace.
A call settles by itself, and only then is its I/O cancelled: an abort in the very tick of the call
still ends in exactly one `fail`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, cast

from bridge import layers, outcome, pickers, rules, wire
from bridge.call import Call
from bridge.clock import Chance, Clock
from bridge.errors import BridgeError
from bridge.files import FileFailure
from bridge.options import rules_for, understand
from bridge.protocol import CallbackMessage, Invoke
from bridge.reasons import Failure, Reason
from bridge.scheduler import Scheduler
from bridge.task import Event
from bridge.timings import Moments
from bridge.trace import PREVIEW_BYTES, Record, Response, request_of
from bridge.transport import TransportFailure, WireUpload
from bridge.values import copied, js_string

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from structlog.stdlib import BoundLogger
    from structlog.typing import EventDict

    from bridge.files import Files
    from bridge.network import Network
    from bridge.pickers import Album
    from bridge.profile import Options, Result
    from bridge.protocol import Deliver, TaskState
    from bridge.target import Target
    from bridge.transport import FilePart, Headers, Reply, Transport

logging.getLogger("bridge").addHandler(logging.NullHandler())
_PREVIEWS_HELD = 8 << 20
_BOUNDARY_DIGITS = 24


@cache
def _log() -> BoundLogger:
    """Return the logger, made at the first use: structlog takes 40 ms to import."""
    import structlog  # noqa: PLC0415

    render = structlog.processors.KeyValueRenderer(key_order=["event"])

    def with_traceback(logger: object, name: str, event: EventDict) -> tuple[object, object]:
        error = event.pop("exc_info", None)
        return (render(logger, name, event),), {"exc_info": error}

    return cast(
        "BoundLogger",
        structlog.wrap_logger(
            logging.getLogger("bridge"),
            processors=[
                structlog.stdlib.filter_by_level,
                structlog.stdlib.add_log_level,
                with_traceback,
            ],
            wrapper_class=structlog.stdlib.BoundLogger,
        ),
    )


@dataclass(frozen=True, slots=True)
class Phone:
    """What a native side stands on: the device's files and network, and the app's identity."""

    target: Target
    files: Files
    album: Album
    network: Network
    chance: Chance
    transport: Callable[[], Transport]
    domains: rules.DomainLists | None
    appid: str
    page_version: str
    overrides: Mapping[str, object]


class Native:
    """
    The native side of one emulated environment.

    Args:
        phone: what it runs on.
        record_limit: how many records are kept.
    """

    def __init__(self, phone: Phone, record_limit: int) -> None:
        self.records: deque[Record] = deque(maxlen=record_limit)
        self._phone = phone
        self._target = phone.target
        self._profile = phone.target.profile
        self._heard = layers.heard(phone.target)
        self._calls: dict[int, Call] = {}
        self._live: dict[int, Record] = {}
        self._count = 0
        self._previews = _PREVIEWS_HELD
        self._clock: Clock | None = None
        self._idle = asyncio.Event()
        self._session = phone.chance.hex(8)
        self._configs = {layer.name: dict(layer.config) for layer in phone.target.layers}
        self._scheduler = Scheduler(self._profile.limit, self._profile.overflow, self._run)

    @property
    def in_flight(self) -> list[Record]:
        """The records of the calls that have not settled."""
        return [*self._live.values()]

    def invoke(self, message: Invoke, deliver: Deliver) -> Result:
        """
        Take one message from a logic and answer what is known at once.

        Every message about the call goes to that logic's `deliver`.

        `createUploadTask` answers `{uploadTaskId, errMsg}`, with `returns: "undefined"` where the
        host hands back nothing; its result follows as events, never before this returns.

        Raises:
            BridgeError: the event is not one of this target's, or the album is empty.
        """
        if message.event == "createUploadTask":
            return self._create(message, deliver)
        if message.event == "operateUploadTask":
            return self._operate(message.params)
        if message.event in self._profile.pickers:
            return self._choose(message, deliver)
        return self._configure(message)

    async def settled(self) -> None:
        """Wait until nothing is in flight and every message has been delivered."""
        while self._live:
            self._idle.clear()
            await self._idle.wait()

    def abandon(self, why: str, deliver: Deliver | None = None) -> None:
        """End the calls of one logic, or of all, as aborted."""
        for call in tuple(self._calls.values()):
            if deliver is None or call.deliver == deliver:
                self._fail(call, Failure(Reason.ABORTED, {"detail": why}))

    async def aclose(self) -> None:
        """End every call in flight as aborted, and wait for its I/O to be gone."""
        self.abandon("the bridge was closed")
        await self._scheduler.drained()
        # One tick more: what an abort or a picker still has to say is due on it.
        await asyncio.sleep(0)

    # --- one upload, in order

    def _create(self, message: Invoke, deliver: Deliver) -> Result:
        call = self._open(message, deliver)
        try:
            failed = self._prepare(call, message)
        except Exception as error:  # noqa: BLE001  no fault of ours may leave a call hanging
            failed = self._broken(call, error)
        if failed is not None:
            self._fail(call, failed, later=True)
        answer: Result = {"uploadTaskId": call.number, "errMsg": "createUploadTask:ok"}
        refused = failed is not None and failed.reason is Reason.BAD_PARAMETER
        if refused and self._profile.after_bad_parameter == "undefined":
            answer["returns"] = "undefined"
        return answer

    def _open(self, message: Invoke, deliver: Deliver) -> Call:
        record = self._new_record(message, layers.UPLOAD)
        chain = layers.chain(self._target, message.namespace)
        now = self._running_clock().now
        call = Call(record, chain, self._profile, self._heard, deliver, now)
        self._calls[record.id] = call
        return call

    def _prepare(self, call: Call, message: Invoke) -> Failure | None:
        return (
            self._understand(call, message)
            or self._judge(call)
            or self._find(call)
            or self._submit(call)
        )

    def _broken(self, call: Call, error: Exception) -> Failure:
        """Log a fault of ours, and let the call end as the host's internal error."""
        _log().error("upload broke", upload_task_id=call.number, exc_info=error)
        return Failure(Reason.INTERNAL, {"detail": repr(error)})

    def _understand(self, call: Call, message: Invoke) -> Failure | None:
        record, profile = call.record, self._profile
        given = message.params
        options = layers.down(call.chain, profile, given, self._configs, record.decisions)
        seen = understand(self._target, layers.UPLOAD, options, record.decisions)
        call.values, record.unknown_keys = seen.values, (*seen.unknown, *message.unknown)
        record.understood = seen.values
        record.not_emulated = outcome.idle_options(profile, seen.values)
        if profile.trace_headers:
            call.trace_id = self._phone.chance.trace_id(round(record.started))
        blank = profile.blank_name is not None and seen.values.get("name") == ""
        return Failure(Reason.BAD_PARAMETER, {"blank": "name"}) if blank else seen.failure

    def _judge(self, call: Call) -> Failure | None:
        url = rules.absolute(self._profile, js_string(call.values.get("url", "")))
        call.values["url"] = url
        return rules.judge(self._profile, url, self._listed(), call.record.decisions)

    def _listed(self) -> tuple[str, ...] | None:
        return rules.listed_for(self._phone.domains, layers.UPLOAD)

    def _find(self, call: Call) -> Failure | None:
        """Find a bad file before the call takes a slot; it is opened again when it is sent."""
        try:
            call.picked = wire.chosen(call.values, call.record.decisions)
            with ExitStack() as stack:
                wire.opened(self._profile, self._phone.files, call.picked, stack)
        except FileFailure as failure:
            return Failure(failure.reason)
        return None

    def _submit(self, call: Call) -> Failure | None:
        place, limit = self._scheduler.submit(call), self._profile.limit
        if place == "refused":
            call.record.decisions.add("schedule", "overflow", f"{limit} are running: refused")
            return Failure(Reason.OVER_LIMIT)
        if place == "queue":
            call.record.decisions.add("schedule", "limit", f"{limit} are running: it waits")
        call.waits, call.placed = place == "queue", True
        call.advance(Event.QUEUE)
        call.queued = call.dequeued = self._running_clock().now()
        call.record.times["queued"] = call.ms(call.queued)
        return None

    async def _run(self, call: Call) -> None:
        """Send one call; whatever goes wrong settles it, cancellation apart."""
        if call.waits:
            call.dequeued = self._running_clock().now()
        call.record.times["dequeued"] = call.ms(call.dequeued)
        call.advance(Event.SEND)
        loop = asyncio.get_running_loop()
        try:
            call.timer = loop.call_later(self._timeout(call), self._expire, call)
            self._succeed(call, await self._send(call))
        except (TransportFailure, FileFailure) as failure:
            self._fail(call, Failure(failure.reason, failure.detail))
        except Exception as error:  # noqa: BLE001  no fault of ours may leave a call hanging
            self._fail(call, self._broken(call, error))

    def _timeout(self, call: Call) -> float:
        """Return the seconds this call may take from now on."""
        profile, given = self._profile, call.values.get("timeout")
        usable = isinstance(given, (int, float)) and given > 0
        wanted = float(cast("float", given)) if usable else float(profile.fixed_timeout)
        if profile.max_timeout is not None and wanted > profile.max_timeout:
            call.record.decisions.add("rules", "max_timeout", f"{wanted:g} ms is too long")
            wanted = float(profile.max_timeout)
        return wanted / 1000

    def _expire(self, call: Call) -> None:
        self._fail(call, Failure(Reason.TIMEOUT))

    async def _send(self, call: Call) -> Reply:
        phone = self._phone
        phone.network.judge(rules.parse(cast("str", call.values["url"])))
        with ExitStack() as stack:
            files = wire.opened(self._profile, phone.files, call.picked, stack)
            upload = self._wire(call, tuple(files))
            stack.callback(self._note_request, call, upload)
            return await phone.transport().send(upload, call)

    def _wire(self, call: Call, files: tuple[FilePart, ...]) -> WireUpload:
        phone, profile, decisions = self._phone, self._profile, call.record.decisions
        identity = {"appid": phone.appid, "version": phone.page_version}
        header = call.values.get("header")
        given = cast("Options", header) if isinstance(header, dict) else {}
        call.record.boundary = f"----minibridge{phone.chance.hex(_BOUNDARY_DIGITS)}"
        return WireUpload(
            url=cast("str", call.values["url"]),
            headers=rules.headers_for(profile, given, identity, call.trace_id, decisions),
            fields=wire.text_fields(call.values, decisions),
            files=files,
            boundary=call.record.boundary,
            judge=partial(self._judge_hop, call),
            check_answer=partial(self._check_answer, call),
            max_redirects=profile.max_redirects,
            cookies=profile.cookies == "session",
            cut=phone.network.cut,
        )

    def _judge_hop(self, call: Call, url: str) -> None:
        decisions = call.record.decisions
        decisions.add("rules", "max_redirects", f"redirected to {url}")
        failed = rules.judge(self._profile, url, self._listed(), decisions, redirect=True)
        if failed is not None:
            raise TransportFailure(failed.reason, failed.detail)

    def _check_answer(self, call: Call, url: str, headers: Headers) -> None:
        if not rules.check_cors(self._profile, url, headers):
            call.record.decisions.add("rules", "check_cors", "no Access-Control-Allow-Origin")
            raise TransportFailure(Reason.BAD_RESPONSE, {"detail": "cross-origin answer refused"})

    def _note_request(self, call: Call, upload: WireUpload) -> None:
        request = request_of(upload, call.measures, self._previews)
        call.record.request = request
        self._previews -= call.record.preview_bytes

    # --- the end of a call

    def _succeed(self, call: Call, reply: Reply) -> None:
        epoch = self._running_clock().epoch_ms
        moments = Moments(call.invoked, call.queued, call.dequeued, call.measures, epoch)
        result = outcome.success(self._target, call.values, reply, moments, call.trace_id)
        body = reply.body
        call.record.response = Response(
            reply.status, reply.headers, len(body), body[:PREVIEW_BYTES]
        )
        plain = rules.is_downgraded(reply.url, call.measures.dialled)
        call.record.not_emulated += outcome.not_emulated(self._target, result, plain=plain)
        self._settle(call, "success", result)

    def _fail(self, call: Call, failed: Failure, *, later: bool = False) -> None:
        if call.settled:
            return
        record = call.record
        record.reason, record.detail = failed.reason, str(failed.detail.get("detail", ""))
        record.decisions.add("shape", str(failed.reason), record.detail or "the host's text")
        result = outcome.failure(self._target, failed, call.trace_id)
        self._settle(call, "fail", result, later=later)

    def _settle(self, call: Call, state: TaskState, result: Result, *, later: bool = False) -> None:
        """End a call once: free what it holds, close its record, then tell the logic."""
        if not call.advance(Event.SETTLE):
            return
        if call.timer is not None:
            call.timer.cancel()
        if call.placed:
            self._scheduler.release(call)
        shown = layers.up(call.chain, self._profile, layers.UPLOAD, result)
        call.record.close(shown, ok=state == "success", at=call.ms())
        call.record.note_measures(call.measures, call.ms)
        if later:
            self._later(call, state, shown)
        else:
            self._finish(call, state, shown)

    def _later(self, call: Call, state: TaskState, result: Result) -> None:
        """Tell the logic on a later tick: no event fires before the call has returned."""
        asyncio.get_running_loop().call_soon(self._finish, call, state, result)

    def _finish(self, call: Call, state: TaskState, result: Result) -> None:
        del self._calls[call.number]
        try:
            call.tell(state, result)
        finally:
            self._leave(call.record)

    # --- everything else the logic may ask

    def _operate(self, params: Options) -> Result:
        call = self._calls.get(cast("int", params.get("uploadTaskId")))
        if params.get("operationType") != "abort" or call is None:
            return {"errMsg": "operateUploadTask:fail"}
        self._fail(call, Failure(Reason.ABORTED), later=True)
        return {"errMsg": "operateUploadTask:ok"}

    def _choose(self, message: Invoke, deliver: Deliver) -> Result:
        api, record = message.event, self._new_record(message, message.event)
        seen = understand(self._target, api, message.params, record.decisions)
        record.understood = seen.values
        record.unknown_keys = (*seen.unknown, *message.unknown)
        if seen.failure is not None:
            record.reason = seen.failure.reason
            ok, result = False, outcome.failure(self._target, seen.failure, "", api)
        else:
            ok, result = self._pick(api, record)
        chain = layers.chain(self._target, message.namespace)
        shown = layers.up(chain, self._profile, api, result)
        answer = CallbackMessage(message.callback_id, "success" if ok else "fail", shown)
        asyncio.get_running_loop().call_soon(self._answer, record, answer, deliver)
        return {"errMsg": f"{api}:ok"}

    def _pick(self, api: str, record: Record) -> tuple[bool, Result]:
        """Return whether the user picked, and the host's answer either way."""
        phone, picker, now = self._phone, self._profile.pickers[api], round(record.started / 1000)
        try:
            picked = pickers.pick(
                api,
                picker,
                record.understood,
                usual=rules_for(self._target, api).default("count"),
                album=phone.album,
                files=phone.files,
                now=now,
            )
        except Exception:
            self._leave(record)
            raise
        if picked is not None:
            return True, picked
        record.reason = Reason.ABORTED
        record.decisions.add("picker", "cancel_next", "the user backed out")
        text = picker.cancelled
        return False, outcome.fail_object(self._target, text.message, text.code, "", api)

    def _answer(self, record: Record, answer: CallbackMessage, deliver: Deliver) -> None:
        clock = self._running_clock()
        at = float(clock.epoch_ms(clock.now()) - record.started)
        record.close(answer.result, ok=answer.state == "success", at=at)
        record.callbacks.append((at, answer.state, answer.result))
        try:
            deliver(answer)
        finally:
            self._leave(record)

    def _configure(self, message: Invoke) -> Result:
        for layer in layers.chain(self._target, message.namespace)[:1]:
            key = layer.settings.get(message.event)
            if key is not None:
                values = cast("Options", copied(message.params))
                self._configs[layer.name] |= values if key == "*" else {key: values}
                return {"errMsg": f"{message.event}:ok"}
        text = f"{message.event!r} is nothing {message.namespace!r} offers on {self._target.name}"
        raise BridgeError(text)

    # --- bookkeeping

    def log_callback_error(self, record: Record, name: str, error: BaseException) -> None:
        """Say on the log that a callback of the mini-program raised."""
        text = f"an error in the {name} callback of {record.api}"
        _log().error(text, upload_task_id=record.id, target=self._target.name, exc_info=error)

    def _new_record(self, message: Invoke, api: str) -> Record:
        clock = self._running_clock()
        self._count += 1
        record = self._live[self._count] = Record(
            id=self._count,
            target=self._target,
            api=message.api or api,
            overrides=self._phone.overrides,
            session=self._session,
            started=clock.epoch_ms(clock.now()),
            options=message.params,
            conditions=self._phone.network.conditions,
        )
        if len(self.records) == self.records.maxlen:
            self._previews += self.records[0].preview_bytes
        self.records.append(record)
        return record

    def _leave(self, record: Record) -> None:
        del self._live[record.id]
        self._idle.set()

    def _running_clock(self) -> Clock:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError as error:
            message = "make the call inside a running event loop, as in an async test"
            raise BridgeError(message) from error
        if self._clock is None:
            self._clock = Clock(loop)
        if self._clock.loop is not loop:
            message = "this Bridge belongs to another event loop; make one Bridge for each loop"
            raise BridgeError(message)
        return self._clock
