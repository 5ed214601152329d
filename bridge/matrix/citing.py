"""Where facts come from, as numbered references, and how sure they are, as marks."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from bridge.facts import Fact
    from bridge.matrix.table import Table
    from bridge.profile import Source, Status


@dataclass(frozen=True, slots=True)
class Standing:
    """How a fact is known: a sign beside its number, the word, and what the word means."""

    sign: str
    word: str
    meaning: str


STANDINGS: Final[dict[Status, Standing]] = {
    "recorded": Standing("✓", "recorded", "a real device answered so"),
    "documented": Standing("", "documented", "the host's own page says so"),
    "seen_in_code": Standing("c", "seen in code", "read in public code, not on a page"),
    "reported": Standing("r", "reported", "developers say so, in forums, issues or logs"),
    "inferred": Standing("?", "inferred", "no source settles it: the likeliest reading"),
}

_PAGE = re.compile(r"[\w-]+(\.[\w-]+)+(/\S*)?", re.ASCII)
_REPOSITORY = re.compile(r"([\w-]+/[\w.-]+?)(?:#(\d+)| .+)?", re.ASCII)
_URL = re.compile(r"https?://\S+")


def cited(fact: Fact) -> Source:
    """Return the source of a fact, with what its schema remarks added to the note."""
    remark = fact.value.get("note") if isinstance(fact.value, dict) else None
    notes = [note for note in (fact.source.note, remark) if note]
    return replace(fact.source, note=". ".join(note.rstrip(".") for note in notes))


def numbered(table: Table) -> dict[Source, int]:
    """Return every source of a table with its number there, from 1 on."""
    sources = dict.fromkeys(map(cited, table.facts))
    return {source: number for number, source in enumerate(sources, 1)}


def mark(source: Source, numbers: dict[Source, int]) -> str:
    """Return the number of a source with the sign of its status, such as `12?`."""
    return f"{numbers[source]}{STANDINGS[source.status].sign}"


def link(address: str) -> str | None:
    """Return where an address leads: a page, or a repository's; None where it is only words."""
    if _URL.fullmatch(address):
        return quote(address, safe=":/?#[]@!$&'()*+,;=%~")
    if _PAGE.fullmatch(address):
        return f"https://{address}"
    found = _REPOSITORY.fullmatch(address)
    if found is None:
        return None
    repository, issue = found.groups()
    return f"https://github.com/{repository}" + (f"/issues/{issue}" if issue else "")
