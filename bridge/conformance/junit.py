"""Verdicts as JUnit XML, which every CI service reads: a suite per target, a test per case."""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bridge.conformance.judge import Fault, Verdict

_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(verdicts: Iterable[Verdict]) -> bytes:
    """Return a whole XML document; verdicts of one target stand together."""
    root = Element("testsuites", name="minibridge check")
    listed = list(verdicts)
    for target, group in groupby(listed, key=lambda verdict: verdict.target):
        _suite(root, target, list(group))
    _count(root, listed)
    indent(root)
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _suite(root: Element, target: str, verdicts: Sequence[Verdict]) -> None:
    suite = SubElement(root, "testsuite", name=target)
    _count(suite, verdicts)
    for verdict in verdicts:
        _test(suite, verdict)


def _count(element: Element, verdicts: Sequence[Verdict]) -> None:
    broken = sum(bool(verdict.error) for verdict in verdicts)
    failed = sum(verdict.outcome == "failed" for verdict in verdicts)
    skipped = sum(verdict.outcome == "skipped" for verdict in verdicts)
    numbers = {"tests": len(verdicts), "failures": failed - broken, "errors": broken}
    for name, number in {**numbers, "skipped": skipped}.items():
        element.set(name, str(number))
    element.set("time", f"{sum(verdict.seconds for verdict in verdicts):.3f}")


def _test(suite: Element, verdict: Verdict) -> None:
    time = f"{verdict.seconds:.3f}"
    test = SubElement(suite, "testcase", classname=verdict.target, name=verdict.case, time=time)
    if verdict.skip is not None:
        SubElement(test, "skipped", message=_plain(f"{verdict.skip.why}: {verdict.skip.what}"))
    elif verdict.error:
        SubElement(test, "error", message=_plain(verdict.error), type="error")
    elif verdict.faults:
        message = _plain("; ".join(fault.that for fault in verdict.faults))
        failure = SubElement(test, "failure", message=message, type="mismatch")
        failure.text = _plain("\n\n".join(map(_told, verdict.faults)))


def _told(fault: Fault) -> str:
    lines = {"expected": fault.expected, "actual": fault.actual, "source": fault.source}
    shown = (f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in lines.items())
    return "\n".join([fault.that, *shown])


def _plain(text: str) -> str:
    """Spell out what XML cannot hold."""
    return _NOT_IN_XML.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
