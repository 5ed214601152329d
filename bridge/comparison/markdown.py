"""A comparison as a Markdown document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bridge.comparison import wording
from bridge.comparison.wording import Sources
from bridge.look import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bridge.comparison.model import Findings
    from bridge.comparison.wording import Told
    from bridge.profile import Source


def as_markdown(comparison: Findings) -> str:
    """Return the comparison as a Markdown document: a table, then the sources it cites."""
    sources = Sources()
    rows = [
        row
        for part, found in wording.gathered(comparison.differences).items()
        for one in found
        for row in _rows(part, one, comparison.targets, sources)
    ]
    lines = [f"## {_escaped(wording.headline(comparison))}", ""]
    lines += [line for text in wording.remarks(comparison) for line in (_escaped(text), "")]
    if rows:
        lines += ["| Where | Value | On | Because |", "| --- | --- | --- | --- |", *rows, ""]
        lines += [f"{number}. {_cited(source)}" for source, number in sources.numbers.items()]
    return "\n".join(lines).rstrip() + "\n"


def _rows(part: str, one: Told, everything: Sequence[str], sources: Sources) -> Iterator[str]:
    where = f"`{part}.{one.label}`" if one.label else f"`{part}`"
    for line in wording.lines(one, everything, sources):
        value = _code(line.value) if line.value else ""
        names, because = _escaped(", ".join(line.targets)), _escaped(line.because)
        yield f"| {where} | {value} | {names} | {because} |"
        where = ""


def _cited(source: Source) -> str:
    date = f" ({source.date})" if source.date else ""
    note = f": {source.note}" if source.note else ""
    return _escaped(f"{source.status}, {source.address}{date}{note}")


def _code(text: str) -> str:
    """Return a text as code in a table cell, whatever is in it."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{shown(text).replace('|', chr(92) + '|')}{fence}"


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_<>|])", r"\\\1", shown(text))
