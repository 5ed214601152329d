"""The door for logic in another process: the messages of `schemas/protocol.json`, in and out."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Final, cast

from bridge.errors import BridgeError
from bridge.protocol import Announcement, CallbackMessage, Invoke, TaskStateChange, id_key
from bridge.values import from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bridge.profile import Options
    from bridge.protocol import Message
    from bridge.runtime import Bridge

PROTOCOL_VERSION: Final = 1
Json = dict[str, object]


class Door:
    """
    One logic-side client of a bridge.

    Args:
        bridge: what it talks to; several doors may share one.
        post: sends one JSON message to the client.
    """

    def __init__(self, bridge: Bridge, post: Callable[[Json], None]) -> None:
        self._bridge = bridge
        self._post = post
        self._open: set[tuple[str, int]] = set()
        self._turn = asyncio.Event()
        self._left = False

    @property
    def busy(self) -> bool:
        """Tell whether a call of this client has not been answered yet."""
        return bool(self._open)

    def ready(self, env: Mapping[str, str]) -> Json:
        """Return the message that lets the client make its globals."""
        described = self._bridge.description
        globals_ = {
            name: {api: asdict(description) for api, description in apis.items()}
            for name, apis in described.items()
        }
        return {
            "type": "ready",
            "v": PROTOCOL_VERSION,
            "namespace": next(iter(described)),
            "globals": globals_,
            "env": dict(env),
        }

    def invoke(self, message: Json) -> None:
        """
        Take one `invoke` of the client and answer it: at once if it waits, else when it is done.

        A mistake of the test author becomes an `error` for this one call.

        Raises:
            ValueError: a value that is no JSON of the protocol.
        """
        waits = bool(message.get("sync"))
        answer: Json = {"type": "callback", "callbackId": message.get("callbackId")}
        answer |= {"sync": True} if waits else {}
        try:
            invoke = _invoke(message, self._turn if message.get("inTurn") else None)
            result = self._bridge.invoke(invoke, self._deliver)
        except BridgeError as error:
            self._post({**answer, "error": str(error)})
            return
        task = id_key(invoke.event.removeprefix("create"))
        if task in result:
            self._open.add(("task", cast("int", result[task])))
        if waits:
            self._post({**answer, "result": to_json(result)})
        else:
            self._open.add(("call", invoke.callback_id))

    def end_turn(self) -> None:
        """Let go what the client's turn began: it has said that the turn is over."""
        self._turn.set()
        self._turn = asyncio.Event()

    def leave(self) -> None:
        """End what the client began: it is gone, and is told nothing more."""
        self._left = True
        self._open.clear()
        self._bridge.abandon(self._deliver)

    def _deliver(self, message: Message) -> None:
        if self._left:
            return
        if isinstance(message, CallbackMessage):
            self._open.discard(("call", message.callback_id))
        elif isinstance(message, TaskStateChange) and message.state in ("success", "fail"):
            self._open.discard(("task", message.task_id))
        self._post(_told(message))


def _invoke(message: Json, turn: asyncio.Event | None) -> Invoke:
    params, event = from_json(message.get("params")), message.get("event")
    if not isinstance(params, dict) or not isinstance(event, str):
        text = f"an invoke needs an event and params, not {message!r:.200}"
        raise BridgeError(text)
    return Invoke(
        event=event,
        params=cast("Options", params),
        namespace=str(message.get("namespace", "")),
        callback_id=cast("int", message.get("callbackId", 0)),
        api=str(message.get("api", "")),
        unknown=tuple(map(str, cast("list[object]", message.get("unknownKeys", ())))),
        turn=turn,
    )


def _told(message: Message) -> Json:
    result = to_json(message.result)
    if isinstance(message, Announcement):
        params = {"namespace": message.namespace, "event": message.event, "result": result}
        return {"type": "event", "name": "onDeviceStateChange", "params": params}
    news: Json = {"state": message.state, "result": result}
    if message.raw is not None:
        news["raw"] = to_json(message.raw)
    if isinstance(message, CallbackMessage):
        return {"type": "callback", "callbackId": message.callback_id, **news}
    params = {id_key(message.task): message.task_id, **news}
    return {"type": "event", "name": message.name, "params": params}
