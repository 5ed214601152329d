"""A comparison on a terminal of any width, or as plain text."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from bridge.comparison import wording
from bridge.comparison.wording import UNEXPLAINED, Sources
from bridge.look import Cell, Row, Screen, Table, cell_width, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.comparison.model import Findings
    from bridge.comparison.wording import Line
    from bridge.look import Style

_PARTS: Final = {
    "api": "whether there is such a function",
    "outcome": "how the call ended",
    "success": "what `success` gets",
    "fail": "what `fail` gets",
    "after_success": "the callbacks when all went well",
    "after_fail": "the callbacks when the call failed",
    "progress": "what `onProgressUpdate` gets",
    "headers_received": "what `onHeadersReceived` gets",
    "returned": "what the call returns at once",
    "task": "what the task can do",
    "limits": "how many such calls run at once",
    "renamed": "options that go by another name",
    "understood": "the options as the host takes them",
    "sent": "what went over the wire",
    "did": "the calls the program made",
    "console": "what the program printed",
    "ended": "how the program ended",
}


def as_text(comparison: Findings, width: int) -> str:
    """Return what `show` writes on a plain screen of that width."""
    out = StringIO()
    show(comparison, Screen(out, width, colour=False))
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class _Columns:
    """The widths of all but the last column; a text that is wider than its own stands above."""

    label: int
    value: int
    targets: int
    whole: int

    @classmethod
    def fitting(cls, lines: list[Line], labels: list[str], screen: Screen) -> _Columns:
        """Give each column what most of its texts need; labels have one on wide screens only."""
        most = screen.width // 4
        return cls(
            label=_fitting(labels, most) if screen.wide else 0,
            value=_fitting([line.value for line in lines], most),
            targets=min(max(cell_width(", ".join(line.targets)) for line in lines), most),
            whole=screen.width,
        )

    def lay(self, label: str, lines: list[Line]) -> Iterator[list[Cell]]:
        """Yield the lines of one difference."""
        if cell_width(label) > self.label:
            yield from self._above(label, "", 2)
            label = ""
        for line in lines:
            value = line.value
            if cell_width(value) > self.value:
                yield from self._above(value, _style(line), self._indent, label)
                label = value = ""
            yield from self._row(label, value, line)
            label = ""

    @property
    def _indent(self) -> int:
        return 2 + self.label + 2

    def _above(self, text: str, style: Style, indent: int, label: str = "") -> Iterator[list[Cell]]:
        for at, piece in enumerate(wrap(text, self.whole - indent)):
            before = f"  {label}" if at == 0 else ""
            yield [Cell(_padded(before, indent)), Cell(piece, style)]

    def _row(self, label: str, value: str, line: Line) -> Iterator[list[Cell]]:
        rest = self.whole - self._indent - self.value - self.targets - 4
        last: Style = "bad" if line.because == UNEXPLAINED else "dim"
        pieces = zip_longest(
            [label],
            [value],
            _listed(line.targets, self.targets),
            wrap(line.because, rest),
            fillvalue="",
        )
        for name, shown_value, targets, because in pieces:
            yield [
                Cell(_padded(f"  {name}", self._indent)),
                Cell(_padded(shown_value, self.value + 2), _style(line)),
                Cell(_padded(targets, self.targets + 2) if because else targets, "name"),
                Cell(because, last),
            ]


def _listed(names: list[str], width: int) -> list[str]:
    """Return names in lines of that width, a name broken only where it alone is longer."""
    lines = [""]
    for at, name in enumerate(names, 1):
        item = name if at == len(names) else f"{name},"
        longer = f"{lines[-1]} {item}".lstrip()
        if cell_width(longer) <= width:
            lines[-1] = longer
        else:
            lines += wrap(item, width)
    return lines if lines[0] else lines[1:]


def _fitting(texts: list[str], most: int) -> int:
    return max((width for width in map(cell_width, texts) if width <= most), default=0)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_width(text))


def show(comparison: Findings, screen: Screen) -> None:
    """Write a comparison on a terminal."""
    screen.paragraph(wording.headline(comparison), "bold")
    for text in wording.remarks(comparison):
        screen.paragraph(text, "dim")
    sources = Sources()
    parts = {
        part: [(one.label, list(wording.lines(one, comparison.targets, sources))) for one in told]
        for part, told in wording.gathered(comparison.differences).items()
    }
    if parts:
        _show_parts(parts, screen)
        _show_sources(sources, screen)


def _show_parts(parts: dict[str, list[tuple[str, list[Line]]]], screen: Screen) -> None:
    every = [one for told in parts.values() for one in told]
    labels, lines = [label for label, _ in every], [line for _, found in every for line in found]
    columns = _Columns.fitting(lines, labels, screen)
    for part, told in parts.items():
        screen.write("")
        screen.line(Cell(part, "bold"), Cell(f"  {_PARTS.get(part, '')}".rstrip(), "dim"))
        for label, found in told:
            for cells in columns.lay(label, found):
                screen.line(*cells)


def _style(line: Line) -> Style:
    return "dim" if line.absent else ""


def _show_sources(sources: Sources, screen: Screen) -> None:
    screen.heading("Sources")
    table = Table((">", "", ""), indent=8)
    for source, number in sources.numbers.items():
        style: Style = "warn" if source.status == "inferred" else "dim"
        where = source.address + (f" ({source.date})" if source.date else "")
        beside = f"; {source.note}" if source.note and screen.wide else ""
        cells = (Cell(f"[{number}]"), Cell(source.status, style), Cell(where + beside))
        under = (Cell(source.note, "dim"),) if source.note and not screen.wide else ()
        table.rows.append(Row(cells, under))
    screen.table(table, 2)
