"""What every part of the measurements shares: sizes, files, results."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from benchmarks.measure import Comparison, turns
from benchmarks.upload.figures import Figure
from benchmarks.upload.job import Job
from benchmarks.upload.runs import CLIENTS, runner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from benchmarks.upload.job import Sample
    from benchmarks.upload.runs import Ended, Sink

MIB: Final = 1 << 20
Clock = Literal["seconds", "cpu"]


@dataclass(frozen=True, slots=True)
class Sizes:
    """
    How much of everything: the defaults are those of the published figures.

    Attributes:
        rounds: counted rounds.
        large: bytes of the one large file.
        medium: bytes of each of ten files at once.
        watched: bytes of a file during which the event loop is watched, and of one over TLS.
        calls: uploads of 1 KiB by each client; slow ones do a tenth.
        queued: calls that wait.
        tests: tests in a file.
    """

    rounds: int = 7
    large: int = 1024 * MIB
    medium: int = 64 * MIB
    watched: int = 256 * MIB
    calls: int = 5000
    queued: int = 100_000
    tests: int = 200


QUICK: Final = Sizes(
    rounds=2, large=4 * MIB, medium=MIB, watched=2 * MIB, calls=50, queued=200, tests=3
)


@dataclass(slots=True)
class Results:
    """What the parts have given so far."""

    comparisons: list[Comparison] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bench:
    """
    Where and how everything is measured.

    Attributes:
        sizes: how much of it.
        folder: where the files are that are uploaded.
        clock: what throughput is read from: `cpu` where wall times would mislead.
        results: what comes of it.
    """

    sizes: Sizes
    folder: Path
    clock: Clock
    results: Results

    def job(self, size: int, **others: object) -> Job:
        """Return a job for a file of so many bytes."""
        return Job(url="", file=self._file(size), warm=self._file(1024), **others)  # type: ignore[arg-type]

    async def samples(
        self, names: Sequence[str], sink: Sink | None, jobs: Callable[[str], Job]
    ) -> dict[str, list[Sample]]:
        """Run the clients that are here in turns, and note why others are not."""
        found = {name: CLIENTS[name].missing() for name in names}
        self.results.missing.update({n: why for n, why in found.items() if why is not None})
        here = [name for name in names if found[name] is None]
        runs = {name: runner(name, sink, jobs(name)) for name in here}
        return await turns(runs, self.sizes.rounds)

    def compare(
        self,
        title: str,
        unit: str,
        better: Literal["higher", "lower"],
        reference: str,
        values: Mapping[str, list[float]],
    ) -> Comparison:
        """Keep a comparison, every subject against one."""
        references = {name: reference for name in values if name != reference}
        if reference not in values:
            references = {}
        comparison = Comparison(title, unit, better, references, dict(values))
        self.results.comparisons.append(comparison)
        return comparison

    def figure(
        self,
        what: str,
        unit: str,
        better: Literal["higher", "lower"],
        bounds: tuple[float, float],
        values: Sequence[float] | str,
    ) -> None:
        """Keep a figure: its values, or why there are none."""
        floor, goal = bounds
        if isinstance(values, str):
            self.results.figures.append(Figure(what, unit, better, floor, goal, missing=values))
        else:
            self.results.figures.append(Figure(what, unit, better, floor, goal, values))

    def ratio(
        self, what: str, bounds: tuple[float, float], comparison: Comparison, pair: tuple[str, str]
    ) -> None:
        """Keep the ratio of two subjects of a comparison, round by round, as a figure."""
        absent = [name for name in pair if name not in comparison.values]
        if absent:
            why = "; ".join(self.results.missing[name] for name in absent)
            self.figure(what, "x", comparison.better, bounds, why)
            return
        mine, theirs = (comparison.values[name] for name in pair)
        values = [a / b for a, b in zip(mine, theirs, strict=True)]
        self.figure(what, "x", comparison.better, bounds, values)

    def _file(self, size: int) -> str:
        """Return a file of so many bytes, in the page cache."""
        path = self.folder / f"{size}.bin"
        if not path.exists():
            block = os.urandom(min(size, MIB))
            with path.open("wb") as file:
                for _ in range(size // len(block)):
                    file.write(block)
        return str(path)

    def taken(self, sample: Sample | Ended) -> float:
        """Return what a sample took, by this run's clock."""
        return sample.seconds if self.clock == "seconds" else sample.cpu

    @property
    def clock_name(self) -> str:
        """Return the clock's name for a title."""
        return "wall time" if self.clock == "seconds" else "CPU time"
