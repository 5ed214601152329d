"""What a process holds at one moment."""

from __future__ import annotations

import asyncio
import resource
from dataclasses import dataclass
from pathlib import Path

_OPEN = Path("/proc/self/fd")
_PAGES = Path("/proc/self/statm")


@dataclass(frozen=True, slots=True)
class State:
    """
    What this process holds.

    Attributes:
        calls: the calls that have ended so far.
        memory: bytes of resident memory.
        tasks: tasks of the loop.
        files: descriptors that are no sockets.
        sockets: descriptors that are.
        temporary: entries of the folder for temporary files.
    """

    calls: int
    memory: int
    tasks: int
    files: int
    sockets: int
    temporary: int


def look(calls: int, temporary: Path) -> State:
    """Return what is held now."""
    kinds = [_kind(each.name) for each in _OPEN.iterdir()]
    sockets = sum(kind.startswith("socket:") for kind in kinds)
    return State(
        calls=calls,
        memory=int(_PAGES.read_text(encoding="ascii").split()[1]) * resource.getpagesize(),
        tasks=len(asyncio.all_tasks()),
        # One is that of the folder being listed, which has gone by now.
        files=sum(bool(kind) for kind in kinds) - sockets,
        sockets=sockets,
        temporary=len([*temporary.iterdir()]),
    )


def _kind(descriptor: str) -> str:
    try:
        return str((_OPEN / descriptor).readlink())
    except FileNotFoundError:
        return ""
