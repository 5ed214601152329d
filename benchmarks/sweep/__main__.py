"""
Measure what one scenario of a sweep costs: `python -m benchmarks.sweep`.

Each kind is swept twice, with few and with many seeds, on one process. The difference of the two is
what the seeds cost, without what any sweep costs: the start of processes, the reading of the plan.
CPU time is that of the driver, the worker and its engine together. Takes about two minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks.measure import RESULTS

CALL: Final = {"url": "/avatar", "filePath": "picture.png", "name": "file", "fileType": "image"}
SCRIPT: Final = """\
wx.chooseImage({
  success(picked) {
    wx.uploadFile({ url: 'https://upload.example.com/a', filePath: picked.tempFilePaths[0],
      name: 'file', success: (done) => console.log('saved', done.statusCode) });
  },
});
"""
KINDS: Final = {
    "a call in memory": 'transport = "memory"\n[scenarios]\ncalls = ["call.json"]\n',
    "a call over sockets": '[scenarios]\ncalls = ["call.json"]\n',
    "a case": '[scenarios]\ncases = ["upload/success"]\n',
    "a case, skipped": 'targets = ["my"]\n[scenarios]\ncases = ["limits/older[wx 3.8.9]"]\n',
    "a logic file, Node": 'engine = "node"\n[scenarios]\nscripts = ["logic.js"]\n',
    "a logic file, QuickJS": 'engine = "quickjs"\n[scenarios]\nscripts = ["logic.js"]\n',
}


@dataclass(frozen=True, slots=True)
class Cost:
    """
    What one scenario costs.

    Attributes:
        cpu: milliseconds of computing.
        wall: milliseconds that passed, on one worker.
        line: bytes that are recorded.
    """

    cpu: float
    wall: float
    line: float


def _swept(folder: Path, kind: str, seeds: int, flags: list[str]) -> tuple[float, float, int]:
    """Return the CPU and wall seconds of a sweep, and the bytes it has recorded."""
    (folder / "plan.toml").write_text(f"seeds = {seeds}\n{KINDS[kind]}", encoding="utf-8")
    results = folder / "results.jsonl"
    results.unlink(missing_ok=True)
    argv = [sys.executable, "-m", "bridge.cli", "sweep", "plan.toml", "-o", str(results), *flags]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(argv, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, wall, results.stat().st_size


def _cost(folder: Path, kind: str, few: int, many: int) -> Cost:
    small, large = (_swept(folder, kind, seeds, ["--jobs", "1"]) for seeds in (few, many))
    cpu, wall, line = (
        (big - little) / (many - few) for little, big in zip(small, large, strict=True)
    )
    return Cost(cpu * 1000, wall * 1000, line)


def main() -> None:
    """Measure every kind in turn, and show the median of the rounds."""
    parser = argparse.ArgumentParser(prog="benchmarks.sweep", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--few", type=int, default=50, metavar="N", help="seeds of the short sweep")
    parser.add_argument("--many", type=int, default=850, metavar="N", help="seeds of the long one")
    options = parser.parse_args()
    costs: dict[str, list[Cost]] = {kind: [] for kind in KINDS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "picture.png").write_bytes(bytes(2000))
        (folder / "call.json").write_text(json.dumps(CALL), encoding="utf-8")
        (folder / "logic.js").write_text(SCRIPT, encoding="utf-8")
        for _ in range(options.rounds):
            for kind, found in costs.items():
                found.append(_cost(folder, kind, options.few, options.many))
    print(f"cores {os.cpu_count()}, load {os.getloadavg()}, Python {sys.version.split()[0]}")
    print("| one scenario | CPU ms | ms on one worker | bytes recorded |")
    print("| --- | ---: | ---: | ---: |")
    for kind, found in costs.items():
        cpu, wall, line = (
            statistics.median(getattr(cost, part) for cost in found)
            for part in ("cpu", "wall", "line")
        )
        print(f"| {kind} | {cpu:.2f} | {wall:.2f} | {line:.0f} |")
    RESULTS.mkdir(parents=True, exist_ok=True)
    told = {kind: [asdict(cost) for cost in found] for kind, found in costs.items()}
    (RESULTS / "sweep.json").write_text(json.dumps(told, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
