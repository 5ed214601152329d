"""The chart of a run, drawn from its JSON: `python -m benchmarks.upload.chart FILE [TO]`."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final

_WIDTH: Final = 790
_NAMES: Final = 240  # where bars begin, after their names
_BARS: Final = 440  # the longest bar
_ROW: Final = 26
_BAR: Final = 16
_TITLE: Final = 34
_GAP: Final = 18
_OURS: Final = "emulated"
_PANELS: Final = (("one file of", "throughput"), ("files of 1 KiB", "by"))
_STYLE: Final = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; }
  .value { font-size: 12px; fill: #59636e; }
  .bar { fill: #b6bec9; }
  .ours { fill: #2da44e; }
  .spread { stroke: #1f2328; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .value { fill: #9198a1; }
    .bar { fill: #4c545e; }
    .ours { fill: #3fb950; }
    .spread { stroke: #e6edf3; }
  }
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """One subject: its median, and its first and third quartile."""

    name: str
    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Panel:
    """One measurement: bars from the longest to the shortest."""

    title: str
    bars: tuple[Bar, ...]

    @property
    def height(self) -> int:
        """Return what it takes of the chart's height."""
        return _TITLE + _ROW * len(self.bars) + _GAP


def panels(measured: list[dict[str, Any]]) -> list[Panel]:
    """Return the panels whose measurements are there."""
    found = [
        next((each for each in measured if _is(each["title"], words)), None) for words in _PANELS
    ]
    return [_panel(each) for each in found if each is not None]


def draw(measured: list[dict[str, Any]]) -> str:
    """Return the chart as SVG, which follows the reader's light or dark scheme."""
    drawn, top = [], 0
    for panel in panels(measured):
        drawn += _drawn(panel, top)
        top += panel.height
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" '
        f'width="{_WIDTH}" height="{top}" role="img" aria-label="Uploads compared">'
    )
    return "\n".join([head, f"<style>{_STYLE}</style>", *drawn, "</svg>", ""])


def write(file: Path, to: Path | None = None) -> Path:
    """Draw the chart of a file of results, beside it unless told where, and return where."""
    target = to or file.with_suffix(".svg")
    measured = json.loads(file.read_text(encoding="utf-8"))["measured"]
    target.write_text(draw(measured), encoding="utf-8")
    return target


def _is(title: str, words: tuple[str, str]) -> bool:
    beginning, inside = words
    return title.startswith(beginning) and inside in title and "CPU" not in title.partition(",")[2]


def _panel(comparison: dict[str, Any]) -> Panel:
    bars = [
        Bar(name, median, *comparison["quartiles"][name])
        for name, median in comparison["medians"].items()
    ]
    ordered = sorted(bars, key=lambda bar: -bar.median)
    unit, better = comparison["unit"], comparison["better"]
    return Panel(f"{comparison['title']} ({unit}, {better} is better)", tuple(ordered))


def _drawn(panel: Panel, top: int) -> list[str]:
    scale = _BARS / max((bar.high for bar in panel.bars), default=1)
    title = f'<text class="title" x="0" y="{top + 20}">{escape(panel.title)}</text>'
    rows = [_row(bar, top + _TITLE + _ROW * number, scale) for number, bar in enumerate(panel.bars)]
    return [title, *rows]


def _row(bar: Bar, top: int, scale: float) -> str:
    middle, kind = top + _BAR / 2, "ours" if bar.name.startswith(_OURS) else "bar"
    left, right = (_NAMES + edge * scale for edge in (bar.low, bar.high))
    base = f'y="{top + 13}"'
    return (
        f'<text x="{_NAMES - 10}" {base} text-anchor="end">{escape(bar.name)}</text>'
        f'<rect class="{kind}" x="{_NAMES}" y="{top}" width="{bar.median * scale:.1f}" '
        f'height="{_BAR}" rx="2"/>'
        f'<line class="spread" x1="{left:.1f}" x2="{right:.1f}" y1="{middle}" y2="{middle}"/>'
        f'<text class="value" x="{right + 8:.1f}" {base}>{bar.median:,.0f}</text>'
    )


if __name__ == "__main__":
    print(write(*map(Path, sys.argv[1:3])))
