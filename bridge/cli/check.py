"""`minibridge check`: conformance cases on targets, as a summary, as JSON and as JUnit XML."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.cli import FAILED, OK, recorded
from bridge.cli.answers import cite
from bridge.cli.asked import check_output, names_of, overrides_for
from bridge.cli.progress import counted
from bridge.cli.sending import Answer
from bridge.cli.traces import TraceFile
from bridge.conformance.coverage import coverage
from bridge.conformance.junit import junit
from bridge.conformance.load import load
from bridge.conformance.run import run as play
from bridge.conformance.scene import Place
from bridge.conformance.spread import run_spread, teller
from bridge.conformance.subject import run_subject
from bridge.look import Cell, Mistake, many, shortened
from bridge.report.checked import write_check

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from bridge.conformance.coverage import Coverage
    from bridge.conformance.judge import Fault, Verdict
    from bridge.conformance.transcript import Transcript
    from bridge.look import Screen
    from bridge.runtime import Bridge

_SHOWN = 400
_TARGETS = 4
_WHY = {
    "elsewhere": "about other targets",
    "lacks": "the target lacks it",
    "says nothing": "nothing is said of the target",
    "cannot arrange": "the engine cannot arrange it",
    "missing": "the subject has no such function",
}


def run(args: Namespace, screen: Screen) -> int:
    """Play the cases, or judge what others have seen; 0 when all that was played has passed."""
    _refuse_together(args)
    check_output("--junit", args.junit)
    check_output("--html", args.html)
    return (_run if args.transcript is None else _compare)(args, screen)


def _run(args: Namespace, screen: Screen) -> int:
    began = time.perf_counter()
    verdicts, player = (_played if args.subject is None else _subjected)(args)
    seconds = time.perf_counter() - began
    _keep(verdicts, player, args)
    covered = coverage(verdicts) if args.coverage else None
    if args.json:
        screen.json(_data(verdicts, covered))
    else:
        _Summary(verdicts, player, seconds, covered).show(screen)
    return FAILED if any(verdict.outcome == "failed" for verdict in verdicts) else OK


def _played(args: Namespace) -> tuple[list[Verdict], str]:
    """Return what came of the cases, and what played them."""
    cases, places = load(args.cases), _places(args)
    with counted(len(cases) * len(places), colour=not args.no_color) as count:
        if args.trace is None:
            found = run_spread(cases, places, args.engine, processes=args.jobs, told=count)
        else:
            trace = _tracing(TraceFile(args.trace))
            found = play(cases, places, args.engine, watch=trace, told=teller(count))
    return found, args.engine


def _subjected(args: Namespace) -> tuple[list[Verdict], str]:
    """Return what came of the cases on somebody's own file, and its name."""
    if args.on == "all":
        message = "--subject needs --on: the host that it stands for"
        raise Mistake(message)
    cases = load(args.cases)
    found = (
        run_subject(cases, place, args.subject, within=args.deadline) for place in _places(args)
    )
    return [verdict for verdicts in found for verdict in verdicts], args.subject.name


def _compare(args: Namespace, screen: Screen) -> int:
    verdicts, status = recorded.run(args, screen)
    _keep(verdicts, args.transcript.name, args)
    return status


def _keep(verdicts: list[Verdict], player: str, args: Namespace) -> None:
    """Write the files that were asked for."""
    if args.junit is not None:
        _write(args.junit, junit(verdicts))
    if args.html is not None:
        cases = {case.id: case for case in load(args.cases)}
        write_check(verdicts, cases, args.html, f"check, {player}")


def _places(args: Namespace) -> list[Place]:
    return [Place(name, overrides_for(name, args.set)) for name in names_of(args.on)]


def _refuse_together(args: Namespace) -> None:
    """Raise `Mistake` for flags that mean nothing beside each other."""
    given = [flag for flag in ("subject", "transcript") if getattr(args, flag) is not None]
    if given and args.trace is not None:
        message = f"--trace records calls of the emulator, and with --{given[0]} there are none"
        raise Mistake(message)
    if len(given) > 1 or (args.coverage and args.transcript is not None):
        other = "subject" if len(given) > 1 else "coverage"
        message = f"--transcript judges what was seen elsewhere: it cannot go with --{other}"
        raise Mistake(message)


def _tracing(file: TraceFile) -> Callable[[Transcript, Bridge], None]:
    return lambda _, bridge: file.append([Answer(record) for record in bridge.calls])


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        message = f"cannot write {str(path)!r}: {error.strerror}"
        raise Mistake(message) from error


