"""What a mini-program hears of each network condition, host by host, as a page of Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bridge.matrix.markdown import legend, section
from bridge.matrix.subjects import Subject
from bridge.matrix.table import Table
from bridge.reasons import TLS_CAUSES, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.matrix.table import Matrix, Row

_TLS: Final = (
    "The certificate's time is over.",
    "The certificate is another server's.",
    "Nobody known here has signed the certificate.",
    "The server speaks no TLS that the host does.",
)
"""What is met for each cause of a TLS failure."""
CONDITIONS: Final = (
    ("offline", "No network, from the start or lost on the way.", Reason.OFFLINE.name),
    (
        "switch",
        "Another network, such as wifi to cellular, on the way.",
        Reason.NETWORK_CHANGED.name,
    ),
    ("dns_failure", "No name resolves.", Reason.DNS_FAILURE.name),
    ("refuse", "Nobody listens.", Reason.CONNECTION_REFUSED.name),
    ("reset, reset_after", "The connection is reset.", Reason.CONNECTION_RESET.name),
    ("tls", "No secure connection; a dash below: the same text.", Reason.TLS_FAILURE.name),
    *(
        (f"tls:{cause}", told, f"{Reason.TLS_FAILURE.name}.{cause}")
        for cause, told in zip(TLS_CAUSES, _TLS, strict=True)
    ),
    ("slow, stall, stall_after", "It takes longer than the time limit.", Reason.TIMEOUT.name),
    ("background", "In the background, by the rules below.", Reason.INTERRUPTED_BACKGROUND.name),
)
"""A condition, what is met, and the name of the text with which calls then fail."""

_BRACES: Final = "What stands in braces is filled in by the call."
_UPLOAD: Final = Subject("upload", "What `uploadFile` says", "", _BRACES)
_REQUEST: Final = Subject(
    "request",
    "What `request` says",
    "",
    f"{_BRACES} A dash: what `uploadFile` says, under its own name.",
)
_BACKGROUND: Final = Subject("background", "In the background", "")


def page(matrix: Matrix) -> str:
    """Return the page, ready to be written to a file."""
    lines = ["# What each host says of a bad network", ""]
    lines += ["Written by `minibridge matrix --format conditions`: a change by hand is lost.", ""]
    lines += ["How to set these conditions stands in [Bad networks](network.md).", ""]
    lines += [*legend(), ""]
    for table in tables(matrix):
        lines += section(table)
    return "\n".join(lines).rstrip() + "\n"


def tables(matrix: Matrix) -> Iterator[Table]:
    """Yield what uploads hear, what requests hear, and the rules of the background."""
    yield _table(matrix, _UPLOAD, "texts.")
    yield _table(matrix, _REQUEST, "request.texts.")
    names = ("background_seconds", "background_calls")
    rows = tuple(matrix.row(name, name, matrix.meaning(name)) for name in names)
    yield _whole(matrix, _BACKGROUND, rows)


def _table(matrix: Matrix, subject: Subject, prefix: str) -> Table:
    found = ((f"{prefix}{reason}", name, told) for name, told, reason in CONDITIONS)
    rows = tuple(matrix.row(entry, name, told) for entry, name, told in found)
    return _whole(matrix, subject, rows)


def _whole(matrix: Matrix, subject: Subject, rows: tuple[Row, ...]) -> Table:
    """Return a table of the columns that hosts have; layers say nothing of their own."""
    told = [any(row.cells[at].facts for row in rows) for at in range(len(matrix.columns))]
    kept = [at for at, any_fact in enumerate(told) if any_fact]
    cut = tuple(row.only(kept) for row in rows)
    return Table(subject, tuple(matrix.columns[at] for at in kept), cut)
