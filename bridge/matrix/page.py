"""
The matrix as one HTML page: nothing to fetch, light or dark, wide or narrow.

The tables are there without a script; the one of the page narrows them.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from bridge.matrix import citing, overview
from bridge.matrix.wording import Piece, prose, said
from bridge.report.document import MATRIX, document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bridge.facts import Fact
    from bridge.matrix.table import Cell, Column, Matrix, Row, Table
    from bridge.profile import Source

_NOTHING: Final = '<span class="nothing">–</span>'


def page(matrix: Matrix) -> str:
    """Return the whole matrix as one document."""
    before, after = document(MATRIX, "matrix.mjs")
    return before + "\n".join([*_introduction(matrix), *_tables(matrix), ""]) + after


def _introduction(matrix: Matrix) -> Iterator[str]:
    yield '<section class="about" aria-labelledby="about">'
    yield f'<h2 id="about">{escape(overview.TITLE)}</h2>'
    yield from (f"<p>{_prose(paragraph)}</p>" for paragraph in overview.INTRODUCTION)
    yield '<dl class="standings">'
    for status, standing in citing.STANDINGS.items():
        sign = escape(standing.sign or "no sign")
        meaning = f"{standing.word}: {standing.meaning}"
        yield f'<dt class="{status}">{sign}</dt><dd>{escape(meaning)}</dd>'
    yield "</dl>"
    yield from _overview(matrix)
    yield "</section>"
    yield '<nav class="subjects" aria-label="Subjects"><ul>'
    for table in matrix.tables:
        yield f'<li><a href="#on-{table.subject.key}">{_prose(table.subject.title)}</a></li>'
    yield "</ul></nav>"


def _overview(matrix: Matrix) -> Iterator[str]:
    yield '<table class="overview" role="table">'
    yield "<caption>The platforms, and how many of their facts are known in which way</caption>"
    yield from _columns(map(escape, overview.HEADINGS))
    yield '<tbody role="rowgroup">'
    for line in overview.summaries(matrix):
        variant = (
            f" <small>a variant of {_code(line.variant_of)}</small>" if line.variant_of else ""
        )
        yield f'<tr role="row"><th scope="row" role="rowheader">{_code(line.name)}{variant}</th>'
        texts = (line.title, line.version_counts, *map(str, line.counts))
        for heading, text in zip(overview.HEADINGS[1:], texts, strict=True):
            number = ' class="number"' if text.isdecimal() else ""
            yield f'<td role="cell"{number} data-column="{escape(heading)}">{escape(text)}</td>'
        yield "</tr>"
    yield "</tbody></table>"


def _columns(titles: Iterable[str]) -> Iterator[str]:
    yield '<thead role="rowgroup"><tr role="row">'
    yield from (f'<th scope="col" role="columnheader">{title}</th>' for title in titles)
    yield "</tr></thead>"


def _tables(matrix: Matrix) -> Iterator[str]:
    yield '<main id="tables">'
    yield from (line for table in matrix.tables for line in _section(table))
    yield "</main>"


def _section(table: Table) -> Iterator[str]:
    numbers = citing.numbered(table)
    title = _prose(table.subject.title)
    name = f"title-{table.subject.key}"
    yield f'<section class="subject" id="on-{table.subject.key}" aria-labelledby="{name}">'
    yield f'<h3 id="{name}">{title}</h3> <span class="quiet">{len(table.rows)} entries</span>'
    if table.subject.note:
        yield f'<p class="quiet">{_prose(table.subject.note)}</p>'
    yield f'<table class="facts" role="table" aria-labelledby="{name}">'
    yield from _columns(["Entry", *map(_title, table.columns)])
    yield '<tbody role="rowgroup">'
    yield from (line for row in table.rows for line in _row(row, table, numbers))
    yield "</tbody></table>"
    yield f'<ol class="sources" aria-label="Sources of: {escape(table.subject.title)}">'
    yield from (
        f'<li id="{_anchor(table, number)}">{_source(source)}</li>'
        for source, number in numbers.items()
    )
    yield "</ol></section>"


def _title(column: Column) -> str:
    return f"{_code(column.head.name)}<small>{escape(column.head.title)}</small>"


def _row(row: Row, table: Table, numbers: dict[Source, int]) -> Iterator[str]:
    alike = ' class="alike"' if row.alike else ""
    entry = escape(row.entry)
    name = f'<a href="#{quote(row.entry)}">{_code(row.name)}</a>'
    meaning = f'<p class="meaning">{_prose(row.meaning)}</p>' if row.meaning else ""
    yield f'<tr role="row" id="{entry}"{alike}>'
    yield f'<th scope="row" role="rowheader">{name}{meaning}</th>'
    for column, cell in zip(table.columns, row.cells, strict=True):
        head = column.head.name
        told = "".join(_cell(cell, head, table, numbers)) or _NOTHING
        yield f'<td role="cell" data-column="{escape(head)}">{told}</td>'
    yield "</tr>"


def _cell(cell: Cell, head: str, table: Table, numbers: dict[Source, int]) -> Iterator[str]:
    for fact in cell.facts:
        host = "" if fact.host == head else _host(fact.host)
        yield f'<div class="fact">{host}{_fact(fact)}&nbsp;{_mark(fact, table, numbers)}</div>'
    yield from (f'<div class="fact">{_host(name)}{_NOTHING}</div>' for name in cell.without)


def _host(name: str) -> str:
    return f'<span class="host">{_code(name)}</span> '


def _fact(fact: Fact) -> str:
    words = said(fact)
    text = "".join(map(_piece, words.pieces))
    if words.summary:
        text = f"<details><summary>{words.summary}</summary>{text}</details>"
    return text + (f' <span class="since">from {escape(fact.since)}</span>' if fact.since else "")


def _mark(fact: Fact, table: Table, numbers: dict[Source, int]) -> str:
    source = citing.cited(fact)
    anchor, status = _anchor(table, numbers[source]), source.status
    mark = citing.mark(source, numbers)
    label = f"source {mark}, {citing.STANDINGS[status].word}"
    sign = escape(mark)
    return f'<a class="source {status}" href="#{anchor}" aria-label="{label}">{sign}</a>'


def _anchor(table: Table, number: int) -> str:
    return f"on-{table.subject.key}-{number}"


def _source(source: Source) -> str:
    word = citing.STANDINGS[source.status].word
    known = f'<span class="{source.status}">{word}</span>'
    parts = (known, _address(source.address), escape(source.date), _prose(source.note))
    return " · ".join(part for part in parts if part)


def _address(address: str) -> str:
    href = citing.link(address)
    return f'<a href="{escape(href)}">{escape(address)}</a>' if href else escape(address)


def _prose(text: str) -> str:
    return "".join(map(_piece, prose(text)))


def _piece(piece: Piece) -> str:
    return _code(piece.text) if piece.code else escape(piece.text)


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"
