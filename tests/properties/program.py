"""A mini-program whose steps a test chooses, and by a plain model what its host owes it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge import Bridge, HostError, Reason, UploadFailed
from tests.properties.server import Server, pause

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bridge import Profile
    from bridge.profile import RequestProfile

UPLOAD, REQUEST = "uploadFile", "request"
ENDS = ("success", "fail", "complete")
NEWS = {"progress": "ProgressUpdate", "headers": "HeadersReceived"}
FAULTS: Mapping[str, frozenset[Reason]] = {
    "scheme": frozenset({Reason.UNSUPPORTED_SCHEME}),
    "gone": frozenset({Reason.MISSING_FILE}),
    "no file": frozenset({Reason.BAD_PARAMETER, Reason.MISSING_FILE}),
}
"""What is wrong with a call's options -> what it may fail with, on any host."""
LISTENERS = ("note", "note", "throw", "abort")
"""What each listener does beside being noted."""
STILL = 20
"""Turns of the loop in which something is seen, unless nothing is on its way."""


@dataclass(frozen=True, slots=True)
class Seen:
    """
    One thing that anybody outside the bridge can see.

    Attributes:
        what: `made` and `returned` frame the call itself; `sent` and `gone` frame its time at the
            server; `progress`, `headers`, `success`, `fail` and `complete` are functions called;
            `resolved` and `rejected` are what awaiting it came to; `aborted` and `left` frame the
            program's abort, and `closed` says that the bridge was closed while it lived.
        call: the number of the call, from 0.
        at: seconds of the loop's clock.
        text: what was handed over, as text.
        listener: which listener was called.
    """

    what: str
    call: int
    at: float
    text: str = ""
    listener: int = -1


@dataclass(slots=True)
class Made:
    """One call of the mini-program, and what must come of it by the model."""

    number: int
    api: str
    deeds: Mapping[str, str]
    """Callback -> what it does beside being noted."""
    timeout: int | None = None
    refused: frozenset[Reason] = frozenset()
    """The reasons it was refused for when it was made, if it was."""
    aborted: bool = False
    """Whether it was aborted, by the program or by closing, before it had ended."""
    ended: bool = False
    task: Any = None
    listening: dict[str, list[int]] = field(default_factory=lambda: {name: [] for name in NEWS})

    @property
    def live(self) -> bool:
        """Tell whether it holds a slot, or waits for one."""
        return not (self.refused or self.aborted or self.ended)

    @property
    def tells(self) -> bool:
        """Tell whether a callback says in the very turn that it has ended, however it ends."""
        return "complete" in self.deeds or {"success", "fail"} <= self.deeds.keys()


