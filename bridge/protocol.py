"""
The messages between the logic and the native side, in the field's own terms.

Python logic exchanges these records as they are; a logic in another process exchanges their JSON.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, cast

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from bridge.profile import Options, Result

CALLBACKS = ("success", "fail", "complete")
PromiseRule = Literal["never", "without callbacks", "always"]
TaskState = Literal["progressUpdate", "headersReceived", "success", "fail"]


class Invoke(NamedTuple):
    """
    Logic -> native: call an API.

    Attributes:
        event: `create` or `operate` and a task's name, a picker, or a layer's settings API.
        params: known keys only; callbacks stay with the logic.
        namespace: the global the logic called it on; empty for the target's own.
        callback_id: where the answer of an asynchronous API goes, 0 for none.
        api: the name the logic used, such as `uploadFile` or `upload`.
        unknown: the names of options that stayed behind.
        turn: set when the turn of the logic that made the call has ended; nothing leaves before,
            so that an abort in the same turn finds nothing sent. None holds nothing back.
    """

    event: str
    params: Options
    namespace: str = ""
    callback_id: int = 0
    api: str = ""
    unknown: tuple[str, ...] = ()
    turn: asyncio.Event | None = None


def shaped(payload: object) -> Any:  # noqa: ANN401  whatever shape the host gives it
    """Return what a message says."""
    return payload() if type(payload) is partial else payload


class CallbackMessage(NamedTuple):
    """
    Native -> logic: the answer to one `callback_id`, sent once, in the host's shape.

    `raw` is what the host itself said, where a layer made something else of it.
    """

    callback_id: int
    state: Literal["success", "fail"]
    result: Result
    raw: Result | None = None


class TaskStateChange(NamedTuple):
    """
    Native -> logic: something happened to a task.

    `task` names its kind, `UploadTask` or `RequestTask`; the numbers are unique over all kinds.
    `raw` is what the host itself said, where a layer made something else of it.
    """

    task_id: int
    state: TaskState
    payload: Payload
    task: str = "UploadTask"
    raw: Result | None = None

    @property
    def result(self) -> Result:
        """What happened, in the host's shape."""
        return cast("Result", shaped(self.payload))

    @property
    def name(self) -> str:
        """The event's name, such as `onUploadTaskStateChange`."""
        return f"on{self.task}StateChange"


@dataclass(frozen=True, slots=True)
class Announcement:
    """Native -> logic: something happened to the phone, `result` in the host's shape."""

    namespace: str
    event: str
    result: object


@dataclass(frozen=True, slots=True)
class ApiDescription:
    """
    How the logic builds one function of a global.

    Attributes:
        kind: `task` and `async` take callbacks; `sync` answers at once with its own global.
            `value` takes any arguments, which cross as `args`, and answers at once with `value`,
            with nothing, or with the text it `throws`. `constant` is `value` itself, `object` a
            function that returns the functions of `apis`, `listener` a function that adds to or
            takes from the listeners of `listens`, `interceptor` one that adds to or takes from the
            hooks around its global's `intercepted` functions.
        event: the event to invoke.
        task: the kind of task a `task` API makes, `UploadTask` or `RequestTask`; empty for others.
        returns: what a `task` API hands back: `task`, `promise` or `promise+task`.
        promise: when the caller gets a plain Promise instead: `never`, `without callbacks`, or
            `always` (which keeps the native return in `__returned`).
        settles: whose result such a Promise, or a Promise of an `async` API, settles with: the
            `host`'s own or the `layer`'s. The native return of a task is always the host's.
        complete: whether `complete` gets the layer's `result`, or the host's own, `raw`.
        members: task member -> `call`, `noop` or `throw:TEXT`.
        duplicates: how often a listener added twice is called.
        off: what an `off*` member without a function does.
        keys: the options that cross; any other is only named. None lets every one cross.
        apis: the functions of an `object`, each described like a global's.
        value: the value of a `constant`.
        listens: the event of a `listener`; its name begins with `on` or `off`.
        intercepted: whether hooks that an `interceptor` keeps, whose name begins with `add` or
            `remove`, are called around it.
    """

    kind: Literal["task", "async", "sync", "value", "constant", "object", "listener", "interceptor"]
    event: str
    task: str = ""
    returns: str = ""
    promise: PromiseRule = "never"
    settles: Literal["host", "layer"] = "host"
    complete: Literal["result", "raw"] = "result"
    members: Mapping[str, str] = field(default_factory=dict)
    duplicates: Literal["once", "twice"] = "once"
    off: Literal["clear", "ignore"] = "clear"
    keys: tuple[str, ...] | None = None
    apis: Mapping[str, ApiDescription] = field(default_factory=dict)
    value: object = None
    listens: str = ""
    intercepted: bool = False


def id_key(task: str) -> str:
    """Return the key that carries the number of such a task, `uploadTaskId` for instance."""
    return f"{task[:1].lower()}{task[1:]}Id"


Payload: TypeAlias = "Result | partial[Result]"
"""What a message says in the host's shape, or what shapes it for whoever asks."""
Globals = dict[str, dict[str, ApiDescription]]
Message = CallbackMessage | TaskStateChange | Announcement
Deliver = Callable[[Message], None]
