"""Run every measurement of the JavaScript side: `python -m benchmarks.javascript`."""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
from dataclasses import asdict
from importlib import metadata
from typing import TYPE_CHECKING

from benchmarks import measure
from benchmarks.javascript import programs, round_trips, runners
from bridge.logic.engine import node_command

if TYPE_CHECKING:
    from benchmarks.measure import Comparison

# A loop of calls is over in a fraction of a second, which whatever else runs can spoil.
_SHORT = 3


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.javascript", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="counted rounds (9)")
    parser.add_argument("--programs", type=int, default=1000, help="on each engine (1000)")
    parser.add_argument("--seconds", type=float, default=240, help="at most for these (240)")
    return parser.parse_args()


def _node() -> str:
    command = node_command()
    if command is None:
        sys.exit("the measurements need Node: install it, or pip install 'minibridge[node]'")
    return command[0]


def _about(node: str) -> dict[str, object]:
    asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    return {
        **measure.machine(),
        "node": asked.stdout.strip(),
        "quickjs-ng": metadata.version("quickjs-ng"),
        **runners.versions(),
    }


def _show(comparison: Comparison) -> None:
    print(measure.table(comparison), end="\n\n", flush=True)


async def _measure(options: argparse.Namespace) -> None:
    node = _node()
    about = _about(node)
    print(" · ".join(f"{name} {value}" for name, value in about.items()), end="\n\n")
    comparisons = await round_trips.round_trips(node, options.rounds * _SHORT)
    comparisons.append(await round_trips.starts(node, options.rounds))
    for comparison in comparisons:
        _show(comparison)
    churned = await programs.churn(options.programs, options.seconds)
    _show(churned.times)
    print(churned.told(), end="\n\n", flush=True)
    suites = await runners.suites(options.rounds)
    for comparison in suites:
        _show(comparison)
    about |= {"load at the end": os.getloadavg(), "held": [asdict(each) for each in churned.held]}
    print(measure.write("javascript", about, [*comparisons, churned.times, *suites]))


asyncio.run(_measure(_arguments()))
