"""
The document around the records: written piece by piece, so that a long trace needs little memory.

Records go in as compressed JSON Lines, a few hundred to a block; a browser unpacks a block when it
needs one. Nothing in the file is fetched, and the policy in its head allows no more than the one
script and the one style sheet that it holds, known by their hashes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Final

from bridge.report.blocks import named, packed
from bridge.report.document import REPORT, document
from bridge.report.emulated import about
from bridge.report.texts import Texts

if TYPE_CHECKING:
    from typing import TextIO

    from bridge.report.reading import Skipped

_BLOCK_CALLS: Final = 256
_BLOCK_CHARACTERS: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Written:
    """What a page holds: its calls, and how many long texts found no room in it."""

    calls: int
    left_out: int


class Page:
    """
    One report, open for records.

    Args:
        out: where the document goes.
        title: what it is called, such as the name of the trace file.
    """

    def __init__(self, out: TextIO, title: str) -> None:
        self._out = out
        self._title = title
        self._texts = Texts(self._keep)
        self._block: list[str] = []
        self._characters = 0
        self._calls = 0
        self._targets: dict[str, object] = {}
        head, self._foot = document(REPORT, "file.mjs")
        out.write(head)

    def add(self, record: dict[str, object]) -> None:
        """Take a record in, as `schemas/trace.json` describes it."""
        name = str(record["target"])
        if name not in self._targets:
            self._targets[name] = about(name)
        line = json.dumps(self._texts.moved(record), separators=(",", ":"))
        self._block.append(line)
        self._calls += 1
        self._characters += len(line)
        if len(self._block) == _BLOCK_CALLS or self._characters > _BLOCK_CHARACTERS:
            self._flush()

    def close(self, skipped: list[Skipped]) -> Written:
        """End the document, which tells what of the trace is not in it."""
        self._flush()
        written = Written(self._calls, self._texts.left_out)
        told = {
            "title": self._title,
            "version": metadata.version("minibridge"),
            "targets": self._targets,
            "skipped": [str(each) for each in skipped],
            "leftOut": written.left_out,
        }
        self._out.write(named("about", told))
        self._out.write(self._foot)
        return written

    def _flush(self) -> None:
        if self._block:
            self._out.write(packed(self._block))
            self._block, self._characters = [], 0

    def _keep(self, name: str, text: str) -> None:
        self._out.write(named(f"text-{name}", text))
