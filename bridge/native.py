"""The native side: it takes `invoke` from a logic, and answers it in the host's own shape."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from bridge import layers, outcome, pickers
from bridge.desk import Desk
from bridge.device.calls import Calls
from bridge.errors import BridgeError
from bridge.interruptions import Interruptions
from bridge.log import log
from bridge.options import rules_for, understand
from bridge.protocol import CallbackMessage
from bridge.reasons import Reason
from bridge.request import Requests
from bridge.upload import Uploads
from bridge.values import copied

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bridge.desk import Watcher
    from bridge.phone import Phone
    from bridge.profile import Options, Result
    from bridge.protocol import Deliver, Invoke
    from bridge.rules import DomainLists
    from bridge.tasks import Tasks
    from bridge.trace import Record

    Take = Callable[[Invoke, Deliver], Result]


class Native:
    """
    The native side of one emulated environment.

    Args:
        phone: what it runs on.
        record_limit: how many records are kept.
    """

    def __init__(self, phone: Phone, record_limit: int) -> None:
        self._phone = phone
        self._target = phone.target
        self._profile = phone.target.profile
        self._configs = {layer.name: dict(layer.config) for layer in phone.target.layers}
        self._desk = Desk(phone, record_limit)
        self._tasks: list[Tasks] = [Uploads(phone, phone.target, self._desk, self._configs)]
        if phone.target.requesting is not None:
            target = phone.target.requesting
            self._tasks.append(Requests(phone, target, self._desk, self._configs))
        self._device = Calls(phone, self._desk)
        self._interruptions = Interruptions(phone, self._desk, self._tasks)
        self._taking: dict[str, Take] = dict.fromkeys(self._profile.pickers, self._choose)
        for tasks in self._tasks:
            self._taking[f"create{tasks.task}"] = tasks.create
            self._taking[f"operate{tasks.task}"] = tasks.operate

    @property
    def records(self) -> Sequence[Record]:
        """The newest records, oldest first."""
        return self._desk.records

    @property
    def in_flight(self) -> list[Record]:
        """The records of the calls that have not settled."""
        return self._desk.in_flight

    def invoke(self, message: Invoke, deliver: Deliver) -> Result:
        """
        Take one message from a logic and answer what is known at once.

        Every message about the call goes to that logic's `deliver`. `createUploadTask` answers
        `{uploadTaskId, errMsg}` and `createRequestTask` `{requestTaskId, errMsg}`, with
        `returns: "undefined"` where the host hands back nothing; the result follows as events,
        never before this returns.

        Raises:
            BridgeError: the event is not one of this target's, or the album is empty.
        """
        take = self._taking.get(message.event)
        if take is not None:
            return take(message, deliver)
        if self._device.offers(message):
            return self._device.invoke(message, deliver)
        return self._configure(message)

    def judge_by(self, domains: DomainLists | None) -> None:
        """Judge the addresses of the calls to come by this domain list; None judges none."""
        for tasks in self._tasks:
            tasks.judge_by(domains)

    def watch(self, watcher: Watcher) -> None:
        """Have somebody hear of every call from now on."""
        self._desk.watchers.append(watcher)

    async def settled(self) -> None:
        """Wait until nothing is in flight and every message has been delivered."""
        await self._desk.settled()

    def abandon(self, why: str, deliver: Deliver) -> None:
        """End the calls of one logic as aborted, and tell it no more news."""
        for tasks in self._tasks:
            tasks.abandon(why, deliver)
        self._device.forget(deliver)

    async def aclose(self) -> None:
        """End every call in flight as aborted, and wait for its I/O to be gone."""
        self._phone.network.close()
        self._interruptions.shown()
        for tasks in self._tasks:
            tasks.abandon("the bridge was closed")
        for tasks in self._tasks:
            await tasks.drained()
        # One tick more: what an abort or a picker still has to say is due on it.
        await asyncio.sleep(0)

    def log_callback_error(self, record: Record, name: str, error: BaseException) -> None:
        """Say on the log that a callback of the mini-program raised."""
        text = f"an error in the {name} callback of {record.api}"
        log().error(text, task_id=record.id, target=self._target.name, exc_info=error)

    def _choose(self, message: Invoke, deliver: Deliver) -> Result:
        api = message.event
        record = self._desk.sign_in(message, api, self._desk.clock)
        try:
            answer = self._chosen(message, record)
        except Exception:
            self._desk.sign_out(record)
            raise
        asyncio.get_running_loop().call_soon(self._answer, record, answer, deliver)
        return {"errMsg": f"{api}:ok"}

    def _chosen(self, message: Invoke, record: Record) -> CallbackMessage:
        api = message.event
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
        raw = None if shown == result else result
        return CallbackMessage(message.callback_id, "success" if ok else "fail", shown, raw)

    def _pick(self, api: str, record: Record) -> tuple[bool, Result]:
        """Return whether the user picked, and the host's answer either way."""
        phone, picker, now = self._phone, self._profile.pickers[api], round(record.started / 1000)
        picked = pickers.pick(
            api,
            picker,
            record.understood,
            usual=rules_for(self._target, api).default("count"),
            album=phone.album,
            files=phone.files,
            now=now,
        )
        if picked is not None:
            return True, picked
        record.reason = Reason.ABORTED
        record.add("picker", "cancel_next", "the user backed out")
        text = picker.cancelled
        return False, outcome.fail_object(self._target, text.message, text.code, "", api)

    def _answer(self, record: Record, answer: CallbackMessage, deliver: Deliver) -> None:
        clock = self._desk.clock
        at = float(clock.epoch_ms(clock.now()) - record.started)
        record.close(answer.result, ok=answer.state == "success", at=at)
        record.tell(at, answer.state, answer.result)
        try:
            deliver(answer)
        finally:
            self._desk.sign_out(record)

    def _configure(self, message: Invoke) -> Result:
        for layer in layers.chain(self._target, message.namespace)[:1]:
            key = layer.settings.get(message.event)
            if key is not None:
                values = cast("Options", copied(message.params))
                self._configs[layer.name] |= values if key == "*" else {key: values}
                return {"errMsg": f"{message.event}:ok"}
        text = f"{message.event!r} is nothing {message.namespace!r} offers on {self._target.name}"
        raise BridgeError(text)
