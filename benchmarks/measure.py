"""Rounds in which everything compared takes its turn, and the table and the file they end in."""

from __future__ import annotations

import gc
import json
import os
import statistics
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

K = TypeVar("K")
T = TypeVar("T")

RESULTS = Path("build") / "benchmarks"


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    What several subjects took or managed, round by round.

    Attributes:
        title: what was measured.
        unit: of each value, such as `calls/s` or `ms`.
        better: which way is good.
        references: the subject each subject is divided by; one without an entry stands alone.
        values: subject -> one value a round.
    """

    title: str
    unit: str
    better: Literal["higher", "lower"]
    references: Mapping[str, str]
    values: dict[str, list[float]] = field(default_factory=dict)

    def median(self, subject: str) -> float:
        """Return the middle value of a subject."""
        return statistics.median(self.values[subject])

    def ratios(self, subject: str) -> list[float] | None:
        """Return a subject's value divided by its reference's, round by round."""
        reference = self.references.get(subject)
        if reference is None:
            return None
        pairs = zip(self.values[subject], self.values[reference], strict=True)
        return [mine / theirs for mine, theirs in pairs]


async def alternate(
    comparison: Comparison, subjects: Mapping[str, Callable[[], Awaitable[float]]], rounds: int
) -> Comparison:
    """
    Measure every subject once a round, in an order that turns each time.

    A first round, which is not counted, warms everything up.
    """
    comparison.values.update(await turns(subjects, rounds))
    return comparison


async def turns(subjects: Mapping[K, Callable[[], Awaitable[T]]], rounds: int) -> dict[K, list[T]]:
    """Return what each subject gave in each counted round, measured as `alternate` does."""
    order = [*subjects]
    given: dict[K, list[T]] = {name: [] for name in order}
    for number in range(rounds + 1):
        for name in order:
            gc.collect()
            value = await subjects[name]()
            if number:
                given[name].append(value)
        order.reverse()
    return given


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """Return the first and the third quartile."""
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def table(comparison: Comparison) -> str:
    """Return a Markdown table, ratios first."""
    title = f"{comparison.title} ({comparison.unit}, {comparison.better} is better)"
    head = f"| {title} | ratio | its quartiles | median | quartiles |"
    lines = [head, "| --- | ---: | ---: | ---: | ---: |"]
    return "\n".join([*lines, *(_row(comparison, name) for name in comparison.values)])


def _row(comparison: Comparison, name: str) -> str:
    low, high = quartiles(comparison.values[name])
    ratios = comparison.ratios(name)
    ratio, spread = "", ""
    if ratios is not None:
        ratio = f"**{statistics.median(ratios):.2f}**"
        spread = "{:.2f}-{:.2f}".format(*quartiles(ratios))
    cells = [
        name,
        ratio,
        spread,
        _number(comparison.median(name)),
        f"{_number(low)}-{_number(high)}",
    ]
    return f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    """Return three digits and more: nobody can read seven."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2  # noqa: PLR2004  orders of magnitude
    return f"{value:,.{digits}f}"


def machine() -> dict[str, object]:
    """Describe the machine as it is now."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": f"{os.uname().sysname} {os.uname().release}",
        "python": sys.version.split()[0],
        "load": [round(each, 2) for each in os.getloadavg()],
    }


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return (names or ["unknown"])[0]


def write(
    name: str,
    about: Mapping[str, object],
    comparisons: Sequence[Comparison],
    figures: Sequence[Mapping[str, object]] = (),
) -> Path:
    """Write everything that was measured as JSON, and return where."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    file = RESULTS / f"{name}.json"
    measured = [
        {
            **asdict(comparison),
            "medians": {each: comparison.median(each) for each in comparison.values},
            "quartiles": {each: quartiles(values) for each, values in comparison.values.items()},
            "ratios": {each: comparison.ratios(each) for each in comparison.values},
        }
        for comparison in comparisons
    ]
    found = {"about": dict(about), "measured": measured}
    if figures:
        found["figures"] = list(figures)
    text = json.dumps(found, indent=1)
    file.write_text(text + "\n", encoding="utf-8")
    return file
