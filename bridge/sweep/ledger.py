"""The results file: JSON Lines, a head and one line for each scenario, whole after any end."""

from __future__ import annotations

import json
import os
import stat
import sys
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final, Self, cast

from bridge.errors import BridgeError

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from bridge.sweep.plan import Plan
    from bridge.sweep.work import Line

VERSION: Final = 1


class Ledger:
    """
    The results of one plan in one file; use it with `with`.

    A line is written in one go when its scenario is done, so an interruption leaves whole lines and
    at most one torn one, which is cut off when the file is opened again. Each scenario is recorded
    once, also when it was played twice.

    Args:
        path: the file; only one process at a time may have it open.
        plan: the plan.
        resume: whether to go on where the file ends; without, there must be no such file.

    Raises:
        BridgeError: the file cannot be used, or holds the results of another plan.
    """

    def __init__(self, path: Path, plan: Plan, *, resume: bool = False) -> None:
        self.path = path
        self._head = _head(plan)
        self._done = bytearray(len(plan))
        self._file = _opened(path, resume=resume)
        try:
            self._begin()
        except BaseException:
            os.close(self._file)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        os.close(self._file)

    def __len__(self) -> int:
        """Return how many scenarios are recorded."""
        return self._done.count(1)

    def missing(self) -> Iterator[int]:
        """Yield the numbers of the scenarios that are not recorded when their turn comes."""
        number = self._done.find(0)
        while number >= 0:
            yield number
            number = self._done.find(0, number + 1)

    def add(self, lines: Iterable[Line]) -> list[Line]:
        """Record scenarios, and return those that were not recorded before."""
        new = []
        for number, line in lines:
            if not self._done[number]:
                self._done[number] = 1
                new.append((number, line))
        self._write(b"".join(line for _, line in new))
        return new

    def _begin(self) -> None:
        """Take over what is recorded and cut off what is torn, or write the head of a new file."""
        end = self._taken_over()
        os.ftruncate(self._file, end)
        if not end:
            self._write(self._head)

    def _taken_over(self) -> int:
        """Note what is recorded, and return where the whole lines end."""
        with self.path.open("rb") as file:
            first = file.readline()
            if self._head != first and self._head.startswith(first):
                return 0  # nothing, or a head that was being written
            self._check(first)
            end = len(first)
            for at, line in enumerate(file, 2):
                if not line.endswith(b"\n"):
                    break
                self._note(line, at)
                end += len(line)
        return end

    def _check(self, first: bytes) -> None:
        """Raise `BridgeError` where a head is not that of this plan."""
        if first == self._head:
            return
        head, own = _object(first), cast("dict[str, Any]", json.loads(self._head))
        if head is None or "sweep" not in head:
            raise BridgeError(f"{str(self.path)!r} holds no results of a sweep")
        for what, key in (("format", "v"), ("minibridge", "minibridge")):
            if head.get(key) != own[key]:
                found = f"{what} {head.get(key)}, and this is {own[key]}"
                raise BridgeError(f"{str(self.path)!r} was begun by {found}: give another -o FILE")
        raise BridgeError(
            f"{str(self.path)!r} holds the results of another plan, or of this one before it or a"
            " file it names was changed: give another -o FILE"
        )

    def _note(self, line: bytes, at: int) -> None:
        number = (_object(line) or {}).get("n")
        if not isinstance(number, int) or not 0 <= number < len(self._done):
            raise BridgeError(f"line {at} of {str(self.path)!r} is no record of this plan")
        self._done[number] = 1

    def _write(self, data: bytes) -> None:
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError as error:
            told = f"cannot write {str(self.path)!r}: {error.strerror}"
            raise BridgeError(f"{told}; --resume goes on from what is in it") from error


def records(path: Path) -> Iterator[dict[str, Any]]:
    """Yield what is recorded in a results file, line by line."""
    with path.open("rb") as file:
        file.readline()
        for line in file:
            yield json.loads(line)


def _head(plan: Plan) -> bytes:
    """Return the first line of a file: what tells the plan from another, and what it is about."""
    head = {
        "v": VERSION,
        "sweep": plan.digest,
        "minibridge": metadata.version("minibridge"),
        "count": len(plan),
        "targets": plan.targets,
        "conditions": [one.name for one in plan.conditions],
        "scenarios": [item.name for item in plan.items],
    }
    return json.dumps(head, separators=(",", ":")).encode() + b"\n"


def _opened(path: Path, *, resume: bool) -> int:
    """Return a locked file; raises `BridgeError`."""
    fresh = 0 if resume else os.O_EXCL
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | fresh, 0o666)
    except FileExistsError as error:
        raise BridgeError(f"{str(path)!r} is there already: --resume goes on with it") from error
    except OSError as error:
        raise BridgeError(f"cannot write {str(path)!r}: {error.strerror}") from error
    try:
        _claim(file, path)
    except BridgeError:
        os.close(file)
        raise
    return file


def _claim(file: int, path: Path) -> None:
    """Keep other sweeps out of a file; raises `BridgeError` for one of theirs, or for a device."""
    if not stat.S_ISREG(os.fstat(file).st_mode):
        raise BridgeError(f"{str(path)!r} is not a regular file")
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BridgeError(f"another sweep is writing {str(path)!r}") from error


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
