"""What a player saw: events in order, and what arrived at the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from bridge.errors import BridgeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bridge.conformance.case import Json

VERSION: Final = 1
GAVE_UP: Final = "gave up"
"""The event of a player whose `wait` was in vain."""


@dataclass(frozen=True, slots=True)
class Event:
    """
    Something that happened.

    Attributes:
        call: the label of the step it belongs to; empty for the player itself.
        what: `returned`, `success`, `heard:LISTENER`, ... as `schemas/transcript.json` lists them.
        value: what came with it, as tagged JSON.
        at: milliseconds since the first step.
    """

    call: str
    what: str
    value: Any
    at: float

    @property
    def name(self) -> str:
        """The event among all events, such as `a.success`."""
        return f"{self.call}.{self.what}"

    def to_json(self) -> Json:
        """Return the event as data."""
        return {"call": self.call, "what": self.what, "value": self.value, "at": self.at}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Read an event from data."""
        return cls(data["call"], data["what"], data["value"], data["at"])


@dataclass(frozen=True, slots=True)
class Transcript:
    """
    What one player saw of one case on one target.

    Attributes:
        case: the id of the case.
        target: the address of the target.
        engine: what played it.
        events: what happened, in order.
        uploads: what arrived at the server, as it reports uploads, in the order they ended.
    """

    case: str
    target: str
    engine: str
    events: tuple[Event, ...]
    uploads: tuple[Json, ...]

    def to_json(self) -> Json:
        """Return the transcript as `schemas/transcript.json` has it."""
        return {
            "v": VERSION,
            "case": self.case,
            "target": self.target,
            "engine": self.engine,
            "events": [event.to_json() for event in self.events],
            "uploads": list(self.uploads),
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Read a transcript from data; raises `BridgeError` for another version or another form."""
        if data.get("v") != VERSION:
            raise BridgeError(f"a transcript of version {data.get('v')!r} cannot be read here")
        try:
            events: Sequence[Mapping[str, Any]] = data["events"]
            seen = tuple(map(Event.of, events))
            names = (data["case"], data["target"], data["engine"])
            return cls(*names, seen, tuple(data["uploads"]))
        except (KeyError, TypeError) as error:
            raise BridgeError(f"this is no transcript: {error!r}") from error
