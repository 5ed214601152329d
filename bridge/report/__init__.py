"""
The report: a trace as one HTML file that needs nothing else.

`reading` takes records from a trace file line by line, and `page` writes the document around them.
What a browser runs lies in `web/` as plain HTML, CSS and ES modules; `bundle` puts it together.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.errors import BridgeError
from bridge.report.page import Page, Written
from bridge.report.reading import Skipped, TraceReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

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
    with _replaced(path) as out:
        page = Page(out, trace.name)
        for record in reader:
            page.add(record)
        return Report(page.close(reader.skipped), reader.skipped)


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


@contextmanager
def _replaced(path: Path) -> Iterator[TextIO]:
    """Open a new file that takes the place of another when all went well, and else leaves none."""
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
            fresh = Path(folder) / path.name
            with fresh.open("w", encoding="utf-8", newline="\n") as out:
                yield out
            fresh.replace(path)
    except OSError as error:
        message = f"cannot write the page {str(path)!r}: {error.strerror}"
        raise BridgeError(message) from error
