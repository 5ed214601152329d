"""What came of a logic file on one target."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bridge.cli import DEADLINE, FAILED, OK

if TYPE_CHECKING:
    from bridge.cli.sending import Answer
    from bridge.logic.program import JSError


@dataclass(slots=True)
class Ran:
    """
    One run.

    Attributes:
        target: the target's address.
        engine: the engine's name.
        console: what the program printed, as level and text.
        errors: what it threw and nobody caught.
        unfinished: the calls it left in flight, such as `uploadFile #1`.
        overran: whether it was stopped at the deadline.
        answers: its calls, each with what the embedded server saw of it.
    """

    target: str
    engine: str = ""
    console: list[tuple[str, str]] = field(default_factory=list)
    errors: list[JSError] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    overran: bool = False
    answers: list[Answer] = field(default_factory=list)

    @property
    def unrouted(self) -> list[str]:
        """The origins it called that lead nowhere."""
        return sorted({answer.record.unrouted for answer in self.answers} - {""})

    @property
    def idle(self) -> bool:
        """Whether it did nothing that shows, as a file does that only registers a page."""
        return not (self.answers or self.console or self.errors or self.overran)

    @property
    def exit(self) -> int:
        """The exit status: 0, 1, or 124 for a run that the deadline ended."""
        if self.overran:
            return DEADLINE
        return FAILED if self.errors or self.unfinished or self.unrouted else OK

    def to_json(self) -> dict[str, object]:
        """Return the run as data; calls are as in a trace file."""
        return {
            "target": self.target,
            "engine": self.engine,
            "exit": self.exit,
            "console": [{"level": level, "message": message} for level, message in self.console],
            "errors": [{"message": error.message, "stack": error.stack} for error in self.errors],
            "unfinished": self.unfinished,
            "unrouted": self.unrouted,
            "calls": [answer.record.to_json() for answer in self.answers],
        }
