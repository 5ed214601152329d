"""One target at one place of a comparison, with the call that the place is of and its rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bridge.comparison.differing import ABSENT
from bridge.comparison.model import Cause
from bridge.comparison.rulebook import Rulebook, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.comparison.differing import Found
    from bridge.comparison.witness import Seen, Subject
    from bridge.profile import Layer, Profile
    from bridge.target import Target
    from bridge.trace import Record

OWN_DOING: Final = ("did", "options", "console", "ended")
"""The parts of a comparison that are a logic file's own doing."""


@dataclass(frozen=True, slots=True)
class Case:
    """
    One target at one place.

    Attributes:
        subject: the target.
        book: its rules.
        record: the call's record; None where the target lacks the API.
        api: the API as the host names it.
        path: the place within the call, such as `("success", "statusCode")`.
        value: what the target has there.
        branched: whether anything differs that a logic file may have acted upon.
    """

    subject: Subject
    book: Rulebook
    record: Record | None
    api: str
    path: tuple[str, ...]
    value: object
    branched: bool = False

    @property
    def key(self) -> str:
        """The last step to the place."""
        return self.path[-1]

    @property
    def present(self) -> bool:
        """Whether the target has anything there."""
        return self.value is not ABSENT

    @property
    def target(self) -> Target:
        """The target as this API sees it."""
        return self.subject.target if self.record is None else self.record.target

    @property
    def profile(self) -> Profile:
        """The host as this API sees it."""
        return self.target.profile

    def rule(self, name: str) -> Iterator[Cause]:
        """
        Yield a rule of the host; an option by what the host says of it, listed or not.

        Args:
            name: a name as in `Cause.rule`, in which `{api}` and `{key}` stand for this case's.
        """
        api, option, key = name.format(api=self.api, key=self.key).partition(".option.")
        found = self.book.option(api, key) if option else self.book.rule(api, self.api)
        if found is not None:
            yield found

    def layers(self, field: str, touches: Callable[[Layer], bool]) -> Iterator[Cause]:
        """Yield a rule of each layer of the target that `touches` what is here."""
        for layer in self.target.layers:
            yield from self.layer(layer, field) if touches(layer) else ()

    def layer(self, layer: Layer, field: str) -> Iterator[Cause]:
        """Yield a rule of one layer."""
        found = self.book.layer_rule(layer.name, field)
        if found is not None:
            yield found

    def hidden(self, kind: str, name: str = "") -> Iterator[Cause]:
        """Yield why this version lacks a `KIND.NAME` that the host has."""
        found = self.book.since(f"{kind}.{name or self.key}", self.api)
        if found is not None:
            yield found


Finder = Callable[[Case], Iterator[Cause]]
"""Looks for the causes of one case."""


class Cases:
    """
    What causes are looked up for.

    Args:
        api: the API of a lone call.
        seen: what each target did.
        differing: the places that are not the same on all of them.
    """

    def __init__(self, api: str, seen: list[Seen], differing: Iterable[tuple[str, ...]]) -> None:
        self._api = api
        self._seen = {one.subject.label: one for one in seen}
        shelf = Shelf()
        self._books = {label: Rulebook(one.subject, shelf) for label, one in self._seen.items()}
        names = {tuple(one.globals) for one in seen}
        seen_otherwise = any(not set(path) & set(OWN_DOING) for path in differing)
        self._branched = len(names) > 1 or seen_otherwise

    def at(self, path: tuple[str, ...], found: Found) -> dict[str, Case]:
        """Return each target with what it has at a place."""
        return {label: self._case(label, path, value) for label, value in found.items()}

    def _case(self, label: str, path: tuple[str, ...], value: object) -> Case:
        seen = self._seen[label]
        of_call = seen.records.get(path[0])
        record = of_call or seen.records.get("")
        return Case(
            subject=seen.subject,
            book=self._books[label],
            record=record,
            api=_host_api(seen.subject.target, self._api if record is None else record.api),
            path=path if of_call is None else path[1:],
            value=value,
            branched=self._branched,
        )


def _host_api(target: Target, api: str) -> str:
    """Return the name that a host gives an API of the layers above it."""
    for layer in target.layers:
        api = layer.apis.get(api, api)
    return api
