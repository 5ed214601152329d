"""What is to be said beside the differences, although all targets agree on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.comparison.programs import BY_ITSELF

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.comparison.witness import Seen
    from bridge.trace import Record


def notes(seen: list[Seen]) -> Iterator[str]:
    """Yield sentences on what was set, what failed everywhere, and what does nothing anywhere."""
    for chosen in dict.fromkeys(one.subject.chosen for one in seen if one.subject.chosen):
        names = [one.subject.label for one in seen if one.subject.chosen == chosen]
        yield f"set on {_listed(names, seen)}: {chosen}"
    yield from _broken(seen)
    records = [record for one in seen for record in one.records.values()]
    for key in _unknown([one.records[""] for one in seen if "" in one.records]):
        yield f"no target here knows the option {key!r}"
    for key in _idle(records):
        names = [one.subject.label for one in seen if key in _idle([*one.records.values()])]
        yield f"the option {key!r} is taken but not emulated on {_listed(names, seen)}"
    for origin in sorted({record.unrouted for record in records} - {""}):
        yield f"nothing is routed for {origin}: every call there failed as a DNS failure"


def _broken(seen: list[Seen]) -> Iterator[str]:
    """Say how a program ended that came to its end on no target, and in the same way on all."""
    ends = {str(one.tree.get("ended", BY_ITSELF)) for one in seen}
    if len(ends) == 1 and BY_ITSELF not in ends:
        yield f"the program ended nowhere by itself: {ends.pop()}"


def _listed(names: list[str], seen: list[Seen]) -> str:
    return ", ".join(names) if len(names) < len(seen) else "all"


def _unknown(records: list[Record]) -> list[str]:
    """Return the options that every one of the calls left out, in order."""
    unknown = [set(record.unknown_keys) for record in records]
    return sorted(set.intersection(*unknown)) if unknown else []


def _idle(records: list[Record]) -> list[str]:
    known = (key for record in records for key in record.not_emulated if key in record.options)
    return list(dict.fromkeys(known))
