"""The calls of a run under `exec`: kept as a trace where it failed, and as a page on request."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bridge.cli.sending import Answer, match
from bridge.cli.traces import TraceFile
from bridge.look import Mistake, many
from bridge.why import story_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.logic.journal import Keep
    from bridge.trace import Record
    from bridge.uploads import Upload

MOST_BYTES: Final = 64 << 20
"""Bytes of a trace that nobody asked for; what comes after is counted and not kept."""
MOST_KEPT: Final = 3
"""Failed runs whose traces are kept, as pytest keeps its temporary folders."""
_KEPT: Final = "minibridge-failed-"


class Spool:
    """
    The calls of one run.

    Args:
        folder: a folder of its own.
        trace: the trace file that was asked for, if one was; it is written elsewhere.
    """

    def __init__(self, folder: Path, trace: Path | None) -> None:
        self._folder = folder
        self._asked = trace
        self._path = folder / "exec.jsonl"
        self._file = TraceFile(self._path)
        self._calls = 0
        self._left_out = 0
        self._story: list[str] = []

    def keep(self, _: str, records: list[Record], uploads: list[Upload]) -> None:
        """Take the records of a session in."""
        self._story = story_of(records) or self._story
        if self._path.stat().st_size > MOST_BYTES:
            self._left_out += len(records)
            return
        answers = [Answer(record) for record in records]
        match(answers, uploads)
        try:
            self._file.append(answers)
        except Mistake:  # such as a full disk: the run itself goes on
            self._left_out += len(records)
        else:
            self._calls += len(records)

    def failed(self) -> Iterator[str]:
        """Keep the trace of a run that failed; yield why its last bad call failed, and the path."""
        if not self._calls:
            return
        yield from self._story
        kept = self._asked or _kept(self._folder) / self._path.name
        yield f"trace of {self._told()}: {kept}"

    def page(self, page: Path) -> str:
        """Write the page of the run; return a sentence about it."""
        from bridge.report import write_report  # noqa: PLC0415  for who asks

        if not self._calls:
            return f"no test made a call, so {page.name} was not written"
        write_report(self._path, page)
        return f"{self._told()} on the page {page}"

    def _told(self) -> str:
        calls = many(self._calls, "call")
        return f"{calls} ({self._left_out} more found no room)" if self._left_out else calls


def both(one: Keep | None, other: Keep) -> Keep:
    """Return what hands records to both."""

    def keep(session: str, records: list[Record], uploads: list[Upload]) -> None:
        for each in (one, other):
            if each is not None:
                each(session, records, uploads)

    return keep


@contextmanager
def spooling(trace: Path | None) -> Iterator[Spool]:
    """Provide what gathers the calls of a run, which is gone at the end unless it was kept."""
    folder = Path(tempfile.mkdtemp(prefix="minibridge-exec-"))
    try:
        yield Spool(folder, trace)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _kept(folder: Path) -> Path:
    """Give a folder the name of one that is kept, and remove what is older than the newest few."""
    name = folder.name.replace("minibridge-exec-", _KEPT, 1)
    kept = folder.rename(folder.with_name(name))
    mine = (each for each in kept.parent.glob(f"{_KEPT}*") if each.lstat().st_uid == os.getuid())
    for old in sorted(mine, key=lambda each: each.lstat().st_mtime, reverse=True)[MOST_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    return kept
