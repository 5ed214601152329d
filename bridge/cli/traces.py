"""`--trace FILE`: the records of calls, appended to a file."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bridge.arrived import traced
from bridge.cli.sending import Answer, match
from bridge.look import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bridge.logic.journal import Keep
    from bridge.trace import Record
    from bridge.uploads import Upload


class TraceFile:
    """A JSON Lines file that grows by whole records only; raises `Mistake` if it cannot."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with path.open("ab"):
                pass
        except OSError as error:
            raise self._mistake(error) from error

    def append(self, found: list[Answer]) -> None:
        """Write all records in one go, so that two commands can share a file."""
        lines = (json.dumps(traced(each.record, each.upload), ensure_ascii=False) for each in found)
        try:
            with self._path.open("ab", buffering=0) as file:
                file.write("".join(f"{line}\n" for line in lines).encode())
        except OSError as error:
            raise self._mistake(error) from error

    def _mistake(self, error: OSError) -> Mistake:
        return Mistake(f"cannot write the trace file {str(self._path)!r}: {error.strerror}")


@contextmanager
def tracing(path: Path | None, on_loss: Callable[[], None]) -> Iterator[Keep | None]:
    """
    Provide what appends the records of sessions to a trace file; None without one.

    Args:
        path: the file.
        on_loss: called when records could not be written, which is raised at the end as well.

    Raises:
        Mistake: the file cannot be written.
    """
    if path is None:
        yield None
        return
    file = TraceFile(path)
    lost: list[Mistake] = []

    def keep(_: str, records: list[Record], uploads: list[Upload]) -> None:
        answers = [Answer(record) for record in records]
        match(answers, uploads)
        try:
            file.append(answers)
        except Mistake as mistake:
            lost.append(mistake)
            on_loss()

    try:
        yield keep
    finally:
        if lost:
            raise lost[0]
