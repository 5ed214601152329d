"""`minibridge probe`: a mini-program project that plays the cases on a phone or an IDE."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bridge.cli.asked import names_of, overrides_for
from bridge.conformance.load import load
from bridge.conformance.probe.project import project_of
from bridge.conformance.scene import Place
from bridge.look import Cell, Mistake, many

if TYPE_CHECKING:
    from argparse import Namespace

    from bridge.conformance.probe.project import Project
    from bridge.look import Screen


def run(args: Namespace, screen: Screen) -> int:
    """Write the project; 0 when it plays at least one case."""
    names = names_of(args.on)
    if len(names) != 1:
        message = f"a project is for one target, and --on names {len(names)}"
        raise Mistake(message)
    place = Place(names[0], overrides_for(names[0], args.set))
    project = project_of(load(args.cases), place, to=args.to or "")
    if not project.played:
        message = f"no case that was asked for can be played on a {place.name} that nobody touches"
        raise Mistake(message)
    project.write(args.output)
    if args.json:
        screen.json(_data(project))
    else:
        _show(project, str(args.output), screen)
    return 0


def _data(project: Project) -> dict[str, object]:
    left_out = [{"case": name, **skip.to_json()} for name, skip in project.left_out.items()]
    return {"target": project.target, "cases": list(project.played), "left_out": left_out}


def _show(project: Project, folder: str, screen: Screen) -> None:
    cases = many(len(project.played), "case")
    screen.line(Cell(folder, "name"), Cell(f": {cases} for {project.target}"))
    for why, number in Counter(skip.why for skip in project.left_out.values()).most_common():
        whats = Counter(skip.what for skip in project.left_out.values() if skip.why == why)
        told = "" if why == "elsewhere" else f" ({', '.join(f'{w} {n}' for w, n in whats.items())})"
        screen.paragraph(f"left out {number}: {why}{told}", "dim")
    screen.paragraph(f"1. minibridge sink --script {folder}/answers.json > seen.jsonl", indent=2)
    screen.paragraph(f"2. {project.opening}", indent=2)
    screen.paragraph("3. minibridge check --transcript seen.jsonl", indent=2)
