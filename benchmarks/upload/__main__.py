"""
Measure uploads beside the tools people would compare them with: `python -m benchmarks.upload`.

Everything takes its turn in one run, in a fresh process each time, in an order that turns; ratios
are taken round by round. All of it takes about eight minutes on an idle machine.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import measure
from benchmarks.upload import chart, check, figures, peers, place
from benchmarks.upload.bench import QUICK, Bench, Results, Sizes
from benchmarks.upload.runs import CLIENTS
from benchmarks.upload.sections import PARTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.upload.bench import Clock

_SENDS_NOTHING = ("emulated, nothing sent", "nothing sent")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.upload", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"only some parts: {', '.join(PARTS)}"
    )
    for field in dataclasses.fields(Sizes):
        text = f"instead of {field.default}"
        parser.add_argument(f"--{field.name}", type=int, metavar="N", help=text)
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes, to see that everything works"
    )
    parser.add_argument(
        "--by",
        choices=("seconds", "cpu"),
        help="read throughput from this clock, on a busy machine",
    )
    parser.add_argument("--no-check", action="store_true", help="skip the comparison of hashes")
    parser.add_argument("--strict", action="store_true", help="fail where a floor is missed")
    options = parser.parse_args()
    unknown = [part for part in options.parts if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    return options


def _sizes(options: argparse.Namespace) -> Sizes:
    given = {field.name: getattr(options, field.name) for field in dataclasses.fields(Sizes)}
    named = {name: value for name, value in given.items() if value is not None}
    return dataclasses.replace(QUICK if options.quick else Sizes(), **named)


def _clock(options: argparse.Namespace) -> Clock:
    """Return the clock to read: wall times say little where TCP paces itself."""
    if options.by is not None:
        return "cpu" if options.by == "cpu" else "seconds"
    return "seconds" if place.private() else "cpu"


async def _check(folder: Path) -> None:
    """Have each client's file compared byte for byte before anything is measured."""
    for name, client in CLIENTS.items():
        if name not in _SENDS_NOTHING and client.missing() is None:
            await check.arrives(name, folder)
            print(f"checked: {name}", flush=True)
    print()


async def _measure(options: argparse.Namespace) -> int:
    began, about = time.monotonic(), _about()
    print(" · ".join(f"{name} {value}" for name, value in about.items()), end="\n\n", flush=True)
    results = Results()
    measure.RESULTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=measure.RESULTS.resolve()) as name:
        folder = Path(name)
        if not options.no_check:
            await _check(folder)
        bench = Bench(_sizes(options), folder, _clock(options), results)
        for part in options.parts or PARTS:
            await _part(part, bench)
    about |= {"missing": results.missing, "load at the end": os.getloadavg()}
    about["seconds"] = round(time.monotonic() - began)
    _show(results, about)
    missed = any(each.verdict == "missed" for each in results.figures)
    return 1 if options.strict and missed else 0


async def _part(name: str, bench: Bench) -> None:
    shown = len(bench.results.comparisons)
    await PARTS[name](bench)
    for comparison in bench.results.comparisons[shown:]:
        print(measure.table(comparison), end="\n\n", flush=True)


def _about() -> dict[str, object]:
    return {**measure.machine(), "network": place.description(), **peers.versions()}


def _show(results: Results, about: Mapping[str, object]) -> None:
    print(figures.table(results.figures), end="\n\n")
    for name, why in results.missing.items():
        print(f"not measured: {name}: {why}")
    file = measure.write("upload", about, results.comparisons, figures.as_json(results.figures))
    print(file)
    print(chart.write(file))


def main(arguments: Sequence[str]) -> int:
    """Measure in a private network where there may be one."""
    options = _arguments()
    if not place.private():
        peers.install()
    place.enter(["benchmarks.upload", *arguments])
    return asyncio.run(_measure(options))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
