"""
The look of the terminal: styled cells, tables that fit the width, and JSON.

Text is laid out while it is plain and coloured last, so widths never count an escape. What a server
or a host said is shown with its control characters spelled out: an answer cannot move the cursor.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import unicodedata
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Final, Literal, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import TextIOWrapper

Style = Literal["", "bold", "dim", "good", "bad", "warn", "name"]
_CODES: Final = {"bold": "1", "dim": "2", "good": "32", "bad": "1;31", "warn": "33", "name": "1;36"}
_GAP: Final = 2
_LEAST: Final = 16
_WIDE: Final = 120
_LABEL: Final = 8
_SOFT: Final = "/,;:=&?-_.)"


class Mistake(Exception):  # noqa: N818  the user's, told in one line
    """What the user asked for cannot be done; the text is a sentence saying why."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A text in one style."""

    text: str
    style: Style = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, and what stands under it, indented."""

    cells: tuple[Cell, ...]
    below: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """
    A table whose last column takes the width that is left, and wraps.

    Attributes:
        headers: the titles; one that starts with `>` is right-aligned.
        rows: the rows.
        indent: the blanks before a row's `below`.
    """

    headers: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)
    indent: int = 4

    def lines(self, width: int) -> list[list[Cell]]:
        """Lay the table out on `width` terminal cells."""
        heads = tuple(Cell(title.removeprefix(">"), "dim") for title in self.headers)
        rows = [Row(heads), *self.rows] if any(head.text for head in heads) else self.rows
        most = max(_LEAST, width // 3)
        widths = [
            min(most, max(cell_width(row.cells[at].text) for row in rows))
            for at in range(len(self.headers) - 1)
        ]
        widths.append(max(_LEAST, width - sum(widths) - _GAP * len(widths)))
        return [line for row in rows for line in self._row(row, widths, width)]

    def _row(self, row: Row, widths: list[int], width: int) -> list[list[Cell]]:
        columns = [
            [Cell(text, cell.style) for text in wrap(cell.text, room)]
            for cell, room in zip(row.cells, widths, strict=True)
        ]
        made = [self._line(cells, widths) for cells in zip_longest(*columns, fillvalue=Cell(""))]
        made.extend(
            [Cell(" " * self.indent), Cell(text, cell.style)]
            for cell in row.below
            for text in wrap(cell.text, max(_LEAST, width - self.indent))
        )
        return made

    def _line(self, cells: tuple[Cell, ...], widths: list[int]) -> list[Cell]:
        line: list[Cell] = []
        for title, cell, room in zip(self.headers, cells, widths, strict=True):
            blank = Cell(" " * (room - cell_width(cell.text)))
            line += [blank, cell] if title.startswith(">") else [cell, blank]
            line.append(Cell(" " * _GAP))
        return line


@dataclass(slots=True)
class Screen:
    """
    Where results go: standard output, `width` cells wide, coloured or not.

    `gone` turns true when the reader has left, as `head` does; the rest is then lost quietly.
    """

    out: TextIO
    width: int
    colour: bool
    gone: bool = False

    @classmethod
    def of(cls, out: TextIO, *, colour: bool = True) -> Screen:
        """Look at where `out` leads; anything but a terminal gets plain text."""
        _never_fail_to_encode(out)
        width = shutil.get_terminal_size((80, 24)).columns
        return cls(out, width, colour and wants_colour(out))

    @property
    def wide(self) -> bool:
        """Tell whether there is room for a column that holds sentences."""
        return self.width >= _WIDE

    def json(self, value: object) -> None:
        """Write a value as JSON."""
        self.write(json.dumps(value, ensure_ascii=False, indent=2))

    def line(self, *cells: Cell) -> None:
        """Write one line; a line that is too long is left to the terminal."""
        self.write("".join(self._painted(cell) for cell in cells))

    def paragraph(self, text: str, style: Style = "", indent: int = 0) -> None:
        """Write a text, wrapped."""
        for line in wrap(text, self.width - indent):
            self.line(Cell(" " * indent), Cell(line, style))

    def labelled(self, label: str, text: str, indent: int = 0) -> None:
        """Write a word and a text beside it, which wraps there."""
        before = f"{label:<{_LABEL}} "
        for line in wrap(text, self.width - indent - len(before)):
            self.line(Cell(" " * indent), Cell(before), Cell(line))
            before = " " * len(before)

    def table(self, table: Table, indent: int = 0) -> None:
        """Write a table."""
        for cells in table.lines(self.width - indent):
            painted = "".join(map(self._painted, _trimmed(cells)))
            self.write(" " * indent + painted)

    def heading(self, text: str) -> None:
        """Write a heading after an empty line."""
        self.write("")
        self.line(Cell(text, "bold"))

    def write(self, text: str) -> None:
        """Write one line of plain text at once; raises `Mistake` where it cannot be kept."""
        if self.gone:
            return
        try:
            print(text, file=self.out, flush=True)
        except OSError as error:
            self.gone = True
            _discard(self.out)
            if not isinstance(error, BrokenPipeError):
                message = f"cannot write the results: {error.strerror}"
                raise Mistake(message) from error

    def _painted(self, cell: Cell) -> str:
        text = shown(cell.text)
        if not self.colour or not cell.style or not text.strip():
            return text
        return f"\x1b[{_CODES[cell.style]}m{text}\x1b[0m"


def say(sentence: str, *above: str) -> None:
    """Write a sentence of ours on standard error, below some lines, as long as anybody reads it."""
    try:
        print(*above, f"minibridge: {sentence}", sep="\n", file=sys.stderr, flush=True)  # noqa: T201
    except OSError:
        _discard(sys.stderr)


def wants_colour(stream: TextIO) -> bool:
    """Tell whether a stream leads to a terminal that wants colours."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty() or bool(os.environ.get("FORCE_COLOR"))


