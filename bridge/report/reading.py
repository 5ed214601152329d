"""
Records out of a trace file, one at a time.

A trace may be cut off where its writer was stopped, hold lines of something else, or be no trace at
all. Every line that is left out is counted and the first of each kind is named; only a trace of a
later version is refused whole, since what it says could be misread.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn, cast

import schemas
from bridge.errors import BridgeError
from bridge.look import shortened
from bridge.report.shape import fault, shape_of
from bridge.trace import TRACE_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

LONGEST_LINE: Final = 32 << 20
"""Bytes of the longest line that is read: a record holds at most 8 MiB of previews."""

DEEPEST: Final = 100
"""Levels of the deepest value that is read; code that follows may walk what passes by recursion."""

_MARK: Final = b"\xef\xbb\xbf"  # some editors put it before the first character of a file
_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Skipped:
    """Lines left out for one reason: how many, the number of the first, and what was wrong."""

    count: int
    first: int
    why: str

    def __str__(self) -> str:
        if self.count == 1:
            return f"line {self.first} was skipped: {self.why}"
        return f"{self.count:,} lines were skipped, the first is line {self.first}: {self.why}"


class TraceReader:
    """
    The records of one trace file, in the order of the file.

    Iterating raises `BridgeError` for a file that cannot be read, that holds no record, or that a
    newer minibridge wrote. `skipped` is complete once the iteration has ended.

    Args:
        path: a file of JSON Lines, as `--trace` appends them.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._shape = shape_of(schemas.shared("trace"))
        self._counts: Counter[str] = Counter()
        self._firsts: dict[str, tuple[int, str]] = {}

    @property
    def skipped(self) -> list[Skipped]:
        """What was left out so far, one entry for each kind of fault."""
        return [Skipped(self._counts[kind], *first) for kind, first in self._firsts.items()]

    def __iter__(self) -> Iterator[dict[str, object]]:
        try:
            with self._path.open("rb") as file:
                yield from self._records(file)
        except OSError as error:
            message = f"cannot read the trace {str(self._path)!r}: {error.strerror}"
            raise BridgeError(message) from error

    def _records(self, file: BinaryIO) -> Iterator[dict[str, object]]:
        found = False
        for number, line in enumerate(_lines(file), 1):
            try:
                record = self._record(line.removeprefix(_MARK) if number == 1 else line)
            except _TooNewError as error:
                raise BridgeError(f"line {number} of {str(self._path)!r} {error}") from error
            except _NoRecordError as error:
                self._skip(number, error)
            else:
                found = True
                yield record
        if not found:
            raise BridgeError(self._nothing())

    def _record(self, line: bytes) -> dict[str, object]:
        value = _value(line)
        version = value.get("v") if isinstance(value, dict) else None
        if isinstance(version, int) and version > TRACE_VERSION:
            message = (
                f"is a record of trace version {version}, this minibridge reads {TRACE_VERSION}"
            )
            raise _TooNewError(f"{message}: use a newer minibridge")
        found = fault(value, self._shape)
        if found is not None:
            raise _NoRecordError("foreign", f"it is no record of a call, {_told(found)}")
        return cast("dict[str, object]", value)

    def _skip(self, number: int, error: _NoRecordError) -> None:
        self._counts[error.kind] += 1
        self._firsts.setdefault(error.kind, (number, str(error)))

    def _nothing(self) -> str:
        told = "; ".join(map(str, self.skipped)) or "it is empty"
        return f"{str(self._path)!r} holds no record of a call: {told}"


class _NoRecordError(Exception):
    """A line is no record; faults of one `kind` are counted together."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind


class _TooNewError(Exception):
    """A line is a record of a later version."""


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file; of one that is too long only as much as shows that it is."""
    while line := file.readline(LONGEST_LINE + 1):
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST_LINE + 1)
        yield line


def _value(line: bytes) -> object:
    if not line.strip():
        raise _NoRecordError("blank", "it is blank")
    if len(line) > LONGEST_LINE:
        raise _NoRecordError("long", f"it is longer than {LONGEST_LINE >> 20} MiB")
    try:
        value: object = json.loads(line, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise _unread(line, error) from error
    if _is_deep(line, value):
        raise _too_deep()
    return value


def _unread(line: bytes, error: Exception) -> _NoRecordError:
    if not line.endswith(b"\n"):
        return _NoRecordError("cut", "it is cut off, its writer was stopped or is still writing")
    if isinstance(error, RecursionError):
        return _too_deep()
    if isinstance(error, UnicodeDecodeError):
        return _NoRecordError("text", "it is not UTF-8 text")
    return _NoRecordError("json", f"it is not JSON ({error})")


def _too_deep() -> _NoRecordError:
    return _NoRecordError("deep", f"it is nested deeper than {DEEPEST} levels")


def _is_deep(line: bytes, value: object) -> bool:
    if line.count(b"[") + line.count(b"{") <= DEEPEST:
        return False
    level, depth = [value], 0
    while level and depth <= DEEPEST:
        level, depth = [inner for each in level for inner in _inside(each)], depth + 1
    return depth > DEEPEST


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _told(found: str) -> str:
    """Return a fault as the end of a sentence: `its id is no string`, or `it has no 'id'`."""
    return shortened(f"its {found[1:]}" if found.startswith(".") else f"it{found}", _SHOWN)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{shortened(text, _SHOWN)} is out of range")
    return value
