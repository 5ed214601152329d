"""
The page of a check: each case with what came of it on every target.

Most targets agree on most of a case, so the page has each expectation, fault and reason once, with
the targets it is about.
"""

from __future__ import annotations

import json
from importlib import metadata
from typing import TYPE_CHECKING

from bridge.report.blocks import named, packed
from bridge.report.document import CHECK, document
from bridge.report.emulated import about
from bridge.report.replacing import replaced

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from bridge.conformance.case import Case
    from bridge.conformance.judge import Verdict

    Json = dict[str, object]


def write_check(
    verdicts: Sequence[Verdict], cases: Mapping[str, Case], path: Path, title: str
) -> None:
    """
    Write the page of a check.

    Args:
        verdicts: what came of each case on each target.
        cases: the cases by id; one that is missing is shown by its id alone.
        path: where the page goes. A page that is there is replaced once the new one is complete.
        title: what was checked, in a few words.

    Raises:
        BridgeError: the page cannot be written.
    """
    targets = list(dict.fromkeys(verdict.target for verdict in verdicts))
    places = {name: at for at, name in enumerate(targets)}
    of_case: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        of_case.setdefault(verdict.case, []).append(verdict)
    told = {
        "title": title,
        "version": metadata.version("minibridge"),
        "targets": [{"name": name, "title": _title(name)} for name in targets],
    }
    lines = (
        json.dumps(_case(name, cases.get(name), found, places), separators=(",", ":"))
        for name, found in of_case.items()
    )
    before, after = document(CHECK, "check.mjs")
    with replaced(path) as out:
        out.write(f"{before}{packed(lines)}{named('about', told)}{after}")


def _title(target: str) -> object:
    known = about(target)
    return "" if known is None else known["title"]


def _case(name: str, case: Case | None, found: list[Verdict], places: Mapping[str, int]) -> Json:
    on = [(places[verdict.target], verdict) for verdict in found]
    return {
        "id": name,
        "title": "" if case is None else case.title,
        "file": "" if case is None else case.file.rpartition("/")[2],
        "given": {} if case is None else case.given,
        "steps": [] if case is None else case.steps,
        "passed": [at for at, verdict in on if verdict.outcome == "passed"],
        "failed": [at for at, verdict in on if verdict.outcome == "failed"],
        "skipped": _grouped((at, v.skip.to_json()) for at, v in on if v.skip is not None),
        "errors": _grouped((at, {"error": v.error}) for at, v in on if v.error),
        "faults": _grouped((at, fault.to_json()) for at, v in on for fault in v.faults),
        "holds": _grouped(
            (at, {"that": hold.that, "source": hold.source, "cites": hold.cites})
            for at, v in on
            for hold in v.holds
        ),
    }


def _grouped(found: Iterable[tuple[int, Mapping[str, object]]]) -> list[Json]:
    """Return each thing once, with `on`: the places it is about."""
    groups: dict[str, Json] = {}
    for at, thing in found:
        key = json.dumps(thing, sort_keys=True)
        places = groups.setdefault(key, {**thing, "on": []})["on"]
        if isinstance(places, list) and at not in places:
            places.append(at)
    return list(groups.values())
