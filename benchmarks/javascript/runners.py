"""A test file of fifty uploads: under `minibridge exec`, and with mocks written by hand."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

from benchmarks.measure import RESULTS, Comparison, alternate

if TYPE_CHECKING:
    from collections.abc import Sequence

SUITE: Final = Path(__file__).with_name("suite")
EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "mini_program"
PASSED: Final = {"jest": "Tests:       50 passed, 50 total", "vitest": "Tests  50 passed (50)"}
_COMMANDS: Final = {"jest": ("jest",), "vitest": ("vitest", "run")}
_UNDER: Final = (sys.executable, "-m", "bridge.cli", "exec", "--on", "wx", "--")
_FLAGS: Final = ("--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund")
_SECONDS = 120


def versions() -> dict[str, str]:
    """Return the runners' versions, those of the example."""
    package = json.loads((EXAMPLE / "package.json").read_text(encoding="utf-8"))
    return {runner: str(package["devDependencies"][runner]) for runner in PASSED}


async def install() -> Path:
    """Install the runners below `build`, unless they are there, and return the suite's place."""
    root = RESULTS.resolve() / "runners"
    shutil.copytree(SUITE, root, dirs_exist_ok=True)
    wanted = [f"{name}@{version}" for name, version in versions().items()]
    package = json.dumps({"private": True, "wanted": wanted})
    known = root / "package.json"
    if not known.exists() or known.read_text(encoding="utf-8") != package:
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit("the test runners are installed by npm, which is not on PATH")
        (root / "package.json").write_text('{"private": true}', encoding="utf-8")
        await _run([npm, "install", *_FLAGS, *wanted], root, "")
        known.write_text(package, encoding="utf-8")
    return root


async def suites(rounds: int) -> list[Comparison]:
    """Measure each runner's whole run both ways, start and end of all processes included."""
    root = await install()
    return [await _empty(root, rounds), *[await _suite(runner, root, rounds) for runner in PASSED]]


async def _empty(root: Path, rounds: int) -> Comparison:
    """Measure what `exec` adds to a command that has nothing to do."""
    command = ["node", "--eval", "0"]
    plain, emulated = "node --eval 0", "node --eval 0, under `minibridge exec`"
    subjects = {
        plain: partial(_run, command, root, ""),
        emulated: partial(_run, [*_UNDER, *command], root, ""),
    }
    comparison = Comparison("a command that does nothing", "s", "lower", {emulated: plain})
    return await alternate(comparison, subjects, rounds)


async def _suite(runner: str, root: Path, rounds: int) -> Comparison:
    binary, *words = _COMMANDS[runner]
    command = [str(root / "node_modules" / ".bin" / binary), *words]
    mocked, emulated = "mocks written by hand", "under `minibridge exec`"
    subjects = {
        mocked: partial(_run, command, root, PASSED[runner]),
        emulated: partial(_run, [*_UNDER, *command], root, PASSED[runner]),
    }
    title = f"{runner}, a file of 50 upload tests"
    comparison = Comparison(title, "s", "lower", {emulated: mocked})
    return await alternate(comparison, subjects, rounds)


async def _run(command: Sequence[str], folder: Path, expected: str) -> float:
    """Return the seconds a command took; it must succeed and say what is expected."""
    start = perf_counter()
    child = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=os.environ | {"NO_COLOR": "1", "CI": "1"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await asyncio.wait_for(child.communicate(), _SECONDS)
    except TimeoutError:
        child.kill()
        raise
    took = perf_counter() - start
    text = said.decode("utf-8", "replace")
    if child.returncode or expected not in text:
        raise RuntimeError(f"{command[0]} ended with {child.returncode}:\n{text}")
    return took
