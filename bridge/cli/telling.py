"""
What is told of a run while it runs.

Standard output gets what the program logs, so that it can be piped on. Its warnings and errors, and
all that minibridge itself has to say, go to standard error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bridge import stacks
from bridge.cli.answers import ms, status_cell, verdict
from bridge.logic.program import JSError
from bridge.look import Cell, Mistake, Row, Table
from bridge.masking import mask_url
from bridge.target import resolve
from bridge.why import why_of

if TYPE_CHECKING:
    from bridge.cli.ran import Ran
    from bridge.cli.sending import Answer
    from bridge.look import Screen, Style
    from bridge.uploads import Part

_MOST_ROWS: Final = 12
_STYLES: Final[dict[str, Style]] = {"warn": "warn", "error": "bad"}


class Teller:
    """
    The voice of one command.

    Args:
        out: where the program's own lines go.
        errors: where all else goes.
        many: whether several targets run, so that each needs its name.
        quiet: whether the program's lines are only kept, for JSON.
    """

    def __init__(self, out: Screen, errors: Screen, *, many: bool, quiet: bool) -> None:
        self._out = out
        self._errors = errors
        self._many = many
        self._quiet = quiet
        self._begun = False
        self._mistake: Mistake | None = None

    def begin(self, ran: Ran, *, chosen: bool) -> None:
        """Say which target is next, and which engine `auto` has chosen."""
        if chosen:
            self.note(f"--engine auto takes {ran.engine}", "dim")
        if self._many and not self._quiet:
            if self._begun:
                self._out.write("")
            self._begun = True
            title = resolve(ran.target).title
            self._out.line(Cell(ran.target, "name"), Cell(f"  {title}", "dim"))

    def hear(self, ran: Ran, level: str, message: str, stack: str) -> None:
        """Keep and tell one line of the program's console, or an error nobody caught."""
        try:
            if level == "unhandled" or stack:
                self.failed(ran, JSError(message, stack))
            else:
                ran.console.append((level, message))
                self._console(level, message)
        except Mistake as mistake:  # the program goes on; `check` tells it at the end
            self._mistake = mistake

    def failed(self, ran: Ran, error: JSError) -> None:
        """Keep and tell an error of the program."""
        ran.errors.append(error)
        first, *rest = stacks.told(error.message, error.stack).split("\n")
        self._errors.line(Cell(first, "bad"))
        for line in rest:
            self._errors.line(Cell(line, "dim"))

    def overran(self, ran: Ran, seconds: float) -> None:
        """Say that the deadline has ended the run, and what it was busy with."""
        busy = ", ".join(ran.unfinished)
        why = f"{busy} had not ended" if busy else "a loop or a timer had no end"
        self.note(f"{ran.target} was stopped after {seconds:g} s (--deadline): {why}", "bad")

    def end(self, ran: Ran) -> None:
        """Say what was left over, what lacks a route, and what the calls came to."""
        if ran.unfinished and not ran.overran:
            self.note(f"{ran.target} left unfinished: {', '.join(ran.unfinished)}", "bad")
        for origin in ran.unrouted:
            said = f"nothing is routed for {origin}: the call failed as a DNS failure"
            self.note(f"{said}. Add --route {origin} to have the embedded server answer", "bad")
        if ran.idle:
            said = "nothing in it ran by itself: it made no call and logged nothing"
            self.note(f"{said}. A page is opened by a test (docs/javascript.md), not by `run`", "")
        if not self._quiet:
            self._summary(ran)

    def note(self, text: str, style: Style) -> None:
        """Say something that is minibridge's own."""
        self._errors.line(Cell(f"minibridge: {text}", style))

    def check(self) -> None:
        """Raise the `Mistake` that kept a line from being written."""
        if self._mistake is not None:
            raise self._mistake

    def _console(self, level: str, message: str) -> None:
        screen = self._errors if level in _STYLES else self._out
        if self._quiet and screen is self._out:
            return
        for line in message.expandtabs().split("\n"):
            screen.line(Cell(line, _STYLES.get(level, "")))

    def _summary(self, ran: Ran) -> None:
        count = sum(answer.upload is not None for answer in ran.answers)
        arrived = f"{count or 'no'} upload{'' if count == 1 else 's'} arrived"
        self._errors.line(Cell(f"{ran.target} on {ran.engine}: {arrived}", "dim"))
        table = Table(("", "", "", "", ""))
        for answer in ran.answers[:_MOST_ROWS]:
            record = answer.record
            cells = (
                Cell(record.api),
                verdict(record),
                status_cell(record),
                Cell(f"{ms(record.times.get('end'))} ms", "dim"),
                Cell(_arrived(answer), "dim"),
            )
            table.rows.append(Row(cells))
        if table.rows:
            self._errors.table(table, 2)
        if len(ran.answers) > _MOST_ROWS:
            more = f"and {len(ran.answers) - _MOST_ROWS} more calls: see --json or --trace"
            self._errors.paragraph(more, "dim", 2)


def _arrived(answer: Answer) -> str:
    """Return what the embedded server got of a call, else why it failed, else where it went."""
    record, upload = answer.record, answer.upload
    if record.reason is not None:
        return why_of(record)
    if upload is not None:
        return ", ".join(_part(part) for part in upload.parts)
    return "" if record.request is None else f"sent to {mask_url(record.request.url)}"


def _part(part: Part) -> str:
    return part.name if part.filename is None else f"{part.name} ({part.size:,} bytes)"
