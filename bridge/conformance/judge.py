"""The one judge: a transcript, whoever played it, against what a scene expects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from bridge.conformance.checks import Look, judged
from bridge.conformance.transcript import GAVE_UP
from bridge.conformance.views import View

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.conformance.case import Hold, Json
    from bridge.conformance.scene import Scene, Skip
    from bridge.conformance.transcript import Transcript

Outcome = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Fault:
    """
    One expectation that does not hold, by one check.

    Attributes:
        that: the expectation's sentence.
        expected: what was asked, as JSON or in words.
        actual: what was found.
        source: where the expectation comes from, None where the case does not say.
        missing: whether there was nothing to judge, which `actual` says in a sentence.
    """

    that: str
    expected: object
    actual: object
    source: object = None
    missing: bool = False

    def to_json(self) -> Json:
        """Return the fault as data."""
        return {
            "that": self.that,
            "expected": self.expected,
            "actual": self.actual,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    What came of one case on one target.

    Attributes:
        case: the id of the case.
        target: the address of the target.
        outcome: `passed`, `failed` or `skipped`.
        skip: why it was skipped.
        faults: what does not hold.
        error: why it could not be played to its end, in a sentence.
        proved: the facts whose expectations hold, by entry.
        seconds: how long it took.
        holds: what was judged, passed or not.
    """

    case: str
    target: str
    outcome: Outcome
    skip: Skip | None = None
    faults: tuple[Fault, ...] = ()
    error: str = ""
    proved: tuple[str, ...] = field(default=(), repr=False)
    seconds: float = 0.0
    holds: tuple[Hold, ...] = field(default=(), repr=False)

    def to_json(self) -> Json:
        """Return the verdict as data; `detail` is None for a case that passed."""
        return {
            "case": self.case,
            "target": self.target,
            "outcome": self.outcome,
            "detail": self._detail(),
        }

    def _detail(self) -> dict[str, Any] | None:
        if self.skip is not None:
            return self.skip.to_json()
        if self.outcome == "passed":
            return None
        error = {"error": self.error} if self.error else {}
        return {**error, "faults": [fault.to_json() for fault in self.faults]}


def judge(scene: Scene, transcript: Transcript, seconds: float = 0.0) -> Verdict:
    """
    Judge what was seen of a scene.

    Args:
        scene: what was played, with its expectations.
        transcript: what was seen.
        seconds: how long that took, for reports.
    """
    view = View(transcript)
    found = {hold.that: list(_faults(hold, view, scene)) for hold in scene.holds}
    faults = [*_unfinished(transcript), *(fault for each in found.values() for fault in each)]
    proved = (entry for hold in scene.holds if not found[hold.that] for entry in hold.cites)
    return Verdict(
        scene.case.id,
        scene.target,
        "failed" if faults else "passed",
        faults=tuple(faults),
        proved=() if faults else tuple(dict.fromkeys(proved)),
        seconds=seconds,
        holds=scene.holds,
    )


def _unfinished(transcript: Transcript) -> Iterator[Fault]:
    """Find a wait that was in vain, which is asked of every case."""
    for event in transcript.events:
        if event.what == GAVE_UP:
            happened = [each.name for each in transcript.events if each is not event]
            yield Fault(f"step {event.value['step']} goes on in time", "it does", happened)


def _faults(hold: Hold, view: View, scene: Scene) -> Iterator[Fault]:
    look = Look(hold, view, scene.given["files"])
    for check, asked in hold.checks.items():
        mismatch = judged(check, asked, look)
        if mismatch is not None:
            found = (mismatch.expected, mismatch.actual)
            yield Fault(hold.that, *found, hold.source, mismatch.missing)