def shown(text: str) -> str:
    """Spell out control characters, and whatever else a terminal would not show as itself."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def shortened(text: str, most: int) -> str:
    """Return a text, or as much of its beginning with dots behind it."""
    return text if len(text) <= most else f"{text[:most]}..."


def many(number: int, word: str) -> str:
    """Return how many there are of what a word names, such as `1 call` or `1,000 calls`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def cell_width(text: str) -> int:
    """Return how many terminal cells a text takes: two for a wide character, none for a mark."""
    return sum(map(_char_width, shown(text)))


def _char_width(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def wrap(text: str, width: int) -> list[str]:
    """
    Break a text into lines of at most `width` cells: at blanks, else at `/` and the like.

    Blanks at its end, as in a padded cell, are no line of their own.
    """
    lines: list[str] = []
    line, used = "", 0
    for char in shown(text).rstrip():
        room = _char_width(char)
        if used + room > width and line:
            cut = _break(line)
            lines.append(line[:cut].rstrip())
            line = line[cut:].lstrip()
            used = cell_width(line)
        line, used = line + char, used + room
    return [*lines, line.rstrip()]


def _break(line: str) -> int:
    """Return where a full line is best cut."""
    blank = line.rfind(" ") + 1
    soft = max(at + 1 for at in (line.rfind(mark) for mark in _SOFT))
    wide = next((at for at in range(len(line), 0, -1) if _char_width(line[at - 1]) > 1), 0)
    half = len(line) // 2
    return next((cut for cut in (blank, soft, wide) if cut > half), len(line))


def _trimmed(cells: Sequence[Cell]) -> list[Cell]:
    kept = list(cells)
    while kept and not kept[-1].text.strip():
        kept.pop()
    return kept


def _never_fail_to_encode(out: TextIO) -> None:
    """Let a terminal that lacks a character show its number rather than end the command."""
    if hasattr(out, "reconfigure"):
        cast("TextIOWrapper", out).reconfigure(errors="backslashreplace")


def _discard(out: TextIO) -> None:
    """Send what is still buffered nowhere, so that the interpreter's last flush is quiet too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, out.fileno())
    os.close(nowhere)
