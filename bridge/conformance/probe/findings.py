"""A recording against what is expected and against the emulator: agreements and disagreements."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from bridge.conformance.engines import PythonEngine, engine_called
from bridge.conformance.judge import Fault, Verdict, judge
from bridge.conformance.probe.leaves import ABSENT, leaves_of
from bridge.conformance.scene import Skip
from bridge.conformance.stage import ARRANGES, Stage
from bridge.conformance.transcript import Transcript
from bridge.conformance.views import NotThereError, View
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bridge.conformance.case import Case, Hold, Json
    from bridge.conformance.engines import Engine
    from bridge.conformance.probe.leaves import Leaves
    from bridge.conformance.probe.recording import Recording
    from bridge.conformance.scene import Place, Scene

SAME: Final = "the same as in the emulator"
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing that was looked at on a device, ready to become a fact.

    Attributes:
        case: the id of the case.
        target: the address of the target.
        that: the expectation's sentence, or `SAME`.
        place: where it was seen, such as `a.success.statusCode`.
        entries: the facts it is about, by entry.
        agrees: whether it is as expected, or as in the emulator.
        recorded: what was seen, None for nothing.
        emulated: what the emulator shows there. An object that one side lacks is told whole on the
            other, by the places below it.
        expected: what was asked, None where it agrees or where only the emulator says so.
        known: the source of the expectation, None where only the emulator says so.
        source: what a fact made of it has as its source.
    """

    case: str
    target: str
    that: str
    place: str
    entries: tuple[str, ...]
    agrees: bool
    recorded: object
    emulated: object
    expected: object
    known: object
    source: dict[str, str]

    def to_json(self) -> Json:
        """Return the finding as data."""
        return {
            "case": self.case,
            "target": self.target,
            "that": self.that,
            "place": self.place,
            "entries": list(self.entries),
            "agrees": self.agrees,
            "recorded": self.recorded,
            "emulated": self.emulated,
            "expected": self.expected,
            "known": self.known,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of one recording: its verdict by the case, and all that was looked at."""

    verdict: Verdict
    findings: tuple[Finding, ...] = ()


def compare(
    recordings: list[Recording],
    cases: Mapping[str, Case],
    places: Mapping[str, Place],
    engine: str = "python",
) -> list[Compared]:
    """
    Judge recordings, and hold each against the same case in the emulator.

    The emulator plays each case twice, by two seeds: what then differs, such as paths and ids, only
    has to be of the same type. It runs an event loop of its own.

    Args:
        recordings: what was seen.
        cases: the cases by id.
        places: target of a recording -> the place it is compared with.
        engine: what plays in the emulator: `python`, `node` or `quickjs`.

    Raises:
        BridgeError: a recording is of an unknown case, or the emulator cannot play one.
        MissingEngineError: the engine cannot be started here.
    """
    with engine_called(engine) as plays:
        return asyncio.run(_compared(recordings, cases, places, plays))


async def _compared(
    recordings: list[Recording],
    cases: Mapping[str, Case],
    places: Mapping[str, Place],
    engine: Engine,
) -> list[Compared]:
    found = []
    for recording in recordings:
        name = recording.transcript.case
        if name not in cases:
            raise BridgeError(f"there is no case {name!r} to judge a transcript by")
        place = places[recording.transcript.target]
        scene = place.scene(cases[name], ARRANGES)
        if isinstance(scene, Skip):
            found.append(Compared(Verdict(name, place.name, "skipped", skip=scene)))
        else:
            shown = [await _emulated(scene, engine, seed) for seed in (0, 1)]
            found.append(_Comparison(scene, recording, *shown).compared())
    return found


async def _emulated(scene: Scene, engine: Engine, seed: int) -> Transcript:
    stage = Stage(scene, seed)
    try:
        async with asyncio.timeout(_SECONDS), stage:
            events = await engine.play(scene, stage)
    except TimeoutError as error:
        message = f"{scene.case.id} was not over in the emulator after {_SECONDS:g} s"
        raise BridgeError(message) from error
    return Transcript(scene.case.id, scene.target, engine.name, events, stage.uploads)


class _Comparison:
    """One recording beside two transcripts of the emulator."""

    def __init__(
        self, scene: Scene, recording: Recording, emulated: Transcript, again: Transcript
    ) -> None:
        self._scene = scene
        self._recording = recording
        self._emulated = emulated
        self._again = again

    def compared(self) -> Compared:
        verdict = judge(self._scene, self._recording.transcript)
        if self._recording.error:
            verdict = replace(verdict, outcome="failed", error=self._recording.error)
        findings = [*self._by_case(verdict.faults)]
        told = [finding.place for finding in findings if not finding.agrees]
        findings += (each for each in self._by_emulator() if not _is_told(each.place, told))
        return Compared(verdict, tuple(findings))

    def _by_case(self, faults: tuple[Fault, ...]) -> Iterator[Finding]:
        """Yield what each expectation has found; one may fail in several ways."""
        wrong = {fault.that: fault for fault in reversed(faults)}
        for hold in self._scene.holds:
            fault = wrong.pop(hold.that, None)
            place = ".".join(filter(None, (hold.of, hold.path)))
            yield replace(
                self._finding(hold.that, place, agrees=fault is None),
                entries=hold.cites,
                recorded=_value(hold, self._recording.transcript),
                emulated=_value(hold, self._emulated),
                expected=None if fault is None else fault.expected,
                known=hold.source,
            )
        for fault in wrong.values():
            found = self._finding(fault.that, "", agrees=False)
            yield replace(found, recorded=fault.actual, expected=fault.expected)

    def _by_emulator(self) -> Iterator[Finding]:
        """Yield what no expectation speaks of and is not as in the emulator."""
        ours, theirs = self._leaves(self._emulated), self._leaves(self._recording.transcript)
        vague = ours.differing(self._leaves(self._again))
        # What only one side has is told by the lists of events and requests.
        alone = sorted(ours.roots ^ theirs.roots)
        differing = [place for place in theirs.differing(ours) if not _is_told(place, alone)]
        for place in dict.fromkeys(_whole(place, ours, theirs) for place in differing):
            shown, seen = ours.below(place), theirs.below(place)
            alike = type(shown) is type(seen) and ABSENT not in (shown, seen)
            if place in vague and alike:
                continue
            found = self._finding(SAME, place, agrees=False)
            yield replace(found, recorded=_told(seen), emulated=_told(shown))

    def _leaves(self, transcript: Transcript) -> Leaves:
        in_python = self._emulated.engine == PythonEngine.name
        return leaves_of(transcript, self._scene.place.target, one_nothing=in_python)

    def _finding(self, that: str, place: str, *, agrees: bool) -> Finding:
        source = {
            "status": "recorded",
            "address": self._recording.place,
            "date": self._recording.date,
            "note": f"seen {f'at {place} ' if place else ''}in {self._scene.case.id}",
        }
        case, target = self._scene.case.id, self._scene.target
        return Finding(case, target, that, place, (), agrees, None, None, None, None, source=source)


def _value(hold: Hold, transcript: Transcript) -> object:
    try:
        return View(transcript).find(hold.of, hold.path)
    except NotThereError:
        return None


def _is_told(place: str, told: list[str]) -> bool:
    """Tell whether an expectation has failed at a place, or about all that it is part of."""
    return any(place == each or place.startswith(f"{each}.") for each in told if each)


def _whole(place: str, ours: Leaves, theirs: Leaves) -> str:
    """Return the place to tell of: an object that one side lacks is told once, not key by key."""
    for lacking, having in ((ours, theirs), (theirs, ours)):
        if lacking.at(place) is ABSENT and having.at(place) is not ABSENT:
            return lacking.missing_whole(place)
    return place


def _told(value: Any) -> object:  # noqa: ANN401  any JSON
    return None if value is ABSENT else value
