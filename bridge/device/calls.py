"""Calls the phone answers itself: from an `invoke` to the host's result, with a record each."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal, cast

from bridge import layers, outcome
from bridge.device.actions import ACTIONS, Asked, network_state
from bridge.device.refusal import Refusal
from bridge.device.storage import has_foreign
from bridge.protocol import Announcement, CallbackMessage
from bridge.reasons import Reason
from bridge.values import brand, copied, undefined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.desk import Desk
    from bridge.phone import Phone
    from bridge.profile import Device, Local, Options, Result, Text, Through
    from bridge.protocol import ApiDescription, Deliver, Invoke
    from bridge.trace import Record

_BRANDS = {
    "string": {"String"},
    "number": {"Number"},
    "boolean": {"Boolean"},
    "text": {"String", "ArrayBuffer"},
}


class Calls:
    """
    The device APIs of one target.

    Args:
        phone: what they run on.
        desk: where each call is signed in and out.
    """

    def __init__(self, phone: Phone, desk: Desk) -> None:
        self._phone = phone
        self._desk = desk
        self._profile = phone.target.profile
        self._device = phone.target.profile.device
        self._listening: dict[tuple[Deliver, str, str], None] = {}
        phone.network.watch(self._network_changed)

    def offers(self, message: Invoke) -> bool:
        """Tell whether an event is a device API of the global it was called on."""
        if self._device is None:
            return False
        route = self._route(message)
        return self._local(message.event if route is None else route.below) is not None

    def invoke(self, message: Invoke, deliver: Deliver) -> Result:
        """
        Answer one call: `value` APIs at once, others by `deliver` on the next tick.

        The answer of a `value` API is `{value}`, `{}` for undefined, or `{throws: TEXT}`.
        """
        record = self._desk.sign_in(message, message.event, self._desk.clock)
        record.unknown_keys = message.unknown
        route = self._route(message)
        try:
            return self._answer(message, route, record, deliver)
        except Exception:
            self._desk.sign_out(record)
            raise

    def forget(self, deliver: Deliver) -> None:
        """Tell a logic that has gone no more news."""
        for key in [key for key in self._listening if key[0] == deliver]:
            del self._listening[key]

    def _answer(
        self, message: Invoke, route: Through | None, record: Record, deliver: Deliver
    ) -> Result:
        path, given = self._down(message, route)
        local = cast("Local", self._local(path))
        values, ok, result = self._run(path, local, given, record)
        record.understood = values
        record.add("device", path, "answered by the phone itself")
        kind = local.kind if route is None else route.kind
        if kind == "listener":
            self._listen(message, deliver)
        if kind == "async":
            shown = cast("Result", self._up(message, route, result))
            raw = None if shown == result else result
            state: Literal["success", "fail"] = "success" if ok else "fail"
            reply = CallbackMessage(message.callback_id, state, shown, raw)
            asyncio.get_running_loop().call_soon(self._deliver, record, reply, deliver)
            return {"errMsg": f"{message.event}:ok"}
        answer = self._returned(local, route, result, ok=ok)
        self._close(record, answer, ok=ok)
        self._desk.sign_out(record)
        return answer

    # --- down

    def _route(self, message: Invoke) -> Through | None:
        chain = layers.chain(self._phone.target, message.namespace)
        routes = chain[0].device.get(self._profile.namespace, {}) if chain else {}
        return routes.get(message.event)

    def _local(self, path: str) -> Local | None:
        found = self._device.apis if self._device is not None else {}
        local: Local | None = None
        for name in path.split("."):
            local = found.get(name)
            if local is None or not self._phone.target.reached(local.since):
                return None
            found = local.members
        return local

    def _down(self, message: Invoke, route: Through | None) -> tuple[str, Options]:
        """Return the host's API and its options by name."""
        if route is None:
            local = self._local(message.event)
            return message.event, _named(local, message.params)
        args = cast("list[object]", message.params.get("args", ()))
        given = dict(zip(route.takes, args, strict=False)) if route.takes else message.params
        named = {route.rename.get(key, key): value for key, value in given.items()}
        named.pop("", None)
        return route.choose(named) if route.choose is not None else (route.below, named)

    # --- the call itself

    def _run(
        self, path: str, local: Local, given: Options, record: Record
    ) -> tuple[Options, bool, Result]:
        """Return the checked options, whether it worked, and the host's result."""
        api = path.rpartition(".")[2]
        values = self._known(local, given, record)
        try:
            self._check(local, values)
            started = round(record.started / 1000)
            asked = Asked(self._phone, self._shown, self._host, local, values, started)
            whole = {"errMsg": f"{api}:ok", "success": True, **ACTIONS[local.does](asked)}
        except Refusal as refusal:
            record.reason = refusal.reason
            record.detail = ", ".join(f"{k}: {v}" for k, v in refusal.detail.items())
            return values, False, self._refused(local, refusal, api)
        return values, True, {key: whole[key] for key in local.result if key in whole}

    @property
    def _shown(self) -> Device:
        """What the host tells of the phone; only asked for where `offers` said that it does."""
        return cast("Device", self._device)

    @cached_property
    def _host(self) -> Mapping[str, ApiDescription]:
        return layers.describe_host(self._phone.target)

    def _known(self, local: Local, given: Options, record: Record) -> Options:
        """Return a copy of the options this API knows; undefined and null count as not given."""
        unknown = tuple(key for key in given if key not in local.takes)
        for key in unknown:
            record.add("options", "unknown_key", f"{key} is not an option here: dropped")
        record.unknown_keys = (*unknown, *record.unknown_keys)
        if has_foreign(given):
            record.not_emulated = [*record.not_emulated, "an object of a class is kept as its text"]
        kept = {key: value for key, value in given.items() if key in local.takes}
        absent = {key for key, value in kept.items() if value is undefined or value is None}
        return {
            key: copied(value)
            for key, value in kept.items()
            if key not in absent or local.takes[key].startswith("any")
        }

    def _check(self, local: Local, values: Options) -> None:
        if self._profile.mismatch == "warn":
            return
        for key, kind in local.takes.items():
            word = kind.rstrip("!")
            value = values.get(key, undefined)
            blank = value == "" and "" in self._profile.empty and kind == "string!"
            missing = value is undefined or blank
            right = word == "any" or brand(value) in _BRANDS[word]
            if (missing and kind.endswith("!")) or not (missing or right):
                raise Refusal("parameter", Reason.BAD_PARAMETER, self._problem(key, word, value))

    def _problem(self, key: str, word: str, value: object) -> dict[str, object]:
        profile, expected = self._profile, "string" if word in ("text", "any") else word
        template = profile.problem
        if value in (undefined, ""):
            template = profile.missing or template
        text = template.format(
            key=key, expected=expected.capitalize(), type=expected, brand=brand(value)
        )
        return {"problems": text, "detail": key, "key": key}

    # --- up

    def _refused(self, local: Local, refusal: Refusal, api: str) -> Result:
        profile = self._profile
        text: Text = local.texts.get(refusal.cause) or outcome.text_for(profile, refusal.reason)
        message = text.message.format_map(defaultdict(str, {**refusal.detail, "api": api}))
        said: Result = {profile.message_key: message.replace("uploadFile:", f"{api}:", 1)}
        if text.code is not None and profile.code_key is not None and profile.errno == "emit":
            said[profile.code_key] = text.code
        return {key: said[key] for key in profile.fail if key in said}

    def _up(self, message: Invoke, route: Through | None, result: Result) -> object:
        """Return what the layers make of a result; the functions of an object are the host's."""
        if "." in message.event:
            return result
        shown = self._handed_on(route, result)
        chain = layers.chain(self._phone.target, message.namespace)
        return layers.up(chain, self._profile, message.event, cast("Result", shown))

    def _handed_on(self, route: Through | None, result: Result) -> object:
        """Return what the layer on top makes of the host's answer, its chain left aside."""
        if route is None or route.result is None:
            return result
        added = {name: self._shown.apis[name].value for name in route.adds}
        return route.result({**result, **added})

    def _returned(self, local: Local, route: Through | None, result: Result, *, ok: bool) -> Result:
        if not ok and self._shown.sync_failure == "throw":
            return {"throws": result[self._profile.message_key]}
        if route is not None and route.result is not None:
            return {"value": self._handed_on(route, result)}
        if ok and local.bare:
            return {"value": result[local.bare]}
        return {"value": result} if result else {}

    def _deliver(self, record: Record, reply: CallbackMessage, deliver: Deliver) -> None:
        self._close(record, reply.result, ok=reply.state == "success")
        try:
            deliver(reply)
        finally:
            self._desk.sign_out(record)

    def _close(self, record: Record, result: Result, *, ok: bool) -> None:
        clock = self._desk.clock
        at = float(clock.epoch_ms(clock.now()) - record.started)
        record.close(result, ok=ok, at=at)
        record.tell(at, "success" if ok else "fail", result)

    # --- news

    def _listen(self, message: Invoke, deliver: Deliver) -> None:
        if message.event.startswith("on"):
            self._listening[deliver, message.namespace, message.event] = None

    def _network_changed(self) -> None:
        for deliver, namespace, event in self._listening:
            loop = self._desk.clock.loop
            loop.call_soon(partial(self._announce, deliver, namespace, event))

    def _announce(self, deliver: Deliver, namespace: str, event: str) -> None:
        if (deliver, namespace, event) not in self._listening:
            return
        local = cast("Local", self._local(event))
        state = network_state(self._phone, self._shown)
        result = {key: state[key] for key in local.result}
        chain = layers.chain(self._phone.target, namespace)
        route = chain[0].device.get(self._profile.namespace, {}).get(event) if chain else None
        shown = self._handed_on(route, result)
        told = layers.up(chain, self._profile, event, cast("Result", shown))
        deliver(Announcement(namespace, local.listens, told))


def _named(local: Local | None, params: Options) -> Options:
    """Return the options of a call by name, from the object or the list they came in."""
    if local is None or local.kind != "value":
        return {} if local is None or local.kind == "listener" else params
    args = cast("list[object]", params.get("args", ()))
    first = args[0] if args else undefined
    if local.given != "list" and isinstance(first, dict):
        return first
    return {} if local.given == "object" else dict(zip(local.takes, args, strict=False))
