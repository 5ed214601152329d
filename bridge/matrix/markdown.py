"""The matrix as Markdown: a table per subject, its sources as a numbered list below."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bridge.matrix import citing, overview
from bridge.matrix.wording import Piece, prose, said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bridge.facts import Fact
    from bridge.matrix.table import Cell, Matrix, Row, Table
    from bridge.profile import Source

_SPECIAL: Final = re.compile(r"([\\`*_\[\]<|~&])")
_NOTHING: Final = "–"


def markdown(matrix: Matrix) -> str:
    """Return the whole matrix, ready to be written to a file."""
    lines = [*_head(matrix), *(line for table in matrix.tables for line in section(table))]
    return "\n".join(lines).rstrip() + "\n"


def _head(matrix: Matrix) -> Iterator[str]:
    yield f"# {overview.TITLE}"
    yield ""
    yield "Written by `minibridge matrix --format md`: a change by hand is lost."
    yield ""
    for paragraph in overview.INTRODUCTION:
        yield from (_prose(paragraph), "")
    yield from legend()
    yield ""
    yield from _aligned(overview.HEADINGS, map(_summary, overview.summaries(matrix)))
    yield ""
    yield from (f"- [{_prose(t.subject.title)}](#{t.subject.key})" for t in matrix.tables)
    yield ""


def legend() -> Iterator[str]:
    """Yield the lines that tell what the signs behind numbers mean."""
    for standing in citing.STANDINGS.values():
        sign = f"`{standing.sign}`" if standing.sign else "no sign"
        yield f"- {sign}: {standing.word}, {standing.meaning}"


def _summary(line: overview.Summary) -> list[str]:
    name = _code(line.name) + (
        f", a variant of {_code(line.variant_of)}" if line.variant_of else ""
    )
    return [name, _text(line.title), _text(line.version_counts), *map(str, line.counts)]


def section(table: Table) -> Iterator[str]:
    """Yield the lines of one table, with its sources."""
    numbers = citing.numbered(table)
    yield f'<a id="{table.subject.key}"></a>'
    yield ""
    yield f"## {_prose(table.subject.title)}"
    yield ""
    yield from (_prose(table.subject.note), "") if table.subject.note else ()
    headings = ["Entry", *(_code(column.head.name) for column in table.columns)]
    yield from _aligned(headings, (_row(row, table, numbers) for row in table.rows))
    yield ""
    yield f"<details><summary>{len(numbers)} sources</summary>"
    yield ""
    yield from (f"{number}. {_source(source)}" for source, number in numbers.items())
    yield ""
    yield "</details>"
    yield ""


def _aligned(headings: Iterable[str], rows: Iterable[list[str]]) -> Iterator[str]:
    titles = list(headings)
    yield f"| {' | '.join(titles)} |"
    yield f"|{' --- |' * len(titles)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _row(row: Row, table: Table, numbers: dict[Source, int]) -> list[str]:
    name = _code(row.name) + (f"<br>{_prose(row.meaning)}" if row.meaning else "")
    heads = (column.head.name for column in table.columns)
    return [name, *(_cell(c, head, numbers) for c, head in zip(row.cells, heads, strict=True))]


def _cell(cell: Cell, head: str, numbers: dict[Source, int]) -> str:
    told = [_fact(fact, head, numbers) for fact in cell.facts]
    told += [f"{_code(name)}: {_NOTHING}" for name in cell.without]
    return "<br>".join(told) or _NOTHING


def _fact(fact: Fact, head: str, numbers: dict[Source, int]) -> str:
    words = said(fact)
    text = "".join(map(_piece, words.pieces))
    if words.summary:
        text = f"<details><summary>{words.summary}</summary>{text}</details>"
    host = "" if fact.host == head else f"{_code(fact.host)}: "
    since = f", from {_text(fact.since)}" if fact.since else ""
    return f"{host}{text}{since} <sup>{citing.mark(citing.cited(fact), numbers)}</sup>"


def _source(source: Source) -> str:
    href = citing.link(source.address)
    address = f"[{_text(source.address)}]({href})" if href else _text(source.address)
    word = citing.STANDINGS[source.status].word
    return " · ".join(filter(None, (word, address, _text(source.date), _prose(source.note))))


def _prose(text: str) -> str:
    return "".join(map(_piece, prose(text)))


def _piece(piece: Piece) -> str:
    return _code(piece.text) if piece.code else _text(piece.text)


def _text(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split("\n")))


def _code(text: str) -> str:
    """Return code that a table can hold: a fence longer than any within, pipes escaped."""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if "`" in (text[:1], text[-1:]) else ""
    return f"{fence}{space}{' '.join(text.split(chr(10)))}{space}{fence}".replace("|", "\\|")
