"""`minibridge check --transcript`: what a probe has seen, held against cases and emulator."""

from __future__ import annotations

import json
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from bridge.cli import FAILED, OK
from bridge.cli.answers import cite
from bridge.cli.asked import names_of, overrides_for
from bridge.conformance.load import load
from bridge.conformance.probe import compare, read_recordings
from bridge.conformance.scene import Place
from bridge.look import Cell, Mistake, many, shortened

if TYPE_CHECKING:
    from argparse import Namespace

    from bridge.conformance.judge import Verdict
    from bridge.conformance.probe import Compared, Finding, Recording
    from bridge.look import Screen

_SHOWN, _AGREED = 200, 60
_NO_FACT = "-"


def run(args: Namespace, screen: Screen) -> tuple[list[Verdict], int]:
    """Compare the transcripts and tell; returns the verdicts by the cases, and the exit status."""
    read = read_recordings(args.transcript)
    found = _compared(read, args)
    findings = [finding for each in found for finding in each.findings]
    if args.json:
        screen.json(_data(found, findings))
    else:
        _show(found, findings, _lacking(read), screen)
    good = all(finding.agrees for finding in findings)
    good = good and not any(each.verdict.error for each in found)
    return [each.verdict for each in found], OK if good else FAILED


def _compared(read: list[Recording], args: Namespace) -> list[Compared]:
    cases = {case.id: case for case in load(args.cases)}
    # Cases that are asked for leave all others out.
    wanted = [each for each in read if not args.cases or each.transcript.case in cases]
    targets = dict.fromkeys(each.transcript.target for each in wanted)
    names = {target: _name(target, args) for target in targets}
    places = {of: Place(name, overrides_for(name, args.set)) for of, name in names.items()}
    return compare(wanted, cases, places, args.engine)


def _lacking(read: list[Recording]) -> int:
    """Return how many cases were to be played and have no transcript."""
    told = Counter(each.transcript.target for each in read)
    asked = dict.fromkeys(told, 0)
    for each in read:
        asked[each.transcript.target] = max(asked[each.transcript.target], each.of)
    return sum(max(0, asked[target] - told[target]) for target in told)


def _name(target: str, args: Namespace) -> str:
    """Return what a recording is compared with: the target it names, or the one of `--on`."""
    if args.on == "all":
        return target
    names = names_of(args.on)
    if len(names) != 1:
        message = f"transcripts are compared with one target, and --on names {len(names)}"
        raise Mistake(message)
    return names[0]


def _data(found: list[Compared], findings: list[Finding]) -> dict[str, object]:
    return {
        "results": [each.verdict.to_json() for each in found],
        "findings": [finding.to_json() for finding in findings],
    }


# --- for people


def _show(found: list[Compared], findings: list[Finding], lacking: int, screen: Screen) -> None:
    agreed = [finding for finding in findings if finding.agrees]
    for case, group in groupby(agreed, key=lambda finding: finding.case):
        _show_agreed(case, list(group), screen)
    for finding in findings:
        if not finding.agrees:
            _show_one(finding, screen)
    for verdict in (each.verdict for each in found if each.verdict.error):
        screen.paragraph(f"{verdict.case} was not played to its end: {verdict.error}", "bad")
    _show_count(found, len(agreed), len(findings), screen)
    skipped = [each.verdict.case for each in found if each.verdict.skip is not None]
    if skipped:
        screen.paragraph(f"not judged on this target: {', '.join(skipped)}", "dim")
    if lacking:
        screen.paragraph(f"cases of the run without a transcript: {lacking}", "warn")


def _show_agreed(case: str, agreed: list[Finding], screen: Screen) -> None:
    screen.line(Cell("AGREES ", "good"), Cell(case, "name"), Cell(f" on {agreed[0].target}"))
    for finding in agreed:
        entries = f" ({', '.join(finding.entries)})" if finding.entries else ""
        seen = _told(finding.recorded, _AGREED)
        screen.paragraph(f"{finding.place} {seen}{entries}", indent=2)
    stub = {key: value for key, value in agreed[0].source.items() if key != "note"}
    screen.paragraph(f"source {json.dumps(stub, ensure_ascii=False)}", "dim", 2)
    screen.write("")


def _show_one(finding: Finding, screen: Screen) -> None:
    screen.line(Cell("DIFFERS ", "bad"), Cell(finding.case, "name"), Cell(f" on {finding.target}"))
    screen.paragraph(f"{finding.that}: {finding.place}", indent=2)
    if finding.expected is not None:
        screen.labelled("expected", _told(finding.expected), 4)
    screen.labelled("recorded", _told(finding.recorded), 4)
    screen.labelled("emulated", _told(finding.emulated), 4)
    cite(finding.known, screen, 4)
    screen.labelled("entry", ", ".join(finding.entries) or _NO_FACT, 4)
    screen.labelled("source", json.dumps(finding.source, ensure_ascii=False), 4)
    screen.write("")


def _show_count(found: list[Compared], agreed: int, all_of: int, screen: Screen) -> None:
    told = f"{many(len(found), 'transcript')}: "
    cells = [Cell(told), Cell(f"{agreed} agree", "good" if agreed else "")]
    if agreed < all_of:
        cells += [Cell(", "), Cell(f"{all_of - agreed} differ", "bad")]
    screen.line(*cells)


def _told(value: object, most: int = _SHOWN) -> str:
    return shortened(json.dumps(value, ensure_ascii=False), most)
