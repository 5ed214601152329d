"""What uploads are compared with: found or built on the spot, each missing one with its reason."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final

from benchmarks.measure import RESULTS

HERE: Final = Path(__file__).parent
_FLAGS: Final = ("-O2", "-std=c17", "-Wall", "-Wextra")
_HTTPX: Final = "httpx==0.28.1"


@dataclass(frozen=True, slots=True)
class Missing:
    """A peer that is not here, and why."""

    reason: str


@cache
def compiled(name: str) -> Path | Missing:
    """Compile one of the C programs beside this file."""
    compiler = shutil.which("cc")
    if compiler is None:
        return Missing("there is no C compiler: install one as `cc`")
    program = RESULTS.resolve() / "bin" / name
    program.parent.mkdir(parents=True, exist_ok=True)
    command = [compiler, *_FLAGS, "-o", str(program), str(HERE / f"{name}.c")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return Missing(f"{name}.c does not compile: {done.stderr}") if done.returncode else program


@cache
def command(name: str) -> Path | Missing:
    """Find a program on PATH."""
    found = shutil.which(name)
    return Missing(f"there is no `{name}` on PATH") if found is None else Path(found)


@cache
def module(name: str) -> str | Missing:
    """Return the version of an installed Python package."""
    if importlib.util.find_spec(name) is None:
        return Missing(f"{name} is not installed")
    return metadata.version(name)


def install() -> None:
    """Fetch httpx into a folder of its own, which minibridge itself does not need, if possible."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(_folder()), _HTTPX]
    if isinstance(httpx(), Missing):
        subprocess.run(pip, capture_output=True, check=False)


def httpx() -> Path | Missing:
    """Return the folder with httpx in it."""
    found = (_folder() / "httpx").is_dir()
    return _folder() if found else Missing(f"{_HTTPX} could not be installed")


def _folder() -> Path:
    return RESULTS.resolve() / "peers"


def versions() -> dict[str, str]:
    """Return the versions of what is here, and the reasons of what is not."""
    told = {name: _told(module(name)) for name in ("aiohttp", "uvloop", "pytest")}
    told["httpx"] = _told(httpx()) if isinstance(httpx(), Missing) else _HTTPX.partition("==")[2]
    for name, option in (("curl", "--version"), ("node", "--version"), ("cc", "--version")):
        found = command(name)
        told[name] = found.reason if isinstance(found, Missing) else _first_line(found, option)
    return told


def _told(found: object) -> str:
    return found.reason if isinstance(found, Missing) else str(found)


def _first_line(program: Path, option: str) -> str:
    asked = subprocess.run(
        [program, option], capture_output=True, text=True, check=True, env=os.environ
    )
    return asked.stdout.splitlines()[0]
