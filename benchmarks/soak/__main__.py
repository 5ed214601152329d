"""
Make very many calls on one bridge, and see whether anything piles up: `python -m benchmarks.soak`.

Memory is that of the whole process; a row's first tenth, in which caches fill, does not count.
It ends with 1 where a task, file, socket or temporary file is left, or memory has grown too much.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import measure
from benchmarks.soak import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.soak.run import Row

_MIB = 1 << 20


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.soak", description=__doc__)
    parser.add_argument("--small", type=int, default=100_000, help="small uploads; 100000")
    parser.add_argument("--aborted", type=int, default=2000, help="aborted uploads; 2000")
    parser.add_argument("--mib", type=int, default=64, help="MiB of an aborted upload; 64")
    parser.add_argument(
        "--grown", type=float, default=4, help="MiB by which memory may grow in a row; 4"
    )
    return parser.parse_args(words)


@contextmanager
def _sink() -> Iterator[str]:
    """Run the server, and tell at the end what it has seen."""
    command = [sys.executable, "-m", "benchmarks.soak.sink"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None  # noqa: S101  for the types: it is a pipe
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/up"
        said, _ = process.communicate(timeout=30)
    uploads, files = said.split()
    print(f"the server received {uploads} uploads, of {files} different files")


async def _rows(options: argparse.Namespace, url: str, folder: Path) -> list[Row]:
    return [
        await run.small(url, options.small, folder),
        await run.aborted(url, options.aborted, options.mib * _MIB, folder),
    ]


def _table(rows: Sequence[Row]) -> str:
    lines = ["| row | calls | calls/s | MiB at first | at most | at last | grown | leaked |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
    for row in rows:
        memory = [state.memory / _MIB for state in row.during]
        cells = [row.name, f"{row.after.calls:,}", f"{row.after.calls / row.seconds:,.0f}"]
        cells += [f"{each:.1f}" for each in (memory[0], max(memory), memory[-1])]
        cells += [f"{row.grown / _MIB:.1f}", str(row.leaked or "nothing")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main(words: Sequence[str]) -> int:
    """Run both rows and show them; 1 where something has piled up."""
    options = _arguments(words)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "temporary"
        folder.mkdir()
        tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
        with _sink() as url:
            rows = asyncio.run(_rows(options, url, folder))
    print(_table(rows))
    found = [{**asdict(row), "grown": row.grown, "leaked": row.leaked} for row in rows]
    print(measure.write("soak", measure.machine(), [], found))
    bad = [row for row in rows if row.leaked or row.grown > options.grown * _MIB]
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