def _data(verdicts: list[Verdict], covered: Coverage | None) -> dict[str, object]:
    results: dict[str, object] = {"results": [verdict.to_json() for verdict in verdicts]}
    return results if covered is None else {**results, "coverage": covered.to_json()}


# --- for people


@dataclass(frozen=True, slots=True)
class _Summary:
    verdicts: list[Verdict]
    engine: str
    seconds: float
    covered: Coverage | None

    def show(self, screen: Screen) -> None:
        """Write what failed, then how much of each outcome there was, and why some was skipped."""
        for case in dict.fromkeys(self._failed()):
            _show_case(case, [v for v in self.verdicts if v.case == case], screen)
        self._count(screen)
        self._skipped(screen)
        if self.covered is not None:
            without, known = len(self.covered.without), len(self.covered.facts)
            told = f"facts without a case that proves them: {without} of {known}"
            screen.line(Cell(told, "warn" if without else "good"))

    def _failed(self) -> Iterator[str]:
        return (verdict.case for verdict in self.verdicts if verdict.outcome == "failed")

    def _count(self, screen: Screen) -> None:
        cases = len({verdict.case for verdict in self.verdicts})
        targets = len({verdict.target for verdict in self.verdicts})
        counted = Counter(verdict.outcome for verdict in self.verdicts)
        told = f"{many(cases, 'case')} on {many(targets, 'target')}, {self.engine}: "
        passed, failed = (counted[outcome] for outcome in ("passed", "failed"))
        cells = [Cell(told), Cell(f"{passed} passed", "good" if passed else "")]
        if failed:
            cells += [Cell(", "), Cell(f"{failed} failed", "bad")]
        if counted["skipped"]:
            cells += [Cell(", "), Cell(f"{counted['skipped']} skipped", "dim")]
        screen.line(*cells, Cell(f" ({self.seconds:.1f} s)", "dim"))

    def _skipped(self, screen: Screen) -> None:
        skips = [verdict.skip for verdict in self.verdicts if verdict.skip is not None]
        for why, times in Counter(skip.why for skip in skips).most_common():
            whats = Counter(skip.what for skip in skips if skip.why == why)
            told = f"skipped {times}: {_WHY[why]}"
            if why in ("lacks", "cannot arrange", "missing"):
                told += f" ({', '.join(f'{what} {n}' for what, n in whats.most_common())})"
            screen.paragraph(told, "dim")


def _show_case(case: str, verdicts: list[Verdict], screen: Screen) -> None:
    """Write what failed of one case; the same on several targets only once."""
    screen.line(Cell("FAILED ", "bad"), Cell(case, "name"))
    for error, targets in _grouped((v.error, v.target) for v in verdicts if v.error):
        screen.paragraph(f"on {_some(targets)}: {error}", indent=2)
    faults = {repr(fault): fault for verdict in verdicts for fault in verdict.faults}
    found = ((repr(fault), v.target) for v in verdicts for fault in v.faults)
    seen: Counter[tuple[str, ...]] = Counter()
    for name, targets in _grouped(found):
        # What has not happened fails every expectation of it in the same way.
        key = (*targets, _told(faults[name].actual) if faults[name].missing else name)
        seen[key] += 1
        if seen[key] == 1:
            _show_fault(faults[name], targets, screen)
    again = seen.total() - len(seen)
    if again:
        screen.paragraph(f"and {many(again, 'expectation')} more, for the same reasons", "dim", 2)
    screen.write("")


def _grouped(pairs: Iterable[tuple[str, str]]) -> Iterable[tuple[str, list[str]]]:
    groups: dict[str, list[str]] = {}
    for key, target in pairs:
        groups.setdefault(key, []).append(target)
    return groups.items()


def _show_fault(fault: Fault, targets: list[str], screen: Screen) -> None:
    screen.paragraph(f"{fault.that}, on {_some(targets)}", indent=2)
    screen.labelled("expected", _told(fault.expected), 4)
    screen.labelled("but", _told(fault.actual), 4)
    cite(fault.source, screen, 4)


def _told(value: object) -> str:
    return shortened(json.dumps(value, ensure_ascii=False), _SHOWN)


def _some(targets: list[str]) -> str:
    more = len(targets) - _TARGETS
    return ", ".join(targets[:_TARGETS]) + (f" and {more} more" if more > 0 else "")