class MiniProgram:
    """
    A mini-program on a bridge of its own, and its server; everything visible goes to `seen`.

    Args:
        target: the environment.
        latency: seconds that the server takes, twice.
        rate: bytes per second, or None.
        overrides: fields of the profile.
    """

    def __init__(
        self, target: str, latency: float, rate: float | None, overrides: Mapping[str, object]
    ) -> None:
        self.seen: list[Seen] = []
        self.calls: list[Made] = []
        self.throws = 0
        self.closed = False
        self.server = Server(self._see, latency, rate)
        self.bridge = Bridge(target, transport=self.server, **overrides)  # type: ignore[arg-type]  # by name
        self.path = self.bridge.files.add("a.py", Path(__file__))
        self.watchers: list[asyncio.Task[None]] = []
        self._listeners: dict[tuple[int, str, int], Callable[[object], None]] = {}

    @property
    def apis(self) -> list[str]:
        """The APIs this target has, by the host's names."""
        has_request = "request" in vars(self.bridge.api)
        return [UPLOAD, REQUEST] if has_request else [UPLOAD]

    def rules(self, api: str) -> Profile | RequestProfile:
        """Return the host's rules for one API."""
        rules = self.bridge.profile if api == UPLOAD else self.bridge.profile.request
        assert rules is not None
        return rules

    def live(self, api: str) -> list[Made]:
        """Return the calls of an API that hold a slot or wait for one, oldest first."""
        return [call for call in self.calls if call.api == api and call.live]

    # --- what the mini-program does

    def start(
        self,
        api: str,
        fault: str = "",
        deeds: Mapping[str, str] | None = None,
        timeout: int | None = None,
    ) -> Made:
        """
        Make a call.

        Args:
            api: `uploadFile` or `request`.
            fault: what is wrong with its options, a name in `FAULTS`.
            deeds: callback -> what it does beside being noted.
            timeout: milliseconds, or None for the host's own.
        """
        call = Made(len(self.calls), api, deeds or {}, timeout)
        options = self._options(call, fault)
        call.refused = FAULTS[fault] if fault else self._refused(api)
        callbacks = {name: self._callback(call, name, deed) for name, deed in call.deeds.items()}
        self.calls.append(call)
        self._see("made", call.number)
        call.task = self.send(api, {**options, **callbacks})
        self._see("returned", call.number)
        if call.task is not None:
            watcher = asyncio.get_running_loop().create_task(self._watch(call))
            self.watchers.append(watcher)
        return call

    def send(self, api: str, options: Mapping[str, object]) -> Any:  # noqa: ANN401  what the host returns
        """Call an API as this target names it."""
        name = "upload" if api == UPLOAD and "upload" in vars(self.bridge.api) else api
        return getattr(self.bridge.api, name)(options)

    def abort(self, call: Made) -> None:
        """Abort a call where its host has an `abort`."""
        if hasattr(call.task, "abort"):
            self._see("aborted", call.number)
            call.aborted |= call.live
            call.task.abort()
            self._see("left", call.number)

    def attach(self, call: Made, news: str, listener: int) -> None:
        """Listen to an event of a call's task, by the host's own rules."""
        if self._listens(call, f"on{NEWS[news]}", self._listener(call, news, listener)):
            twice = self.bridge.profile.duplicate_listeners == "twice"
            if twice or listener not in call.listening[news]:
                call.listening[news].append(listener)

    def detach(self, call: Made, news: str, listener: int | None) -> None:
        """Stop listening: one listener, or without one whatever the host makes of that."""
        given = [] if listener is None else [self._listener(call, news, listener)]
        if self._listens(call, f"off{NEWS[news]}", *given):
            heard = call.listening[news]
            if listener in heard:
                heard.remove(listener)
            elif listener is None and self.bridge.profile.off_without_function == "clear":
                heard.clear()

    async def close(self) -> None:
        """Close the bridge: what is live ends as aborted."""
        self.closed = True
        for call in self.calls:
            if call.live:
                self._see("closed", call.number)
                call.aborted = True
        await self.bridge.aclose()

    async def rest(self) -> None:
        """Let the loop go round until nothing is waited for but time, the server and the test."""
        before = -1
        while before < len(self.seen):
            before = len(self.seen)
            await pause(STILL)

    # --- its parts

    def _options(self, call: Made, fault: str) -> dict[str, object]:
        scheme = "ftp" if fault == "scheme" else "https"
        path = {"gone": "gone", "no file": None}.get(fault, self.path)
        url: dict[str, object] = {"url": f"{scheme}://a.test/{call.number}"}
        if call.timeout is not None:
            url["timeout"] = call.timeout
        file = {"filePath": path, "name": "f", "fileType": "image"}
        return {**url, **file} if call.api == UPLOAD else url

    def _refused(self, api: str) -> frozenset[Reason]:
        rules = self.rules(api)
        full = rules.limit is not None and len(self.live(api)) >= rules.limit
        over = full and rules.overflow == "reject"
        return frozenset({Reason.OVER_LIMIT}) if over else frozenset()

    def _see(self, what: str, number: int, text: str = "", listener: int = -1) -> None:
        now = asyncio.get_running_loop().time()
        self.seen.append(Seen(what, number, now, text, listener))

    def _callback(self, call: Made, name: str, deed: str) -> Callable[[object], None]:
        def hear(result: object) -> None:
            call.ended = True
            self._see(name, call.number, repr(result))
            self._do(call, deed)

        return hear

    def _listener(self, call: Made, news: str, number: int) -> Callable[[object], None]:
        """Return a listener: the same function each time, as the host tells them apart by it."""

        def hear(payload: object) -> None:
            self._see(news, call.number, repr(payload), number)
            self._do(call, LISTENERS[number])

        return self._listeners.setdefault((call.number, news, number), hear)

    def _do(self, call: Made, deed: str) -> None:
        """Do what a callback or a listener does beside being noted."""
        if deed == "throw":
            self.throws += 1
            raise ValueError("in the mini-program")
        if self.closed:
            return
        if deed == "start":
            self.start(call.api, deeds={"complete": "note"})
        elif deed == "abort":
            self.abort(call)

    def _listens(self, call: Made, member: str, *given: object) -> bool:
        """Call a member of a task; tell whether it is a real one."""
        rules = self.rules(call.api)
        how = rules.members.get(member) if hasattr(call.task, member) else None
        if how is None:
            return False
        try:
            getattr(call.task, member)(*given)
        except HostError:
            assert how.startswith("throw:")
        return how == "call"

    async def _watch(self, call: Made) -> None:
        try:
            result = await call.task
        except UploadFailed as failed:
            call.ended = True
            self._see("rejected", call.number, repr(failed.result))
        else:
            call.ended = True
            self._see("resolved", call.number, repr(result))
