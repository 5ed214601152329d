"""What stands above the tables: how to read them, and the platforms they compare."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bridge.matrix.citing import STANDINGS
from bridge.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.matrix.table import Matrix
    from bridge.profile import Layer

TITLE: Final = "What each host does"
_READING: Final = (
    "Every rule that minibridge follows, host by host, with the source behind it. A column is a"
    " host; a variant of it is named in a cell only where it differs. A dash means that the host"
    " has no such entry."
)
_KNOWING: Final = (
    "`from` names the first version, which counts what the table below says. The small number of a"
    " cell is that of its source, listed below each table; the sign after it says how the fact is"
    " known:"
)
INTRODUCTION: Final = (_READING, _KNOWING)
HEADINGS: Final = (
    "Platform",
    "What it is",
    "Versions count",
    *(standing.word.capitalize() for standing in STANDINGS.values()),
)


@dataclass(frozen=True, slots=True)
class Summary:
    """
    One platform in the overview.

    Attributes:
        name: its registered name.
        title: a few words for people.
        version_counts: what a version of it counts, empty for a layer.
        variant_of: the platform that its facts are compared with, empty for none.
        counts: how many of its facts are known in each way, in the order of `STANDINGS`.
    """

    name: str
    title: str
    version_counts: str
    variant_of: str
    counts: tuple[int, ...]


def summaries(matrix: Matrix) -> Iterator[Summary]:
    """Yield a line per platform, variants after the platform they are compared with."""
    known = Counter(
        (f.host, f.source.status) for said in matrix.facts.values() for f in said.values()
    )
    for column in matrix.columns:
        for platform in column.platforms:
            counts = tuple(known[platform.name, status] for status in STANDINGS)
            head = "" if platform is column.head else column.head.name
            yield Summary(platform.name, platform.title, _counted(platform), head, counts)


def _counted(platform: Profile | Layer) -> str:
    return platform.version_counts if isinstance(platform, Profile) else ""
