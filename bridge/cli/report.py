"""`minibridge report`: a trace as one HTML page."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bridge.look import Cell, Screen, many
from bridge.report import write_report

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

    from bridge.report import Report


def run(args: Namespace, screen: Screen) -> int:
    """Write the page, and say on standard error what of the trace is not in it."""
    page = args.output or args.trace.with_suffix(".html")
    report = write_report(args.trace, page)
    errors = Screen.of(sys.stderr, colour=not args.no_color)
    for each in report.skipped:
        errors.line(Cell(f"minibridge: {each}", "warn"))
    if args.json:
        screen.json(_facts(page, report))
    else:
        screen.line(Cell(str(page), "name"), Cell(f": {_told(page, report)}"))
    return 0


def _told(page: Path, report: Report) -> str:
    return f"{many(report.written.calls, 'call')}, {page.stat().st_size:,} bytes"


def _facts(page: Path, report: Report) -> dict[str, object]:
    return {
        "page": str(page),
        "bytes": page.stat().st_size,
        "calls": report.written.calls,
        "texts_left_out": report.written.left_out,
        "lines_skipped": sum(each.count for each in report.skipped),
        "skipped": [str(each) for each in report.skipped],
    }
