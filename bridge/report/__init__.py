"""
The report: a trace as one HTML file that needs nothing else.

`reading` takes records from a trace file line by line, and `page` writes the document around them.
What a browser runs lies in `web/` as plain HTML, CSS and ES modules; `bundle` puts it together.

The same modules make the other pages: `watch` and `server` show calls while they happen, `checked`
what came of a check, and `bridge.matrix.page` the facts of all hosts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.errors import BridgeError
from bridge.report.page import Page, Written
from bridge.report.reading import Skipped, TraceReader
from bridge.report.replacing import replaced

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Page", "Report", "Skipped", "TraceReader", "Written", "write_report"]


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a trace: what its page holds, and the lines that are not in it."""

    written: Written
    skipped: list[Skipped]


def write_report(trace: Path, path: Path) -> Report:
    """
    Write the page of a trace file.

    Args:
        trace: JSON Lines, as `--trace` appends them; `schemas/trace.json` describes a line.
        path: where the page goes. A page that is there is replaced once the new one is complete.

    Raises:
        BridgeError: the trace cannot be read, holds no record, or is of a later version; the page
            cannot be written, or would take the place of the trace.
    """
    if _same(path, trace):
        raise BridgeError(f"the page would overwrite the trace {str(trace)!r}; give another -o")
    reader = TraceReader(trace)
    with replaced(path) as out:
        page = Page(out, trace.name)
        for record in reader:
            page.add(record)
        return Report(page.close(reader.skipped), reader.skipped)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there, or cannot be seen
        return False
