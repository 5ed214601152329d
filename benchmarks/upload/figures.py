"""The figures the project holds itself to: what each one is, its floor and its goal."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from benchmarks.measure import quartiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Verdict = Literal["goal", "floor", "missed", "not measured"]


@dataclass(frozen=True, slots=True)
class Figure:
    """
    One figure of the table.

    Attributes:
        what: what is measured, and against what.
        unit: of floor, goal and values; `x` for a ratio.
        better: which way is good.
        floor: what has to be reached.
        goal: what should be.
        values: one a round, or one an upload where that is said.
        missing: why there are none.
    """

    what: str
    unit: str
    better: Literal["higher", "lower"]
    floor: float
    goal: float
    values: Sequence[float] = field(default_factory=list)
    missing: str = ""

    @property
    def median(self) -> float:
        """Return the middle value."""
        return statistics.median(self.values)

    @property
    def verdict(self) -> Verdict:
        """Say what the median reaches."""
        if not self.values:
            return "not measured"
        if self._reaches(self.goal):
            return "goal"
        return "floor" if self._reaches(self.floor) else "missed"

    def _reaches(self, bound: float) -> bool:
        return self.median >= bound if self.better == "higher" else self.median <= bound


def table(figures: Sequence[Figure]) -> str:
    """Return the table of all figures as Markdown."""
    head = "| what | floor | goal | median | quartiles | verdict |"
    lines = [head, "| --- | ---: | ---: | ---: | ---: | --- |"]
    return "\n".join([*lines, *map(_row, figures)])


def as_json(figures: Sequence[Figure]) -> list[Mapping[str, object]]:
    """Return all figures for the file of results."""
    return [
        {
            "what": figure.what,
            "unit": figure.unit,
            "better": figure.better,
            "floor": figure.floor,
            "goal": figure.goal,
            "values": list(figure.values),
            "median": figure.median if figure.values else None,
            "verdict": figure.verdict,
            "missing": figure.missing,
        }
        for figure in figures
    ]


def _row(figure: Figure) -> str:
    floor, goal = (_shown(bound, figure.unit) for bound in (figure.floor, figure.goal))
    if not figure.values:
        return f"| {figure.what} | {floor} | {goal} | {figure.missing} | | not measured |"
    low, high = (_shown(each, figure.unit) for each in quartiles(figure.values))
    median = f"**{_shown(figure.median, figure.unit)}**"
    return f"| {figure.what} | {floor} | {goal} | {median} | {low}-{high} | {figure.verdict} |"


def _shown(value: float, unit: str) -> str:
    digits = 0 if value >= 100 else 2  # noqa: PLR2004  nobody reads 184.00
    return f"{value:,.{digits}f}{unit if unit == 'x' else f' {unit}'}"
